"""Front-ends, terminals and meters that something is wrong with, as staff see them (SPEC H-10, M-15)."""

from datetime import timedelta
from uuid import uuid4

from sqlmodel import select

from app.domain.review import ReviewKind
from app.models import Audit, Concentrator, FrontEnd, Note, Purchase, Review
from app.outbox import Job
from app.ports import ConcentratorAddress
from app.services import device_rounds, frontends, work_orders
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


async def test_meters_not_read_for_days_are_listed_and_taken_away(officer: Browser, desk: Desk) -> None:
    async with desk.begin() as db:
        (await db.merge(desk.town.esam)).balance_read_at = desk.clock() - timedelta(days=5)
        (await db.merge(desk.town.sts)).balance_read_at = desk.clock() - timedelta(days=1)
    node = desk.town.concentrator.node_id
    path = "/console/anomalies"
    esam, sts = desk.town.esam.number, desk.town.sts.number
    asks = {"": 1, "days=1": 1, "days=0": 1, "days=9": 0, f"days=3&node={node}": 1, f"after={esam}": 0}
    for asked, there in asks.items():
        page = await officer.open(f"{path}?{asked}")
        assert (f"/meters/{esam}" in page.text, f"/meters/{sts}" in page.text) == (there, 0), asked
    desk.clock.forward(minutes=1)
    sheet = await officer.open(f"{path}.csv?days=1")
    assert (esam in sheet.text, sts in sheet.text) == (True, True)
    assert "Lin Ming" not in sheet.text


async def test_meters_that_are_hard_to_reach_are_listed_with_what_was_tried(officer: Browser, desk: Desk) -> None:
    assert "No meter is known" in (await officer.open("/console/unreachable")).text
    async with desk.begin() as db:
        note = Note(job=Job.READ_BALANCE, subject_id=desk.town.esam.id, due_at=desk.clock(), created_at=desk.clock())
        note.attempts, note.last_error = 8, "unreachable: meter_silent"
        db.add(note)
    node = desk.town.concentrator.node_id
    for path in ("", ".csv"):
        found = await officer.open(f"/console/unreachable{path}?node={node}")
        assert (desk.town.esam.number in found.text, desk.town.sts.number in found.text) == (True, False)


async def test_what_is_paid_and_not_in_its_meter_is_listed_with_its_work_order(officer: Browser, desk: Desk) -> None:
    purchase = await desk.purchase(await desk.pays(desk.town.esam))
    for path, there in {"downloads": True, "downloads?only=work_orders": False, "downloads?skip=1": False}.items():
        assert (purchase.ref in (await officer.open(f"/console/{path}")).text) is there, path
    async with desk.begin() as db:
        await work_orders.open_work_order(db, await db.get_one(Purchase, purchase.id), {}, desk.clock())

    page = await officer.open("/console/downloads?only=work_orders")
    sheet = await officer.open("/console/downloads.csv?only=work_orders")

    review = await desk.review(ReviewKind.WORK_ORDER)
    assert f"/console/reviews/{review.id}" in page.text
    assert f"{purchase.ref},{desk.town.esam.number},Lamp Street 1,50.0" in sheet.text
    assert len(await _told(desk, "devices_exported")) == 1


async def test_whoever_takes_a_list_away_is_on_record_with_what_was_asked(officer: Browser, desk: Desk) -> None:
    node, number = desk.town.concentrator.node_id, desk.town.esam.number
    lists = [
        f"archive.csv?node={node}", f"lines.csv?node={node}", "terminal-events.csv?erc=31", "devices.csv?q=2010%25",
        "frontends.csv?state=online&name=north", "swaps.csv?state=done", "gateways.csv", "head-ends.csv",
        "anomalies.csv?days=3", "downloads.csv?only=work_orders", f"meters/{number}/statement.csv",
    ]  # fmt: skip
    for each in lists:
        assert (await officer.open(f"/console/{each}")).status_code == 200, each
    assert {row.detail["asked"] for row in await _told(desk, "devices_exported")} == set(lists)


async def test_a_list_that_is_empty_because_it_was_narrowed_does_not_say_that_there_is_nothing(
    officer: Browser, desk: Desk
) -> None:
    for path, nothing in {
        "swaps?state=done": "No meter has been exchanged yet.",
        "handhelds?state=out": "There is no file yet.",
        f"archive?at={uuid4()}": "Every concentrator has its meters as they hang.",
    }.items():
        whole, _, _ = path.partition("?")
        page = (await officer.open(f"/console/{path}")).text
        assert nothing not in page and f'<a href="/console/{whole}">' in page.partition('class="empty"')[2], path
