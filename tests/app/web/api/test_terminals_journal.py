"""What a terminal tells: each line once, and never as a proof (SPEC K-4, K-6)."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from app import outbox
from app.db import Begin
from app.domain.review import ReviewKind
from app.models import Kiosk, KioskEvent, Note, Review
from app.outbox import Job
from app.services.kiosks import care, enrolment
from tests import build
from tests.app.web import stories
from tests.clocks import Clock
from tests.terminal import Terminal


def line(entry: int, kind: str, meter: str | None = None, **body: object) -> dict[str, object]:
    return {"entry": entry, "kind": kind, "meter": meter, "happened_at": "2026-03-02T08:59:00+08:00", "body": body}


async def test_a_line_told_twice_is_kept_once(terminal: Terminal, begin: Begin) -> None:
    lines = [line(1, "started"), line(2, "printed", receipt="R1")]
    for _ in range(2):
        assert (await terminal.tell(*lines)).json() == {"accepted_to": 2}
    async with begin() as db:
        assert len((await db.exec(select(KioskEvent))).all()) == 2


async def test_a_token_entered_at_the_terminal_hastens_the_purchase_and_credits_nothing(
    terminal: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())
        await outbox.promise(
            db,
            Job.DOWNLOAD_PURCHASE,
            purchase.id,
            clock() + timedelta(hours=1),
            concentrator_id=utility.concentrator.id,
        )
    entered = line(1, "token_entered", utility.sts.number, purchase=purchase.ref, outcome="accepted", code="")

    await terminal.tell(entered)

    async with begin() as db:
        notes = {n.job: n for n in await db.exec(select(Note))}
        assert notes[Job.DOWNLOAD_PURCHASE].due_at <= clock()
        assert Job.READ_BALANCE in notes
        await db.refresh(purchase := await db.get_one(type(purchase), purchase.id))
        assert purchase.state == "paid"


async def test_what_looks_like_a_token_is_not_kept(terminal: Terminal, begin: Begin) -> None:
    token = "12345678901234567890"
    await terminal.tell(line(1, "token_entered", None, detail=token, digits=token, code=f"x{token}", outcome="used"))
    async with begin() as db:
        kept = (await db.exec(select(KioskEvent))).one().body
    assert kept == {"outcome": "used"}


async def test_an_opened_door_locks_the_terminal_until_staff_have_looked(
    terminal: Terminal, begin: Begin, clock: Clock
) -> None:
    await terminal.tell(line(1, "door_opened"))
    await terminal.post("/beat", {"health": {"door": "open"}})
    async with begin() as db:
        assert (await db.exec(select(Kiosk))).one().state == "locked"
        await care.find_sick(db, clock())
        await care.find_sick(db, clock())
        review = (await db.exec(select(Review))).one()
    assert (review.kind, review.evidence["ailments"]) == (ReviewKind.KIOSK_SICK, "door_open")


async def test_three_missed_beats_are_a_question_for_staff(terminal: Terminal, begin: Begin, clock: Clock) -> None:
    await terminal.post("/beat", {"health": {"paper": "ok"}})
    clock.forward(seconds=89)
    async with begin() as db:
        assert await care.find_sick(db, clock()) == 0
    clock.forward(seconds=2)
    async with begin() as db:
        assert await care.find_sick(db, clock()) == 1


async def test_of_a_beat_only_what_we_know_is_kept(terminal: Terminal, begin: Begin) -> None:
    said = {"paper": "low", "door": "ajar", "queue": 3, "line_errors": True, "offset_s": 2**40, "note": "x" * 9999}
    await terminal.post("/beat", {"health": said})
    async with begin() as db:
        assert (await db.exec(select(Kiosk))).one().health == {"paper": "low", "queue": 3}


@pytest.mark.parametrize(
    "wrong", [{}, {"entry": 0}, {"entry": "x"}, {"kind": "boasted"}, {"happened_at": "yesterday"}, {"entry": 2**40}]
)
async def test_a_line_that_cannot_be_read_is_refused_with_its_whole_letter(
    terminal: Terminal, begin: Begin, wrong: dict[str, object]
) -> None:
    bad = {**line(2, "started"), **wrong} if wrong else {}
    refused = await terminal.tell(line(1, "started"), bad)
    assert refused.status_code == 400
    async with begin() as db:
        assert (await db.exec(select(KioskEvent))).first() is None


async def test_a_unit_that_replaces_another_is_told_how_far_the_journal_went(
    terminal: Terminal, begin: Begin, clock: Clock
) -> None:
    await terminal.tell(line(1, "started"), line(2, "printed"))
    async with begin() as db:
        code = await enrolment.expect_again(db, UUID(terminal.kiosk), None, clock())

    replaced = Terminal(terminal.client, clock)
    assert (await replaced.enrol(code)).json()["last_entry"] == 2
    await replaced.tell(line(3, "started"))

    async with begin() as db:
        assert len((await db.exec(select(KioskEvent))).all()) == 3
