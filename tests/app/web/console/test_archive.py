"""Collection schemes, archive rules, how meters hang, master meters, what is not downloaded, what was told."""

from datetime import date, timedelta
from uuid import uuid4

from sqlmodel import col, select

from app.domain.curve import Quantity
from app.domain.roles import Role
from app.models import (
    ArchiveRules,
    Audit,
    CollectionScheme,
    Concentrator,
    ConcentratorRules,
    Curve,
    MasterInterval,
    MasterMeter,
    Meter,
    MeterGroup,
    MeterLine,
    Staff,
    StaffRole,
    TerminalEvent,
)
from app.services.archive import holding
from app.services.collection.points import assign
from tests.app.web.conftest import Browser
from tests.desk import Desk

SCHEME = {
    "name": "Nightly",
    "daily_from": "01:30",
    "fill_days": "9",
    "on": "yes",
    "money": "yes",
    "energy": "yes",
    "by_tariff": "yes",
    "curve_min": "15",
    "scan_every_min": "30",
    "events": "yes",
}
RULES = {
    "name": "Maker B",
    "number_dlt645_2007": "32",
    "number_dlt645_1997": "1",
    "number_ac_sampling": "2",
    "number_carrier_module": "31",
    "carrier_port": "31",
    "zigbee_port": "30",
    "wired_ports": "2, 3",
    "master_port": "2",
    "zigbee_prefix": "99",
}


async def acts(desk: Desk) -> list[str]:
    async with desk.begin() as db:
        return list(await db.exec(select(Audit.act).where(col(Audit.staff_id).is_not(None)).order_by(col(Audit.at))))


async def demote(desk: Desk) -> None:
    """Anna may look at devices, and no more."""
    async with desk.begin() as db:
        anna = (await db.exec(select(Staff).where(Staff.login == "anna"))).one()
        for row in await db.exec(select(StaffRole).where(StaffRole.staff_id == anna.id)):
            if row.role != Role.SERVICE:
                await db.delete(row)


async def test_a_scheme_is_made_changed_and_given_to_an_area(officer: Browser, desk: Desk) -> None:
    page = await officer.open("/console/collection/new")
    assert (await officer.send("/console/collection/new", page, **SCHEME)).status_code == 303
    async with desk.begin() as db:
        row = (await db.exec(select(CollectionScheme))).one()
    assert (row.fill_days, row.curve_min, row.by_tariff, row.usual) == (9, 15, True, False)
    path = f"/console/collection/{row.id}"
    page = await officer.open(path)
    assert 'value="01:30"' in page.text
    changed = SCHEME | {"usual": "yes", "fill_days": "3"}
    assert (await officer.send(path, page, **changed)).status_code == 303
    given = {"act": "give", "scope": "area", "place": str(desk.town.concentrator.node_id)}
    assert (await officer.send(path, page, **given)).status_code == 303
    async with desk.begin() as db:
        assert (await db.get_one(Concentrator, desk.town.concentrator.id)).collection_scheme_id == row.id
    listed = await officer.open("/console/collection")
    assert "Nightly" in listed.text
    assert "every 15 minutes" in listed.text
    await officer.send(
        path, page, **(given | {"act": "give_usual", "scope": "one", "place": str(desk.town.concentrator.id)})
    )
    async with desk.begin() as db:
        assert (await db.get_one(Concentrator, desk.town.concentrator.id)).collection_scheme_id is None
    assert (await acts(desk)).count("collection_scheme_saved") == 2


async def test_what_a_scheme_cannot_be_is_said_and_what_was_typed_stays(officer: Browser, desk: Desk) -> None:
    page = await officer.open("/console/collection/new")
    for field, typed, words in (
        ("fill_days", "90", "1 to 62 days"),
        ("fill_days", "x", "1 to 62 days"),
        ("daily_from", "25:00", "A time of the day"),
        ("curve_min", "20", "15, 30 or 60"),
        ("name", " ", "60 characters"),
    ):
        answer = await officer.send("/console/collection/new", page, **(SCHEME | {field: typed}))
        assert (answer.status_code, words in answer.text) == (422, True), field
        assert field == "fill_days" or 'value="9"' in answer.text


