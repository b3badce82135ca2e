"""A home without light for want of money is an incident: opened once, flagged in time, ended by money or a person."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from app.context import Deps
from app.db import Begin
from app.domain.announcement import AnnouncementKind
from app.domain.disconnection import Home, Outcome, begins, ends
from app.domain.purchase import PurchaseState
from app.domain.relay import RelayBits, Supply
from app.models import Announcement, Disconnection, Message, Meter, Review, Staff
from app.services import disconnections
from app.services.disconnections import DisconnectionError, Span, Walked, Word
from app.services.readings import After, record_relay
from app.settings import Settings
from app.tasks.disconnections import look_after_the_dark
from tests import build
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.notifier import stories

AT = datetime.fromisoformat("2026-03-02T01:00:00+00:00")
DARK = Home(AT, Supply.OFF, AT)


@pytest.mark.parametrize(
    ("home", "open_"),
    [
        (DARK, True),
        (replace(DARK, supply=Supply.UNKNOWN, supply_read_at=None), True),  # the balance alone counts
        (replace(DARK, spent_since=None), False),
        (replace(DARK, supply=Supply.KEEP_POWER), False),
        (replace(DARK, supply=Supply.ON), False),
        (replace(DARK, supply=Supply.ON, supply_read_at=AT - timedelta(days=1)), True),  # seen before it ran out
        (replace(DARK, money_coming=True), False),
        (replace(DARK, outage=True), False),
    ],
)
def test_only_a_home_without_money_and_light_is_an_incident(home: Home, open_: bool) -> None:
    assert begins(home) is open_


def test_an_incident_ends_by_money_or_by_light_alone() -> None:
    assert ends(DARK, AT) is None
    assert ends(replace(DARK, money_coming=True), AT) is None
    assert ends(replace(DARK, spent_since=None, credited_at=AT), AT) is Outcome.PAID
    assert ends(replace(DARK, spent_since=None, credited_at=AT - timedelta(days=9)), AT) is Outcome.RESTORED


async def walk(begin: Begin, clock: Clock) -> Walked:
    async with begin() as db:
        return await disconnections.walk(db, clock())


async def only(begin: Begin) -> Disconnection:
    async with begin() as db:
        return (await db.exec(select(Disconnection))).one()


async def test_it_is_opened_once_flagged_after_a_day_and_ended_by_money(
    begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await stories.read(begin, utility.esam, 0, clock())
    began = clock()
    assert [await walk(begin, clock), await walk(begin, clock)] == [Walked(opened=1), Walked()]

    clock.forward(hours=25)
    assert [await walk(begin, clock), await walk(begin, clock)] == [Walked(flagged=1), Walked()]
    incident = await only(begin)
    assert (incident.began_at, incident.flagged_at, incident.outreach_at) == (began, clock(), clock())
    async with begin() as db:
        review = (await db.exec(select(Review))).one()
        kinds = {each.kind for each in await db.exec(select(Message))}
    assert (review.kind, review.meter_id, "disconnected" in kinds) == ("disconnection", utility.esam.id, True)

    await stories.credited(begin, utility.esam, clock.forward(hours=1))
    await stories.read(begin, utility.esam, 5_000, clock.forward(minutes=1))
    assert await walk(begin, clock) == Walked(ended=1)
    incident = await only(begin)
    assert (incident.outcome, incident.ended_at) == ("paid", clock() - timedelta(minutes=1))
    async with begin() as db:
        assert (await db.exec(select(Review))).one().settled_at is not None
        span = Span(began, clock())
        assert [each.id for each in await disconnections.incidents(db, span)] == [incident.id]


async def test_money_on_its_way_and_an_outage_keep_it_from_opening(
    begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    for meter in (utility.esam, utility.sts):
        await stories.read(begin, meter, -1, clock())
    purchase_id = await stories.unreachable(begin, utility.sts, clock())
    async with begin() as db:
        node = utility.concentrator.node_id
        dark = Announcement(kind=AnnouncementKind.UNPLANNED, node_id=node, from_at=clock(), title_zh="停", title_en="x")
        dark.until_at, dark.published_at = clock() + timedelta(hours=2), clock()
        db.add(dark)
    assert await walk(begin, clock) == Walked()

    clock.forward(hours=15)  # the outage has lapsed
    assert await walk(begin, clock) == Walked(opened=1)
    await stories.move(begin, purchase_id, PurchaseState.SETTLED)
    assert await walk(begin, clock) == Walked(opened=1)


async def test_light_without_money_ends_it_too(begin: Begin, utility: build.Utility, clock: Clock) -> None:
    await stories.read(begin, utility.esam, 0, clock())
    await walk(begin, clock)
    async with begin() as db:
        meter = await db.get_one(Meter, utility.esam.id, with_for_update=True)
        bits = RelayBits(relay_open=False, command_open=False, keep_power=False)
        await record_relay(db, meter, bits, After("read_relay"), clock.forward(hours=1))
    assert await walk(begin, clock) == Walked(ended=1)
    assert (await only(begin)).outcome == "restored"


async def test_staff_end_it_with_a_word_and_it_does_not_open_again(
    begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await stories.read(begin, utility.esam, 0, clock())
    await walk(begin, clock)
    async with begin() as db:
        officer = Staff(login="wang", name="Wang", password_hash="x")
        db.add(officer)
    incident = await only(begin)
    word = Word(incident.id, Outcome.OTHER, "  ", officer.id)
    for wrong, code in ((word, "remark_missing"), (replace(word, outcome=Outcome.PAID), "outcome")):
        async with begin() as db:
            with pytest.raises(DisconnectionError, match=code):
                await disconnections.end(db, wrong, clock())
    async with begin() as db:
        await disconnections.end(db, replace(word, outcome=Outcome.MOVED_OUT), clock())
    async with begin() as db:
        with pytest.raises(DisconnectionError, match="over"):
            await disconnections.end(db, replace(word, outcome=Outcome.HELPED), clock())
    assert await walk(begin, clock) == Walked()
    assert (await only(begin)).outcome == "moved_out"


async def test_the_round_of_the_office_walks(begin: Begin, utility: build.Utility, clock: Clock) -> None:
    await stories.read(begin, utility.esam, 0, clock())
    await look_after_the_dark(Deps(begin, SilentBell(), clock, Settings(), name="test"))
    assert (await only(begin)).ended_at is None
