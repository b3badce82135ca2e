"""The front-end is killed between the wire and the books of an operation, stopped ones too: nothing is in doubt."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.context import utc_now
from app.domain.operation import ENDED, DeviceItemState, OperationKind
from app.domain.operation_arguments import Argument
from app.models import Meter, OperationItem, Staff
from app.services.operations import acts
from app.services.operations.plan import Wish, plan
from app.services.operations.whom import Whom
from tests.journeys.living import Home, Living, Victim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MANY = 12


async def planned(
    living: Living, kind: OperationKind, homes: Sequence[Home], given: Mapping[str, Argument] | None = None
) -> UUID:
    async with living.deps.begin() as db:
        found = select(Meter.id).where(col(Meter.number).in_([home.number for home in homes]))
        whom = Whom(meter_ids=tuple(await db.exec(found)))
        return (await plan(db, Wish(kind, None, given or {}, reason="a journey"), whom, utc_now())).id


async def items(living: Living, operation_id: UUID) -> dict[str, OperationItem]:
    """What became of each meter so far, by its number."""
    wanted = select(Meter.number, OperationItem).join(OperationItem, col(OperationItem.meter_id) == col(Meter.id))
    async with living.deps.begin() as db:
        return dict((await db.exec(wanted.where(OperationItem.operation_id == operation_id))).all())


async def ended(living: Living, operation_id: UUID) -> dict[str, OperationItem]:
    """Wait until nothing of it is under way, and return how each ended."""

    async def all_ended() -> bool:
        return all(item.state in ENDED for item in (await items(living, operation_id)).values())

    await living.until(all_ended, "every item of the operation has ended")
    return await items(living, operation_id)


async def keeps_power(living: Living, home: Home) -> bool:
    return bool((await living.inspect(home))["keep_power"])


@pytest.mark.parametrize("street", [1, 2])
async def test_an_order_that_was_obeyed_before_the_front_end_died_is_found_done(living: Living, street: int) -> None:
    home = living.home(street)
    operation_id = await planned(living, OperationKind.KEEP_POWER_ON, [home])
    await living.until(lambda: keeps_power(living, home), "the meter has obeyed, and its answer is still on the line")
    await living.kill(Victim.NORTH)

    ((_, item),) = (await ended(living, operation_id)).items()
    assert (item.state, item.maybe_done) == (DeviceItemState.DONE, False)
    assert item.values["keep_power"] == 1
    assert await keeps_power(living, home)


async def test_limits_that_were_half_written_when_the_front_end_died_are_all_written_in_the_end(living: Living) -> None:
    home = living.home(2)
    wanted: Mapping[str, Argument] = {"alarm_1_minor": 3100, "alarm_2_minor": 1100, "overdraft_limit_minor": 700}
    operation_id = await planned(living, OperationKind.SET_LIMITS, [home], wanted)

    async def begun() -> bool:
        limits = (await living.inspect(home))["limits"]
        return isinstance(limits, dict) and 3100 in limits.values()

    await living.until(begun, "the first limit is in the meter")
    await living.kill(Victim.NORTH)

    ((_, item),) = (await ended(living, operation_id)).items()
    assert (item.state, item.values) == (DeviceItemState.DONE, wanted)


async def test_a_bulk_order_that_is_stopped_while_the_front_end_dies_leaves_no_item_in_doubt(living: Living) -> None:
    homes = [living.home(street) for street in (1, 2) for _ in range(MANY)]
    operation_id = await planned(living, OperationKind.KEEP_POWER_ON, homes)

    async def some_done() -> bool:
        return any(item.state == DeviceItemState.DONE for item in (await items(living, operation_id)).values())

    await living.until(some_done, "the first meters have obeyed")
    async with living.deps.begin() as db:
        who = (await db.exec(select(Staff.id))).first()
        assert who
        await acts.stop(db, operation_id, who, utc_now())
    await living.kill(Victim.NORTH)

    said = await ended(living, operation_id)
    states = {number: DeviceItemState(item.state) for number, item in said.items()}
    assert set(states.values()) == {DeviceItemState.DONE, DeviceItemState.STOPPED}
    assert not any(item.maybe_done for item in said.values() if item.state == DeviceItemState.STOPPED)
    truth = await asyncio.gather(*(keeps_power(living, home) for home in homes))
    assert {home.number: kept for home, kept in zip(homes, truth, strict=True)} == {
        number: state is DeviceItemState.DONE for number, state in states.items()
    }