async def test_archive_rules_are_made_given_and_removed(officer: Browser, desk: Desk) -> None:
    page = await officer.open("/console/archive-rules/new")
    assert 'value="30"' in page.text
    assert (await officer.send("/console/archive-rules/new", page, **RULES)).status_code == 303
    async with desk.begin() as db:
        row = (await db.exec(select(ArchiveRules))).one()
    assert (row.numbers["dlt645_2007"], row.wired_ports, row.zigbee_prefix) == (32, [2, 3], "99")
    path = f"/console/archive-rules/{row.id}"
    await officer.send(path, page, act="give", scope="one", place=str(desk.town.concentrator.id))
    async with desk.begin() as db:
        assert (await db.get_one(ConcentratorRules, desk.town.concentrator.id)).rules_id == row.id
    assert "Maker B" in (await officer.open("/console/archive-rules")).text
    refused = await officer.send(path, page, **(RULES | {"act": "remove"}))
    assert (refused.status_code, "still have these rules" in refused.text) == (422, True)
    wrong = await officer.send(path, page, **(RULES | {"wired_ports": "31"}))
    assert (wrong.status_code, "not that of the carrier" in wrong.text) == (422, True)
    await officer.send(path, page, act="give_usual", scope="one", place=str(desk.town.concentrator.id))
    assert (await officer.send(path, page, act="remove")).status_code == 303


async def test_how_a_meter_hangs_is_set_and_what_cannot_be_is_refused(officer: Browser, desk: Desk) -> None:
    meter = desk.town.esam
    path = f"/console/meters/{meter.number}/line"
    assert path in (await officer.open(f"/console/meters/{meter.number}")).text
    page = await officer.open(path)
    how = {"act": "hang", "line": "zigbee", "port": "31", "protocol": "dlt645_2007", "baud": "0", "collector": ""}
    assert (await officer.send(path, page, **how)).status_code == 303
    async with desk.begin() as db:
        assert (await db.get_one(MeterLine, meter.id)).line == "zigbee"
    for change, words in (
        ({"port": "2"}, "No such meter hangs on this port"),
        ({"port": "x"}, "No such meter hangs on this port"),
        ({"collector": "12"}, "twelve digits"),
        ({"line": "pigeon"}, "RS-485"),
    ):
        answer = await officer.send(path, page, **(how | change))
        assert (answer.status_code, words in answer.text) == (422, True), change
    assert (await officer.send("/console/meters/12345678903/line", page, **how)).status_code == 404


async def test_a_terminal_is_let_keep_what_a_meter_buys(officer: Browser, desk: Desk) -> None:
    meter = desk.town.esam
    path = f"/console/meters/{meter.number}/line"
    page = await officer.open(path)
    group = {"act": "group", "number": "3", "counted_in": "energy", "alarm": "50", "trip": "0", "round_2": "yes"}
    assert (await officer.send(path, page, **group)).status_code == 303
    async with desk.begin() as db:
        row = await db.get_one(MeterGroup, meter.id)
    assert (row.number, row.rounds, row.counted_in, row.alarm) == (3, 0b10, "energy", 50)
    page = await officer.open(path)
    assert "start_purchase_control" in page.text
    money = {"counted_in": "money", "alarm": "20.50", "trip": "1"}
    assert (await officer.send(path, page, **(group | money))).status_code == 303
    async with desk.begin() as db:
        assert (await db.get_one(MeterGroup, meter.id)).alarm == 2050
    for change, words in (
        ({"round_2": ""}, "At least one switch"),
        ({"alarm": "x"}, "warning comes before"),
        ({"alarm": "1", "trip": "2"}, "warning comes before"),
        ({"number": "9"}, "Groups are 1 to 8"),
    ):
        answer = await officer.send(path, page, **(group | change))
        assert (answer.status_code, words in answer.text) == (422, True), change
    other = f"/console/meters/{desk.town.sts.number}/line"
    refused = await officer.send(other, page, **group)
    assert (refused.status_code, "takes tokens" in refused.text) == (422, True)
    assert (await officer.send(path, page, act="no_group")).status_code == 303
    assert {"meter_group_set", "meter_group_removed"} <= set(await acts(desk))


