"""How meters hang, as a file: taken away, handed in, looked at, applied, and who may (SPEC H-15)."""

import re

from httpx2 import Response
from sqlmodel import col, select

from app.models import ArchiveFile, Audit, Meter
from tests.app.web.conftest import Browser
from tests.app.web.console.test_archive import demote
from tests.desk import Desk

PATH = "/console/lines"


async def hand_in(officer: Browser, data: bytes, name: str = "hangs.csv", path: str = PATH) -> Response:
    """Choose a file on the page, and send it."""
    token = re.search(r'name="csrf" value="([^"]+)"', (await officer.open(path)).text)
    assert token is not None
    return await officer.client.post(path, data={"csrf": token[1]}, files={"file": (name, data, "text/csv")})


async def test_the_list_is_taken_away_changed_handed_in_looked_at_and_applied(officer: Browser, desk: Desk) -> None:
    esam = desk.town.esam
    sheet = (await officer.open(f"{PATH}.csv?node={desk.town.concentrator.node_id}")).text
    head, *rows = sheet.lstrip("\ufeff").splitlines()
    assert head == "meter,line,port,protocol,baud,collector,point,concentrator"
    assert f"{esam.number},carrier,31,dlt645_2007,0,,,Lamp Street 1" in rows
    changed = sheet.replace(f"{esam.number},carrier,31,dlt645_2007,0,,", f"{esam.number},rs485,3,dlt645_2007,2400,,9")

    answer = await hand_in(officer, changed.encode())

    assert answer.status_code == 303
    page = await officer.open(answer.headers["location"])
    for words in ("will change", "hangs so already", "mains (PLC)", "RS-485", "Change one meter", "not applied yet"):
        assert words in page.text, words
    async with desk.begin() as db:
        assert (await db.get_one(Meter, esam.id)).port == 31

    applied = await officer.send(answer.headers["location"], page, act="apply")

    assert applied.status_code == 303
    page = await officer.open(applied.headers["location"])
    assert "download the archives" in page.text and "Change one meter" not in page.text
    async with desk.begin() as db:
        assert (await db.get_one(Meter, esam.id)).port == 3
        acts = set(await db.exec(select(Audit.act)))
    assert acts >= {"devices_exported", "hanging_file_taken", "hanging_file_applied", "meter_hung"}
    again = await officer.send(answer.headers["location"], page, act="apply")
    assert (again.status_code, "applied already" in again.text) == (422, True)
    found = (await officer.open(f"{answer.headers['location']}/rows.csv?finding=done")).text.splitlines()
    assert len(found) == 2 and found[1].split(",")[1:3] == [esam.number, "changed"]


async def test_each_row_that_cannot_be_used_says_where_and_why(officer: Browser, desk: Desk) -> None:
    number = desk.town.esam.number
    answer = await hand_in(officer, f"meter,line,port\n{number},rs485,31\n2010,pigeon,\n".encode())
    page = await officer.open(answer.headers["location"])
    assert page.text.count("cannot be used") == 2
    assert "no such meter hangs on this port of its concentrator" in page.text
    assert '<q translate="no">pigeon</q>' in page.text
    assert "Nothing in this file changes anything." in page.text
    only = await officer.open(f"{answer.headers['location']}?finding=cell_bad")
    assert "pigeon" in only.text and f"{number}</a>" not in only.text


async def test_a_file_that_cannot_be_read_is_refused_with_a_word(officer: Browser, desk: Desk) -> None:
    for data, words in (
        (b"", "The file is empty."),
        (b"line,port\n", "Its first row has to name the columns"),
        (b"\x00\x01\x02\xff", "This is not a CSV file."),
    ):
        answer = await hand_in(officer, data)
        assert (answer.status_code, words in answer.text) == (422, True), words
    async with desk.begin() as db:
        assert (await db.exec(select(ArchiveFile))).first() is None


async def test_a_name_or_a_cell_cannot_write_into_the_page(officer: Browser) -> None:
    answer = await hand_in(officer, b"meter,line\n2010,<script>x\n", "<script>.csv")
    page = await officer.open(answer.headers["location"])
    assert "<script>x" not in page.text and "<script>.csv" not in page.text
    assert "&lt;script&gt;x" in page.text


async def test_who_may_only_look_hands_nothing_in_and_applies_nothing(officer: Browser, desk: Desk) -> None:
    answer = await hand_in(officer, f"meter,line,port\n{desk.town.esam.number},rs485,3\n".encode())
    page = await officer.open(answer.headers["location"])
    await demote(desk)
    refused = await officer.send(answer.headers["location"], page, act="apply")
    assert refused.status_code == 403
    async with desk.begin() as db:
        assert (await db.exec(select(ArchiveFile.applied_at))).one() is None
        assert (await db.exec(select(Meter.port).where(col(Meter.id) == desk.town.esam.id))).one() == 31
