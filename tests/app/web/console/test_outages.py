"""Outage notices in the console: an area is chosen, a notice looked at, published, moved, ended (SPEC N-6, M-8)."""

import re
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from app.db import Begin
from app.models import Announcement, Campaign, GridNode
from app.services import still_out
from tests.app.web.conftest import Browser
from tests.clocks import Clock
from tests.desk import Desk

ZONE = ZoneInfo("Asia/Shanghai")


def local(clock: Clock, **ahead: float) -> str:
    return (clock() + timedelta(**ahead)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def filled(desk: Desk, clock: Clock, **other: str) -> dict[str, str]:
    """A power cut of the street, with ready sentences."""
    form = {"node": str(desk.town.concentrator.node_id), "kind": "unplanned", "why": "cable"}
    return form | {"from_at": local(clock), "until_at": local(clock, hours=2)} | other


async def publish(officer: Browser, desk: Desk, clock: Clock, **other: str) -> str:
    """Write a notice and publish it; return its address."""
    page = await officer.open(f"/console/outages/write?node={desk.town.concentrator.node_id}")
    answer = await officer.send("/console/outages/write", page, **filled(desk, clock, act="publish", **other))
    assert answer.status_code == 303, re.findall(r'class="fault"[^>]*>([^<]+)', answer.text)
    return answer.headers["location"]


async def test_an_area_is_found_on_the_tree_and_by_name(officer: Browser, desk: Desk) -> None:
    tree = await officer.open("/console/outages/new")
    found = await officer.open("/console/outages/new?q=lamp")
    none = await officer.open("/console/outages/new?q=nowhere")

    for page in (tree, found):
        assert f"/console/outages/write?node={desk.town.concentrator.node_id}" in page.text
    assert "No place has this name." in none.text


async def test_it_is_looked_at_before_it_is_told(officer: Browser, desk: Desk, clock: Clock, begin: Begin) -> None:
    page = await officer.open(f"/console/outages/write?node={desk.town.concentrator.node_id}")
    assert "2 meters, 1 accounts, 1 contacts" in page.text
    look = await officer.send("/console/outages/write", page, **filled(desk, clock, act="look"))

    assert "Power cut: a cable fault" in look.text
    assert "故障停电：电缆故障" in look.text
    assert "Power is out in Lamp Street" in look.text
    async with begin() as db:
        assert (await db.exec(select(Announcement))).first() is None


async def test_published_it_is_on_the_residents_page_at_once_and_tells_the_area(
    officer: Browser, guest: Browser, desk: Desk, clock: Clock, begin: Begin
) -> None:
    place = await publish(officer, desk, clock)
    shown = await guest.open(f"/m/{desk.town.esam.number}/notices")
    own = await officer.open(place)

    assert "Power cut: a cable fault" in shown.text
    assert "Telling the contacts" in own.text
    assert "Anna Berg" in own.text
    async with begin() as db:
        assert (await db.exec(select(Campaign.item_count))).one() == 2


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"until_at": "2026-03-01T00:00"}, "It would end before it begins."),
        ({"until_at": "soon"}, "This is no day and time."),
        ({"from_at": ""}, "This is needed."),
        ({"title_zh": "停电"}, "Write it in both languages"),
        ({"text_en": "x" * 501, "text_zh": "y"}, "This is too long."),
        ({"node": "rubbish"}, "Choose a place on the grid."),
        (
            {"kind": "planned", "from_at": "2026-03-05T09:00", "until_at": "2026-03-05T12:00"},
            "later than the rules want",
        ),
        ({"kind": "news"}, "This is needed."),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_told(
    officer: Browser, desk: Desk, clock: Clock, begin: Begin, other: dict[str, str], said: str
) -> None:
    page = await officer.open(f"/console/outages/write?node={desk.town.concentrator.node_id}")
    answer = await officer.send("/console/outages/write", page, **(filled(desk, clock, act="publish") | other))

    assert answer.status_code == 422
    assert said in answer.text
    async with begin() as db:
        assert (await db.exec(select(Announcement))).first() is None


async def test_an_area_without_meters_is_refused(officer: Browser, desk: Desk, clock: Clock, begin: Begin) -> None:
    async with begin() as db:
        empty = GridNode(kind="area", name="New field", path="")
        empty.path = str(empty.id)
        db.add(empty)
    page = await officer.open("/console/outages/new")
    answer = await officer.send("/console/outages/write", page, **filled(desk, clock, node=str(empty.id), act="look"))

    assert "No meter hangs below this place" in answer.text


async def test_its_end_is_moved_its_telling_paused_and_the_supply_back(
    officer: Browser, desk: Desk, clock: Clock, begin: Begin
) -> None:
    place = await publish(officer, desk, clock)
    page = await officer.open(place)
    await officer.send(
        f"{place}/revise", page, until_at=local(clock, hours=5), text_zh="仍在抢修", text_en="Still at it"
    )
    page = await officer.open(place)
    assert "Still at it" in page.text
    async with begin() as db:
        step = (await db.exec(select(Campaign).where(Campaign.announcement_step == "revised-1"))).one()
    await officer.send(f"{place}/sends/{step.id}/pause", page)
    assert "paused" in (await officer.open(place)).text

    clock.forward(minutes=30)
    assert (await officer.send(f"{place}/restore", page)).status_code == 303
    again = await officer.send(f"{place}/restore", page)
    assert again.headers["location"].endswith("?late=1")
    assert "Back since" in (await officer.open(place)).text


async def test_an_end_that_cannot_be_is_said_at_the_notice(officer: Browser, desk: Desk, clock: Clock) -> None:
    place = await publish(officer, desk, clock)
    page = await officer.open(place)
    answer = await officer.send(f"{place}/revise", page, until_at=local(clock, hours=-5))

    assert answer.status_code == 422
    assert "It would end before it begins." in answer.text


async def test_homes_that_are_still_out_stand_on_the_notice_by_place(
    officer: Browser, desk: Desk, clock: Clock, begin: Begin
) -> None:
    place = await publish(officer, desk, clock)
    page = await officer.open(place)
    await officer.send(f"{place}/restore", page)
    async with begin() as db:
        await still_out.say_still_out(db, UUID(place.rsplit("/", 1)[-1]), desk.town.esam.id, clock())

    own = await officer.open(place)
    assert "1 of 2" in own.text
    review = re.search(r"/console/reviews/[0-9a-f-]{36}", own.text)
    assert review
    assert "Homes still out" in (await officer.open(review[0])).text
    listed = await officer.open("/console/outages?when=over")
    assert "Power cut: a cable fault" in listed.text
