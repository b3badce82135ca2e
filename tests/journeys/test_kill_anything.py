"""SIGKILL at each step of the loop: every paid purchase ends credited exactly once, booked, and told once."""

from contextlib import AsyncExitStack

import pytest

from tests.journeys.living import Living, Paid, Victim
from tests.journeys.steps import Step, reached
from tests.journeys.truth import doubts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

STREETS = (Victim.ESAM_METERS, Victim.STS_METERS)
KILLED = {
    "web": (Victim.WEB,),
    "front-end": (Victim.NORTH,),
    "office": (Victim.OFFICE,),
    "notifier": (Victim.NOTIFIER,),
    "valkey": (Victim.VALKEY,),
    "postgres": (Victim.POSTGRES,),
    "concentrators and meters": STREETS,
}
HELD: dict[Step, tuple[Victim, ...]] = {
    Step.BOOKED: (Victim.NORTH,),
    Step.SENDING: STREETS,
    Step.CREDITED: (Victim.OFFICE,),
    Step.TELLING: (Victim.NOTIFIER,),
}


# Each victim where it has most in its hands; together they cover every step. `make faults` strikes at all of them.
WHERE_IT_HURTS: dict[str, tuple[Step, ...]] = {
    "web": (Step.BEGUN, Step.BOOKED),
    "front-end": (Step.SENDING, Step.LANDED),
    "office": (Step.BOOKED, Step.CREDITED),
    "notifier": (Step.CREDITED, Step.TELLING),
    "valkey": (Step.BOOKED, Step.LANDED),
    "postgres": (Step.LANDED, Step.TELLING),
    "concentrators and meters": (Step.SENDING, Step.LANDED),
}


@pytest.mark.parametrize("name", KILLED)
async def test_whatever_is_killed_where_it_hurts_each_purchase_is_credited_and_told_once(
    living: Living, name: str
) -> None:
    await struck(living, KILLED[name], WHERE_IT_HURTS[name])


@pytest.mark.long
@pytest.mark.parametrize("name", KILLED)
async def test_whatever_is_killed_at_any_step_each_purchase_is_credited_and_told_once(
    living: Living, name: str
) -> None:
    await struck(living, KILLED[name], tuple(Step))


async def struck(living: Living, victims: tuple[Victim, ...], steps: tuple[Step, ...]) -> None:
    """Strike at each step in turn; afterwards nothing is lost and nothing happened twice."""
    paid = [each for step in steps for each in await strike(living, victims, step)]
    await living.up()
    for each in paid:
        await living.finished(each)
    assert [doubt for each in paid for doubt in await doubts(living, each)] == []


async def strike(living: Living, victims: tuple[Victim, ...], step: Step) -> list[Paid]:
    """Pay for an ESAM and an STS meter, and kill the victims as soon as they have come to this step."""
    await living.up()
    pair = [await living.begin(living.home(1)), await living.begin(living.home(2))]
    if step is Step.LANDED:
        await strike_at_each_answer(living, victims, pair)
        return pair
    async with AsyncExitStack() as stack:
        if step is Step.CREDITED:  # the office still has a token to issue
            await press(living, pair)
            await reached(living, pair, Step.SENDING)
        await stack.enter_async_context(living.frozen(*HELD.get(step, ())))
        if step not in (Step.BEGUN, Step.CREDITED):
            await press(living, pair)
        await reached(living, pair, step)
        said = await kill(living, victims)
    if step is Step.BEGUN:
        await press(living, pair)
    if step is Step.SENDING:
        await the_wire_is_ahead(living, victims, said)
    await revive(living, victims)
    return pair


async def strike_at_each_answer(living: Living, victims: tuple[Victim, ...], pair: list[Paid]) -> None:
    """Two answers are never on the line at once: kill for each."""
    for paid in pair:
        await living.press(paid)
        await reached(living, [paid], Step.LANDED)
        said = await kill(living, victims)
        await the_wire_is_ahead(living, victims, said)
        await revive(living, victims)


async def press(living: Living, pair: list[Paid]) -> None:
    for paid in pair:
        await living.press(paid)


async def kill(living: Living, victims: tuple[Victim, ...]) -> int:
    """Kill them; return how much had been said until then."""
    said = len(living.lines)
    for victim in victims:
        await living.kill(victim)
    return said


async def revive(living: Living, victims: tuple[Victim, ...]) -> None:
    for victim in victims:
        await living.revive(victim)


async def the_wire_is_ahead(living: Living, victims: tuple[Victim, ...], said: int) -> None:
    """While the database is away, have the front-end learn something that it cannot write down."""

    async def north_waits() -> bool:
        return any(" north " in line and "database away" in line for line in living.lines[said:])

    if Victim.POSTGRES in victims:
        await living.until(north_waits, "the front-end has something to write down")
