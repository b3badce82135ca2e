"""Why a home is dark, from the rows (SPEC M-1, M-15)."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.announcement import AnnouncementKind
from app.domain.darkness import Cause, Next
from app.domain.reach import Reach
from app.domain.relay import Supply
from app.domain.wallet import BalanceSource
from app.models import Concentrator, Kiosk, Meter, Note
from app.models.kiosk import KioskState
from app.outbox import Job
from app.services import announcements
from app.services.announcements import Draft, Words
from app.services.darkness import Darkness, why_dark
from app.services.lookup import ask_reading, view_meter
from app.services.reach import Advice, advice_for, reach_of
from app.services.readings import record_balance
from tests import build
from tests.app.web import stories
from tests.clocks import Clock


@pytest.fixture
async def town(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        town = await build.utility(db, clock())
        meter = await db.get_one(Meter, town.esam.id, with_for_update=True)
        await record_balance(db, meter, -1235, BalanceSource.READBACK, clock())
        meter.supply, meter.supply_read_at = Supply.OFF, clock()
        return town


async def ask(begin: Begin, town: build.Utility, clock: Clock) -> Darkness:
    async with begin() as db:
        meter = await view_meter(db, town.esam.number, clock())
        assert meter is not None
        return await why_dark(db, meter, clock())


async def advice(begin: Begin, meter: Meter, clock: Clock) -> Advice:
    async with begin() as db:
        view = await view_meter(db, meter.number, clock())
        assert view is not None
        return await advice_for(db, view, clock())


async def test_an_empty_meter_wants_money(begin: Begin, town: build.Utility, clock: Clock) -> None:
    found = await ask(begin, town, clock)

    assert (found.cause, found.next) == (Cause.CREDIT, Next.PAY)


async def test_money_under_way_is_followed_and_not_paid_again(begin: Begin, town: build.Utility, clock: Clock) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, town.esam, 10000, clock())

    found = await ask(begin, town, clock)

    assert found.cause is Cause.ON_ITS_WAY
    assert [each.ref for each in found.coming] == [purchase.ref]


async def test_an_outage_explains_it_and_an_empty_meter_is_said_too(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    clock.forward(hours=1)
    async with begin() as db:
        draft = Draft(
            AnnouncementKind.UNPLANNED, None, clock(), clock() + timedelta(hours=2), Words("停电", "Power failure")
        )
        told = await announcements.publish(db, draft, clock())

    during = await ask(begin, town, clock)
    clock.forward(hours=1)
    async with begin() as db:
        await announcements.restore(db, told.id, clock())
    after = await ask(begin, town, clock)

    assert during.cause is Cause.AREA_OUTAGE
    assert during.credit_too
    assert during.outage is not None
    assert after.cause is Cause.CREDIT
    assert after.restored is not None


async def test_a_cut_line_is_called_unknown_and_never_guessed(begin: Begin, town: build.Utility, clock: Clock) -> None:
    async with begin() as db:
        (await db.get_one(Concentrator, town.concentrator.id)).front_end = None
        meter = await db.get_one(Meter, town.esam.id, with_for_update=True)
        await record_balance(db, meter, 5000, BalanceSource.READBACK, clock() + timedelta(minutes=1))
    clock.forward(hours=1)

    assert (await ask(begin, town, clock)).cause is Cause.LINE_DOWN


async def test_a_meter_without_a_link_is_told_before_paying_with_the_code_or_the_terminal(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    assert await advice(begin, town.esam, clock) == Advice(Reach.GOOD, takes_tokens=False)
    async with begin() as db:
        (await db.get_one(Concentrator, town.concentrator.id)).front_end = None
        db.add(Kiosk(name="Gate 2", concentrator_id=town.concentrator.id, state=KioskState.ACTIVE, beat_at=clock()))

    card, token = await advice(begin, town.esam, clock), await advice(begin, town.sts, clock)

    assert card == Advice(Reach.DOWN, takes_tokens=False, kiosks=("Gate 2",))
    assert (card.needs_yes, token.needs_yes) == (True, False)


async def test_tries_without_an_answer_are_counted_until_the_meter_is_heard(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    clock.forward(minutes=1)
    async with begin() as db:
        view = await view_meter(db, town.esam.number, clock())
        assert view is not None
        assert await ask_reading(db, view, clock())
    async with begin() as db:
        (note,) = list(await db.exec(select(Note).where(Note.job == Job.READ_BALANCE)))
        note.attempts, note.last_error, note.done_at = 3, "timeout", clock()
    async with begin() as db:
        assert await reach_of(db, town.esam.id, clock()) is Reach.DOWN

    clock.forward(minutes=1)
    async with begin() as db:
        meter = await db.get_one(Meter, town.esam.id, with_for_update=True)
        await record_balance(db, meter, 10, BalanceSource.READBACK, clock())
    async with begin() as db:
        assert await reach_of(db, town.esam.id, clock()) is Reach.GOOD
