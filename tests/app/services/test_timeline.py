"""Everything that happened to a purchase, in order."""

from datetime import timedelta
from itertools import permutations

from sqlmodel import select

from app.domain.ledger import BookingKind
from app.domain.payment import CallbackFact
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.models import Audit, Message, MessageEvent, Purchase, Receipt, Token
from app.services import timeline
from app.services.finding import Found, find_purchases
from app.services.payments import record_callback
from app.services.timeline import Timeline
from app.services.timeline.rows import (
    Booked,
    FrameCrossed,
    Kept,
    MessageHeard,
    MessageQueued,
    MoneyReported,
    Promised,
    ReviewOpened,
    ReviewSettled,
    Row,
    TokenIssued,
    place,
)
from headend_client.explain import explain
from tests import wire
from tests.clocks import MONDAY_MORNING
from tests.desk import Desk
from tests.fakes import Bench


async def timeline_of(desk: Desk, purchase: Purchase, *, whole_token: bool = False) -> Timeline:
    async with desk.begin() as db:
        found = await timeline.of_purchase(db, purchase.ref, explain, whole_token=whole_token)
    assert found is not None
    return found


async def search(desk: Desk, typed: str) -> list[Found]:
    async with desk.begin() as db:
        return await find_purchases(db, typed)


def kinds(rows: tuple[Row, ...]) -> list[str]:
    return [row.kind for row in rows]


async def test_a_purchase_tells_its_way_from_payment_to_relay_in_order(desk: Desk, bench: Bench) -> None:
    bench.relay_open = True
    purchase = await desk.purchase(await desk.pays(desk.town.esam, 5000))
    desk.clock.forward(seconds=2)
    await desk.works()

    told = await timeline_of(desk, purchase)

    order = ["payment_opened", "money_reported", "purchase_opened", "booked", "sending_began", "credited", "relay_read"]
    first = [kinds(told.rows).index(kind) for kind in order]
    assert first == sorted(first)
    assert told.household.customer == "Lin Ming"
    assert told.purchase is not None
    assert (told.purchase.state, told.purchase.number) == (PurchaseState.CREDITED, 1)


async def test_bookings_carry_their_entries_and_balance(desk: Desk) -> None:
    purchase = await desk.purchase(await desk.pays(desk.town.esam, 5000))
    await desk.works()
    booked = [row for row in (await timeline_of(desk, purchase)).rows if isinstance(row, Booked)]
    assert [row.booking for row in booked] == ["payment", "credit"]
    assert all(sum(entry.amount_minor for entry in row.entries) == 0 for row in booked)


def test_what_is_booked_in_one_moment_stands_with_money_coming_first_and_going_back_last() -> None:
    kind = BookingKind
    causes = [kind.PAYMENT, kind.ARREARS, kind.RESOLUTION, kind.REVERSAL, kind.REFUND]
    for shuffled in permutations(causes):
        rows = [Booked(MONDAY_MORNING, each, ()) for each in shuffled]
        assert [row.booking for row in sorted(rows, key=place)] == causes


async def test_frames_are_told_in_words_with_their_secrets_covered(desk: Desk) -> None:
    purchase = await desk.purchase(await desk.pays(desk.town.esam, 5000))
    address, now = desk.town.esam.address, desk.clock()
    async with desk.begin() as db:
        frames = (wire.recharge(address, 5000, 1), wire.recharged(address), wire.balance(address, 5000))
        db.add_all(wire.kept(frame, purchase.id, now + timedelta(seconds=place)) for place, frame in enumerate(frames))
    frames_told = [row for row in (await timeline_of(desk, purchase)).rows if isinstance(row, FrameCrossed)]

    assert [[f.value for f in row.explained.gist] for row in frames_told] == [
        ["ask_security", "command_recharge", 5000, 1],
        ["answer_security", "command_recharge"],
        ["answer_read", "item_balance", 5000],
    ]
    assert [row.down for row in frames_told] == [True, False, False]
    assert "xxxxxxxx" in frames_told[0].inner_hex


