"""From money to light, as the resident reads it (SPEC M-2, L-7)."""

import re
from datetime import datetime
from uuid import UUID

import pytest

from app.db import Begin
from app.models import Payment, RelayState, Token
from app.services.payments import record_callback
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.app.web.world import Work
from tests.clocks import Clock
from tests.fakes import Bench


def steps(text: str) -> list[str]:
    """The marks of the lines, in order."""
    return re.findall(r'class="step step_(\w+)"', text)


async def test_a_waiting_payment_says_so_and_offers_the_way_back_to_its_page(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        payment = await stories.started(db, utility.esam, 5000, clock())

    answer = await browser.open(f"/payments/{payment.ref}")

    assert "Waiting for your payment" in answer.text
    assert f'href="/payments/{payment.ref}/pay"' in answer.text
    assert steps(answer.text)[:2] == ["now", "later"]


async def test_the_way_back_from_the_provider_ends_at_the_purchase(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
        payment = await db.get_one(Payment, purchase.payment_id)

    answer = await browser.open(f"/payments/{payment.ref}")

    assert answer.url.path == f"/purchases/{purchase.ref}"
    assert "On its way to your meter" in answer.text
    assert steps(answer.text)[:3] == ["done", "done", "now"]


async def test_money_in_the_meter_and_light_are_told_with_their_proof(
    browser: Browser, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    bench.balance, bench.relay_open = -300, True
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    await work()
    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert "Your power is on" in answer.text
    assert "-¥3.00" in answer.text
    assert "¥47.00" in answer.text
    assert "09:00:00" in answer.text
    assert f"/purchases/{purchase.ref}/receipt" in answer.text


async def test_an_armed_meter_asks_for_a_hand(
    browser: Browser, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
    await work()
    async with begin() as db:
        clock.forward(seconds=5)
        state = RelayState(
            meter_id=utility.esam.id,
            purchase_id=purchase.id,
            relay_open=True,
            command_open=False,
            keep_power=False,
            after_verb="arm",
            read_at=clock(),
        )
        db.add(state)

    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert "Press the button at your meter" in answer.text


async def test_an_unreachable_token_meter_shows_the_code_in_blocks(
    browser: Browser, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    bench.unreachable = True
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())

    await work()
    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert "Your meter does not answer yet" in answer.text
    assert "Your money is safe" in answer.text
    assert re.findall(r'token__digits">(\d{4})<', answer.text) == ["0000", "0000", "0000", "0000", "0001"]
    assert answer.text.count('<input type="checkbox"') == 5
    assert re.findall(r'data-block="([^"]+)"', answer.text) == [f"{purchase.ref}-1-{block}" for block in range(1, 6)]


async def test_a_token_meter_without_a_line_shows_the_code_at_once(
    browser: Browser, begin: Begin, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        utility = await build.utility(db, clock(), linked=False)
        purchase = await stories.paid(db, utility.sts, 5000, clock())

    await work()
    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert "type this code into your meter" in answer.text


async def test_a_code_that_is_not_needed_is_not_shown(
    browser: Browser, begin: Begin, utility: build.Utility, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())

    await work()
    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert "type this code into your meter" not in answer.text


async def test_a_missed_deadline_is_admitted(browser: Browser, begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        utility = await build.utility(db, clock(), linked=False)
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    clock.forward(minutes=3)
    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert "late, still trying" in answer.text
    assert steps(answer.text)[2] == "late"
    assert "It is sent as soon as the line to your meter is back." in answer.text


async def test_a_step_in_time_shows_how_long_it_may_still_take(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
    clock.forward(seconds=8)

    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert "by 09:00:20" in answer.text
    assert 'data-left-s="12"' in answer.text
    assert ">0:12<" in answer.text


async def test_a_late_step_says_when_it_is_tried_next_and_that_there_is_a_code(
    browser: Browser, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    bench.unreachable = True
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())
    await work()
    clock.forward(seconds=25)
    for _ in range(4):
        await work()
        clock.forward(seconds=3)

    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert "Tried already. The next try is at 09:0" in answer.text
    assert "Above is the code that does the same at once." in answer.text
    assert "A colleague of ours has a work order for it." in answer.text


async def test_new_keys_are_typed_before_the_credit(
    browser: Browser, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    bench.unreachable = True
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())
    await work()
    async with begin() as db:
        for position, digits in ((1, "7" * 20), (2, "8" * 20)):
            db.add(_key_change(purchase.id, utility.sts.id, position, digits, clock()))

    answer = await browser.open(f"/purchases/{purchase.ref}")

    blocks = re.findall(r'token__digits">(\d{4})<', answer.text)
    assert ["".join(blocks[start : start + 5])[0] for start in (0, 5, 10)] == ["7", "8", "0"]
    assert "1. New key for the meter" in answer.text
    assert "3. Your credit" in answer.text


def _key_change(purchase_id: UUID, meter_id: UUID, position: int, digits: str, now: datetime) -> Token:
    return Token(
        purchase_id=purchase_id,
        meter_id=meter_id,
        position=position,
        digits=digits,
        subclass=3,
        amount_e5=0,
        issued_at=now,
    )


async def test_a_meter_that_refuses_leaves_the_money_with_a_person(
    browser: Browser, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    bench.refuses = "hoarding"
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    await work()
    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert "A colleague of ours is looking at it" in answer.text
    assert "Our staff have been told." in answer.text
    assert "stuck" in steps(answer.text)


@pytest.mark.parametrize(
    ("succeeded", "amount_minor", "sentence"),
    [
        (False, 5000, "The payment did not go through"),
        (True, 4000, "The amount is not what was asked for"),
    ],
)
async def test_a_payment_that_ends_badly_says_how(
    browser: Browser,
    begin: Begin,
    utility: build.Utility,
    clock: Clock,
    succeeded: bool,
    amount_minor: int,
    sentence: str,
) -> None:
    async with begin() as db:
        payment = await stories.started(db, utility.esam, 5000, clock())
        fact = stories.told(payment, clock(), succeeded=succeeded, amount_minor=amount_minor)
        await record_callback(db, fact, clock())

    answer = await browser.open(f"/payments/{payment.ref}")

    assert sentence in answer.text


async def test_money_that_only_settles_arrears_is_not_sent_to_the_meter(
    browser: Browser, begin: Begin, utility: build.Utility, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        account = await db.get_one(type(utility.account), utility.account.id)
        account.arrears_minor = 9000
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    await work()
    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert "What was owed is settled" in answer.text
    assert "Sent to the meter" not in answer.text


async def test_htmx_gets_the_live_part_alone_and_is_told_when_to_stop(
    browser: Browser, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
    path = f"/purchases/{purchase.ref}"

    moving = await browser.open(path, **{"hx-request": "true"})
    await work()
    clock.forward(minutes=5)
    ended = await browser.open(path, **{"hx-request": "true"})
    whole = await browser.open(path)

    assert moving.status_code == 200
    assert moving.text.strip().startswith('<div id="live"')
    assert f'hx-get="{path}"' in moving.text
    assert "hx-request" in moving.headers["vary"]
    assert ended.status_code == 286
    assert "hx-get" not in ended.text
    assert whole.status_code == 200


async def test_a_page_that_will_change_reloads_itself_without_javascript(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    answer = await browser.open(f"/purchases/{purchase.ref}")

    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in answer.text


@pytest.mark.parametrize("ref", ["nobody", "a" * 40, "%00", "..%2f..", "'"])
async def test_an_unknown_reference_is_not_found(browser: Browser, begin: Begin, ref: str) -> None:
    for place in ("payments", "purchases"):
        answer = await browser.open(f"/{place}/{ref}")
        assert answer.status_code == 404
