"""What a terminal shows and sells (SPEC K-3): what a guest may know, and payments that are made once."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.announcement import AnnouncementKind
from app.domain.payment import PaymentState, Way
from app.domain.purchase_control import CountedIn
from app.domain.wallet import BalanceSource
from app.models import GridNode, Meter, MeterGroup, Note, Payment, Tariff, Token
from app.outbox import Job
from app.services import announcements
from app.services.announcements import Draft, Words
from app.services.readings import record_balance
from tests import build
from tests.app.web import stories
from tests.app.web.world import Counter
from tests.clocks import Clock
from tests.terminal import Terminal

PAYER_CODE = "990000000000000001"


def wish(amount_minor: int = 5000, **more: object) -> dict[str, object]:
    return {"amount_minor": amount_minor, "form_token": "form-1", "way": "qr", "provider": "counter", **more}


async def payments(begin: Begin) -> list[Payment]:
    async with begin() as db:
        return list(await db.exec(select(Payment)))


async def test_a_meter_is_shown_as_a_guest_may_see_it(
    terminal: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        meter = await db.get_one(Meter, utility.esam.id, with_for_update=True)
        await record_balance(db, meter, -250, BalanceSource.READBACK, clock())

    answer = await terminal.get(f"/meters/{utility.esam.number}")

    told = answer.json()
    assert (told["balance_minor"], told["out_of_credit"], told["here"], told["least_minor"]) == (-250, True, True, 300)
    assert told["offers"][0]["restores"] is True
    assert {"provider": "counter", "way": "qr"} in told["ways"]
    for secret in ("Lin Ming", "Lamp Street 4-502", "+8613800000001", "daily_use"):
        assert secret not in answer.text


async def test_a_terminal_offers_kwh_where_the_concentrator_counts_them(
    terminal: Terminal, begin: Begin, utility: build.Utility
) -> None:
    async with begin() as db:
        (await db.exec(select(Tariff))).one().price_e4 = 5_283
        row = MeterGroup(meter_id=utility.esam.id, concentrator_id=utility.concentrator.id, number=1, rounds=1)
        row.counted_in = CountedIn.ENERGY
        db.add(row)
    told = (await terminal.get(f"/meters/{utility.esam.number}")).json()
    assert {each["amount_minor"]: each["energy_kwh"] for each in told["offers"]}[5000] == 95
    told = (await terminal.get(f"/meters/{utility.sts.number}")).json()
    assert told["offers"][0]["energy_kwh"] is None


@pytest.mark.parametrize("typed", ["201000000011", "999999999993", "12", "x"])
async def test_a_number_that_leads_nowhere_is_said_to(terminal: Terminal, utility: build.Utility, typed: str) -> None:
    answer = await terminal.get(f"/meters/{typed}")
    assert answer.status_code in (404, 422)
    assert answer.json()["code"].startswith("number_")


async def test_reading_at_the_terminal_asks_the_real_meter(
    terminal: Terminal, begin: Begin, utility: build.Utility
) -> None:
    told = (await terminal.post(f"/meters/{utility.esam.number}/read", {})).json()
    assert told["asking"] == "asking"
    async with begin() as db:
        assert (await db.exec(select(Note.job).where(Note.subject_id == utility.esam.id))).all() == [Job.READ_BALANCE]


async def test_a_form_sent_twice_makes_one_payment_and_one_code(
    terminal: Terminal, begin: Begin, utility: build.Utility
) -> None:
    path = f"/meters/{utility.esam.number}/payments"
    first, second = await terminal.post(path, wish()), await terminal.post(path, wish())

    assert first.status_code == 201
    assert first.json() == second.json()
    (payment,) = await payments(begin)
    assert (payment.way, str(payment.kiosk_id), payment.pay_url) == ("qr", terminal.kiosk, first.json()["qr"])


@pytest.mark.parametrize("amount", [0, -5000, 5050, 10**9, True, "50", None, 2**50])
async def test_an_amount_that_is_not_sold_is_refused(
    terminal: Terminal, begin: Begin, utility: build.Utility, amount: object
) -> None:
    refused = await terminal.post(f"/meters/{utility.esam.number}/payments", {**wish(), "amount_minor": amount})
    assert refused.status_code in (400, 422)
    assert await payments(begin) == []


async def test_money_under_way_brakes_a_second_payment_until_somebody_says_anyway(
    terminal: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 3000, clock())
    path = f"/meters/{utility.esam.number}/payments"

    braked = await terminal.post(path, wish())
    forced = await terminal.post(path, wish(anyway=True))

    assert (braked.status_code, braked.json()["code"]) == (409, "braked")
    assert braked.json()["under_way"] == [{"hold": "on_its_way", "ref": purchase.ref, "amount_minor": 3000}]
    assert forced.status_code == 201


async def test_a_provider_that_is_down_is_said_to_be(
    terminal: Terminal, utility: build.Utility, provider: Counter
) -> None:
    provider.down = True
    refused = await terminal.post(f"/meters/{utility.esam.number}/payments", wish())
    assert (refused.status_code, refused.json()["code"]) == (503, "provider_down")


async def test_walking_away_makes_the_order_due_to_be_asked_about_and_closed(
    terminal: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    ref = (await terminal.post(f"/meters/{utility.esam.number}/payments", wish())).json()["ref"]
    clock.forward(seconds=5)

    await terminal.post(f"/payments/{ref}/close", {})

    async with begin() as db:
        payment = (await db.exec(select(Payment))).one()
        note = (await db.exec(select(Note).where(Note.subject_id == payment.id))).one()
    assert payment.state == PaymentState.WAITING  # nobody has asked its provider yet
    assert payment.expires_at <= clock()
    assert note.due_at <= clock()


async def test_a_terminal_closes_no_order_of_somebody_else(
    terminal: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        payment = await stories.started(db, utility.esam, 5000, clock())
    await terminal.post(f"/payments/{payment.ref}/close", {})
    (row,) = await payments(begin)
    assert row.expires_at == payment.expires_at


@pytest.mark.parametrize("digits", ["12345678901234567890", "621234567890123456", "hello", "1" * 200])
async def test_what_is_no_payers_code_goes_to_nobody(
    terminal: Terminal, begin: Begin, utility: build.Utility, provider: Counter, digits: str
) -> None:
    provider.ways = frozenset({Way.QR, Way.BARCODE})
    refused = await terminal.post(f"/meters/{utility.esam.number}/payments", wish(way="barcode", payer_code=digits))
    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_payer_code")
    assert digits not in refused.text
    assert await payments(begin) == []


async def test_the_story_of_a_payment_is_told_in_codes(
    terminal: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
        payment = await db.get_one(Payment, purchase.payment_id)
    told = (await terminal.get(f"/payments/{payment.ref}")).json()
    assert (told["purchase"], told["meter"], told["amount_minor"]) == (purchase.ref, utility.esam.number, 5000)
    assert told["lines"][0].keys() == {"step", "mark", "at", "due"}
    assert (await terminal.get("/payments/nosuch")).status_code == 404


async def test_what_is_kept_for_the_dark_is_the_box_its_tokens_and_its_notices(
    terminal: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())
        token = Token(purchase_id=purchase.id, meter_id=utility.sts.id, digits="1" * 20, subclass=4, amount_e5=5000000)
        token.issued_at = clock()
        db.add(token)
        node = (await db.exec(select(GridNode.id))).one()
        words = Words("检修停电", "Planned work")
        draft = Draft(AnnouncementKind.PLANNED, node, clock(), clock() + timedelta(hours=2), words)
        await announcements.publish(db, draft, clock())

    kept = await terminal.get("/cache")
    again = await terminal.get("/cache", **{"if-none-match": kept.headers["etag"]})

    told = kept.json()
    assert {meter["number"] for meter in told["meters"]} == {utility.esam.number, utility.sts.number}
    assert told["undelivered"][0]["digits"] == "1" * 20
    assert (told["announcements"][0]["title_zh"], told["announcements"][0]["here"]) == ("检修停电", True)
    assert again.status_code == 304


async def test_notices_are_told_at_once_when_they_are_not_those_that_are_known(
    terminal: Terminal, utility: build.Utility
) -> None:
    first = await terminal.get("/announcements", "?wait=25")
    known = first.headers["etag"]
    assert first.json() == {"announcements": []}
    assert (await terminal.get("/announcements", f"?since={known}&wait=0")).headers["etag"] == known
    assert (await terminal.get("/announcements", "?since=older&wait=25")).headers["etag"] == known


async def test_a_slip_bears_the_code_while_the_credit_is_not_in_the_meter(
    terminal: Terminal, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())
    slip = (await terminal.get(f"/slips/{purchase.ref}")).json()
    assert slip["energy_kwh"] is None
    assert (slip["receipt"], slip["amount_minor"], slip["address"]) == (
        "",
        5000,
        f"http://relight.test/purchases/{purchase.ref}",
    )
    assert (await terminal.get("/slips/by-receipt/none")).status_code == 404
