"""Customers are found by what is known of them, shown by role, and exported harmlessly (SPEC B-1, B-5)."""

import io
import zipfile

import pytest
from sqlmodel import select

from app.domain.roles import Role
from app.models import Audit, Customer, Staff, StaffRole
from app.web.console.listing import BOM
from tests.app.web.conftest import Browser
from tests.desk import Desk


async def test_a_balance_range_finds_those_inside_it(officer: Browser, desk: Desk) -> None:
    async with desk.begin() as db:
        (await db.merge(desk.town.esam)).balance_minor = -250
        (await db.merge(desk.town.sts)).balance_minor = 9000

    page = await officer.open("/console/customers?from=-3&to=12.50")

    assert desk.town.esam.number in page.text
    assert desk.town.sts.number not in page.text


QUESTIONS = {
    "name=Lin": True,
    "name=Nobody": False,
    "address=4-502": True,
    "meter=2010%25": True,
    "meter=2010": False,
    "account=1,2,{account}": True,
    "owing=yes": False,
    "contact=no": False,
    "silent=1": True,
    "alone=yes": False,
    "depth=1": False,
    "supply=off": False,
    "sort=number": True,
    "name=Li_": False,
}
WRONG = {
    "from=ten": "Not an amount",
    "from=5&to=1": "below the lower one",
    "depth=12": "whole number",
    "silent=0": "whole number",
    "meter=" + ",".join(str(n) for n in range(300)): "More than 200 terms",
}


async def test_each_question_narrows_the_list(officer: Browser, desk: Desk) -> None:
    for asked, hit in QUESTIONS.items():
        page = await officer.open(f"/console/customers?{asked.format(account=desk.town.account.number)}")
        assert page.status_code == 200
        assert (desk.town.esam.number in page.text) is hit, asked


async def test_a_question_that_cannot_be_read_is_answered_at_its_field(officer: Browser, desk: Desk) -> None:
    for asked, says in WRONG.items():
        page = await officer.open(f"/console/customers?{asked}")
        assert page.status_code == 422
        assert says in page.text


async def test_names_and_addresses_are_masked_for_those_who_need_them_not(officer: Browser, desk: Desk) -> None:
    async with desk.begin() as db:
        anna = (await db.exec(select(Staff).where(Staff.login == "anna"))).one()
        for row in await db.exec(select(StaffRole).where(StaffRole.staff_id == anna.id)):
            if row.role != Role.FINANCE:
                await db.delete(row)
    for path in ("/console/customers", "/console/customers.csv", f"/console/customers/{desk.town.account.number}"):
        page = await officer.open(path)
        assert page.status_code == 200
        assert "L•••" in page.text
        assert "Lin Ming" not in page.text
        assert "4-502" not in page.text


async def test_an_export_runs_nothing_and_is_on_record(officer: Browser, desk: Desk) -> None:
    async with desk.begin() as db:
        (await db.get_one(Customer, desk.town.account.customer_id)).name = "=cmd|'/c calc'!A1"

    sheet = await officer.open("/console/customers.csv?sort=number")

    assert sheet.text.startswith(BOM)
    assert "'=cmd|" in sheet.text
    assert ",=cmd" not in sheet.text
    async with desk.begin() as db:
        noted = (await db.exec(select(Audit).where(Audit.act == "customers_exported"))).one()
    assert noted.detail["rows"] == 2


async def test_a_spreadsheet_holds_the_same(officer: Browser, desk: Desk) -> None:
    answer = await officer.open("/console/customers.xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        text = book.read("xl/worksheets/sheet1.xml").decode()
    assert desk.town.esam.number in text
    assert "<f>" not in text


async def test_an_account_shows_its_meters_and_how_it_is_reached(officer: Browser, desk: Desk) -> None:
    page = await officer.open(f"/console/customers/{desk.town.account.number}")
    assert desk.town.esam.number in page.text
    assert "+8613800000001" in page.text
    assert (await officer.open("/console/customers/999")).status_code == 404


async def test_pages_go_on_where_the_last_one_ended(
    officer: Browser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.customers.PAGE", 1)
    for sort in ("balance", "number"):
        seen = []
        path = f"/console/customers?sort={sort}"
        while path:
            page = await officer.open(path)
            seen += [number for number in (desk.town.esam.number, desk.town.sts.number) if f">{number}<" in page.text]
            more = page.text.partition('rel="next"')[0].rpartition('href="')[2] if 'rel="next"' in page.text else ""
            path = more.partition('"')[0].replace("&amp;", "&")
        assert sorted(seen) == sorted([desk.town.esam.number, desk.town.sts.number])
