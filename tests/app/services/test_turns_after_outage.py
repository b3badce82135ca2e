"""After an outage the relays of those who bought meanwhile close in turn; whoever pays later waits for nobody (M-8)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app import outbox
from app.db import Begin
from app.domain.announcement import AnnouncementKind
from app.domain.relay import turn_after_outage
from app.domain.rules import OutageRules
from app.models import GridNode, Note, Purchase
from app.outbox import Job
from app.services import relays
from app.services.announcements import Draft, Words, publish, restore
from app.services.purchases import new_ref
from app.services.rulebook import save
from tests import build
from tests.clocks import Clock

BACK = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_turns_are_spread_over_the_whole_span_and_stay_the_same() -> None:
    span, meters = timedelta(minutes=10), [uuid4() for _ in range(400)]
    turns = [turn_after_outage(each, BACK, span) for each in meters]
    assert all(BACK < turn < BACK + span for turn in turns)
    early = sum(turn < BACK + span / 2 for turn in turns)
    assert 120 < early < 280
    assert [turn_after_outage(each, BACK, span) for each in meters] == turns
    assert turn_after_outage(meters[0], BACK, timedelta()) == BACK


@pytest.fixture
async def town(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        return await build.utility(db, clock())


async def outage_is_over(begin: Begin, node: UUID | None, clock: Clock) -> None:
    """It was dark for an hour, and is light again now."""
    async with begin() as db:
        words = Words("停电", "Outage")
        draft = Draft(AnnouncementKind.UNPLANNED, node, clock(), clock() + timedelta(hours=2), words)
        row = await publish(db, draft, clock())
    clock.forward(hours=1)
    async with begin() as db:
        assert await restore(db, row.id, clock())


async def bought(begin: Begin, town: build.Utility, at: datetime, clock: Clock) -> int:
    """A purchase of this moment is in the meter, and its relay is to be seen to; return the note."""
    async with begin() as db:
        row = Purchase(ref=new_ref(), meter_id=town.esam.id, amount_minor=100, arrears_minor=0, credit_minor=100,
                       state="credited", created_at=at)  # fmt: skip
        db.add(row)
        await db.flush()
        await outbox.promise(db, Job.CHECK_RELAY, row.id, clock(), concentrator_id=town.concentrator.id)
        found = await db.exec(select(Note.id).where(Note.subject_id == row.id))
        return found.one() or 0


async def goes(begin: Begin, note: int, clock: Clock) -> bool:
    async with begin() as db:
        return await relays.prepare(db, note, clock(), "frontend:north") is not None


async def test_what_was_bought_in_the_dark_waits_for_its_turn_and_spends_no_try(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    began = clock()
    await outage_is_over(begin, town.concentrator.node_id, clock)
    back_at = clock()
    note = await bought(begin, town, began + timedelta(minutes=5), clock)
    turn = turn_after_outage(town.esam.id, back_at, timedelta(minutes=10))
    assert not await goes(begin, note, clock)
    async with begin() as db:
        row = await db.get_one(Note, note)
        assert (row.due_at, row.attempts) == (turn, 0)
    clock.forward(minutes=10)
    assert await goes(begin, note, clock)


async def test_whoever_pays_once_it_is_light_again_waits_for_nobody(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    await outage_is_over(begin, town.concentrator.node_id, clock)
    clock.forward(seconds=30)
    assert await goes(begin, await bought(begin, town, clock(), clock), clock)


async def test_an_outage_elsewhere_or_long_ago_or_a_rule_of_nothing_makes_nobody_wait(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    began = clock()
    async with begin() as db:
        elsewhere = GridNode(kind="area", name="Elsewhere", path="")
        elsewhere.path = str(elsewhere.id)
        db.add(elsewhere)
    await outage_is_over(begin, elsewhere.id, clock)
    assert await goes(begin, await bought(begin, town, began, clock), clock)
    await outage_is_over(begin, None, clock)
    clock.forward(hours=3)
    assert await goes(begin, await bought(begin, town, began, clock), clock)
    await outage_is_over(begin, None, clock)
    async with begin() as db:
        await save(db, OutageRules(stagger_min=0), None, clock())
    assert await goes(begin, await bought(begin, town, began, clock), clock)
