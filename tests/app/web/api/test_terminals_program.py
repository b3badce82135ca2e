"""The terminal's own program at the real door: what it sends is let in, and what it is told it can read."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.applications import Starlette

from app.db import Begin
from app.models import Kiosk, KioskEvent, Payment
from app.models.kiosk import KioskState
from app.services.kiosks import enrolment
from kiosk.answers import MeterCard, Source, State
from kiosk.api import Unchanged, Wish
from kiosk.assembly import Terminal, open_terminal
from kiosk.clock import Clock as KioskClock
from kiosk.journal import Kind
from kiosk.main import enrol_here
from kiosk.settings import KioskSettings
from kiosk.shapes import Begun, Trouble
from tests import build
from tests.app.web.test_inbox import post
from tests.clocks import Clock
from tests.serving import served

WISH = Wish(5_000, "form-1", "counter")


@pytest.fixture
async def program(web: Starlette, code: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Terminal]:
    """The program, enrolled with the code that staff made, beside no meters."""
    async with served(web) as url:
        settings = KioskSettings(platform_url=url, state_dir=tmp_path)
        await enrol_here(settings, code)
        async with open_terminal(settings, KioskClock(clock)) as terminal:
            yield terminal


async def test_it_beats_fetches_and_tells(
    program: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await program.journal.note(Kind.BALANCE_READ, clock(), utility.sts.number, {"balance_minor": 5})
    assert await program.sync.beat()
    assert await program.sync.refresh()
    assert await program.sync.tell()
    assert await program.sync.tell()
    async with begin() as db:
        kiosk = (await db.exec(select(Kiosk))).one()
        events = (await db.exec(select(KioskEvent).order_by("entry"))).all()
    assert kiosk.health["paper"] == "none"
    assert [(event.entry, event.kind) for event in events] == [(1, "started"), (2, "balance_read")]
    assert {meter.number for meter in program.cache.meters} >= {utility.esam.number, utility.sts.number}
    assert await program.platform.fetch(program.cache.tag) == Unchanged()


async def test_it_shows_and_sells(program: Terminal, begin: Begin, utility: build.Utility) -> None:
    card = await program.counter.look(utility.sts.number)
    assert isinstance(card, MeterCard)
    assert (card.source, card.may_pay) == (Source.LIVE, True)
    begun = await program.counter.pay_qr(utility.sts.number, WISH)
    again = await program.counter.pay_qr(utility.sts.number, WISH)
    assert isinstance(begun, Begun)
    assert again == begun
    story = await program.counter.story(begun.ref)
    assert not isinstance(story, Trouble), story
    await program.counter.leave_payment(begun.ref)
    async with begin() as db:
        assert len((await db.exec(select(Payment))).all()) == 1


async def test_a_payers_code_of_an_app_that_is_not_offered_comes_back(
    program: Terminal, utility: build.Utility
) -> None:
    await program.sync.beat()
    said = await program.counter.pay_code(utility.sts.number, Wish(5_000, "form-2"), "990000000000000001")
    assert said == Trouble("not_a_payer_code")


async def test_it_hears_of_numbers_and_slips_that_are_not_there(program: Terminal) -> None:
    assert await program.counter.look("12345678903") == Trouble("number_unknown")
    slip = await program.counter.find_slip("20260302-ABCDEF12")
    assert isinstance(slip, Trouble)
    assert not slip.unreachable


async def test_it_shows_what_lies_in_the_inbox_with_and_without_a_network(
    program: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await post(begin, utility, clock, "余额 ¥5.00")
    await program.sync.refresh()
    live = await program.counter.look(utility.esam.number)
    assert isinstance(live, MeterCard)
    kept = program.cache.inbox(utility.esam.number)
    assert [(each.kind, each.text) for each in live.inbox] == [("alarm_a", "余额 ¥5.00")]
    assert kept == live.inbox


async def test_revoked_by_staff_it_serves_nobody(program: Terminal, begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        kiosk = (await db.exec(select(Kiosk))).one()
        await enrolment.move(db, kiosk.id, KioskState.REVOKED, None, clock())
    await program.sync.beat()
    assert program.gate.state is State.OUT_OF_SERVICE
