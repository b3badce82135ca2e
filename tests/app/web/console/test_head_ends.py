"""Existing head ends, as staff join them and look after them."""

from datetime import timedelta
from uuid import UUID

from httpx2 import Response
from sqlmodel import col, select
from starlette.applications import Starlette

from app.domain.head_end import TaskEnd
from app.domain.roles import Role
from app.models import AmiHeadEnd, AmiTask, Audit, Concentrator, Meter
from app.services import staff
from app.services.head_ends import watch
from app.services.head_ends.calls import secret_of
from app.services.staff import NewStaff
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk

PATH = "/console/head-ends"
SECRET = "a secret that both sides know, 40 letters"
FORM = {"name": "Old Town", "url": "https://ami.example/api", "key_id": "relight", "enabled": "yes"}
WELL = watch.Standing("Old Town AMI", "4.2", 31, 2)


async def _send(officer: Browser, path: str, **given: str) -> Response:
    return await officer.send(path, await officer.open(path), **given)


async def _joined(officer: Browser, desk: Desk) -> AmiHeadEnd:
    await _send(officer, f"{PATH}/new", **FORM, secret=SECRET)
    async with desk.begin() as db:
        return (await db.exec(select(AmiHeadEnd))).one()


async def _with_place(officer: Browser, desk: Desk) -> tuple[AmiHeadEnd, UUID]:
    head = await _joined(officer, desk)
    node = str(desk.town.concentrator.node_id)
    await _send(officer, f"{PATH}/{head.id}", act="place", name="Old Town 1", node=node)
    async with desk.begin() as db:
        place = (await db.exec(select(Concentrator).where(Concentrator.driver == "ami"))).one()
    return head, place.id


async def test_a_head_end_is_joined_and_its_secret_is_never_shown(officer: Browser, desk: Desk) -> None:
    assert "No head end has been joined." in (await officer.open(PATH)).text
    head = await _joined(officer, desk)
    for path in (PATH, f"{PATH}/{head.id}"):
        page = (await officer.open(path)).text
        assert "Old Town" in page
        assert SECRET not in page
        assert head.secret_sealed not in page
    assert f"http://relight.test/hooks/ami/{head.id}" in (await officer.open(f"{PATH}/{head.id}")).text
    async with desk.begin() as db:
        assert await secret_of(db, head.id, "x" * 32) == ("relight", SECRET)


async def test_the_list_is_taken_away_without_addresses_and_secrets(officer: Browser, desk: Desk) -> None:
    head, _ = await _with_place(officer, desk)
    async with desk.begin() as db:
        row = await db.get_one(AmiHeadEnd, head.id)
        row.last_trouble, row.last_trouble_at, row.queued = "bad_signature", desk.clock(), 31
    sheet = (await officer.open(f"{PATH}.csv")).text
    assert "Old Town,no front-end looks after it,1,0,0,31," in sheet
    assert "compare the secrets" in sheet
    assert "ami.example" not in sheet
    async with desk.begin() as db:
        assert "devices_exported" in list(await db.exec(select(Audit.act)))


async def test_what_cannot_be_is_said_and_what_was_typed_stays(officer: Browser, desk: Desk) -> None:
    for given, said in (
        ({"url": "http://ami.example"}, "begin with https"),
        ({"secret": "short"}, "32 characters"),
        ({"name": ""}, "1 to 80 characters"),
    ):
        page = await _send(officer, f"{PATH}/new", **{**FORM, "secret": SECRET, **given})
        assert page.status_code == 422
        assert said in page.text
        assert 'value="relight"' in page.text
        assert SECRET not in page.text
    async with desk.begin() as db:
        assert (await db.exec(select(AmiHeadEnd))).all() == []


async def test_a_change_keeps_the_secret_unless_one_is_typed(officer: Browser, desk: Desk) -> None:
    head = await _joined(officer, desk)
    changed = {**FORM, "url": "https://ami.example/v2", "enabled": ""}
    await _send(officer, f"{PATH}/{head.id}", act="save", secret="", **changed)
    page = (await officer.open(f"{PATH}/{head.id}")).text
    assert "https://ami.example/v2" in page
    assert "switched off" in page
    await _send(officer, f"{PATH}/{head.id}", act="save", secret=SECRET[::-1], **FORM)
    async with desk.begin() as db:
        assert await secret_of(db, head.id, "x" * 32) == ("relight", SECRET[::-1])
        acts = (await db.exec(select(Audit).where(col(Audit.act).startswith("head_end")))).all()
    assert sorted(act.act for act in acts) == ["head_end_added", "head_end_changed", "head_end_changed"]


