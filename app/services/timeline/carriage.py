"""What happened on the way to the meter, and after: tokens, frames, relay, promises, messages, receipt."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import masking
from app.domain.handheld import LineState
from app.models import (
    Audit,
    Contact,
    Exchange,
    HandheldFile,
    HandheldLine,
    Message,
    MessageEvent,
    Purchase,
    Receipt,
    RelayState,
    Staff,
    Token,
)
from app.models.outbox import Note
from app.ports import Explain
from app.services import credit_notes
from app.services.timeline.rows import (
    CarriedEnded,
    Credited,
    FrameCrossed,
    GivenToCarry,
    Kept,
    MessageHeard,
    MessageQueued,
    MessageSent,
    Promised,
    PurchaseOpened,
    ReceiptIssued,
    ReceiptVoided,
    RelayRead,
    Row,
    SendingBegan,
    StaffActed,
    TokenIssued,
)

SHOWN_DIGITS = 4


def purchase_rows(p: Purchase, *, in_ledger: bool) -> list[Row]:
    """The purchase's own moments. `in_ledger`: the ledger holds its credit, and not the meter."""
    rows: list[Row] = [PurchaseOpened(p.created_at, p.amount_minor, p.arrears_minor, p.credit_minor)]
    if p.sending_since is not None:
        rows.append(SendingBegan(p.sending_since, p.number, p.sends))
    if p.credited_at is not None:
        before, after = p.balance_before_minor, p.balance_after_minor
        rows.append(Credited(p.credited_at, p.number, before, after, in_ledger))
    return rows


async def token_rows(db: AsyncSession, purchase_id: UUID, *, whole: bool) -> list[Row]:
    """The tokens of a purchase. Whoever holds the digits holds the money, so all but four stay covered."""
    tokens = await db.exec(select(Token).where(Token.purchase_id == purchase_id).order_by(col(Token.position)))
    return [TokenIssued(t.issued_at, t.digits if whole else covered(t.digits), t.tid, t.amount_e5) for t in tokens]


def covered(digits: str) -> str:
    """Digits with all but the last four covered."""
    return "•" * (len(digits) - SHOWN_DIGITS) + digits[-SHOWN_DIGITS:]


async def frame_rows(db: AsyncSession, purchase_id: UUID, explain: Explain) -> list[Row]:
    """Every frame of a purchase, explained, in the order of the wire."""
    frames = await db.exec(select(Exchange).where(Exchange.purchase_id == purchase_id).order_by(col(Exchange.at)))
    return [
        FrameCrossed(
            at=frame.at,
            down=frame.direction == "down",
            verb=frame.verb,
            explained=explain(frame.outer_hex, frame.inner_hex),
            outer_hex=frame.outer_hex,
            inner_hex=frame.inner_hex,
        )
        for frame in frames
    ]


async def relay_rows(db: AsyncSession, purchase_id: UUID) -> list[Row]:
    """Each state of the relay that was read for a purchase."""
    states = await db.exec(select(RelayState).where(RelayState.purchase_id == purchase_id))
    return [RelayRead(s.read_at, s.relay_open, s.command_open, s.keep_power, s.after_verb) for s in states]


async def promise_rows(db: AsyncSession, subjects: Iterable[UUID]) -> list[Row]:
    """What was promised about these subjects, how often it was tried and why it failed, and when it was kept."""
    notes = await db.exec(select(Note).where(col(Note.subject_id).in_(list(subjects))))
    rows: list[Row] = []
    for n in notes:
        rows.append(
            Promised(
                at=n.created_at,
                job=n.job,
                attempts=n.attempts,
                due_at=n.due_at,
                done_at=n.done_at,
                last_error=n.last_error,
                taken_by=n.taken_by,
            )
        )
        if n.done_at is not None:
            rows.append(Kept(n.done_at, n.job, n.attempts))
    return rows


async def messages_of(db: AsyncSession, purchase_id: UUID) -> list[tuple[Message, str]]:
    """Each message about a purchase, and where it goes: no more of the address than tells it from others."""
    wanted = select(Message, Contact.address).join(Contact, col(Contact.id) == col(Message.contact_id))
    found = await db.exec(wanted.where(Message.cause_id == purchase_id))
    return [(message, masking.reach(address)) for message, address in found]


async def message_rows(db: AsyncSession, messages: list[tuple[Message, str]]) -> list[Row]:
    """When each message was queued and sent, and what its carrier said."""
    rows: list[Row] = []
    for message, to in messages:
        rows.append(_queued(message, to))
        if message.sent_at is not None:
            rows.append(MessageSent(message.sent_at, message.channel, to, message.carrier, message.provider_ref))
    heard = select(MessageEvent).where(col(MessageEvent.message_id).in_([message.id for message, _ in messages]))
    rows.extend(MessageHeard(event.at, event.state, event.reason) for event in await db.exec(heard))
    return rows


def _queued(m: Message, to: str) -> MessageQueued:
    return MessageQueued(
        at=m.created_at,
        message=m.kind,
        channel=m.channel,
        to=to,
        locale=m.locale,
        not_before=m.not_before,
        expires_at=m.expires_at,
        state=m.state,
        trouble=m.trouble,
    )


async def receipt_rows(db: AsyncSession, purchase_id: UUID) -> list[Row]:
    """The receipt, once it is issued, and what voids it."""
    receipt = (await db.exec(select(Receipt).where(Receipt.purchase_id == purchase_id))).first()
    if receipt is None:
        return []
    issued, voided = ReceiptIssued(receipt.issued_at, receipt.number), await credit_notes.of_receipt(db, receipt)
    return [issued, ReceiptVoided(voided.issued_at, voided.number)] if voided else [issued]


async def carried_rows(db: AsyncSession, purchase_id: UUID) -> list[Row]:
    """When it was given to somebody with a hand-held reader, and what became of it there."""
    wanted = select(HandheldLine, HandheldFile).join(HandheldFile, col(HandheldFile.id) == col(HandheldLine.file_id))
    going = wanted.where(HandheldLine.purchase_id == purchase_id, HandheldLine.state != LineState.LEFT_OUT)
    rows: list[Row] = []
    for line, file in await db.exec(going):
        rows.append(GivenToCarry(file.made_at, file.id, file.ref, file.holder, file.due_at, line.written_at))
        if line.ended_at is not None:
            rows.append(CarriedEnded(line.ended_at, file.id, file.ref, line.state, line.trouble))
    return rows


async def audit_rows(db: AsyncSession, purchase_id: UUID) -> list[Row]:
    """What staff did about a purchase besides settling reviews."""
    wanted = select(Audit, Staff.name).join(Staff, col(Staff.id) == col(Audit.staff_id), isouter=True)
    return [
        StaffActed(audit.at, audit.act, name)
        for audit, name in await db.exec(wanted.where(Audit.subject_id == purchase_id))
    ]