async def test_tries_that_failed_tell_why_and_when_the_next_one_is_due(desk: Desk, bench: Bench) -> None:
    bench.unreachable = True
    purchase = await desk.purchase(await desk.pays(desk.town.esam))
    await desk.works()
    rows = (await timeline_of(desk, purchase)).rows
    (note,) = [row for row in rows if isinstance(row, Promised) and row.job == "download_purchase"]
    assert (note.attempts, note.last_error, note.done_at) == (1, "unreachable: no_link", None)
    assert note.due_at > desk.clock()

    bench.unreachable = False
    desk.clock.forward(minutes=1)
    await desk.works()
    rows = (await timeline_of(desk, purchase)).rows
    assert [row.attempts for row in rows if isinstance(row, Kept) and row.job == "download_purchase"] == [2]


async def test_a_token_shows_four_digits_and_all_only_while_the_meter_lacks_it_and_somebody_asked(
    desk: Desk, bench: Bench
) -> None:
    bench.counts, bench.unreachable = False, True
    purchase = await desk.purchase(await desk.pays(desk.town.sts))
    await desk.works()

    async def shown(*, whole: bool) -> str:
        (row,) = [r for r in (await timeline_of(desk, purchase, whole_token=whole)).rows if isinstance(r, TokenIssued)]
        return row.digits

    assert await shown(whole=False) == "•" * 16 + "0001"
    assert await shown(whole=True) == "0" * 19 + "1"

    bench.unreachable = False
    desk.clock.forward(minutes=1)
    await desk.works()
    assert await shown(whole=True) == "•" * 16 + "0001"


async def test_whoever_sees_a_whole_token_is_on_record(desk: Desk, bench: Bench) -> None:
    bench.counts, bench.unreachable = False, True
    sts = await desk.purchase(await desk.pays(desk.town.sts))
    esam = await desk.purchase(await desk.pays(desk.town.esam))
    await desk.works()
    async with desk.begin() as db:
        seen = [await timeline.note_token_seen(db, p.ref, desk.staff_id, desk.clock()) for p in (sts, esam)]
    assert seen == [True, False]
    async with desk.begin() as db:
        (audit,) = list(await db.exec(select(Audit)))
        assert (await db.exec(select(Token.purchase_id))).one() == audit.subject_id
    assert "staff_acted" in kinds((await timeline_of(desk, sts)).rows)


async def test_questions_and_their_answers_are_part_of_it(desk: Desk, bench: Bench) -> None:
    bench.refuses = "over_hoard_limit"
    purchase = await desk.purchase(await desk.pays(desk.town.esam))
    await desk.works()
    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.REFUND, "moved out")
    rows = (await timeline_of(desk, purchase)).rows
    (asked,) = [row for row in rows if isinstance(row, ReviewOpened)]
    (answered,) = [row for row in rows if isinstance(row, ReviewSettled)]
    assert (asked.review, answered.act, answered.by, answered.remark) == ("meter_refused", "refund", "Lin", "moved out")
    assert [row.booking for row in rows if isinstance(row, Booked)] == ["payment", "resolution"]


async def test_a_second_purchase_of_one_payment_tells_only_of_its_own_money(desk: Desk) -> None:
    first = await desk.purchase(await desk.pays(desk.town.esam, 5000))
    assert first.payment_id is not None
    await desk.hears((await desk.payment(first.payment_id)).ref, 4000)
    settled = await desk.decides(ReviewKind.PAID_TWICE, ReviewAct.ACCEPT)
    assert settled.purchase_id is not None
    second = await desk.purchase(settled.purchase_id)

    told = await timeline_of(desk, second)
    assert [row.amount_minor for row in told.rows if isinstance(row, MoneyReported)] == [4000]
    assert [row.booking for row in told.rows if isinstance(row, Booked)] == ["payment", "resolution"]
    assert told.payment is not None
    assert told.payment.ref == (await desk.payment(first.payment_id)).ref
    both = [r.amount_minor for r in (await timeline_of(desk, first)).rows if isinstance(r, MoneyReported)]
    assert sorted(both) == [4000, 5000]


