"""Files for hand-held readers on the console: looked at, made, handed out, brought back, given back (SPEC H-9)."""

import re
from dataclasses import replace

import pytest
from httpx2 import Response
from sqlmodel import select
from starlette.applications import Starlette

from app.domain.operation import DeviceItemState, OperationKind
from app.domain.purchase import PurchaseState
from app.domain.roles import Role
from app.models import Audit, HandheldFile, HandheldLine, HandheldReturn, Operation, OperationItem
from app.outbox import Job
from app.services import staff
from app.services.staff import NewStaff
from app.tasks import handhelds
from app.web.console.listing import BOM
from headend_client.handheld import Purchase, Result, State, Tokens
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk
from tests.handheld import carry_out, commands_in, results_file, walk
from tests.work import worker

NEW, ALL = "/console/handhelds/new", "/console/handhelds"
FORM = {"kind": "download", "holder": "Zhao", "due": "2026-03-04T18:00"}


@pytest.fixture(autouse=True)
def out_of_reach(desk: Desk) -> None:
    """No link leads to the street."""
    desk.bench.unreachable = True


def _hidden(page: Response) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(seen|looked)" value="([^"]*)"', page.text))


async def _makes(officer: Browser, **form: str) -> Response:
    looked = await officer.send(NEW, await officer.open(f"{NEW}?kind={form['kind']}"), **form, act="look")
    assert looked.status_code == 200, looked.text
    return await officer.send(NEW, looked, **form, **_hidden(looked), act="make")


async def _brings(officer: Browser, data: bytes, name: str = "BACK.DBF") -> Response:
    page = await officer.open(ALL)
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert token is not None
    files = {"file": (name, data, "application/octet-stream")}
    return await officer.client.post(f"{ALL}/back", data={"csrf": token[1]}, files=files)


async def _applies(desk: Desk) -> None:
    await worker(desk.deps, {Job.APPLY_RETURN: handhelds.apply_return})()


async def test_a_purchase_goes_out_and_comes_back_credited_all_on_the_console(officer: Browser, desk: Desk) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    node = str(desk.town.concentrator.node_id)
    looked = await officer.send(NEW, await officer.open(f"{NEW}?kind=download"), **FORM, node=node, act="look")
    assert 'Orders that go: <strong class="figure">1' in looked.text
    async with desk.begin() as db:
        assert list(await db.exec(select(HandheldFile))) == []  # a look leaves nothing
    assert (await desk.purchase(purchase_id)).state == PurchaseState.PAID

    made = (await officer.send(NEW, looked, **FORM, node=node, **_hidden(looked), act="make")).headers["location"]
    page = await officer.open(made)
    assert all(words in page.text for words in ("Zhao", "Anna Berg", "¥50.00", "not handed out yet"))
    handed = await officer.send(f"{made}/file", page)
    assert re.fullmatch(r'attachment; filename="R[0-9A-F]{7}\.DBF"', handed.headers["content-disposition"])
    assert [each.order for each in commands_in(handed.content)] == [Purchase(1, 5000, f"00{desk.town.account.number}")]

    back = await _brings(officer, walk(handed.content, {desk.town.esam.address: desk.bench}, desk.clock))
    waiting = await officer.open(back.headers["location"])
    assert ("being looked at" in waiting.text, 'hx-trigger="every 2s"' in waiting.text) == (True, True)
    await _applies(desk)
    seen = await officer.open(back.headers["location"])

    assert ("done, and proved" in seen.text, "hx-trigger" in seen.text) == (True, False)
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED
    story = await officer.open(f"/console/purchases/{(await desk.purchase(purchase_id)).ref}")
    assert all(words in story.text for words in ("Given to a hand-held reader", "Hand-held reader: done", "Zhao"))
    after = await officer.open(made)
    assert ("has come back" in after.text, f"{made}/file" in after.text) == (True, False)
    async with desk.begin() as db:
        acts = set(await db.exec(select(Audit.act)))
    assert {"handheld_made", "handheld_written", "handheld_returned"} <= acts


async def test_each_row_that_is_not_believed_says_why_and_is_taken_away_as_a_list(officer: Browser, desk: Desk) -> None:
    await desk.pays(desk.town.esam)
    made = (await _makes(officer, **FORM, meter=desk.town.esam.number)).headers["location"]
    handed = await officer.send(f"{made}/file", await officer.open(made))
    (command,) = commands_in(handed.content)
    good = carry_out(command, desk.bench, desk.clock())
    rows = [
        Result("=HYPERLINK", desk.town.sts.address, State.DONE, desk.clock()),
        replace(good, meter=desk.town.sts.address),
        replace(good, count=0),
    ]
    back = (await _brings(officer, results_file(rows), "<b>x.dbf")).headers["location"]
    await _applies(desk)

    page = await officer.open(back)
    for words in ("never handed out", "for another meter", "the count says no", "METER", "&lt;b&gt;"):
        assert words in page.text, words
    some = await officer.open(f"{back}?finding=wrong_meter")
    assert ("for another meter" in some.text, some.text.count("data-row")) == (True, 1)
    sheet = await officer.open(f"{back}/rows.csv")
    assert (sheet.text.startswith(BOM), "'=HYPERLINK" in sheet.text, "wrong" in sheet.text) == (True, True, False)
    lines = await officer.open(f"{made}/lines.csv")
    assert (desk.town.esam.number in lines.text, "50.0" in lines.text) == (True, True)


NO_FILES = {b"": "Choose the file", b"meter,state\n1,2\n": "cannot be read", results_file([])[:40]: "cannot be read"}


async def test_what_is_no_file_of_results_is_refused_as_a_whole(officer: Browser, desk: Desk) -> None:
    for data, says in NO_FILES.items():
        answer = await _brings(officer, data)
        assert (answer.status_code, says in answer.text) == (422, True), says
    files = {"file": ("a.dbf", results_file([]), "application/octet-stream")}
    assert (await officer.client.post(f"{ALL}/back", files=files)).status_code == 403  # not from a page of ours
    async with desk.begin() as db:
        assert list(await db.exec(select(HandheldReturn))) == []


WRONG = {
    "holder=": "Say who carries it",
    "due=": "thirty days",
    "due=2026-03-01T18:00": "thirty days",
    "due=2026-12-01T18:00": "thirty days",
    "meter=": "Nobody is meant",
    "meter=20100000002": "Nobody is meant",
    "kind=set_limits&limit=much": "Say the overdraft limit",
    "kind=trip_relay&cause=staff": "its cause and a reason",
    "kind=trip_relay&cause=balance&reason=round": "Nothing of it can go",
    "act=make&seen=1&looked=x": "not what you looked at",
}


async def test_what_cannot_be_meant_is_said_and_nothing_is_made(officer: Browser, desk: Desk) -> None:
    await desk.pays(desk.town.esam)
    page = await officer.open(f"{NEW}?kind=download")
    for typed, says in WRONG.items():
        changed = dict(pair.split("=") for pair in typed.split("&"))
        form = FORM | {"meter": desk.town.esam.number, "act": "look"} | changed
        answer = await officer.send(NEW, page, **form)
        assert (answer.status_code, says in answer.text) == (422, True), typed
    async with desk.begin() as db:
        assert list(await db.exec(select(HandheldLine))) == []


async def test_a_file_is_given_back_with_a_reason(officer: Browser, desk: Desk) -> None:
    await desk.pays(desk.town.esam)
    made = (await _makes(officer, **FORM, meter=desk.town.esam.number)).headers["location"]
    page = await officer.open(made)
    bare = await officer.send(f"{made}/give-back", page, remark=" ")
    assert (bare.status_code, "Say why it comes back undone" in bare.text) == (409, True)
    assert (await officer.send(f"{made}/give-back", page, remark="the road is closed")).status_code == 303
    after = await officer.open(made)
    assert all(words in after.text for words in ("the road is closed", "given back undone"))
    assert (await officer.send(f"{made}/file", page)).status_code == 409


async def test_what_an_operation_did_not_reach_leads_to_a_file(officer: Browser, desk: Desk) -> None:
    row = Operation(kind=OperationKind.KEEP_POWER_ON, state="done", made_by=desk.staff_id, made_at=desk.clock())
    item = OperationItem(
        operation_id=row.id, place=1, meter_id=desk.town.esam.id, route_id=desk.town.concentrator.id,
        state=DeviceItemState.UNREACHED,
    )  # fmt: skip
    async with desk.begin() as db:
        db.add(row)
        await db.flush()
        db.add(item)
    link = f"{NEW}?kind=keep_power_on&operation={row.id}"
    assert link in (await officer.open(f"/console/operations/{row.id}")).text
    form = FORM | {"kind": "keep_power_on", "operation": str(row.id)}
    made = await _makes(officer, **form)
    assert desk.town.esam.number in (await officer.open(made.headers["location"])).text


async def _signed_in(console: Starlette, desk: Desk, role: Role) -> Browser:
    async with desk.begin() as db:
        await staff.create(db, NewStaff("mei", "Mei", frozenset({role})), PASSWORD, desk.clock())
    browser = Browser(open_browser(console))
    await sign_in(browser, login="mei")
    return browser


async def test_hand_helds_are_the_operators_and_tokens_want_a_right_of_their_own(
    officer: Browser, console: Starlette, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.pays(desk.town.sts)
    await desk.works()
    made = (await _makes(officer, **FORM, meter=desk.town.sts.number)).headers["location"]
    page = await officer.open(made)
    assert "whoever holds the file can type them" in page.text
    handed = await officer.send(f"{made}/file", page)
    assert [type(each.order) for each in commands_in(handed.content)] == [Tokens]
    mei = await _signed_in(console, desk, Role.SERVICE)
    for path in (ALL, NEW, made, f"{made}/lines.csv"):
        assert (await mei.open(path)).status_code == 403, path
    assert (await mei.send(f"{made}/file", await mei.open("/console/reviews"))).status_code == 403
    await mei.client.aclose()


async def test_the_list_says_what_is_out_and_what_is_overdue(officer: Browser, desk: Desk) -> None:
    await desk.pays(desk.town.esam)
    made = (await _makes(officer, **FORM, meter=desk.town.esam.number)).headers["location"]
    link = f'href="{made}"'
    for query, there in {"": True, "?state=out": True, "?state=closed": False, "?state=x&skip=x": True}.items():
        assert (link in (await officer.open(f"{ALL}{query}")).text) is there, query
    desk.clock.forward(hours=11)
    assert "overdue" not in (await officer.open(ALL)).text
