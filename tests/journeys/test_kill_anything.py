"""SIGKILL at each step of the loop: every paid purchase ends credited exactly once, booked, and told once."""

from contextlib import AsyncExitStack

import pytest

from tests.journeys.living import ENGINES, Living, Paid, Victim
from tests.journeys.steps import Step, reached
from tests.journeys.truth import doubts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


ALL_METERS = (Victim.ESAM_METERS, Victim.STS_METERS)
HELD: dict[Step, tuple[Victim, ...]] = {
    Step.BOOKED: (Victim.NORTH,),
    Step.SENDING: ALL_METERS,
    Step.CREDITED: (Victim.OFFICE,),
    Step.TELLING: (Victim.NOTIFIER,),
}


async def strike(living: Living, victim: Victim, step: Step) -> list[Paid]:
    """Pay for an ESAM and an STS meter, and kill the victim as soon as they have come to this step."""
    await living.up()
    pair = [await living.begin(living.home(1)), await living.begin(living.home(2))]
    if step is Step.LANDED:
        await strike_at_the_answer(living, victim, pair)
        return pair
    async with AsyncExitStack() as stack:
        if step is Step.CREDITED:  # the office still has a token to issue
            await press(living, pair)
            await reached(living, pair, Step.SENDING)
        await stack.enter_async_context(living.frozen(*HELD.get(step, ())))
        if step not in (Step.BEGUN, Step.CREDITED):
            await press(living, pair)
        await reached(living, pair, step)
        await living.kill(victim)
    if step is Step.BEGUN:
        await press(living, pair)
    if step is Step.SENDING and victim in ENGINES:
        await reached(living, pair, Step.LANDED)  # the front-end learns it while the engine is away
    await living.revive(victim)
    return pair


async def strike_at_the_answer(living: Living, victim: Victim, pair: list[Paid]) -> None:
    """Two answers are never on the line at once: kill for each."""
    for paid in pair:
        await living.press(paid)
        await reached(living, [paid], Step.LANDED)
        await living.kill(victim)
        await living.revive(victim)


async def press(living: Living, pair: list[Paid]) -> None:
    for paid in pair:
        await living.press(paid)


KILLED = (
    Victim.WEB,
    Victim.NORTH,
    Victim.OFFICE,
    Victim.NOTIFIER,
    Victim.VALKEY,
    Victim.POSTGRES,
    Victim.ESAM_METERS,  # with its concentrator: a power cut in the street
    Victim.STS_METERS,
)


@pytest.mark.parametrize("victim", KILLED)
async def test_whatever_is_killed_at_any_step_each_purchase_is_credited_and_told_once(
    living: Living, victim: Victim
) -> None:
    paid = [each for step in Step for each in await strike(living, victim, step)]
    await living.up()
    for each in paid:
        await living.finished(each)
    assert [doubt for each in paid for doubt in await doubts(living, each)] == []