async def test_messages_tell_where_they_went_and_no_more_of_the_number_than_is_needed(desk: Desk) -> None:
    purchase = await desk.purchase(await desk.pays(desk.town.esam))
    now = desk.clock()
    async with desk.begin() as db:
        message = Message(
            contact_id=desk.town.contact.id,
            meter_id=desk.town.esam.id,
            kind="purchase_credited",
            cause_id=purchase.id,
            dedupe_key="k",
            channel="sms",
            locale="en",
            state="sent",
            created_at=now,
            not_before=now,
            expires_at=now + timedelta(hours=1),
            sent_at=now + timedelta(seconds=1),
        )
        db.add_all([message, Receipt(purchase_id=purchase.id, number="R1", issued_at=now + timedelta(seconds=3))])
        await db.flush()
        db.add(MessageEvent(message_id=message.id, state="delivered", at=now + timedelta(seconds=2)))
    rows = (await timeline_of(desk, purchase)).rows
    (queued,) = [row for row in rows if isinstance(row, MessageQueued)]
    (heard,) = [row for row in rows if isinstance(row, MessageHeard)]
    assert (queued.to, heard.state) == ("•••• 0001", "delivered")
    assert "+86138" not in str(rows)
    told = [kind for kind in kinds(rows) if kind != "promised"]
    assert told[-4:] == ["message_queued", "message_sent", "message_heard", "receipt_issued"]


async def test_a_payment_without_a_purchase_has_a_timeline_too(desk: Desk) -> None:
    payment = await desk.orders(desk.town.esam, 5000)
    await desk.hears(payment.ref, 3000)
    async with desk.begin() as db:
        told = await timeline.of_payment(db, payment.ref)
        assert await timeline.purchase_ref_of(db, payment.ref) is None
        assert await timeline.of_payment(db, "unknown") is None
        assert await timeline.of_purchase(db, "unknown", explain) is None
    assert told is not None
    assert told.purchase is None
    assert [kind for kind in kinds(told.rows) if kind != "promised"] == [
        "payment_opened",
        "money_reported",
        "booked",
        "review_opened",
    ]


async def test_any_number_in_hand_leads_to_the_purchase(desk: Desk) -> None:
    purchase = await desk.purchase(await desk.pays(desk.town.esam, 5000))
    assert purchase.payment_id is not None
    payment = await desk.payment(purchase.payment_id)
    meter, account = desk.town.esam.number, desk.town.account.number

    for typed in (
        purchase.ref,
        purchase.ref[:8].upper(),
        payment.ref,
        payment.ref[:10],
        meter,
        f" {meter[:4]} {meter[4:8]}-{meter[8:]} ",
        account,
        "",
    ):
        assert [found.purchase_ref for found in await search(desk, typed)] == [purchase.ref], typed
    for typed in (purchase.ref[:7], "0" * 12, "%", "________", "nothing like it"):
        assert await search(desk, typed) == [], typed


async def test_payments_without_a_purchase_are_found_beside_the_purchases_newest_first(desk: Desk) -> None:
    bought = await desk.purchase(await desk.pays(desk.town.esam, 5000))
    desk.clock.forward(minutes=1)
    waiting = await desk.orders(desk.town.esam, 2000)
    found = await search(desk, desk.town.account.number)
    assert [(f.purchase_ref, f.payment_ref == waiting.ref) for f in found] == [(None, True), (bought.ref, False)]


async def test_an_order_of_another_provider_with_our_number_is_not_mixed_in(desk: Desk) -> None:
    purchase = await desk.purchase(await desk.pays(desk.town.esam, 5000))
    assert purchase.payment_id is not None
    ref = (await desk.payment(purchase.payment_id)).ref
    stranger = CallbackFact("elsewhere", "e1", ref, True, 999, "CNY", desk.clock())
    async with desk.begin() as db:
        await record_callback(db, stranger, desk.clock())
    rows = (await timeline_of(desk, purchase)).rows
    assert [row.amount_minor for row in rows if isinstance(row, MoneyReported)] == [5000]