async def test_what_a_terminal_may_still_hold_is_not_given_up_without_a_reason(officer: Browser, desk: Desk) -> None:
    meter = desk.town.esam
    path = f"/console/meters/{meter.number}/line"
    page = await officer.open(path)
    group = {"act": "group", "number": "3", "counted_in": "energy", "alarm": "50", "trip": "0", "round_2": "yes"}
    assert (await officer.send(path, page, **group)).status_code == 303
    async with desk.begin() as db:
        row = await db.get_one(Meter, meter.id)
        row.balance_minor, row.balance_read_at = 4200, desk.clock()
    page = await officer.open(path)
    assert "¥42.00" in page.text
    for sent, words in (
        ({"act": "no_group"}, "Say why that is given up"),
        (group | {"number": "4"}, "Say why that is given up"),
        ({"act": "no_group", "reason": "x" * 501}, "reason is too long"),
    ):
        answer = await officer.send(path, page, **sent)
        assert (answer.status_code, words in answer.text) == (422, True), sent
    assert (await officer.send(path, page, act="no_group", reason="Customer moves out")).status_code == 303
    async with desk.begin() as db:
        assert await db.get(MeterGroup, meter.id) is None
    assert "meter_group_given_up" in await acts(desk)


async def test_master_meters_are_added_changed_and_removed(officer: Browser, desk: Desk) -> None:
    path = f"/console/concentrators/{desk.town.concentrator.id}/masters"
    page = await officer.open(path)
    new = {
        "act": "add",
        "name": "Master 1",
        "address": "999900000001",
        "port": "2",
        "protocol": "dlt645_2007",
        "baud": "2400",
    }
    assert (await officer.send(path, page, **new)).status_code == 303
    refused = await officer.send(path, page, **(new | {"address": "999900000002", "port": "31"}))
    assert (refused.status_code, "No such meter hangs" in refused.text) == (422, True)
    async with desk.begin() as db:
        master = (await db.exec(select(MasterMeter))).one()
        power = [1500, *[None] * 23]
        db.add(
            Curve(
                master_id=master.id, quantity=Quantity.POWER_W, day=date(2026, 3, 1), minutes=60, values=power,
                read_at=desk.clock(),
            )
        )  # fmt: skip
    curves = await officer.open(f"/console/masters/{master.id}")
    assert "1500" in curves.text
    assert "2026-03-01" in curves.text
    assert (curves.text.count("<circle"), curves.text.count("<polyline")) == (1, 0)
    assert "Power drawn (W)" in curves.text and "Voltages (V)" not in curves.text
    change = new | {"act": "change", "master": str(master.id), "name": "Master 2"}
    assert (await officer.send(path, page, **change)).status_code == 303
    assert "Master 2" in (await officer.open(path)).text
    elsewhere = f"/console/concentrators/{uuid4()}/masters"
    assert (await officer.open(elsewhere)).status_code == 404
    assert (await officer.send(path, page, act="remove", master=str(uuid4()))).status_code == 404
    assert (await officer.send(path, page, act="remove", master=str(master.id))).status_code == 303


async def test_curves_are_taken_away_as_a_day_or_as_all_there_are(officer: Browser, desk: Desk) -> None:
    first = date(2026, 1, 1)
    async with desk.begin() as db:
        master = MasterMeter(name="Master", concentrator_id=desk.town.concentrator.id, address="999900000001", point=9)
        db.add(master)
        await db.flush()
        for after in range(40):  # more than are read at once
            day = first + timedelta(days=after)
            values: list[int | None] = [1_500, None, *[2_000] * 22]
            quantity, at = Quantity.ENERGY_WH, desk.clock()
            db.add(Curve(master_id=master.id, quantity=quantity, day=day, minutes=60, values=values, read_at=at))
    path = f"/console/masters/{master.id}.csv"
    assert path in (await officer.open(f"/console/masters/{master.id}")).text
    one = (await officer.open(f"{path}?day=2026-01-02")).text.splitlines()
    assert (len(one), one[1], one[2]) == (25, "2026-01-02,00:00,,,,,,,,1.5", "2026-01-02,01:00,,,,,,,,")
    whole = (await officer.open(path)).text.splitlines()
    assert (len(whole), whole[1][:10], whole[-1][:16]) == (961, "2026-02-09", "2026-01-01,23:00")
    assert (await officer.open(f"/console/masters/{uuid4()}.csv")).status_code == 404
    assert "devices_exported" in await acts(desk)


