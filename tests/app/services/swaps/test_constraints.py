"""What the database itself refuses of exchanges and reversals, whatever the code above it believes."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from app.db import Begin
from app.domain.reversing import ReversalState, ReversalWay
from app.domain.swapping import SwapState
from app.models import Meter, MeterSwap, Reversal
from tests.app.services.swaps.workshop import NEW
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Bench


@pytest.fixture
async def desk(begin: Begin, clock: Clock) -> Desk:
    return await open_desk(begin, clock, Bench(now=clock))


async def refused(desk: Desk, *rows: SQLModel) -> str:
    """The constraint that refuses the last of these rows."""
    with pytest.raises(IntegrityError) as error:
        async with desk.begin() as db:
            for row in rows:
                db.add(row)
                await db.flush()
    return str(error.value)


def swap(desk: Desk, number: str, state: SwapState = SwapState.OPEN) -> MeterSwap:
    over = None if state is SwapState.OPEN else desk.clock()
    return MeterSwap(
        id=uuid4(),
        old_meter_id=desk.town.esam.id,
        new_number=number,
        new_address=number,
        new_model_id=desk.town.esam.model_id,
        state=state,
        reason="a test",
        made_by=desk.staff_id,
        made_at=desk.clock(),
        ended_at=over,
    )


def reversal(desk: Desk, purchase_id: UUID) -> Reversal:
    return Reversal(
        id=uuid4(),
        purchase_id=purchase_id,
        way=ReversalWay.WHOLE,
        amount_minor=5000,
        reason="a test",
        asked_by=desk.staff_id,
        asked_at=desk.clock(),
    )


async def test_two_exchanges_of_one_meter_at_a_time(desk: Desk) -> None:
    assert "one_open_swap" in await refused(desk, swap(desk, NEW), swap(desk, "201000009999"))


async def test_an_exchange_that_is_done_without_figures(desk: Desk) -> None:
    assert "done_is_whole" in await refused(desk, swap(desk, NEW, SwapState.DONE))


async def test_two_exchanges_that_took_one_meter_away(desk: Desk) -> None:
    done = [swap(desk, number, SwapState.DONE) for number in (NEW, "201000009999")]
    for row, new in zip(done, (desk.town.sts, desk.town.esam), strict=True):
        row.last_balance_minor, row.new_meter_id = 0, new.id
    assert "one_swap_away" in await refused(desk, *done)


async def test_a_reversal_that_its_asker_approves(desk: Desk) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    row = reversal(desk, purchase_id)
    row.state, row.decided_by, row.decided_at = ReversalState.DONE, desk.staff_id, desk.clock()
    assert "two_persons" in await refused(desk, row)


async def test_two_reversals_of_one_sale_that_wait(desk: Desk) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    first = reversal(desk, purchase_id)
    assert "one_open_reversal" in await refused(desk, first, reversal(desk, purchase_id))


async def test_a_successor_of_a_meter_that_still_hangs(desk: Desk) -> None:
    with pytest.raises(IntegrityError, match="only_removed_have_successors"):
        async with desk.begin() as db:
            (await db.get_one(Meter, desk.town.esam.id)).successor_id = desk.town.sts.id
