"""Gateways that we dial, as staff keep them."""

from uuid import UUID

import pytest
from httpx2 import Response
from sqlmodel import col, select
from starlette.applications import Starlette

from app.domain.roles import Role
from app.models import Audit, Concentrator, Exchange, Meter
from app.services import staff
from app.services.staff import NewStaff
from app.web.console.listing import BOM
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk

PATH = "/console/gateways"


async def _gateways(desk: Desk) -> list[Concentrator]:
    async with desk.begin() as db:
        return list(await db.exec(select(Concentrator).where(Concentrator.driver == "dlt645_tcp")))


async def _acts(desk: Desk) -> list[str]:
    async with desk.begin() as db:
        rows = select(Audit.act).where(col(Audit.act).startswith("gateway_")).order_by(col(Audit.at))
        return list(await db.exec(rows))


def _filled(desk: Desk, **other: str) -> dict[str, str]:
    place = {"name": " Roof  7 ", "node": str(desk.town.concentrator.node_id), "host": "Moxa-7.example", "port": "4001"}
    return place | {"act": "save"} | other


async def _send(officer: Browser, path: str, given: dict[str, str]) -> Response:
    return await officer.send(path, await officer.open(f"{PATH}/new"), **given)


async def _added(officer: Browser, desk: Desk) -> UUID:
    await _send(officer, f"{PATH}/new", _filled(desk))
    (row,) = await _gateways(desk)
    return row.id


async def test_a_gateway_is_added_changed_and_taken_away_and_each_is_on_record(officer: Browser, desk: Desk) -> None:
    gateway_id = await _added(officer, desk)
    (row,) = await _gateways(desk)
    assert (row.name, row.host, row.port, row.region, row.terminal) == ("Roof 7", "moxa-7.example", 4001, "0000", 1)
    assert "moxa-7.example:4001" in (await officer.open(PATH)).text

    await _send(officer, f"{PATH}/{gateway_id}", _filled(desk, host="10.0.0.7", port="502"))
    await _send(officer, f"{PATH}/{gateway_id}", _filled(desk, host="10.0.0.7", port="502"))  # nothing new
    (row,) = await _gateways(desk)
    assert (row.host, row.port) == ("10.0.0.7", 502)
    page = await officer.open(f"/console/concentrators/{gateway_id}")
    assert "10.0.0.7:502" in page.text
    sheet = await officer.open(f"{PATH}.csv")
    assert sheet.text.startswith(BOM)
    assert "10.0.0.7:502" in sheet.text

    await _send(officer, f"{PATH}/{gateway_id}", {"act": "remove"})
    assert await _gateways(desk) == []
    assert await _acts(desk) == ["gateway_added", "gateway_changed", "gateway_removed"]
    assert (await officer.open(f"{PATH}/{gateway_id}")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"host": "169.254.169.254"}, "no address that can be dialled"),
        ({"port": "0"}, "A port is a number"),
        ({"name": " "}, "needs a name"),
        ({"node": "nowhere"}, "Choose where in the grid"),
        ({"node": "00000000-0000-0000-0000-000000000000"}, "Choose where in the grid"),
    ],
)
async def test_what_cannot_be_dialled_is_said_and_what_was_typed_stays(
    officer: Browser, desk: Desk, wrong: dict[str, str], words: str
) -> None:
    page = await _send(officer, f"{PATH}/new", _filled(desk, **wrong))
    assert page.status_code == 422
    assert words in page.text
    assert await _gateways(desk) == []


async def test_two_gateways_are_not_at_one_place(officer: Browser, desk: Desk) -> None:
    await _added(officer, desk)
    page = await _send(officer, f"{PATH}/new", _filled(desk, name="Other"))
    assert page.status_code == 422
    assert "Another gateway is at this address" in page.text


async def test_one_with_meters_or_with_a_history_stays(officer: Browser, desk: Desk) -> None:
    gateway_id = await _added(officer, desk)
    async with desk.begin() as db:
        meter = await db.get_one(Meter, desk.town.esam.id)
        meter.concentrator_id = gateway_id
    page = await _send(officer, f"{PATH}/{gateway_id}", {"act": "remove"})
    assert "Meters or terminals still hang behind it" in page.text
    async with desk.begin() as db:
        meter = await db.get_one(Meter, desk.town.esam.id)
        meter.concentrator_id = desk.town.concentrator.id
        db.add(Exchange(concentrator_id=gateway_id, verb="v", direction="down", outer_hex="", at=desk.clock()))
    page = await _send(officer, f"{PATH}/{gateway_id}", {"act": "remove"})
    assert "are on record and stay there" in page.text
    assert await _acts(desk) == ["gateway_added"]


async def test_a_concentrator_that_dials_in_is_no_gateway(officer: Browser, desk: Desk) -> None:
    own = desk.town.concentrator.id
    assert (await officer.open(f"{PATH}/{own}")).status_code == 404
    assert (await _send(officer, f"{PATH}/{own}", {"act": "remove"})).status_code == 404
    assert build.FRONT_END not in (await officer.open(PATH)).text


async def test_whoever_may_only_read_sees_gateways_and_changes_none(
    officer: Browser, console: Starlette, desk: Desk
) -> None:
    gateway_id = await _added(officer, desk)
    async with desk.begin() as db:
        await staff.create(db, NewStaff("mei", "Mei", frozenset({Role.SERVICE})), PASSWORD, desk.clock())
    async with open_browser(console) as client:
        mei = Browser(client)
        await sign_in(mei, login="mei")
        seen = await mei.open(PATH)
        assert "moxa-7.example:4001" in seen.text
        assert "/console/gateways/new" not in seen.text
        for path in (f"{PATH}/new", f"{PATH}/{gateway_id}"):
            assert (await mei.open(path)).status_code == 403
            assert (await mei.send(path, seen, **_filled(desk, act="remove"))).status_code == 403
    assert len(await _gateways(desk)) == 1
