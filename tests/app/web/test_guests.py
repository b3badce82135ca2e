"""A guest sees what is printed on the meter: no name, no address, no use (SPEC R-1)."""

import re
from datetime import timedelta

from app.db import Begin
from app.domain.wallet import BalanceSource
from app.models import Customer, Meter, Reading
from app.services.readings import record_balance
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.signing import OTHER, signed_in
from tests.clocks import Clock

NAME, ADDRESS = "Lin Ming", "Lamp Street 4-502"
_LINKS = re.compile(r'href="(/[^"#]*)"')
_MOST_PAGES = 60


async def lived_in(begin: Begin, utility: build.Utility, clock: Clock) -> None:
    """A household with a name, an address, figures of use, and somebody who keeps its meter under a nickname."""
    async with begin() as db:
        customer = await db.get_one(Customer, utility.account.customer_id)
        assert (customer.name, customer.address) == (NAME, ADDRESS)
        meter = await db.get_one(Meter, utility.esam.id, with_for_update=True)
        meter.daily_use_minor = 1234
        await record_balance(db, meter, 5678, BalanceSource.DAILY, clock())
        day = (clock() - timedelta(days=1)).date()
        db.add(Reading(meter_id=meter.id, day=day, kind="energy", value=98765, source="daily", read_at=clock()))


async def walk(browser: Browser, start: list[str]) -> dict[str, str]:
    """Every page that links lead to from `start`."""
    seen: dict[str, str] = {}
    waiting = list(start)
    while waiting and len(seen) < _MOST_PAGES:
        path = waiting.pop(0)
        if path in seen or path.startswith(("/static/", "/m/") if path.endswith(".svg") else "/static/"):
            continue
        answer = await browser.open(path)
        seen[path] = answer.text
        waiting += [found.replace("&amp;", "&") for found in _LINKS.findall(answer.text)]
    return seen


async def test_no_page_of_a_guest_tells_who_lives_there(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await lived_in(begin, utility, clock)
    start = ["/", f"/m/{utility.esam.number}", f"/m/{utility.esam.number}/pay", f"/accounts/{utility.account.number}"]
    more = [f"/m/{utility.esam.number}/{part}" for part in ("history", "use", "days", "receipts", "links", "topups")]

    pages = await walk(browser, start + more)

    assert len(pages) > len(start)
    secrets = (
        NAME,
        ADDRESS,
        "Lamp Street 4",
        "¥12.34",
        "98.7",
        "98.8",
        utility.contact.address,
        "13800000001",
        "0001<",
    )
    told = {(path, secret) for path, text in pages.items() for secret in secrets if secret in text}
    assert told == set()


async def test_somebody_who_only_pays_sees_no_more_than_a_guest(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await lived_in(begin, utility, clock)
    await signed_in(browser, begin, clock, OTHER)
    await browser.send("/my", await browser.open("/my"), number=utility.esam.number)
    start = ["/my", f"/my/{utility.esam.number}", f"/m/{utility.esam.number}", f"/m/{utility.esam.number}/pay"]

    pages = await walk(browser, start)

    secrets = (NAME, ADDRESS, "¥12.34", "98.7", "98.8", "13800000001")
    assert {(path, secret) for path, text in pages.items() for secret in secrets if secret in text} == set()
