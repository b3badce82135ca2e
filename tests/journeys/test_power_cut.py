"""The power goes for the whole house: every program and both engines at once, in the middle of the loop."""

import pytest

from tests.journeys.living import ENGINES, Living, Victim
from tests.journeys.steps import Step, reached
from tests.journeys.truth import doubts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PROGRAMS = (Victim.BANK, Victim.WEB, Victim.NORTH, Victim.OFFICE, Victim.NOTIFIER)


@pytest.mark.parametrize("step", [Step.BOOKED, Step.LANDED])
async def test_a_power_cut_loses_nothing(living: Living, step: Step) -> None:
    pair = [await living.pay(living.home(street)) for street in (1, 2)]
    await reached(living, pair[:1] if step is Step.LANDED else pair, step)
    await cut(living)
    for engine in ENGINES:
        await living.revive(engine)
    await living.up()
    for paid in pair:
        await living.finished(paid)
        assert await doubts(living, paid) == []


async def cut(living: Living) -> None:
    """Kill everything that is ours; the meters in the street stay. The programs come back before the engines do."""
    for victim in (*PROGRAMS, *ENGINES):
        await living.kill(victim)
    said = len(living.lines)

    async def all_are_waiting() -> bool:
        complaints = [line.split()[1] for line in living.lines[said:] if "(Connection" in line]
        return {Victim.NORTH, Victim.OFFICE, Victim.NOTIFIER} <= set(complaints)

    await living.until(all_are_waiting, "what was started again waits for its engines")
