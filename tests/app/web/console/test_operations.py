"""Operations on devices are asked for after a look, watched, paused, let through by a second person (SPEC H-3, H-4)."""

import re

import pytest
from httpx2 import Response
from sqlmodel import select
from starlette.applications import Starlette

from app.domain.operation import DeviceItemState, OperationKind, OperationState
from app.domain.roles import Role
from app.models import Audit, Operation, OperationItem
from app.services import staff
from app.services.operations import plan
from app.services.staff import NewStaff
from app.web.console.listing import BOM
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk

NEW = "/console/operations/new"


def _hidden(page: Response) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(seen|looked)" value="([^"]*)"', page.text))


async def _look_and_begin(officer: Browser, **form: str) -> Response:
    looked = await officer.send(NEW, await officer.open(f"{NEW}?kind={form['kind']}"), **form, act="look")
    assert looked.status_code == 200, looked.text
    return await officer.send(NEW, looked, **form, **_hidden(looked), act="begin")


async def _only(desk: Desk) -> Operation:
    async with desk.begin() as db:
        return (await db.exec(select(Operation))).one()


async def test_a_reading_of_an_area_is_looked_at_and_begun(officer: Browser, desk: Desk) -> None:
    node = str(desk.town.concentrator.node_id)
    looked = await officer.send(NEW, await officer.open(NEW), kind="read_wallet", node=node, act="look")
    assert "2 devices, 2 of them can be reached now." in looked.text
    assert 'name="q" value=""' in looked.text
    assert desk.town.sts.number in looked.text

    begun = await officer.send(NEW, looked, kind="read_wallet", node=node, **_hidden(looked), act="begin")

    row = await _only(desk)
    assert (begun.status_code, begun.headers["location"]) == (303, f"/console/operations/{row.id}")
    assert (row.kind, row.item_count, row.state) == (OperationKind.READ_WALLET, 2, OperationState.RUNNING)


async def test_one_click_on_a_meters_page_reads_that_meter(officer: Browser, desk: Desk) -> None:
    page = await officer.open(f"/console/meters/{desk.town.esam.number}")
    form = {"meter": desk.town.esam.number, "act": "begin", "seen": "1"}
    assert all(f'name="{name}" value="{value}"' in page.text for name, value in form.items())

    await officer.send(NEW, page, **form, kind="read_live")

    async with desk.begin() as db:
        (item,) = await db.exec(select(OperationItem))
    assert item.meter_id == desk.town.esam.id


async def test_nothing_typed_is_nobody(officer: Browser, desk: Desk) -> None:
    page = await officer.open(f"{NEW}?kind=read_wallet")
    looked = await officer.send(NEW, page, kind="read_wallet", act="look")
    begun = await officer.send(NEW, page, kind="read_wallet", act="begin", seen="0")

    assert "0 devices" in looked.text
    assert (begun.status_code, "Say which devices are meant" in begun.text) == (422, True)


async def test_what_changes_a_device_is_what_was_looked_at(officer: Browser, desk: Desk) -> None:
    form = {"kind": "set_limits", "meter": desk.town.esam.number, "arg_alarm_1_minor": "20.50"}
    looked = await officer.send(NEW, await officer.open(f"{NEW}?kind=set_limits"), **form, act="look")
    for other in ({"arg_alarm_1_minor": "2050"}, {"meter": desk.town.sts.number}):
        begun = await officer.send(NEW, looked, **(form | other), **_hidden(looked), act="begin")
        assert (begun.status_code, "Please look again" in begun.text) == (422, True)

    await officer.send(NEW, looked, **form, **_hidden(looked), act="begin")

    assert (await _only(desk)).arguments == {"alarm_1_minor": 2050}


WRONG = {
    "kind=set_limits&meter={meter}": "cannot be meant",
    "kind=set_limits&meter={meter}&arg_alarm_1_minor=ten": "Not an amount",
    "kind=read_frozen&meter={meter}&arg_days_ago=99": "cannot be meant",
    "kind=read_wallet&meter={meter}&starts=2020-01-01T00:00": "at most 60 days",
    "kind=read_wallet&meter={meter}&starts=soon": "at most 60 days",
    "kind=read_wallet&from=ten": "Not an amount",
    "kind=trip_relay&meter={meter}&arg_cause=staff&act=begin&seen=1": "look again",
}


async def test_what_cannot_be_meant_is_said_at_its_field(officer: Browser, desk: Desk) -> None:
    page = await officer.open(f"{NEW}?kind=read_wallet")
    for typed, says in WRONG.items():
        form = dict(pair.split("=") for pair in typed.format(meter=desk.town.esam.number).split("&"))
        answer = await officer.send(NEW, page, **({"act": "look"} | form))
        assert (answer.status_code, says in answer.text) == (422, True), typed
    async with desk.begin() as db:
        assert list(await db.exec(select(Operation))) == []


async def test_one_whose_devices_are_still_written_down_says_so_and_can_be_stopped(
    officer: Browser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "AT_ONCE", 1)
    form = {"kind": "read_wallet", "node": str(desk.town.concentrator.node_id)}
    made = (await _look_and_begin(officer, **form)).headers["location"]

    page = await officer.open(made)
    assert "Its devices are being written down." in page.text and 'value="pause"' not in page.text
    assert "being planned" in (await officer.open("/console/operations?state=planning")).text

    await officer.send(f"{made}/act", page, act="stop")
    row = await _only(desk)
    assert (row.state, row.item_count) == (OperationState.STOPPED, 0)


async def test_a_scheduled_operation_waits_and_can_be_stopped(officer: Browser, desk: Desk) -> None:
    form = {"kind": "read_wallet", "meter": desk.town.esam.number, "starts": "2026-03-03T00:00"}
    made = (await _look_and_begin(officer, **form)).headers["location"]

    page = await officer.open(made)
    assert "scheduled" in page.text
    assert 'hx-trigger="every 2s"' in page.text
    await officer.send(f"{made}/act", page, act="pause")
    assert "paused" in (await officer.open(made)).text
    await officer.send(f"{made}/act", page, act="stop")
    late = await officer.send(f"{made}/act", page, act="resume")

    assert (late.status_code, "stands otherwise by now" in late.text) == (409, True)
    after = await officer.open(made)
    assert "stopped, nothing was sent" in after.text
    assert "hx-trigger" not in after.text
    assert "stopped an operation on devices" in after.text


async def test_a_forced_trip_waits_for_somebody_else(officer: Browser, console: Starlette, desk: Desk) -> None:
    form = {"kind": "trip_relay", "meter": desk.town.esam.number, "arg_cause": "staff", "arg_force": "yes"}
    page = await officer.open(f"{NEW}?kind=trip_relay")
    bare = await officer.send(NEW, page, **form, act="look")
    bare = await officer.send(NEW, bare, **form, **_hidden(bare), act="begin")
    assert (bare.status_code, "A reason is wanted" in bare.text) == (422, True)

    made = (await _look_and_begin(officer, **form, reason="fire brigade")).headers["location"]

    page = await officer.open(made)
    assert "waits for a second person" in page.text
    own = await officer.send(f"{made}/act", page, act="force")
    assert (own.status_code, "somebody else than who asked" in own.text) == (409, True)
    async with desk.begin() as db:
        await staff.create(db, NewStaff("wei", "Wei", frozenset({Role.OPERATOR})), PASSWORD, desk.clock())
    async with open_browser(console) as client:
        wei = Browser(client)
        await sign_in(wei, login="wei")
        await wei.send(f"{made}/act", await wei.open(made), act="force")
        assert "Wei" in (await wei.open(made)).text
    assert (await _only(desk)).state == OperationState.RUNNING


async def test_whoever_may_only_read_orders_no_change(officer: Browser, console: Starlette, desk: Desk) -> None:
    form = {"kind": "close", "meter": desk.town.esam.number}
    made = (await _look_and_begin(officer, **form)).headers["location"]
    async with desk.begin() as db:
        await staff.create(db, NewStaff("mei", "Mei", frozenset({Role.SERVICE})), PASSWORD, desk.clock())
    async with open_browser(console) as client:
        mei = Browser(client)
        await sign_in(mei, login="mei")
        choice = await mei.open(NEW)
        assert ("kind=read_wallet" in choice.text, "kind=close" in choice.text) == (True, False)
        assert (await mei.send(NEW, choice, **form, act="begin", seen="1")).status_code == 403
        seen = await mei.open(made)
        assert f'action="{made}/act"' not in seen.text
        assert (await mei.send(f"{made}/act", choice, act="stop")).status_code == 403


async def _ended(desk: Desk) -> Operation:
    """A reading of two meters: one said something, one did not."""
    operation = Operation(kind=OperationKind.READ_WALLET, made_by=desk.staff_id, made_at=desk.clock(), item_count=2)
    operation.state, operation.started_at = OperationState.DONE, desk.clock()
    operation.ended_at = desk.clock.forward(minutes=1)
    route = desk.town.concentrator.id
    said = OperationItem(operation_id=operation.id, place=1, meter_id=desk.town.esam.id, route_id=route, tries=1)
    said.state, said.values = DeviceItemState.DONE, {"balance_minor": -250, "purchase_count": 3}
    silent = OperationItem(operation_id=operation.id, place=2, meter_id=desk.town.sts.id, route_id=route, tries=3)
    silent.state, silent.code = DeviceItemState.UNREACHED, "meter_silent"
    async with desk.begin() as db:
        db.add(operation)
        await db.flush()
        db.add_all([said, silent])
    return operation


async def test_results_say_what_became_of_each_device(officer: Browser, desk: Desk) -> None:
    path = f"/console/operations/{(await _ended(desk)).id}"

    whole = await officer.open(path)
    some = await officer.open(f"{path}?state=unreached&code=meter_silent")

    for words in ("-¥2.50", "Purchase count", "not reached", "the meter did not answer the concentrator"):
        assert words in whole.text, words
    link = f'href="/console/meters/{desk.town.esam.number}"'
    assert (link in whole.text, link in some.text) == (True, False)


async def test_results_are_taken_away_as_they_are_shown_and_that_is_on_record(officer: Browser, desk: Desk) -> None:
    row = await _ended(desk)
    sheet = await officer.open(f"/console/operations/{row.id}/results.csv?state=unreached")
    book = await officer.open(f"/console/operations/{row.id}/results.xlsx")

    assert sheet.text.startswith(BOM)
    assert (desk.town.sts.number in sheet.text, desk.town.esam.number in sheet.text) == (True, False)
    assert book.content.startswith(b"PK")
    async with desk.begin() as db:
        acts = list(await db.exec(select(Audit.act).where(Audit.subject_id == row.id)))
    assert acts == ["operation_exported"] * 2


async def test_the_list_is_narrowed_by_kind_state_and_maker(officer: Browser, desk: Desk) -> None:
    path = f'href="/console/operations/{(await _ended(desk)).id}"'
    asked = {"": True, "?kind=read_wallet": True, "?kind=close": False, "?state=done": True, "?state=running": False,
             "?mine=yes": False, "?state=x&kind=x&skip=x": True, "?skip=30": False}  # fmt: skip
    for query, there in asked.items():
        assert (path in (await officer.open(f"/console/operations{query}")).text) is there, query
