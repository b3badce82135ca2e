"""An operation on so many devices that its items are written down step by step, out of the request (SPEC B-5)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, func, select

from app.domain.operation import CannotOperate, DeviceItemState, OperationKind, OperationState
from app.domain.relay import Supply
from app.models import OperationItem
from app.services.customer_filter import CustomerFilter
from app.services.operations import acts, enlisting, plan, planning
from app.services.operations.whom import Whom, whom_of
from tests.app.services.operations.yard import Yard

K, S = OperationKind, DeviceItemState
MANY = 90
FORCED = {"cause": "staff", "force": "yes"}


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten items a statement instead of five thousand."""
    for module in (enlisting, plan, planning):
        monkeypatch.setattr(module, "AT_ONCE", 10)


async def many(yard: Yard) -> Whom:
    """Ninety meters behind three concentrators."""
    return Whom(concentrator_ids=tuple([await yard.concentrator(100 + n, MANY // 3) for n in range(3)]))


async def count(yard: Yard, operation_id: UUID) -> int:
    """How many items are written down."""
    async with yard.begin() as db:
        return (await db.exec(select(func.count()).where(col(OperationItem.operation_id) == operation_id))).one()


async def test_the_request_writes_no_item_and_the_steps_write_all_of_them_once(yard: Yard) -> None:
    operation_id = await yard.plan(K.READ_WALLET, await many(yard), confirmed=MANY)
    row = await yard.row(operation_id)
    assert (row.state, row.item_count, await count(yard, operation_id)) == (OperationState.PLANNING, MANY, 0)

    await yard.work_steps()
    assert await count(yard, operation_id) == 10 * planning.STATEMENTS

    assert await yard.run(operation_id) is OperationState.DONE
    items, row = await yard.items(operation_id), await yard.row(operation_id)
    assert [item.place for item in items] == list(range(1, MANY + 1))
    assert len({item.meter_id for item in items}) == MANY
    assert (row.whom, row.item_count, row.subject_name) == (None, MANY, str(MANY))
    assert await yard.states(operation_id) == {(S.DONE, ""): MANY}


async def test_nothing_is_done_before_all_are_written_down(yard: Yard) -> None:
    operation_id = await yard.plan(K.READ_WALLET, await many(yard))
    for _ in range(2):
        await yard.work_steps()
        yard.clock.forward(seconds=1)
    assert await count(yard, operation_id) < MANY
    assert await yard.open_notes() == 0


async def test_stopped_while_it_is_planned_nothing_is_left_waiting(yard: Yard) -> None:
    operation_id = await yard.plan(K.READ_WALLET, await many(yard))
    await yard.work_steps()
    async with yard.begin() as db:
        await acts.stop(db, operation_id, yard.staff_id, yard.clock())
    yard.clock.forward(seconds=1)
    await yard.work()
    row = await yard.row(operation_id)
    assert (row.state, row.whom, row.item_count) == (OperationState.STOPPED, None, 10 * planning.STATEMENTS)
    assert await yard.states(operation_id) == {(S.STOPPED, "stopped"): 10 * planning.STATEMENTS}


async def test_planned_for_the_night_it_is_written_down_now_and_begins_then(yard: Yard) -> None:
    night = yard.clock() + timedelta(hours=9)
    operation_id = await yard.plan(K.READ_WALLET, await many(yard), starts_at=night)
    for _ in range(4):
        await yard.work()
        yard.clock.forward(seconds=1)
    assert (await yard.row(operation_id)).state == OperationState.SCHEDULED
    assert await count(yard, operation_id) == MANY and yard.line.told == []
    yard.clock.forward(hours=9)
    assert await yard.run(operation_id) is OperationState.DONE


async def test_what_needs_a_second_person_waits_for_one_when_it_is_written_down(yard: Yard) -> None:
    operation_id = await yard.plan(K.TRIP_RELAY, await many(yard), arguments=FORCED, reason="a fire in the street")
    for _ in range(4):
        await yard.work()
        yard.clock.forward(seconds=1)
    row = await yard.row(operation_id)
    assert (row.state, await count(yard, operation_id)) == (OperationState.PAUSED, MANY)
    assert acts.waits_for_second(row) and yard.line.told == []


async def test_whoever_was_shown_another_number_is_asked_again(yard: Yard) -> None:
    with pytest.raises(CannotOperate, match="operation_not_seen"):
        await yard.plan(K.READ_WALLET, await many(yard), confirmed=MANY - 1)


def test_whom_it_is_for_is_read_as_it_was_written() -> None:
    wanted = CustomerFilter(meter="2%,3%", node_id=uuid4(), supply=Supply.ON, has_contact=False, by_part=False)
    for whom in (
        Whom(),
        Whom((uuid4(), uuid4()), (uuid4(),), wanted, uuid4()),
        Whom(wanted=CustomerFilter(owing=True, silent_days=3, balance_from_minor=-5)),
    ):
        assert whom_of(whom.record()) == whom
