"""Many meters are charged in as many statements as few, also on the day on which they all cross a level."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select

from app.domain.collection import frozen_at
from app.domain.fees import FeeControl
from app.domain.ledger import BookingKind, fund_opened_booking
from app.domain.wallet import ReadingKind
from app.models import Alarm, FeeCharge, Fund, Meter, Note, Reading
from app.outbox import Job
from app.services.collection.figures import DayFigure, store
from app.services.ledger import book
from tests.app.services.fees.home import ZONE, Home

_HELD, _USED_WH = 2_100, 8_000


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_line: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def neighbours(home: Home, first: int, last: int) -> list[UUID]:
    """Meters like the home's with 21 yuan each, and a day of use that is read and not charged."""
    made = []
    async with home.begin() as db:
        like = (await db.get_one(Meter, home.meter_id)).model_dump()
        for number in range(first, last + 1):
            meter_id = uuid4()
            own = {"id": meter_id, "number": f"7{number:011}", "address": f"7{number:011}", "point": None}
            db.add(Meter(**like | own | {"fee_control": FeeControl.REMOTE, "alarm_depth": 0}))
            await db.flush()
            fund = Fund(
                id=uuid4(), meter_id=meter_id, opened_at=home.clock(), day=home.today - timedelta(days=1),
                total_wh=0, counted_at=home.clock(),
            )  # fmt: skip
            db.add(fund)
            await db.flush()
            booked = fund_opened_booking(meter_id, _HELD)
            await book(db, BookingKind.FUND_OPENED, fund.id, booked, home.clock())
            made.append(meter_id)
    home.clock.forward(days=1)
    day = home.today - timedelta(days=1)
    async with home.begin() as db:
        await store(db, [DayFigure(each, day, ReadingKind.ENERGY, _USED_WH, frozen_at(day, ZONE)) for each in made])
    return made


async def test_thirty_meters_that_cross_a_level_take_no_more_statements_than_three(
    home: Home, open_database: AsyncEngine
) -> None:
    few, many = await neighbours(home, 1, 3), []
    with counted(open_database) as for_few:
        await home.charge()
    many = await neighbours(home, 4, 33)
    with counted(open_database) as for_many:
        await home.charge()

    assert len(for_many) == len(for_few)
    async with home.begin() as db:
        assert set(await db.exec(select(Fund.held_minor))) == {_HELD - 400}
        assert len((await db.exec(select(FeeCharge).where(FeeCharge.amount_minor == 400))).all()) == 33
        episodes = list(await db.exec(select(Alarm)))
        assert {(each.meter_id, each.depth) for each in episodes} == {(each, 1) for each in (*few, *many)}
        balances = select(Reading.id).where(Reading.kind == ReadingKind.BALANCE)
        assert {each.reading_id for each in episodes} <= set(await db.exec(balances))
        told = select(Note.subject_id).where(Note.job == Job.ANNOUNCE_ALARM, col(Note.done_at).is_(None))
        assert set(await db.exec(told)) == {each.id for each in episodes}
        assert {each.alarm_depth for each in await db.exec(select(Meter).where(col(Meter.id).in_(many)))} == {1}
