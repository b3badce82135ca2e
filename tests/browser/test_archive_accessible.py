"""No page about archives, schemes, master meters and what was told has anything that axe finds, in both languages."""

from datetime import date
from uuid import UUID

import pytest
from playwright.async_api import Page

from app.domain.archive import ArchiveTerms, Hanging, Line
from app.domain.collection import Terms
from app.domain.curve import Quantity
from app.domain.purchase_control import CountedIn, GroupTerms
from app.models import Curve, MasterInterval, Meter, TerminalEvent
from app.services import groups
from app.services.archive import filing, masters, rules, sheet
from app.services.archive.filing import Handed, Subject
from app.services.archive.master_file import MASTERS
from app.services.archive.masters import MasterWish
from app.services.archive.meter_file import METERS
from app.services.archive.rules import RulesWish
from app.services.archive.sheet import W
from app.services.collection import schemes
from tests.browser.chromium import Phone
from tests.browser.faults import CONTRAST, bring_axe, faults
from tests.browser.test_console import address, console, desk, quick, sign_in
from tests.desk import Desk

__all__ = ["address", "console", "desk", "quick"]

_OURS = (
    "Anna",
    "Berg",
    "Lin",
    "Lamp",
    "Street",
    "CSV",
    "PLC",
    "RS-",
    "RS",
    "ZigBee",
    "DL/T",
    "DL",
    "GDW",
    "Maker",
    "Nightly",
)
_MORE = ("Master", "kWh", "MM-DD", "MM", "DD", "hh", "mm", "flags", "AC", "Q", "T", "W", "V", "A", "B", "C")
_LISTS = (
    "lines",
    "masters",
    "collection",
    "collection/new",
    "archive-rules",
    "archive-rules/new",
    "archive",
    "terminal-events",
)
_TARIFFS = "operations/new?kind=set_tariffs"


def _day() -> dict[Quantity, list[int | None]]:
    """What a transformer area drew in a day, with hours that are not known."""
    hours = range(24)
    return {
        Quantity.POWER_W: [None if hour in (3, 4, 17) else 20_000 + 3_000 * (hour % 9) for hour in hours],
        Quantity.VOLTAGE_A_DV: [2_310 - 4 * (hour % 7) for hour in hours],
        Quantity.VOLTAGE_B_DV: [2_330 - 3 * (hour % 5) for hour in hours],
        Quantity.VOLTAGE_C_DV: [2_290 + 2 * (hour % 6) for hour in hours],
        Quantity.CURRENT_A_MA: [1_500 + 90 * hour for hour in hours],
        Quantity.ENERGY_WH: [8_000_000 + 25_000 * hour for hour in hours],
    }


async def _filed(desk: Desk) -> list[str]:
    """Files of both kinds, as they were applied and as they were not, with rows that cannot be used."""
    number, found = desk.town.sts.number, []
    for port in (3, 4):
        hangs = f"meter,line,port\n{number},rs485,{port}\n2010,pigeon,\n9999,,\n".encode()
        its = f"concentrator,address,name\n3201-00001,99990000000{port},Master {port}\nnorth,2010,A\n,9999,\n".encode()
        found.append(f"lines/{await _handed(desk, METERS, hangs, applied=port == 3)}")
        found.append(f"masters/files/{await _handed(desk, MASTERS, its, applied=port == 3)}")
    return found


async def _handed(desk: Desk, subject: Subject[W], data: bytes, *, applied: bool) -> UUID:
    async with desk.begin() as db:
        handed = Handed(subject, "sheet.csv", sheet.read(data, subject.layout))
        file = await filing.take(db, handed, desk.staff_id, desk.clock())
    if applied:
        async with desk.begin() as db:
            await filing.apply(db, subject, file.id, desk.staff_id, desk.clock())
    return file.id


async def _paths(desk: Desk) -> list[str]:
    """A scheme, rules, a master meter with a curve, a group, and an event, each on its page."""
    town, now, nightly = desk.town, desk.clock(), Terms(curve_min=60, master_interval_min=15)
    async with desk.begin() as db:
        scheme = await schemes.save_scheme(db, None, schemes.Wish("Nightly", nightly, usual=True), None, now)
        made = await rules.save_rules(db, None, RulesWish("Maker B", ArchiveTerms()), None, now)
        hanging = Hanging("999900000009", Line.RS485, 2)
        master = await masters.add_master(db, town.concentrator.id, MasterWish("Master 1", hanging), None, now)
        day = date(2026, 3, 1)
        for quantity, values in _day().items():
            db.add(Curve(master_id=master.id, quantity=quantity, day=day, minutes=60, values=values, read_at=now))
        await groups.set_group(db, town.esam.id, GroupTerms(1, (1, 2), CountedIn.ENERGY, 50), None, now)
        kept = await db.get_one(Meter, town.esam.id)
        kept.balance_minor, kept.balance_read_at = 4200, now  # so that whoever ends it is asked why
        place = town.concentrator.id
        db.add(MasterInterval(concentrator_id=place, minutes=15, tried_at=now, trouble="denied"))
        db.add(
            TerminalEvent(
                concentrator_id=place, erc=31, point=2, content={"flags": 1}, fingerprint="1", at=now, heard_at=now
            )
        )
    return [
        *await _filed(desk),
        f"collection/{scheme.id}", f"archive-rules/{made.id}", f"concentrators/{place}/masters", f"masters/{master.id}",
        f"meters/{town.esam.number}/line", f"cash/{town.esam.number}", _TARIFFS, *_LISTS,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("phone", "rules_of_axe"),
    [(Phone(width=1280, height=900), ()), (Phone("zh-CN", dark=True, width=640, height=450), CONTRAST)],
    ids=str,
)
async def test_nothing_is_wrong_with_any_page_about_archives(
    page: Page, desk: Desk, rules_of_axe: tuple[str, ...]
) -> None:
    await bring_axe(page.context)
    paths = await _paths(desk)
    await sign_in(page, "/console/reviews")
    wrong = []
    for path in paths:
        await page.goto(f"/console/{path}")
        wrong += [f"{path}: {each}" for each in await faults(page, *rules_of_axe, known=_OURS + _MORE)]
    assert not wrong, "\n".join(wrong)
