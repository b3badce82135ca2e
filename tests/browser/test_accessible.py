"""No page of the portal has anything that axe finds, a text cut off, or a word that is not translated (SPEC R-11)."""

from dataclasses import dataclass

import pytest
from playwright.async_api import Browser

from app.context import Deps
from app.db import Begin
from app.domain.wallet import BalanceSource
from app.models import Meter
from app.services.readings import record_balance
from app.services.residents import sign_in_with_phone
from tests import build
from tests.app.web.world import Work
from tests.browser.chromium import Phone, held
from tests.browser.faults import CONTRAST, NO_RULES, bring_axe, faults
from tests.browser.pages import PAGES
from tests.browser.scenes import Scene, Stage, scenes
from tests.clocks import Clock
from tests.fakes import Bench

_LATER = [Scene("performance", "/performance"), Scene("sign-in-code", "/sign-in/code"), Scene("gone", "/join/nobody")]


@pytest.fixture
async def session(begin: Begin, utility: build.Utility, clock: Clock) -> str:
    """The holder of a household that has used some of its money; the secret of their session."""
    async with begin() as db:
        meter = await db.get_one(Meter, utility.esam.id, with_for_update=True)
        meter.daily_use_minor = 400
        await record_balance(db, meter, 1800, BalanceSource.DAILY, clock())
        _, secret = await sign_in_with_phone(db, utility.contact.address, clock())
    return secret


@dataclass(frozen=True, slots=True)
class Look:
    """How all pages are looked at. `rules`: those of axe's that this way of looking may change; empty for all."""

    phone: Phone
    rules: tuple[str, ...] = ()
    size: str = ""


_LOOKS = (
    Look(Phone()),
    Look(Phone("zh-CN", dark=True, width=195, height=422), CONTRAST),
    Look(Phone(width=195, height=422), NO_RULES, size="largest"),
)


async def test_nothing_is_wrong_with_any_page(
    browser: Browser, address: str, deps: Deps, utility: build.Utility, bench: Bench, work: Work, clock: Clock,
    session: str,
) -> None:  # fmt: skip
    set_up = await scenes(Stage(deps, clock, bench, work, utility)) + _LATER
    shown = [(each.name, each.path, False) for each in set_up]
    shown += [(each.name, each.at(utility), each.signed_in) for each in PAGES]
    wrong: list[str] = []
    for look in _LOOKS:
        async with held(browser, look.phone, address) as context:
            if look.rules != NO_RULES:
                await bring_axe(context)
            page = await context.new_page()
            for name, path, signed_in in shown:
                await context.clear_cookies()
                if signed_in:
                    await context.add_cookies([{"name": "resident", "value": session, "url": address}])
                joined = "&" if "?" in path else "?"
                await page.goto(f"{path}{joined}lang={look.phone.language[:2]}&type={look.size}")
                wrong += [f"{name} {look.phone.width} px: {each}" for each in await faults(page, *look.rules)]
    assert not wrong, "\n".join(wrong)
