"""Amnesties: by staff, and by themselves while our own sale path is down (SPEC M-5)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select, update

from app import outbox
from app.db import Begin
from app.domain.payment import PaymentState
from app.models import Amnesty, Audit, Concentrator, FrontEnd, GridNode, Note, Staff, Token
from app.outbox import Job
from app.services import amnesties
from app.services.amnesties import AmnestyError, Wish
from tests import build
from tests.clocks import Clock


@pytest.fixture
async def town(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        made = await build.utility(db, clock())
        made.concentrator.heard_at = clock()
        return made


@pytest.fixture
async def officer(begin: Begin) -> UUID:
    async with begin() as db:
        person = Staff(id=uuid4(), login="lin", name="Lin", password_hash="never used here")
        db.add(person)
    return person.id


async def round_made(begin: Begin, clock: Clock) -> list[tuple[str, bool, bool]]:
    """Let the round be made by two offices; return reason, open-ended, ended of each amnesty."""
    for _ in range(2):
        async with begin() as db:
            await amnesties.follow(db, clock())
    async with begin() as db:
        rows = list(await db.exec(select(Amnesty).order_by(col(Amnesty.from_at), col(Amnesty.reason))))
    return [(row.reason, row.until_at is None, row.ended_at is not None) for row in rows]


async def beats(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await db.execute(update(FrontEnd).values(beat_at=clock()))


async def test_silent_front_ends_open_one_that_ends_hours_after_they_beat_again(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    clock.forward(minutes=9)
    assert await round_made(begin, clock) == []
    clock.forward(minutes=2)
    assert await round_made(begin, clock) == [("head_end_down", True, False)]

    clock.forward(hours=1)
    await beats(begin, clock)
    assert await round_made(begin, clock) == [("head_end_down", False, False)]
    clock.forward(hours=3, minutes=59)
    await beats(begin, clock)
    assert await round_made(begin, clock) == [("head_end_down", False, False)]
    clock.forward(minutes=1)
    await beats(begin, clock)
    assert await round_made(begin, clock) == [("head_end_down", False, True)]


async def test_trouble_that_comes_back_within_the_rest_goes_on_as_the_same_amnesty(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    clock.forward(minutes=11)
    await round_made(begin, clock)
    await beats(begin, clock)
    await round_made(begin, clock)
    clock.forward(minutes=20)
    assert await round_made(begin, clock) == [("head_end_down", True, False)]


async def test_an_area_none_of_whose_concentrators_has_a_link_is_spared_and_no_other(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        other = GridNode(kind="area", name="Mill Lane", path="")
        other.path = str(other.id)
        db.add(other)
        await db.flush()
        dark = Concentrator(node_id=other.id, name="Mill Lane 1", region="3201", terminal=2, heard_at=clock())
        never = Concentrator(node_id=town.concentrator.node_id, name="new", region="3201", terminal=3)
        db.add_all([dark, never])
    clock.forward(minutes=24)
    await beats(begin, clock)
    assert await round_made(begin, clock) == []
    clock.forward(minutes=2)
    await beats(begin, clock)
    assert await round_made(begin, clock) == [("links_down", True, False)]
    async with begin() as db:
        assert (await db.exec(select(Amnesty))).one().node_id == other.id


async def test_one_opens_when_no_provider_can_be_asked_and_none_took_money_since(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        payment = await build.payment(db, town.esam, 5000, clock())
        await outbox.promise(db, Job.ASK_PROVIDER, payment.id, clock())
        await db.execute(update(Note).values(attempts=3, last_error="ProviderDown: no answer"))
    clock.forward(minutes=11)
    await beats(begin, clock)
    assert await round_made(begin, clock) == [("payments_down", True, False)]

    async with begin() as db:
        other = await build.payment(db, town.esam, 5000, clock())
        other.state, other.paid_at = PaymentState.PAID, clock()
    assert await round_made(begin, clock) == [("payments_down", False, False)]


async def test_one_opens_when_tokens_cannot_be_issued(begin: Begin, town: build.Utility, clock: Clock) -> None:
    async with begin() as db:
        await outbox.promise(db, Job.ISSUE_TOKEN, uuid4(), clock())
        await db.execute(update(Note).values(attempts=3, last_error="module_down"))
    clock.forward(minutes=11)
    await beats(begin, clock)
    assert await round_made(begin, clock) == [("tokens_down", True, False)]
    async with begin() as db:
        assert (await db.exec(select(Token))).first() is None


async def test_staff_begin_and_end_one_on_record(
    begin: Begin, town: build.Utility, clock: Clock, officer: UUID
) -> None:
    wish = Wish(town.concentrator.node_id, " Flood in the valley ", clock() + timedelta(days=2))
    async with begin() as db:
        row = await amnesties.begin_amnesty(db, wish, officer, clock())
    async with begin() as db:
        (view,) = await amnesties.list_amnesties(db, clock())
        assert (view.row.reason, view.area, view.begun_by, view.holds) == (
            "Flood in the valley",
            "Lamp Street",
            "Lin",
            True,
        )
        assert view.trouble is None
    for expected in (True, False):
        async with begin() as db:
            assert await amnesties.end_amnesty(db, row.id, officer, clock.forward(hours=1)) is expected
    async with begin() as db:
        (view,) = await amnesties.list_amnesties(db, clock())
        acts = list(await db.exec(select(Audit.act).order_by(col(Audit.at))))
    assert (view.holds, view.ended_by) == (False, "Lin")
    assert acts == ["amnesty_begun", "amnesty_ended"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish(None, " ", None), "reason_missing"),
        (Wish(None, "x" * 301, None), "reason_long"),
        (Wish(uuid4(), "storm", None), "area_unknown"),
    ],
)
async def test_what_is_missing_is_named(begin: Begin, clock: Clock, officer: UUID, wish: Wish, code: str) -> None:
    async with begin() as db:
        with pytest.raises(AmnestyError) as refused:
            await amnesties.begin_amnesty(db, wish, officer, clock())
    assert refused.value.code == code


async def test_an_end_that_is_past_is_refused(begin: Begin, clock: Clock, officer: UUID) -> None:
    async with begin() as db:
        with pytest.raises(AmnestyError, match="until_past"):
            await amnesties.begin_amnesty(db, Wish(None, "storm", clock()), officer, clock())
