"""What a fund holds is what was booked, and the database sees to it."""

from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from app.domain.ledger import BookingKind, Entry, charge_booking, fund_of
from app.models import Fund
from app.services.fees.holding import held_minor, held_of_many
from app.services.ledger import book
from tests.app.services.fees.home import Home


async def test_entries_move_what_a_fund_holds_in_their_own_transaction(home: Home) -> None:
    await home.switches("remote")
    async with home.begin() as db:
        await book(db, BookingKind.CHARGE, uuid4(), charge_booking(home.meter_id, 700), home.clock())
        assert await held_minor(db, home.meter_id) == 4_300
        await db.rollback()
    assert await home.held() == 5_000
    assert (await home.fund()).held_minor == 5_000


async def test_what_was_never_held_for_a_meter_is_nothing(home: Home) -> None:
    async with home.begin() as db:
        assert await held_of_many(db, [home.meter_id]) == {home.meter_id: 0}


async def test_nobody_changes_what_a_fund_holds_but_by_a_booking(home: Home) -> None:
    await home.switches("remote")
    with pytest.raises(DBAPIError, match="bookings alone"):
        async with home.begin() as db:
            await db.execute(update(Fund).values(held_minor=9_000))
    with pytest.raises(DBAPIError, match="bookings alone"):
        async with home.begin() as db:
            db.add(_fund(home, held_minor=1))
    assert await home.held() == 5_000


async def test_a_fund_is_not_closed_with_money_in_it(home: Home) -> None:
    await home.switches("remote")
    with pytest.raises(DBAPIError, match="closed and not empty"):
        async with home.begin() as db:
            await db.execute(update(Fund).values(closed_at=home.clock()))
    assert (await home.fund()).closed_at is None


async def test_a_fund_may_be_emptied_after_it_was_closed_in_the_same_transaction(home: Home) -> None:
    await home.switches("remote")
    async with home.begin() as db:
        await db.execute(update(Fund).values(closed_at=home.clock()))
        await book(db, BookingKind.CHARGE, uuid4(), charge_booking(home.meter_id, 5_000), home.clock())
    assert (await home.fund()).held_minor == 0


async def test_nothing_is_booked_for_a_fund_that_is_not_there(home: Home) -> None:
    stray = (Entry(fund_of(uuid4()), -100), Entry("energy_sold", 100))
    with pytest.raises(DBAPIError, match="there is no fund for"):
        async with home.begin() as db:
            await book(db, BookingKind.CHARGE, uuid4(), stray, home.clock())


async def test_a_meters_next_fund_begins_with_nothing_of_the_last(home: Home) -> None:
    await home.switches("remote")
    async with home.begin() as db:
        await book(db, BookingKind.CHARGE, uuid4(), charge_booking(home.meter_id, 5_000), home.clock())
        await db.execute(update(Fund).where(col(Fund.meter_id) == home.meter_id).values(closed_at=home.clock()))
    home.clock.forward(days=1)
    async with home.begin() as db:
        db.add(_fund(home))
        await db.flush()
        await book(db, BookingKind.CHARGE, uuid4(), charge_booking(home.meter_id, 200), home.clock())
    assert (await home.fund()).held_minor == -200
    assert await home.held() == -200


def _fund(home: Home, *, held_minor: int = 0) -> Fund:
    now = home.clock()
    return Fund(
        id=uuid4(), meter_id=home.meter_id, opened_at=now, day=home.today, total_wh=0, counted_at=now,
        held_minor=held_minor,
    )  # fmt: skip
