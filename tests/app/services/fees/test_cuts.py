"""The relay is opened at the limit through the one gate alone; whoever pays has light again (SPEC M-5, M-6, M-8)."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.domain.announcement import AnnouncementKind
from app.domain.notice import MessageState
from app.domain.relay import Supply
from app.domain.review import ReviewKind
from app.domain.rules import FeeRules
from app.models import CutInquiry, Note
from app.outbox import Job
from app.services import announcements
from app.services.announcements import Draft, Words
from app.services.rulebook import save
from tests.app.services.fees.home import Home
from tests.fakes import Died


@pytest.fixture
async def spent(home: Home) -> Home:
    """The money is used up, on a Monday morning at nine."""
    await home.switches("remote")
    await home.uses(60, 55, 0, 0, 0, 0, 0)
    assert (await home.meter()).spent_since is not None
    return home


async def ripe(home: Home) -> None:
    """Warned in time, and out of grace."""
    await home.is_warned()
    home.clock.forward(hours=2)


async def test_warned_in_time_it_is_cut_at_the_limit(spent: Home) -> None:
    assert await spent.looks_for_cuts() == 0
    assert (await spent.fund()).against == "not_warned"

    await ripe(spent)
    assert await spent.looks_for_cuts() == 1
    await spent.work()

    assert (spent.bench.relay_open, spent.bench.orders) == (True, ["trip"])
    assert (await spent.meter()).supply == Supply.OFF
    spent.clock.forward(minutes=20)
    assert await spent.looks_for_cuts() == 0  # it is dark already


async def test_whoever_pays_has_light_again(spent: Home) -> None:
    await ripe(spent)
    await spent.looks_for_cuts()
    await spent.work()

    await spent.pays(20_000)
    await spent.work()

    assert (spent.bench.relay_open, spent.bench.orders) == (False, ["trip", "close"])
    assert (await spent.meter()).supply == Supply.ON


async def test_money_that_comes_before_the_order_leaves_keeps_the_light_on(spent: Home) -> None:
    await ripe(spent)
    await spent.looks_for_cuts()
    await spent.pays(20_000)
    await spent.work()
    assert spent.bench.orders == []


async def test_money_that_comes_while_the_order_is_under_way_brings_the_light_back(spent: Home) -> None:
    await ripe(spent)
    await spent.looks_for_cuts()
    spent.bench.deaf = True
    await spent.work()
    assert spent.bench.relay_open  # and we do not know it
    spent.bench.hear()

    await spent.pays(20_000)
    spent.clock.forward(minutes=5)
    await spent.work()

    assert not spent.bench.relay_open


async def test_killed_between_order_and_record_it_is_asked_again(spent: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    await ripe(spent)
    await spent.looks_for_cuts()
    trip = spent.bench.trip_relay

    async def dies(*args: object) -> None:
        await trip(*args)  # type: ignore[arg-type]
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(spent.bench, "trip_relay", dies)
        with pytest.raises(Died):
            await spent.work()
    await spent.pays(20_000)  # while nobody knows
    await spent.work()
    spent.clock.forward(minutes=10)
    await spent.work()

    assert not spent.bench.relay_open


async def test_keep_power_is_stronger(spent: Home) -> None:
    await ripe(spent)
    spent.bench.keep_power = True
    await spent.looks_for_cuts()
    await spent.work()
    assert (spent.bench.relay_open, (await spent.fund()).against) == (False, "trip_refused_keep_power")


async def test_inside_an_outage_nobody_is_cut(spent: Home) -> None:
    await ripe(spent)
    until = spent.clock() + timedelta(hours=2)
    draft = Draft(AnnouncementKind.UNPLANNED, None, spent.clock(), until, Words("停电", "Power cut"))
    async with spent.begin() as db:
        await announcements.publish(db, draft, spent.clock())
    assert await spent.looks_for_cuts() == 0
    assert (await spent.fund()).against == "outage_area"


async def test_at_night_nobody_is_cut_and_in_the_morning_it_is_asked_again(spent: Home) -> None:
    await ripe(spent)
    spent.clock.forward(hours=10)
    assert await spent.looks_for_cuts() == 0
    assert (await spent.fund()).against == "no_cut_hours"
    spent.clock.forward(hours=13)
    await spent.is_read(spent.today - timedelta(days=1), spent.counted_wh)
    await spent.charge()
    assert await spent.looks_for_cuts() == 1


async def test_a_warning_that_cannot_arrive_is_a_case_for_customer_service_once(spent: Home) -> None:
    await spent.is_warned(MessageState.FAILED)
    spent.clock.forward(hours=2)
    for _ in range(3):
        spent.clock.forward(minutes=20)
        assert await spent.looks_for_cuts() == 0
    assert [review.kind for review in await spent.reviews()] == [ReviewKind.CUT_HELD]
    async with spent.begin() as db:
        assert len(list(await db.exec(select(CutInquiry)))) == 1


async def test_use_that_was_not_counted_lately_cuts_nobody(spent: Home) -> None:
    await ripe(spent)
    spent.clock.forward(days=1, hours=1)
    assert await spent.looks_for_cuts() == 0
    assert "balance_old" in (await spent.fund()).against


async def test_a_utility_may_leave_it_to_people(spent: Home) -> None:
    await ripe(spent)
    await spent.looks_for_cuts()
    async with spent.begin() as db:
        await save(db, FeeRules(cut_on=False), None, spent.clock())
    assert await spent.looks_for_cuts() == 0
    await spent.work()
    assert spent.bench.orders == []
    async with spent.begin() as db:
        noted = [note.last_error for note in await db.exec(select(Note)) if note.job == Job.ENFORCE_LIMIT]
    assert noted == ["no_longer_wanted"]