async def test_what_is_not_downloaded_yet_is_listed_and_exported(officer: Browser, desk: Desk) -> None:
    town = desk.town
    page = await officer.open(f"/console/archive?node={town.concentrator.node_id}")
    assert town.esam.number in page.text
    assert "kind=download_archive" in page.text
    async with desk.begin() as db:
        entries = await assign(db, town.concentrator.id)
        esam = await db.get_one(Meter, town.esam.id)
        mine = [each for each in entries if each.address == esam.address]
        await holding.record_archive(db, town.concentrator.id, mine, desk.clock())
    page = await officer.open(f"/console/archive?at={town.concentrator.id}")
    assert (town.esam.number in page.text, town.sts.number in page.text) == (False, True)
    file = await officer.open("/console/archive.csv")
    assert (town.esam.number in file.text, town.sts.number in file.text) == (False, True)
    assert "devices_exported" in await acts(desk)


async def test_what_concentrators_told_is_listed_narrowed_and_exported(officer: Browser, desk: Desk) -> None:
    town = desk.town
    async with desk.begin() as db:
        for place, (erc, meter) in enumerate(((31, town.esam.id), (14, None), (200, None))):
            db.add(
                TerminalEvent(
                    concentrator_id=town.concentrator.id, meter_id=meter, erc=erc, point=2 if meter else None,
                    fingerprint=str(place), content={"flags": "=1+1", "nested": {"a": [1]}}, at=desk.clock(),
                    heard_at=desk.clock(),
                )
            )  # fmt: skip
    page = await officer.open("/console/terminal-events")
    for words in ("Meter not readable", "Power of the terminal", "an event of its maker", town.esam.number):
        assert words in page.text
    page = await officer.open(f"/console/terminal-events?erc=14&at={town.concentrator.id}")
    assert f"/console/meters/{town.esam.number}" not in page.text
    file = await officer.open("/console/terminal-events.csv?erc=31")
    assert len(file.text.strip().splitlines()) == 2
    assert (await officer.open("/console/terminal-events?erc=x&below=y&node=z")).status_code == 200


async def test_whoever_may_only_look_changes_nothing(officer: Browser, desk: Desk) -> None:
    line = f"/console/meters/{desk.town.esam.number}/line"
    page = await officer.open(line)
    await demote(desk)
    masters = f"/console/concentrators/{desk.town.concentrator.id}/masters"
    for path in ("/console/collection/new", "/console/archive-rules/new", line, masters):
        assert (await officer.send(path, page, act="add", **SCHEME)).status_code == 403
    assert (await officer.open("/console/collection/new")).status_code == 403


async def test_the_page_of_master_meters_says_whether_the_concentrator_has_its_interval(
    desk: Desk, officer: Browser
) -> None:
    place = desk.town.concentrator.id
    path = f"/console/concentrators/{place}/masters"
    async with desk.begin() as db:
        db.add(MasterMeter(concentrator_id=place, name="Area", address="300000000009", point=9))
        db.add(CollectionScheme(name="All", usual=True, master_interval_min=15))
    assert "told as soon as it is on line" in (await officer.open(path)).text
    async with desk.begin() as db:
        db.add(MasterInterval(concentrator_id=place, minutes=15, tried_at=desk.clock(), trouble="denied"))
    assert "does not have it so (the concentrator said no" in (await officer.open(path)).text
    async with desk.begin() as db:
        held = await db.get_one(MasterInterval, place)
        held.trouble, held.proved_at = "", desk.clock()
    page = (await officer.open(path)).text
    assert "every 15 minutes" in page
    assert "has it so, read back on" in page
