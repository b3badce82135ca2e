"""History: for the people who live there (SPEC R-1, R-6)."""

import re
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from app.db import Begin, add_once
from app.domain.clock import local_day
from app.models import Meter, Payment, Purchase, Reading, Resident
from app.services.history import PAGE
from app.services.kept_meters import keep
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.app.web.signing import OTHER, signed_in
from tests.app.web.world import Work
from tests.clocks import Clock

SECRETS = ("Lin Ming", "Lamp Street", "13800000001")


def place(meter: Meter) -> str:
    return f"/m/{meter.number}/history"


async def read_daily(begin: Begin, meter: Meter, clock: Clock, balances: list[int | None]) -> None:
    """Balances of the last days, newest last; None: the meter was silent."""
    async with begin() as db:
        for back, value in enumerate(reversed(balances)):
            at = clock() - timedelta(days=back)
            if value is not None:
                day = local_day(at, ZoneInfo("Asia/Shanghai"))
                row = Reading(
                    id=uuid4(), meter_id=meter.id, day=day, kind="balance", source="daily", value=value, read_at=at
                )
                await add_once(db, row)


async def test_the_holder_sees_purchases_with_their_steps_codes_and_receipts(
    browser: Browser, begin: Begin, utility: build.Utility, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())
    await work()

    page = await (await signed_in(browser, begin, clock)).open(place(utility.sts))

    assert "¥50" in page.text
    assert "in the meter" in page.text
    assert "0000 0000 0000 0000 0001" in page.text
    assert f'href="/purchases/{purchase.ref}"' in page.text
    assert f'href="/purchases/{purchase.ref}/receipt"' in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_daily_balances_say_in_words_how_they_stand(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await read_daily(begin, utility.esam, clock, [5000, 1900, None, 400, -100])

    page = await (await signed_in(browser, begin, clock)).open(place(utility.esam))

    levels = re.findall(r'class="level level_(\w+)">([^<]+)<', page.text)
    assert levels == [("arrears", "overdrawn"), ("below_b", "very low"), ("below_a", "low"), ("normal", "enough")]
    assert "not read" in page.text
    assert "¥31.00" in page.text  # used between the first two
    assert "¥5.00" in page.text
    assert page.text.count('class="chart__gap"') >= 2


async def test_charts_are_pictures_with_a_name_and_a_table(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await read_daily(begin, utility.esam, clock, [5000 - 100 * n for n in range(30)])
    await read_daily(begin, utility.esam, _year_ago(clock), [9000 - 200 * n for n in range(30)])

    page = await (await signed_in(browser, begin, clock)).open(place(utility.esam))

    assert page.text.count('<svg class="chart"') == page.text.count('role="img"') == 2
    assert page.text.count("<desc ") == page.text.count("<table ") == 2
    assert page.text.count('class="chart__bar chart__bar_now"') >= 30
    assert "A year before" in page.text
    assert "a year before" in page.text
    assert "style=" not in page.text


def _year_ago(clock: Clock) -> Clock:
    past = Clock()
    past.forward(seconds=(clock() - timedelta(days=365) - past()).total_seconds())
    return past


async def test_a_guest_is_shown_the_way_in_and_nothing_else(
    browser: Browser, begin: Begin, utility: build.Utility, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())
    await work()
    await read_daily(begin, utility.sts, clock, [5000, 4900])

    page = await browser.open(place(utility.sts))

    assert page.status_code == 200
    assert "Sign in" in page.text
    assert f"/sign-in?next=%2Fm%2F{utility.sts.number}%2Fhistory" in page.text
    for secret in (*SECRETS, purchase.ref, "¥", "0000 0001"):
        assert secret not in page.text


async def test_a_stranger_who_is_signed_in_sees_no_more_than_a_guest(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    page = await (await signed_in(browser, begin, clock, OTHER)).open(place(utility.esam))

    assert "not among yours" in page.text
    assert purchase.ref not in page.text


async def test_a_payer_sees_own_payments_and_neither_balances_nor_use(
    browser: Browser, begin: Begin, utility: build.Utility, work: Work, clock: Clock
) -> None:
    await signed_in(browser, begin, clock, OTHER)
    async with begin() as db:
        me = (await db.exec(select(Resident).where(Resident.phone == OTHER))).one()
        await keep(db, me.id, utility.esam.number, clock())
        theirs = await stories.paid(db, utility.esam, 5000, clock())
    await work()
    async with begin() as db:
        mine = await stories.paid(db, utility.esam, 3000, clock())
        (await db.get_one(Payment, mine.payment_id)).resident_id = me.id
    await work()
    await read_daily(begin, utility.esam, clock, [5000, 4900])

    page = await browser.open(place(utility.esam))

    assert f"/purchases/{mine.ref}" in page.text
    assert theirs.ref not in page.text
    assert '<svg class="chart"' not in page.text
    assert "Balance afterwards" not in page.text


async def test_older_purchases_come_page_by_page_and_none_is_lost_or_told_twice(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        refs = {(await stories.paid(db, utility.esam, 1000 + n, clock())).ref for n in range(PAGE + 3)}
    await signed_in(browser, begin, clock)

    first = await browser.open(place(utility.esam))
    older = re.findall(r'href="(/m/\d+/history\?after=[^"]+)"', first.text)[0]
    second = await browser.open(older)

    pages = [re.findall(r'href="/purchases/(\w+)"', page.text) for page in (first, second)]
    assert [len(found) for found in pages] == [PAGE, 3]
    assert {*pages[0], *pages[1]} == refs
    assert "history?after=" not in second.text


@pytest.mark.parametrize("mark", ["x", "-", "1-", "9" * 40 + "-" + "f" * 32, "%00", "1-zz"])
async def test_what_is_no_mark_is_the_beginning_or_refused(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock, mark: str
) -> None:
    await signed_in(browser, begin, clock)

    assert (await browser.open(f"{place(utility.esam)}?after={mark}")).status_code in (200, 400)


async def test_the_references_that_open_receipts_cannot_be_guessed(
    begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        made = [(await stories.paid(db, utility.esam, 1000, clock())) for _ in range(20)]
        assert all(isinstance(each, Purchase) for each in made)

    refs = [each.ref for each in made]
    assert len(set(refs)) == len(refs)
    assert all(len(ref) >= 20 for ref in refs)
    assert len({ref[:6] for ref in refs}) > 15  # nothing in front that all share


async def test_a_meter_that_does_not_exist_is_not_found(browser: Browser, begin: Begin) -> None:
    assert (await browser.open("/m/201000000099/history")).status_code == 404
