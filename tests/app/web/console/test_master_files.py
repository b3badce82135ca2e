"""Master meters as a file: a template taken away, filled in, looked at, applied, and who may (SPEC H-15)."""

from sqlmodel import select

from app.models import Audit, Concentrator, MasterMeter
from app.web.console.archive.master_files import PAGE
from tests.app.web.conftest import Browser
from tests.app.web.console.test_archive import acts, demote
from tests.app.web.console.test_lines import hand_in
from tests.desk import Desk

PATH = "/console/masters"
HEAD = "concentrator,address,name,port,protocol,baud,point,concentrator name,area"


async def test_the_template_is_taken_away_filled_in_looked_at_and_applied(officer: Browser, desk: Desk) -> None:
    place = desk.town.concentrator
    listed = await officer.open(PATH)
    assert "the one concentrator without a master meter" in listed.text
    template = (await officer.open(f"{PATH}/template.csv?node={place.node_id}")).text.lstrip("\ufeff")
    assert template.splitlines() == [HEAD, "3201-00001,,,,,,,Lamp Street 1,Lamp Street"]
    assert (await hand_in(officer, template.encode(), path=PATH)).status_code == 303  # and nothing in it says anything

    filled = template.replace("3201-00001,,", "3201-00001,999900000001,=Lamp 1")
    answer = await hand_in(officer, filled.encode(), path=PATH)
    page = await officer.open(answer.headers["location"])
    for words in (
        "will be added",
        "Add one master meter",
        "3201-00001",
        "=Lamp 1",
        "the next free one",
        "not applied yet",
    ):
        assert words in page.text, words
    async with desk.begin() as db:
        assert (await db.exec(select(MasterMeter))).first() is None

    applied = await officer.send(answer.headers["location"], page, act="apply")

    page = await officer.open(applied.headers["location"])
    assert "download the archives" in page.text and "Add one master meter" not in page.text
    async with desk.begin() as db:
        row = (await db.exec(select(MasterMeter))).one()
    assert (row.concentrator_id, row.address, row.name, row.port) == (place.id, "999900000001", "=Lamp 1", 2)
    assert {"master_file_taken", "master_file_applied", "master_meter_added"} <= set(await acts(desk))
    assert (await officer.open(f"{PATH}/template.csv")).text.splitlines() == [f"\ufeff{HEAD}"]
    listed = await officer.open(PATH)
    assert "Every concentrator that dials in has a master meter." in listed.text
    assert "There is 1 master meter." in listed.text


async def test_the_list_as_it_is_is_taken_away_changed_and_handed_in_again(officer: Browser, desk: Desk) -> None:
    async with desk.begin() as db:
        for place, name in enumerate(("=Lamp 1", "Lamp 2")):
            address, at = f"99990000000{place}", desk.town.concentrator.id
            db.add(MasterMeter(name=name, concentrator_id=at, address=address, point=9 + place))
    file = (await officer.open(f"{PATH}.csv?node={desk.town.concentrator.node_id}")).text
    answer = await hand_in(officer, file.replace("Lamp 2", "Main").encode(), path=PATH)
    page = await officer.open(answer.headers["location"])
    for words in ("will change", "hangs so already", "Lamp 2", "Main", "Change one master meter"):
        assert words in page.text, words
    found = (await officer.open(f"{answer.headers['location']}/rows.csv?finding=change")).text.splitlines()
    assert len(found) == 2 and found[1].split(",")[1:3] == ["999900000001", "will change"]
    assert (await acts(desk)).count("devices_exported") == 2


async def test_those_that_are_there_are_listed_and_those_that_wait_are_found(officer: Browser, desk: Desk) -> None:
    assert "Last held" not in (await officer.open(PATH)).text
    async with desk.begin() as db:
        for place in range(PAGE + 1):
            address, at = f"{999900000000 + place}", desk.town.concentrator.id
            row = MasterMeter(name=f"Lamp {place}", concentrator_id=at, address=address, point=9 + place)
            row.held_at = desk.clock() if place else None
            db.add(row)
    page = await officer.open(PATH)
    for words in (f"There are {PAGE + 1} master meters.", "not downloaded yet: 1", ">Lamp 99<", "Lamp Street 1"):
        assert words in page.text, words
    assert ">Lamp 100<" not in page.text
    assert ">Lamp 100<" in (await officer.open(f"{PATH}?after=999900000099")).text
    waiting = (await officer.open(f"{PATH}?waiting=yes")).text
    assert ">Lamp 0<" in waiting and ">Lamp 1<" not in waiting
    async with desk.begin() as db:
        (await db.exec(select(MasterMeter).where(MasterMeter.address == "999900000000"))).one().held_at = desk.clock()
    assert "was proved to have its master meters" in (await officer.open(f"{PATH}?waiting=yes")).text


async def test_a_gateway_and_one_that_nobody_expects_are_not_in_the_template(officer: Browser, desk: Desk) -> None:
    async with desk.begin() as db:
        node = desk.town.concentrator.node_id
        db.add(Concentrator(node_id=node, name="Off", region="3201", terminal=2, enabled=False))
        gateway = Concentrator(node_id=node, name="Gateway", region="3201", terminal=3, driver="dlt645_tcp")
        gateway.host, gateway.port = "10.0.0.7", 8000
        db.add(gateway)
    assert [row.split(",")[0] for row in (await officer.open(f"{PATH}/template.csv")).text.splitlines()[1:]] == [
        "3201-00001"
    ]


async def test_each_row_that_cannot_be_used_says_where_and_why(officer: Browser) -> None:
    rows = "concentrator,address,name\n3201-00009,999900000001,A\nnorth,999900000002,<b>\n3201-00001,999900000003,\n"
    answer = await hand_in(officer, rows.encode(), path=PATH)
    page = await officer.open(answer.headers["location"])
    assert page.text.count("cannot be used") == 3
    for words in (
        "no concentrator has this address",
        'like 3201-00001 <q translate="no">north</q>',
        "a new master meter wants a name",
        "Nothing in this file changes anything.",
    ):
        assert words in page.text, words
    refused = await hand_in(officer, b"name,port\nA,2\n", path=PATH)
    assert (refused.status_code, "Its first row has to name the columns" in refused.text) == (422, True)


async def test_a_file_has_its_page_under_its_own_kind_only(officer: Browser) -> None:
    answer = await hand_in(officer, b"concentrator,address,name\n3201-00001,999900000001,A\n", path=PATH)
    elsewhere = answer.headers["location"].replace("/masters/files/", "/lines/")
    page = await officer.open(PATH)
    assert (await officer.open(elsewhere)).status_code == 404
    assert (await officer.send(elsewhere, page, act="apply")).status_code == 404
    assert (await officer.open(f"{elsewhere}/rows.csv")).status_code == 404


async def test_who_may_only_look_hands_nothing_in_and_applies_nothing(officer: Browser, desk: Desk) -> None:
    answer = await hand_in(officer, b"concentrator,address,name\n3201-00001,999900000001,A\n", path=PATH)
    page = await officer.open(answer.headers["location"])
    await demote(desk)
    assert (await officer.send(answer.headers["location"], page, act="apply")).status_code == 403
    assert (await officer.send(PATH, page)).status_code == 403
    shown = await officer.open(PATH)
    assert (shown.status_code, 'type="file"' in shown.text) == (200, False)
    async with desk.begin() as db:
        assert (await db.exec(select(MasterMeter))).first() is None
        assert "master_file_applied" not in set(await db.exec(select(Audit.act)))
