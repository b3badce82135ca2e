"""The public performance page (SPEC M-18): counted from what the money and the meters left."""

from datetime import timedelta
from uuid import uuid4

from app.db import Begin
from app.domain.notice import MessageKind, MessageState
from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseState
from app.domain.wallet import ReadingKind
from app.models import Announcement, Message, Meter, Purchase, Reading, RelayState
from app.services.purchases import new_ref
from tests import build
from tests.app.web.conftest import Browser
from tests.clocks import Clock


async def sold(begin: Begin, meter: Meter, clock: Clock, lit_after_s: int | None, *, was_dark: bool = False) -> None:
    """Somebody paid an hour ago and had light so many seconds later; None: not yet."""
    paid_at = clock() - timedelta(hours=1)
    credited_at = paid_at + timedelta(seconds=1 if was_dark else lit_after_s or 0) if lit_after_s else None
    async with begin() as db:
        payment = await build.payment(db, meter, 5000, paid_at)
        payment.state, payment.paid_at = PaymentState.PAID, paid_at
        purchase = Purchase(
            id=uuid4(),
            ref=new_ref(),
            payment_id=payment.id,
            meter_id=meter.id,
            amount_minor=5000,
            credit_minor=5000,
            state=PurchaseState.CREDITED if credited_at else PurchaseState.PAID,
            created_at=paid_at,
            credited_at=credited_at,
        )
        db.add(purchase)
        await db.flush()
        if was_dark and lit_after_s:
            for after_s, is_open in ((2, True), (lit_after_s, False)):
                at = paid_at + timedelta(seconds=after_s)
                row = RelayState(
                    meter_id=meter.id,
                    purchase_id=purchase.id,
                    relay_open=is_open,
                    command_open=is_open,
                    keep_power=False,
                    after_verb="close",
                    read_at=at,
                )
                db.add(row)


async def test_a_purchase_counts_from_the_payment_to_the_proof(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await sold(begin, utility.esam, clock, 20)
    await sold(begin, utility.esam, clock, 200, was_dark=True)
    await sold(begin, utility.esam, clock, 7200)
    await sold(begin, utility.sts, clock, None)

    told = (await browser.open("/performance.json")).json()

    assert told["lit_within_minutes"] == {
        "1": {"kept": 1, "of": 4},
        "5": {"kept": 2, "of": 4},
        "30": {"kept": 2, "of": 4},
    }
    assert told["not_lit_yet"] == 1
    assert told["months"][-1]["lit_within_minutes"]["1"] == {"kept": 1, "of": 4}


async def test_the_page_rounds_down_and_says_what_is_not_lit_yet(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    for lit_after_s in (20, 20, None):
        await sold(begin, utility.esam if lit_after_s else utility.sts, clock, lit_after_s)

    page = await browser.open("/performance")

    assert "66.6 %" in page.text
    assert "One payment is not in its meter yet" in page.text


async def test_a_cut_counts_as_warned_when_a_warning_had_gone_out(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    today = clock().date()
    async with begin() as db:
        for meter in (utility.esam, utility.sts):
            for back, value in ((2, 900), (1, -10)):
                day = today - timedelta(days=back)
                row = Reading(meter_id=meter.id, day=day, kind=ReadingKind.BALANCE, value=value, source="daily")
                row.read_at = clock()
                db.add(row)
        warning = Message(
            contact_id=utility.contact.id,
            meter_id=utility.esam.id,
            kind=MessageKind.ALARM_B,
            cause_id=uuid4(),
            dedupe_key=new_ref(),
            channel="sms",
            locale="en",
            state=MessageState.DELIVERED,
        )
        warning.created_at = warning.not_before = warning.expires_at = clock() - timedelta(days=3)
        warning.sent_at = warning.delivered_at = clock() - timedelta(days=3)
        db.add(warning)

    told = (await browser.open("/performance.json")).json()

    assert told["warned_before_cut"] == {"kept": 1, "of": 2}


async def test_an_outage_that_ended_by_the_time_told_is_an_estimate_kept(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        for late in (-10, 10):
            told_end = clock() - timedelta(hours=1)
            row = Announcement(kind="unplanned", state="restored", title_zh="停电", title_en="Outage")
            row.from_at, row.until_at = told_end - timedelta(hours=2), told_end
            row.published_at, row.restored_at = row.from_at, told_end + timedelta(minutes=late)
            db.add(row)

    told = (await browser.open("/performance.json")).json()

    assert told["restoration_estimates_kept"] == {"kept": 1, "of": 2}


async def test_a_utility_without_a_past_says_so_instead_of_a_hundred_per_cent(
    browser: Browser, utility: build.Utility
) -> None:
    page = await browser.open("/performance")
    assert page.status_code == 200
    assert "100 %" not in page.text
