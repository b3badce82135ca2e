"""Meters are found on the grid, and a device's page shows everything read of it and done to it (SPEC B-1, H-3)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.domain.device_event import DeviceEventKind
from app.domain.operation import DeviceItemState, OperationKind
from app.domain.roles import Role
from app.models import (
    Audit,
    Customer,
    DeviceEvent,
    Exchange,
    Operation,
    OperationItem,
    Reading,
    RelayState,
    Staff,
    StaffRole,
)
from app.web.console.listing import BOM
from tests import wire
from tests.app.web.conftest import Browser
from tests.desk import Desk

QUESTIONS = {
    "q={account}": True,
    "q=1,2,{account}&by=account": True,
    "q=2010%25": True,
    "q=2010&by=meter": False,
    "q={meter}&by=address": True,
    "q=Lin": True,
    "q=Lin&by=place": False,
    "q=Street 4-502": True,
    "q=lamp street&by=concentrator": False,
    "q=Lamp Street&by=concentrator": True,
    "q=3201-00001&by=concentrator": True,
    "q=3201-%25&by=concentrator": True,
    "q=Li_&by=name": False,
    "q={meter}&node={node}": True,
    "q={meter}&node={nobody}": False,
    "at={concentrator}": True,
    "at={nobody}": False,
    "node=no-id": True,
}


async def test_each_question_narrows_the_list(officer: Browser, desk: Desk) -> None:
    town = desk.town
    words = {
        "account": town.account.number,
        "meter": town.esam.number,
        "node": town.concentrator.node_id,
        "concentrator": town.concentrator.id,
        "nobody": uuid4(),
    }
    for asked, hit in QUESTIONS.items():
        page = await officer.open(f"/console/devices?{asked.format(**words)}")
        assert page.status_code == 200
        assert (f"/console/meters/{town.esam.number}" in page.text) is hit, asked


async def test_the_tree_leads_to_the_concentrators_of_a_place(officer: Browser, desk: Desk) -> None:
    page = await officer.open(f"/console/devices?node={desk.town.concentrator.node_id}")

    assert f"at={desk.town.concentrator.id}" in page.text
    assert "Lamp Street 1" in page.text


async def test_too_many_terms_are_answered_at_the_field(officer: Browser, desk: Desk) -> None:
    terms = ",".join(str(n) for n in range(300))
    for path in ("/console/devices", "/console/devices.csv"):
        page = await officer.open(f"{path}?q={terms}")
        assert (page.status_code, "More than 200 terms" in page.text) == (422, True)


async def _operator_only(desk: Desk) -> None:
    async with desk.begin() as db:
        anna = (await db.exec(select(Staff).where(Staff.login == "anna"))).one()
        for row in await db.exec(select(StaffRole).where(StaffRole.staff_id == anna.id)):
            if row.role != Role.OPERATOR:
                await db.delete(row)


async def test_whoever_sees_names_masked_cannot_find_them_letter_by_letter(officer: Browser, desk: Desk) -> None:
    await _operator_only(desk)
    found = f"/console/meters/{desk.town.esam.number}"
    for typed, hit in {"Li%25": False, "Lin": False, "Lin Ming": True, "Lamp Street 4": False}.items():
        page = await officer.open(f"/console/devices?q={typed}&by={'place' if 'Lamp' in typed else 'name'}")
        assert (found in page.text) is hit, typed
    for path in ("/console/devices", "/console/devices.csv", found):
        page = await officer.open(path)
        assert page.status_code == 200
        assert "L•••" in page.text
        assert "Lin Ming" not in page.text
        assert "4-502" not in page.text


async def test_a_list_taken_away_runs_nothing_and_is_on_record(officer: Browser, desk: Desk) -> None:
    async with desk.begin() as db:
        (await db.get_one(Customer, desk.town.account.customer_id)).name = "=cmd|'/c calc'!A1"

    sheet = await officer.open("/console/devices.csv?q=2010%25")

    assert sheet.text.startswith(BOM)
    assert "'=cmd|" in sheet.text
    assert desk.town.sts.number not in sheet.text
    async with desk.begin() as db:
        noted = (await db.exec(select(Audit).where(Audit.act == "devices_exported"))).one()
    assert noted.detail == {"format": "csv", "rows": 1, "asked": "devices.csv?q=2010%25"}


async def _day(desk: Desk) -> OperationItem:
    """A day of the ESAM meter: a reading, its relay, an operation with its frames, an event."""
    meter, now = desk.town.esam, desk.clock()
    operation = Operation(kind=OperationKind.READ_LIVE, made_by=desk.staff_id, made_at=now, item_count=1)
    about: dict[str, Any] = {"operation_id": operation.id, "meter_id": meter.id, "route_id": desk.town.concentrator.id}
    item = OperationItem(**about, place=0, state=DeviceItemState.DONE)
    item.values, item.ended_at = {"voltage_a_dv": 2301, "current_a_ma": 1250, "power_w": None, "odd_9_thing": "x"}, now
    frames = (wire.recharge(meter.address, 5000, 1), wire.recharged(meter.address))
    async with desk.begin() as db:
        db.add(operation)
        await db.flush()
        db.add_all([item, *(_reading(desk, kind, value) for kind, value in (("balance", -250), ("energy", 12300)))])
        db.add(RelayState(meter_id=meter.id, relay_open=True, command_open=True, keep_power=False,
                          after_verb="trip_relay", read_at=now))  # fmt: skip
        db.add(DeviceEvent(kind=DeviceEventKind.TAMPER, concentrator_id=desk.town.concentrator.id, meter_id=meter.id,
                           dedupe_key="t", at=now))  # fmt: skip
        await db.flush()
        for at, frame in enumerate(frames):
            row = wire.kept(frame, None, now + timedelta(seconds=at))
            row.meter_id, row.item_id, row.concentrator_id = meter.id, item.id, desk.town.concentrator.id
            db.add(row)
    return item


def _reading(desk: Desk, kind: str, value: int) -> Reading:
    return Reading(
        meter_id=desk.town.esam.id, day=date(2026, 3, 1), kind=kind, value=value, source="daily", read_at=desk.clock()
    )


async def test_a_meters_page_says_what_was_read_and_done(officer: Browser, desk: Desk) -> None:
    await _day(desk)
    await desk.pays(desk.town.esam)

    page = await officer.open(f"/console/meters/{desk.town.esam.number}")

    for words in ("Read voltage, current and power", "230.1 V", "1.25 A", "the device has none", "odd_9_thing", "Lin",
                  "-¥2.50", "12.3 kWh", "2026-03-01", "relay open", "Trip the relay", "Meter opened", "¥50.00",
                  "Lamp Street", "hardly to be reached"):  # fmt: skip
        assert (words in page.text) is (words != "hardly to be reached"), words


async def test_frames_are_told_in_words_on_demand(officer: Browser, desk: Desk) -> None:
    await _day(desk)
    for path in (f"meters/{desk.town.esam.number}", f"concentrators/{desk.town.concentrator.id}"):
        page = await officer.open(f"/console/{path}")
        assert f"/console/{path}/frames" in page.text
        assert "MAC 1" not in page.text
        frames = await officer.open(f"/console/{path}/frames")
        assert "MAC 1, amount and count" in frames.text


async def test_frames_go_on_where_a_page_ended(officer: Browser, desk: Desk) -> None:
    now = desk.clock()
    async with desk.begin() as db:
        about: dict[str, Any] = {"meter_id": desk.town.esam.id, "verb": "download", "direction": "up"}
        db.add_all(Exchange(**about, outer_hex="68", at=now + timedelta(seconds=at)) for at in range(55))
    path = f"/console/meters/{desk.town.esam.number}/frames"
    first = await officer.open(path)
    assert first.text.count('class="row row_frame"') == 50
    older = first.text.split('href="?below=')[1].split('"')[0].replace("&amp;", "&")
    assert (await officer.open(f"{path}?below={older}")).text.count('class="row row_frame"') == 5


async def test_a_concentrators_page_says_how_it_is_linked_and_what_waits(officer: Browser, desk: Desk) -> None:
    await _day(desk)
    await desk.pays(desk.town.esam)

    page = await officer.open(f"/console/concentrators/{desk.town.concentrator.id}")

    for words in ("3201-00001", "on line", "north", "Meter opened", "Waits for its turn"):
        assert words in page.text, words


@pytest.mark.parametrize("path", ["meters/nothing", "meters/000000000000/frames", f"concentrators/{UUID(int=0)}"])
async def test_a_device_that_is_not_there_is_not_found_and_staff_are_led_back(
    officer: Browser, desk: Desk, path: str
) -> None:
    answer = await officer.open(f"/console/{path}")
    assert answer.status_code == 404
    assert "look for it in the console" in answer.text
    assert "Start with the meter number" not in answer.text
