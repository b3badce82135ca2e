"""Front-ends, terminals and meters that something is wrong with, as staff see them (SPEC H-10, M-15)."""

from sqlmodel import select

from app.models import Audit, Concentrator, FrontEnd, Review
from app.ports import ConcentratorAddress
from app.services import device_rounds, frontends
from app.web.console.listing import BOM
from tests import build
from tests.app.web.conftest import Browser
from tests.desk import Desk

ADDRESS = ConcentratorAddress("3201", 1)


async def _concentrator(desk: Desk) -> Concentrator:
    async with desk.begin() as db:
        return await db.get_one(Concentrator, desk.town.concentrator.id)


async def _told(desk: Desk, act: str) -> list[Audit]:
    async with desk.begin() as db:
        return list(await db.exec(select(Audit).where(Audit.act == act)))


async def test_the_status_tells_what_is_on_line_and_what_was_dropped(officer: Browser, desk: Desk) -> None:
    async with desk.begin() as db:
        (await db.get_one(FrontEnd, build.FRONT_END)).dropped = {"flood": 3}
        (await db.get_one(Concentrator, desk.town.concentrator.id)).dropped = {"late": 7}
        node = desk.town.concentrator.node_id
        db.add_all(
            Concentrator(node_id=node, name=f"Hill {n}", region="3202", terminal=n, enabled=n > 1) for n in (1, 2)
        )
    path = "/console/frontends"

    page = await officer.open(path)
    assert "links ended: too many frames" in page.text
    assert "answers that came too late" in page.text
    names = ("Lamp Street 1", "Hill 1", "Hill 2")
    for asked, there in {"online": (1, 0, 0), "disabled": (0, 1, 0), "offline": (0, 0, 1), "": (1, 1, 1)}.items():
        page = await officer.open(f"{path}?state={asked}")
        sheet = await officer.open(f"{path}.csv?state={asked}")
        assert tuple(f">{name}</a>" in page.text for name in names) == there, asked
        assert tuple(name in sheet.text for name in names) == there, asked
        assert sheet.text.startswith(BOM)
    assert len(await _told(desk, "devices_exported")) == 4
    assert ">Hill 1</a>" not in (await officer.open(f"{path}?name=north")).text


async def test_a_front_end_that_stopped_beating_is_told_apart(officer: Browser, desk: Desk) -> None:
    assert "no sign of life" not in (await officer.open("/console/frontends")).text
    desk.clock.forward(seconds=20)
    assert "no sign of life" in (await officer.open("/console/frontends")).text


async def test_a_concentrator_that_is_not_enabled_is_not_let_in_and_asks_nobody(officer: Browser, desk: Desk) -> None:
    path = f"/console/concentrators/{desk.town.concentrator.id}"
    await officer.send(f"{path}/enable", await officer.open(path), act="off")
    assert "not enabled" in (await officer.open(path)).text
    assert (await _concentrator(desk)).front_end is None

    async with desk.begin() as db:
        assert not await frontends.logged_in(db, ADDRESS, build.FRONT_END, desk.clock())
        assert await frontends.reconcile(db, [ADDRESS], build.FRONT_END, desk.clock()) == []
        assert list(await db.exec(select(Review))) == []

    await officer.send(f"{path}/enable", await officer.open(path), act="on")
    async with desk.begin() as db:
        assert await frontends.logged_in(db, ADDRESS, build.FRONT_END, desk.clock())
    assert (await _concentrator(desk)).front_end == build.FRONT_END
    assert [len(await _told(desk, f"concentrator_{each}")) for each in ("enabled", "disabled")] == [1, 1]
    assert (await officer.send(f"{path}/enable", await officer.open(path), act="x")).status_code == 400


async def test_nobody_is_told_that_a_concentrator_that_is_not_enabled_is_silent(desk: Desk) -> None:
    async with desk.begin() as db:
        row = await db.get_one(Concentrator, desk.town.concentrator.id)
        row.heard_at, row.enabled = desk.clock(), False
    desk.clock.forward(days=2)
    async with desk.begin() as db:
        assert await device_rounds.find_silent_concentrators(db, desk.clock()) == 0
        (await db.get_one(Concentrator, desk.town.concentrator.id)).enabled = True
    async with desk.begin() as db:
        assert await device_rounds.find_silent_concentrators(db, desk.clock()) == 1