async def test_meters_are_put_behind_a_place_and_strangers_are_named(officer: Browser, desk: Desk) -> None:
    head, place = await _with_place(officer, desk)
    assert f'href="{PATH}/{head.id}"' in (await officer.open(f"/console/concentrators/{place}")).text
    esam, sts = desk.town.esam, desk.town.sts
    typed = f"{esam.number},\n{sts.address}"
    page = await _send(officer, f"{PATH}/{head.id}", act="meters", place=str(place), meters=f"{typed} 99999999999")
    assert page.status_code == 422
    assert "99999999999" in page.text
    page = await _send(officer, f"{PATH}/{head.id}", act="meters", place=str(place), meters=typed)
    assert page.headers["location"].endswith("?moved=2")
    async with desk.begin() as db:
        assert {meter.concentrator_id for meter in await db.exec(select(Meter))} == {place}
    elsewhere = str(desk.town.concentrator.id)
    page = await _send(officer, f"{PATH}/{head.id}", act="meters", place=elsewhere, meters=esam.number)
    assert page.status_code == 422


async def test_how_it_is_and_what_went_through_it_is_told(officer: Browser, desk: Desk) -> None:
    head, _ = await _with_place(officer, desk)
    assert "no front-end looks after it" in (await officer.open(PATH)).text
    now = desk.clock()
    done = AmiTask(
        head_end_id=head.id, meter_id=desk.town.esam.id, kind="recharge", begun_at=now,
        expires_at=now + timedelta(seconds=80), state=TaskEnd.REFUSED.value, code="over_hoard_limit", ended_at=now,
        called_back=True,
    )  # fmt: skip
    open_ = AmiTask(
        head_end_id=head.id,
        meter_id=desk.town.esam.id,
        kind="trip",
        begun_at=now,
        expires_at=now + timedelta(seconds=40),
    )
    async with desk.begin() as db:
        await watch.in_trouble(db, head.id, "bad_signature", now)
        db.add_all([done, open_])
    assert "does not answer as it should" in (await officer.open(PATH)).text
    async with desk.begin() as db:
        await watch.answered(db, head.id, WELL, "north", now)
    page = (await officer.open(f"{PATH}/{head.id}")).text
    for told in (
        "Old Town AMI",
        "31",
        "compare the secrets",
        "more than the meter may hold",
        "by a call back",
        "north",
    ):
        assert told in page
    assert "under way" in page


async def test_only_who_may_change_the_archive_changes_it(officer: Browser, desk: Desk, console: Starlette) -> None:
    head = await _joined(officer, desk)
    async with desk.begin() as db:
        await staff.create(db, NewStaff("wei", "Wei", frozenset({Role.SERVICE})), PASSWORD, desk.clock())
    async with open_browser(console) as client:
        clerk = Browser(client)
        await sign_in(clerk, login="wei")
        assert "Old Town" in (await clerk.open(PATH)).text
        page = await clerk.open(f"{PATH}/{head.id}")
        assert "Where it calls us back" in page.text
        assert "Name of our key there" not in page.text
        assert (await clerk.open(f"{PATH}/new")).status_code == 403
        assert (await clerk.send(f"{PATH}/{head.id}", page, act="save", **FORM)).status_code == 403


async def test_an_address_that_leads_to_no_head_end_leads_nowhere(officer: Browser, desk: Desk) -> None:
    nobody = f"{PATH}/0b8f1a52-7f5e-4d0e-9c87-6a2f6f1f3b21"
    assert (await officer.open(nobody)).status_code == 404
    page = await officer.open(f"{PATH}/new")
    assert (await officer.send(nobody, page, act="save", **FORM)).status_code == 404
    head = await _joined(officer, desk)
    assert (await officer.send(f"{PATH}/{head.id}", page, act="burn")).status_code == 400
