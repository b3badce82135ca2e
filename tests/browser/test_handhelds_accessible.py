"""No page about hand-held readers has anything that axe finds, a text cut off, or a word that is not translated."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from playwright.async_api import Page

from app import handheld_files as files
from app.domain.operation import OperationKind
from app.services.handhelds import applying, making, returning, writing
from app.services.handhelds.making import Made, Wish
from app.services.operations.whom import Whom
from headend_client.handheld import Result
from tests.browser.chromium import Phone
from tests.browser.faults import CONTRAST, bring_axe, faults
from tests.browser.test_console import address, console, desk, quick, sign_in
from tests.desk import Desk
from tests.handheld import ZONE, carry_out, commands_in, results_file

__all__ = ["address", "console", "desk", "quick"]

_NEW = "handhelds/new"
_OURS = ("Anna", "Berg", "Lin", "Zhao", "Lamp", "Street", "CNY", "CSV", "DBF", "BACK", "METER", "CMD_ID", "C-1")


async def _makes(desk: Desk, kind: OperationKind, **more: object) -> Made:
    due = desk.clock() + timedelta(days=2)
    whom = Whom(node_id=desk.town.concentrator.node_id)
    async with desk.begin() as db:
        wish = Wish(kind, desk.staff_id, "Zhao", due, whom, **more)  # type: ignore[arg-type]
        return await making.make(db, wish, desk.clock())


async def handed_out_and_back(desk: Desk) -> list[str]:
    """A purchase that was carried and brought back with a row of somebody else, and a file of limits that is out."""
    desk.bench.unreachable = True
    await desk.pays(desk.town.esam)
    made = await _makes(desk, OperationKind.DOWNLOAD)
    async with desk.begin() as db:
        package = await writing.hand_out(db, made.file.id, desk.staff_id, desk.clock())
    (command,) = commands_in(files.write(package.orders, ZONE, desk.clock))
    good = carry_out(command, desk.bench, desk.clock())
    returned = await _brought(desk, [replace(good, command="C-1"), good])
    limits = await _makes(desk, OperationKind.SET_LIMITS, limit_minor=2000)
    return [f"handhelds/{made.file.id}", f"handhelds/returns/{returned}", f"handhelds/{limits.file.id}"]


async def _brought(desk: Desk, results: list[Result]) -> str:
    data = results_file(results)
    rows = files.read(data)
    codes = files.codes_in(rows)
    async with desk.begin() as db:
        read = files.judge(rows, await returning.issued(db, codes), ZONE)
        handed = returning.Handed("BACK.DBF", sha256(data).hexdigest(), tuple(codes), read, desk.staff_id)
        row = await returning.take(db, handed, desk.clock())
    more = True
    while more:
        async with desk.begin() as db:
            more = await applying.apply_next(db, row.id, desk.clock())
    return str(row.id)


@pytest.mark.parametrize(
    ("phone", "rules"),
    [(Phone(width=1280, height=900), ()), (Phone("zh-CN", dark=True, width=640, height=450), CONTRAST)],
    ids=str,
)
async def test_nothing_is_wrong_with_any_page_about_hand_helds(page: Page, desk: Desk, rules: tuple[str, ...]) -> None:
    await bring_axe(page.context)
    paths = await handed_out_and_back(desk)
    paths += ["handhelds", _NEW, *(f"{_NEW}?kind={kind}" for kind in ("download", "trip_relay", "set_limits"))]
    await sign_in(page, "/console/reviews")
    wrong = []
    for path in paths:
        await page.goto(f"/console/{path}")
        wrong += [f"{path}: {each}" for each in await faults(page, *rules, known=_OURS)]
    assert not wrong, "\n".join(wrong)
