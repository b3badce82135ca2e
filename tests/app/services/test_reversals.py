"""A sale is undone by two persons: whole while nothing was sent, the record alone once it is in the meter (M-12)."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from app.db import Begin
from app.domain.notice import MessageKind, MessageState
from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseState
from app.domain.reversing import CannotReverse, ReversalBar, ReversalState, ReversalWay
from app.models import Account, Message, Purchase, Refund, Reversal, Staff
from app.outbox import Job
from app.services import reversals
from app.services.credit_notes import view_note
from app.services.receipt_mail import MailWish, mail_receipt
from app.services.receipts import view_receipt
from app.services.reversals import Decision, Wish
from app.tasks.receipts import render_receipt
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Bench
from tests.work import worker


@pytest.fixture
def bench(clock: Clock) -> Bench:
    return Bench(now=clock)


@pytest.fixture
async def desk(begin: Begin, clock: Clock, bench: Bench) -> Desk:
    return await open_desk(begin, clock, bench)


@pytest.fixture
async def second(desk: Desk) -> UUID:
    """The second person."""
    async with desk.begin() as db:
        row = Staff(login="chen", name="Chen", password_hash="never used here")
        db.add(row)
        await db.flush()
        return row.id


async def asks(desk: Desk, purchase_id: UUID, reason: str = "sold to the wrong meter") -> Reversal:
    purchase = await desk.purchase(purchase_id)
    async with desk.begin() as db:
        return await reversals.ask(db, Wish(purchase.ref, reason, desk.staff_id), desk.clock())


async def decides(desk: Desk, row: Reversal, staff_id: UUID, *, approve: bool = True) -> Reversal:
    async with desk.begin() as db:
        return await reversals.decide(db, Decision(row.id, approve, "seen the slip", staff_id), desk.clock())


async def owed(desk: Desk) -> int:
    async with desk.begin() as db:
        return (await db.get_one(Account, desk.town.account.id)).arrears_minor


async def refunds(desk: Desk) -> list[int]:
    async with desk.begin() as db:
        return list(await db.exec(select(Refund.amount_minor)))


async def test_what_was_never_sent_is_never_sent_and_goes_back(desk: Desk, second: UUID, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam, 5000)
    row = await asks(desk, purchase_id)
    assert row.way == ReversalWay.WHOLE
    assert (await decides(desk, row, second)).state == ReversalState.DONE
    await desk.works()
    assert bench.orders == []
    done = await desk.purchase(purchase_id)
    assert done.state == PurchaseState.REFUNDED
    assert (await desk.payment(done.payment_id)).state == PaymentState.REFUNDED  # type: ignore[arg-type]
    assert await desk.books() == {"provider:sandbox": 5000, "refunds_due": -5000}
    assert await refunds(desk) == [5000]


async def test_arrears_that_it_settled_are_owed_again(desk: Desk, second: UUID) -> None:
    async with desk.begin() as db:
        (await db.get_one(Account, desk.town.account.id)).arrears_minor = 1500
    row = await asks(desk, await desk.pays(desk.town.esam, 5000))
    await decides(desk, row, second)
    assert (await owed(desk), await refunds(desk)) == (1500, [5000])


async def test_of_a_downloaded_sale_the_payment_record_alone_is_reversed(
    desk: Desk, second: UUID, bench: Bench
) -> None:
    purchase_id = await desk.pays(desk.town.esam, 5000)
    await desk.works()
    row = await asks(desk, purchase_id)
    assert (row.way, row.evidence["balance_after_minor"], row.evidence["count"]) == (ReversalWay.RECORD_ONLY, 5000, 1)
    await decides(desk, row, second)
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED
    assert (bench.balance, await owed(desk), await refunds(desk)) == (5000, 5000, [5000])
    books = await desk.books()
    assert (books["arrears"], books["delivered"], books["refunds_due"]) == (5000, -5000, -5000)


async def test_nobody_approves_their_own_wish(desk: Desk, second: UUID) -> None:
    row = await asks(desk, await desk.pays(desk.town.esam))
    with pytest.raises(CannotReverse) as refused:
        await decides(desk, row, desk.staff_id)
    assert refused.value.bar is ReversalBar.SAME_PERSON
    assert (await decides(desk, row, second, approve=False)).state == ReversalState.REFUSED
    assert await refunds(desk) == []


async def test_what_may_be_in_the_meter_is_not_reversed(desk: Desk, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    bench.deaf = True
    await desk.works()
    with pytest.raises(CannotReverse) as refused:
        await asks(desk, purchase_id)
    assert refused.value.bar is ReversalBar.MAYBE_IN_METER


async def test_a_token_that_is_out_may_be_typed_at_any_time(desk: Desk, bench: Bench) -> None:
    bench.unreachable = True
    purchase_id = await desk.pays(desk.town.sts)
    await desk.works()
    with pytest.raises(CannotReverse) as refused:
        await asks(desk, purchase_id)
    assert refused.value.bar is ReversalBar.TOKEN_OUT


async def test_a_sale_that_lands_before_the_word_is_overtaken(desk: Desk, second: UUID, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    row = await asks(desk, purchase_id)
    await desk.works()
    assert bench.credits == [5000]
    assert (await decides(desk, row, second)).state == ReversalState.OVERTAKEN
    assert await refunds(desk) == []
    assert (await asks(desk, purchase_id)).way == ReversalWay.RECORD_ONLY  # and may be asked for anew


async def test_a_sale_is_reversed_once(desk: Desk, second: UUID) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    row = await asks(desk, purchase_id)
    with pytest.raises(CannotReverse) as refused:
        await asks(desk, purchase_id)
    assert refused.value.bar is ReversalBar.ASKED_ALREADY
    await decides(desk, row, second)
    with pytest.raises(CannotReverse):
        await decides(desk, row, second)
    async with desk.begin() as db:
        purchase = (await db.exec(select(Purchase).where(Purchase.id == purchase_id))).one()
        assert await reversals.may_ask(db, purchase) is ReversalBar.ASKED_ALREADY


async def test_a_reason_is_part_of_the_record(desk: Desk) -> None:
    with pytest.raises(CannotReverse) as refused:
        await asks(desk, await desk.pays(desk.town.esam), "  ")
    assert refused.value.bar is ReversalBar.NO_REASON


async def _credited(desk: Desk) -> Purchase:
    """A sale in its meter, with its receipt."""
    purchase_id = await desk.pays(desk.town.esam, 5000)
    await desk.works()
    await _receipts(desk)
    return await desk.purchase(purchase_id)


_RECEIPTS = select(Message).where(Message.kind == MessageKind.RECEIPT)


async def _receipts(desk: Desk) -> None:
    desk.clock.forward(minutes=1)
    await worker(desk.deps, {Job.RENDER_RECEIPT: render_receipt})()


async def test_a_reversed_sale_voids_its_receipt_with_a_credit_note(desk: Desk, second: UUID) -> None:
    purchase = await _credited(desk)
    async with desk.begin() as db:
        before = await view_receipt(db, purchase.ref)
        await mail_receipt(db, MailWish(purchase.ref, "wang@example.com", "zh"), desk.clock())
        (await db.exec(_RECEIPTS)).one().state = MessageState.SENT
    desk.clock.forward(days=1)
    await decides(desk, await asks(desk, purchase.id), second)

    async with desk.begin() as db:
        after, note = await view_receipt(db, purchase.ref), await view_note(db, purchase.ref)
        lines = await reversals.list_reversals(db, waiting=False)
        mails = [mail.address for mail in await db.exec(_RECEIPTS)]
    assert before is not None and after is not None and note is not None
    assert (before.void, before.credit_note, after.void, after.credit_note) == (False, "", True, note.number)
    assert (after.number, after.issued_at) == (before.number, before.issued_at)
    assert (note.number, note.amount_minor) == (f"C20260303-{purchase.ref[-8:].upper()}", 5000)
    assert (note.receipt_number, [line.credit_note for line in lines]) == (before.number, [note.number])
    assert mails == ["wang@example.com", "wang@example.com"]  # once more, as void


@pytest.mark.parametrize(
    ("state", "address"),
    [
        (MessageState.QUEUED, "wang@example.com"),  # it says so itself when it leaves
        (MessageState.FAILED, "wang@example.com"),  # nobody has it
        (MessageState.SENT, ""),  # to whom is forgotten
    ],
)
async def test_nobody_is_told_of_a_void_receipt_who_cannot_have_it(
    desk: Desk, second: UUID, state: MessageState, address: str
) -> None:
    purchase = await _credited(desk)
    async with desk.begin() as db:
        await mail_receipt(db, MailWish(purchase.ref, "wang@example.com", "zh"), desk.clock())
        mail = (await db.exec(_RECEIPTS)).one()
        mail.state, mail.address = state, address
    await decides(desk, await asks(desk, purchase.id), second)
    async with desk.begin() as db:
        assert [mail.id for mail in await db.exec(_RECEIPTS)] == [mail.id]


async def test_a_sale_that_was_reversed_before_its_receipt_gets_none(desk: Desk, second: UUID) -> None:
    purchase_id = await desk.pays(desk.town.esam, 5000)
    await desk.works()
    await decides(desk, await asks(desk, purchase_id), second)
    await _receipts(desk)
    async with desk.begin() as db:
        ref = (await db.get_one(Purchase, purchase_id)).ref
        assert (await view_receipt(db, ref), await view_note(db, ref)) == (None, None)


async def test_a_refused_reversal_leaves_the_receipt_in_force(desk: Desk, second: UUID) -> None:
    purchase = await _credited(desk)
    await decides(desk, await asks(desk, purchase.id), second, approve=False)
    async with desk.begin() as db:
        receipt = await view_receipt(db, purchase.ref)
    assert receipt is not None
    assert not receipt.void


@pytest.mark.parametrize("table", ["receipt", "credit_note"])
@pytest.mark.parametrize("wish", ["update {} set number = 'x'", "update {} set issued_at = now()", "delete from {}"])
async def test_what_was_issued_stays_as_it_is(desk: Desk, second: UUID, table: str, wish: str) -> None:
    purchase = await _credited(desk)
    await decides(desk, await asks(desk, purchase.id), second)
    with pytest.raises(IntegrityError, match="stays as it was issued"):
        async with desk.begin() as db:
            await db.execute(text(wish.format(table)))
    async with desk.begin() as db:
        await db.execute(text(f"update {table} set prints = prints + 1"))  # noqa: S608  (a name of ours)
