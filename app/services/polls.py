"""Reads one meter because somebody asked: its balance, or where we hold its money its registers; then relay (R-3)."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.clock import local_day
from app.domain.download import QUICK_TRIES, back_off
from app.domain.fees import FeeControl
from app.domain.relay import RelayBits
from app.domain.wallet import BY_TARIFF, BalanceSource, ReadingKind
from app.models import Meter
from app.outbox import Taken
from app.ports import (
    FrameRecord,
    Gateway,
    Priority,
    Read,
    Readings,
    Refused,
    Relay,
    Target,
    Unknown,
    Unreachable,
    Wallet,
)
from app.services import exchanges
from app.services.collection.figures import DayFigure, store
from app.services.readings import After, record_balance, record_relay
from app.services.targets import load_target
from app.settings import settings

VERB = "read_balance"
_ENERGIES = Read(("energies_wh",))


@dataclass(frozen=True, slots=True)
class Errand:
    """A meter to be read, from `asked_at` on. `remote`: the ledger holds its money."""

    note: Taken
    meter_id: UUID
    target: Target
    asked_at: datetime
    remote: bool = False


@dataclass(slots=True)
class Answer:
    """What a meter said. None: it did not say; `reason` then tells why."""

    frames: list[FrameRecord] = field(default_factory=list)
    wallet: Wallet | None = None
    energies_wh: tuple[int, ...] = ()
    bits: RelayBits | None = None
    reason: str = ""

    @property
    def heard(self) -> bool:
        """Has it said what it was asked for?"""
        return self.wallet is not None or bool(self.energies_wh)


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Errand | None:
    """Take the note and find the meter."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    target = await load_target(db, note.subject_id, priority=Priority.ASKED)
    meter = await db.get_one(Meter, note.subject_id)
    return Errand(note, note.subject_id, target, now, meter.fee_control == FeeControl.REMOTE)


async def ask(gateway: Gateway, errand: Errand) -> Answer:
    """Read the balance, or the registers, and, if the meter answers, its relay."""
    answer = Answer()
    try:
        await (_ask_energies if errand.remote else ask_wallet)(gateway, errand.target, answer)
        if answer.heard:
            await _ask_relay(gateway, errand.target, answer)
    except Unreachable as error:
        answer.reason = error.reason
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


async def _ask_energies(gateway: Gateway, target: Target, answer: Answer) -> None:
    match await gateway.operate(target, _ENERGIES, answer.frames):
        case Readings(values={"energies_wh": str(row)}):
            answer.energies_wh = tuple(map(int, takewhile(str.isdecimal, row.split(","))))
        case Refused(code=code):
            answer.reason = code
        case Unknown(reason=reason):
            answer.reason = reason
        case _:
            answer.reason = "not_available"


async def _ask_relay(gateway: Gateway, target: Target, answer: Answer) -> None:
    match await gateway.read_relay(target, answer.frames):
        case Relay() as relay:
            answer.bits = RelayBits(relay.relay_open, relay.command_open, relay.keep_power)
        case Refused(code=code):
            answer.reason = code
        case Unknown(reason=reason):
            answer.reason = reason


async def conclude(db: AsyncSession, errand: Errand, answer: Answer, answered_at: datetime) -> None:
    """Record what was read. A meter that stays silent is tried three times, and then that is the answer.

    A recharge overtakes such a talk, and what it left in the meter is newer than the balance that was read.
    """
    if not await _conclude_note(db, errand.note, answer, answered_at):
        return
    meter = await db.get_one(Meter, errand.meter_id, with_for_update=LOCK)
    await exchanges.store(db, answer.frames, exchanges.About(VERB, meter.id))
    if answer.wallet is not None:
        await record_balance(db, meter, answer.wallet.balance_minor, BalanceSource.READBACK, errand.asked_at)
    if answer.energies_wh:
        await store(db, _figures(meter, answer.energies_wh, answered_at))
    if answer.bits is not None:
        await record_relay(db, meter, answer.bits, After(VERB), answered_at)


def _figures(meter: Meter, energies_wh: tuple[int, ...], at: datetime) -> list[DayFigure]:
    day = local_day(at, ZoneInfo(settings().timezone))
    named = zip((ReadingKind.ENERGY, *BY_TARIFF), energies_wh, strict=False)
    return [DayFigure(meter.id, day, kind, value, at) for kind, value in named]


async def _conclude_note(db: AsyncSession, note: Taken, answer: Answer, now: datetime) -> bool:
    if answer.heard:
        return await outbox.keep(db, note, now)
    if note.attempts < QUICK_TRIES:
        return await outbox.postpone(db, note, now + back_off(note.attempts), answer.reason)
    return await outbox.give_up(db, note, now, answer.reason)
