"""Reads one meter because somebody asked: balance, then relay (SPEC R-3)."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.download import QUICK_TRIES, back_off
from app.domain.relay import RelayBits
from app.domain.wallet import BalanceSource
from app.models import Meter
from app.outbox import Taken
from app.ports import FrameRecord, Gateway, Priority, Refused, Relay, Target, Unknown, Unreachable, Wallet
from app.services import exchanges
from app.services.readings import After, record_balance, record_relay
from app.services.targets import load_target

VERB = "read_balance"


@dataclass(frozen=True, slots=True)
class Errand:
    """A meter to be read."""

    note: Taken
    meter_id: UUID
    target: Target


@dataclass(slots=True)
class Answer:
    """What a meter said. None: it did not say; `reason` then tells why."""

    frames: list[FrameRecord] = field(default_factory=list)
    wallet: Wallet | None = None
    bits: RelayBits | None = None
    reason: str = ""


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Errand | None:
    """Take the note and find the meter."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    target = await load_target(db, note.subject_id, priority=Priority.ASKED)
    return Errand(note, note.subject_id, target)


async def ask(gateway: Gateway, target: Target) -> Answer:
    """Read the balance and, if the meter answers, its relay."""
    answer = Answer()
    try:
        await ask_wallet(gateway, target, answer)
        if answer.wallet is not None:
            await _ask_relay(gateway, target, answer)
    except Unreachable as error:
        answer.reason = str(error) or "no_link"
    return answer


async def ask_wallet(gateway: Gateway, target: Target, answer: Answer) -> None:
    """Read the balance into `answer`. Raises Unreachable."""
    match await gateway.read_wallet(target, answer.frames):
        case Wallet() as wallet:
            answer.wallet = wallet
        case Refused(code=code):
            answer.reason = code
        case Unknown(reason=reason):
            answer.reason = reason


async def _ask_relay(gateway: Gateway, target: Target, answer: Answer) -> None:
    match await gateway.read_relay(target, answer.frames):
        case Relay() as relay:
            answer.bits = RelayBits(relay.relay_open, relay.command_open, relay.keep_power)
        case Refused(code=code):
            answer.reason = code
        case Unknown(reason=reason):
            answer.reason = reason


async def conclude(db: AsyncSession, errand: Errand, answer: Answer, answered_at: datetime) -> None:
    """Record what was read. A meter that stays silent is tried three times, and then that is the answer."""
    if not await _conclude_note(db, errand.note, answer, answered_at):
        return
    meter = await db.get_one(Meter, errand.meter_id, with_for_update=LOCK)
    await exchanges.store(db, answer.frames, exchanges.About(VERB, meter.id))
    if answer.wallet is not None:
        await record_balance(db, meter, answer.wallet.balance_minor, BalanceSource.READBACK, answered_at)
    if answer.bits is not None:
        await record_relay(db, meter, answer.bits, After(VERB), answered_at)


async def _conclude_note(db: AsyncSession, note: Taken, answer: Answer, now: datetime) -> bool:
    if answer.wallet is not None:
        return await outbox.keep(db, note, now)
    if note.attempts < QUICK_TRIES:
        return await outbox.postpone(db, note, now + back_off(note.attempts), answer.reason)
    return await outbox.give_up(db, note, now, answer.reason)
