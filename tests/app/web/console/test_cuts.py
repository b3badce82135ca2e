"""The cut gate in the console: who is without money, the calendar, amnesties, questions (SPEC M-5, M-6)."""

import csv
import io
import re
from datetime import date, time

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.rules import CutRules
from app.domain.wallet import BalanceSource
from app.models import Amnesty, Audit, Meter
from app.services.cutting import may_cut
from app.services.readings import record_balance
from app.services.rulebook import rules
from tests.app.web.conftest import Browser
from tests.clocks import Clock
from tests.desk import Desk


@pytest.fixture
async def broke(desk: Desk, begin: Begin, clock: Clock) -> Meter:
    """A meter whose money is gone."""
    async with begin() as db:
        meter = await db.get_one(Meter, desk.town.esam.id, with_for_update=True)
        await record_balance(db, meter, -250, BalanceSource.DAILY, clock())
    return meter


async def test_a_meter_without_money_is_listed_with_what_stands_against_cutting_it(
    officer: Browser, broke: Meter
) -> None:
    page = await officer.open("/console/cuts")
    other = await officer.open("/console/cuts?reason=holiday")
    odd = await officer.open("/console/cuts?reason=rubbish&after=rubbish~x")

    assert broke.number in page.text
    assert "nobody was warned" in page.text
    assert broke.number not in other.text
    assert broke.number in odd.text


async def test_the_list_is_exported_whole_and_that_is_on_record(officer: Browser, broke: Meter, begin: Begin) -> None:
    answer = await officer.open("/console/cuts/held.csv")

    head, line = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert head[0] == "Meter"
    assert (line[0], line[3]) == (broke.number, "-2.5")
    assert "nobody was warned" in line[5]
    async with begin() as db:
        assert (await db.exec(select(Audit).where(Audit.act == "held_cuts_exported"))).one().staff_id


async def test_questions_that_were_asked_are_on_record(
    officer: Browser, broke: Meter, begin: Begin, clock: Clock
) -> None:
    async with begin() as db:
        await may_cut(db, broke.id, "rehearsal", clock())
    page = await officer.open(f"/console/cuts/inquiries?meter={broke.number}")
    none = await officer.open("/console/cuts/inquiries?meter=1")

    assert "rehearsal" in page.text
    assert "nobody was warned" in page.text
    assert "Nothing has asked" in none.text


def typed(page: str) -> dict[str, str]:
    """The form of the calendar as it stands."""
    found = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', page))
    found |= {f"day_{day}": "on" for day in re.findall(r'name="day_(\d)" checked', page)}
    return {name: text for name, text in found.items() if name not in ("csrf", "q")}


async def test_the_calendar_is_changed_as_a_form_and_the_change_is_on_record(
    officer: Browser, desk: Desk, begin: Begin
) -> None:
    page = await officer.open("/console/cuts/calendar")
    form = typed(page.text) | {
        "no_cut_from": "17:30",
        "holidays": "2026-10-01, 2026-10-02\n2026-10-01",
        "grace_min": "45",
    }
    form.pop("day_5")
    answer = await officer.send("/console/cuts/calendar", page, **form)

    assert answer.status_code == 303
    async with begin() as db:
        held = await rules(db, CutRules)
        acts = set(await db.exec(select(Audit.act)))
    assert held == CutRules(
        no_cut_from=time(17, 30),
        no_cut_weekdays=(6,),
        holidays=(date(2026, 10, 1), date(2026, 10, 2)),
        grace_min=45,
    )
    assert "rules_changed" in acts


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"holidays": "1 October"}, "Write each date"),
        ({"no_cut_from": "late"}, "Write a time"),
        ({"no_cut_to": ""}, "Write both ends"),
        ({"grace_min": "-1"}, "not within what is allowed"),
        ({"warnings_needed": "99"}, "not within what is allowed"),
    ],
)
async def test_a_field_that_is_wrong_is_named_and_nothing_is_kept(
    officer: Browser, desk: Desk, begin: Begin, wrong: dict[str, str], said: str
) -> None:
    page = await officer.open("/console/cuts/calendar")
    answer = await officer.send("/console/cuts/calendar", page, **(typed(page.text) | wrong))

    assert answer.status_code == 422
    assert said in answer.text
    async with begin() as db:
        assert await rules(db, CutRules) == CutRules()


async def test_an_amnesty_is_begun_by_the_name_of_its_place_and_ended(
    officer: Browser, desk: Desk, begin: Begin
) -> None:
    page = await officer.open("/console/cuts/amnesties")
    place, until = "Lamp Street", "2026-03-09T12:00"
    await officer.send("/console/cuts/amnesties", page, place=place, until_at=until, reason="Flood")
    page = await officer.open("/console/cuts/amnesties")
    async with begin() as db:
        row = (await db.exec(select(Amnesty))).one()
    assert (row.node_id, row.reason) == (desk.town.concentrator.node_id, "Flood")
    assert "holds" in page.text

    await officer.send(f"/console/cuts/amnesties/{row.id}/end", page)
    assert "End it" not in (await officer.open("/console/cuts/amnesties")).text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"place": "Atlantis", "reason": "Flood"}, "No place has this name"),
        ({"reason": ""}, "Say why"),
        ({"reason": "Flood", "until_at": "2020-01-01T00:00"}, "This end is past."),
        ({"reason": "Flood", "until_at": "tomorrow"}, "no day and time"),
    ],
)
async def test_an_amnesty_that_cannot_be_is_not_begun(
    officer: Browser, desk: Desk, begin: Begin, form: dict[str, str], said: str
) -> None:
    page = await officer.open("/console/cuts/amnesties")
    answer = await officer.send("/console/cuts/amnesties", page, **form)

    assert answer.status_code == 422
    assert said in answer.text
    async with begin() as db:
        assert (await db.exec(select(Amnesty))).first() is None
