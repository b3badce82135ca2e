"""No page about devices has anything that axe finds, a text cut off, or a word that is not translated."""

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.async_api import Page

from app.domain.operation import OperationKind
from app.domain.wallet import BY_TARIFF, BalanceSource, ReadingKind
from app.models import Concentrator, Reading
from app.services.head_ends import joining, tasks, watch
from app.services.head_ends.joining import Act
from app.services.head_ends.joining import Wish as Wished
from app.services.head_ends.tasks import Begun
from app.services.operations import plan
from app.services.operations.plan import Wish
from app.services.operations.whom import Whom
from tests.browser.chromium import Phone
from tests.browser.faults import CONTRAST, bring_axe, faults
from tests.browser.test_console import address, console, desk, quick, sign_in
from tests.desk import Desk

__all__ = ["address", "console", "desk", "quick"]

_LISTS = (
    "devices",
    "devices?q=none",
    "operations",
    "operations/new",
    "operations/new?kind=trip_relay",
    "operations/new?kind=delete_from_archive",
    "frontends",
    "gateways",
    "gateways/new",
    "downloads",
    "anomalies",
    "unreachable",
    "head-ends",
    "head-ends/new",
)
_OURS = (
    "Anna",
    "Berg",
    "Lin",
    "Ming",
    "Lamp",
    "Street",
    "CNY",
    "CSV",
    "XLSX",
    "STS",
    "SGC",
    "KRN",
    "TI",
    "TCP",
    "north",
)
_MODELS = ("Local", "fee", "control", "round")
_THERE = ("Old", "Town", "relight", "RELIGHT", "https", "http", "example", "Token")


async def _operated(desk: Desk) -> list[str]:
    """A meter that was paid for, its concentrator, and a reading of both meters that is under way."""
    await desk.pays(desk.town.esam)
    wish = Wish(OperationKind.READ_WALLET, desk.staff_id, reason="round")
    async with desk.begin() as db:
        row = await plan.plan(db, wish, Whom(node_id=desk.town.concentrator.node_id), desk.clock())
        place = {"region": "0000", "terminal": 1, "driver": "dlt645_tcp", "host": "10.0.0.9", "port": 4001}
        gateway = Concentrator(node_id=desk.town.concentrator.node_id, name="Lamp Street 9", **place)  # type: ignore[arg-type]
        db.add(gateway)
        db.add_all(_read_by_tariff(desk))
    meter = f"meters/{desk.town.esam.number}"
    of_gateway = [f"gateways/{gateway.id}", f"concentrators/{gateway.id}"]
    return [*of_gateway, meter, f"{meter}/frames", f"concentrators/{desk.town.concentrator.id}", f"operations/{row.id}"]


def _read_by_tariff(desk: Desk) -> list[Reading]:
    """A week of one meter, with all that a scheme can ask for: the row of a day is as long as it gets."""
    meter_id, now = desk.town.esam.id, desk.clock()
    return [
        Reading(
            meter_id=meter_id,
            day=(now - timedelta(days=back)).date(),
            kind=kind,
            value=123_456_700,
            source=BalanceSource.DAILY,
            read_at=now - timedelta(days=back),
        )
        for back in range(1, 8)
        for kind in (ReadingKind.BALANCE, ReadingKind.ENERGY, *BY_TARIFF)
    ]


async def _joined(desk: Desk) -> str:
    """An existing head end with a place, a task under way, and trouble."""
    act = Act(desk.staff_id, desk.clock())
    async with desk.begin() as db:
        wish = Wished("Old Town", "https://ami.example/api", "relight", "s" * 32)
        row = await joining.add(db, wish, "k" * 32, act)
        await joining.add_place(db, row.id, "Old Town 1", desk.town.concentrator.node_id, act)
        await tasks.begin(db, Begun(uuid4(), row.id, desk.town.esam.address, "recharge", desk.clock()), desk.clock())
        await watch.in_trouble(db, row.id, "bad_signature", desk.clock())
    return f"head-ends/{row.id}"


@pytest.mark.parametrize(
    ("phone", "rules"),
    [(Phone(width=1280, height=900), ()), (Phone("zh-CN", dark=True, width=640, height=450), CONTRAST)],
    ids=str,
)
async def test_nothing_is_wrong_with_any_page_about_devices(page: Page, desk: Desk, rules: tuple[str, ...]) -> None:
    await bring_axe(page.context)
    paths = [*await _operated(desk), await _joined(desk), *_LISTS]
    await sign_in(page, "/console/reviews")
    wrong = []
    for path in paths:
        await page.goto(f"/console/{path}")
        wrong += [f"{path}: {each}" for each in await faults(page, *rules, known=_OURS + _MODELS + _THERE)]
    assert not wrong, "\n".join(wrong)
