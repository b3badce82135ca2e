"""Decides about the relay once the credit is in, and proves it by reading the state back (SPEC L-6)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.download import back_off
from app.domain.relay import ClosePolicy, RelayAct, RelayBits, act_after_credit, proved, turn_after_outage
from app.domain.review import ReviewKind
from app.domain.rules import OutageRules
from app.models import Purchase
from app.outbox import Job, Taken
from app.ports import FrameRecord, Gateway, Refused, Relay, Target, Unknown, Unreachable
from app.services import exchanges
from app.services.announcements import light_back_at
from app.services.purchases import lock_with_meter
from app.services.readings import After, record_relay
from app.services.reviews import Question, open_review
from app.services.rulebook import rules
from app.services.targets import load_way

MOST_TRIES = 6
LONGEST_STAGGER = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Errand:
    """A relay to look at."""

    note: Taken
    target: Target
    policy: ClosePolicy
    balance_minor: int
    reclose_limit_minor: int


@dataclass(slots=True)
class Outcome:
    """What was found and done. `bits` is the last state read; None when the meter could not be read at all."""

    frames: list[FrameRecord] = field(default_factory=list)
    bits: RelayBits | None = None
    act: RelayAct = RelayAct.LEAVE
    reason: str = ""

    @property
    def settled(self) -> bool:
        return self.bits is not None and proved(self.act, self.bits)


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Errand | None:
    """Take the note and load what the decision needs. None: nothing to do, or its turn after an outage has not come."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    purchase, meter, target = await load_way(db, note.subject_id, lock=False)
    turn = await _turn(db, purchase, meter.id, now)
    if turn > now:
        await outbox.put_back(db, note, turn, "closed in its turn after an outage")
        return None
    return Errand(note, target, ClosePolicy(meter.relay_policy), meter.balance_minor or 0, meter.reclose_limit_minor)


async def _turn(db: AsyncSession, purchase: Purchase, meter_id: UUID, now: datetime) -> datetime:
    """When the relay may be closed: what was bought while the whole area was dark takes turns (SPEC M-8)."""
    back_at = await light_back_at(db, meter_id, now - LONGEST_STAGGER)
    if back_at is None or purchase.created_at > back_at:
        return now
    span = timedelta(minutes=(await rules(db, OutageRules)).stagger_min)
    return turn_after_outage(meter_id, back_at, span)


async def look_and_act(gateway: Gateway, errand: Errand) -> Outcome:
    """Read the state, command the relay if the rule says so, and read the state again."""
    outcome = Outcome()
    try:
        outcome.bits = await _read(gateway, errand.target, outcome)
        if outcome.bits is None:
            return outcome
        outcome.act = act_after_credit(outcome.bits, errand.policy, errand.balance_minor, errand.reclose_limit_minor)
        if outcome.act in (RelayAct.CLOSE, RelayAct.ARM):
            await _command(gateway, errand.target, outcome)
    except Unreachable as error:
        outcome.reason = error.reason
    return outcome


async def _read(gateway: Gateway, target: Target, outcome: Outcome) -> RelayBits | None:
    said = await gateway.read_relay(target, outcome.frames)
    match said:
        case Relay():
            return RelayBits(said.relay_open, said.command_open, said.keep_power)
        case Refused(code=code):
            outcome.reason = code
        case Unknown(reason=reason):
            outcome.reason = reason
    return None


async def _command(gateway: Gateway, target: Target, outcome: Outcome) -> None:
    said = await gateway.close_relay(target, outcome.frames, arm=outcome.act is RelayAct.ARM)
    if isinstance(said, Refused):
        outcome.reason = said.code
    outcome.bits = await _read(gateway, target, outcome) or outcome.bits
    if not outcome.settled and not outcome.reason:
        outcome.reason = "no_effect"


async def conclude(db: AsyncSession, errand: Errand, outcome: Outcome, now: datetime) -> None:
    """Record the state; try again while it is not proved, and ask a person in the end."""
    given_up = not outcome.settled and errand.note.attempts >= MOST_TRIES
    if outcome.settled or given_up:
        mine = await outbox.keep(db, errand.note, now)
    else:
        mine = await outbox.postpone(db, errand.note, now + back_off(errand.note.attempts), outcome.reason)
    if not mine:
        return
    if outcome.settled or given_up:  # people were to be told of their light in the same message: now it can be
        await outbox.hurry(db, errand.note.subject_id, Job.ANNOUNCE_CREDIT, now)
    purchase, meter = await lock_with_meter(db, errand.note.subject_id)
    about = exchanges.About(verb="check_relay", meter_id=meter.id, purchase_id=purchase.id)
    await exchanges.store(db, outcome.frames, about)
    if outcome.bits is not None:
        await record_relay(db, meter, outcome.bits, After(f"relay_{outcome.act}", purchase.id), now)
    if given_up:
        await _ask(db, purchase.id, meter.id, outcome, now)


async def _ask(db: AsyncSession, purchase_id: UUID, meter_id: UUID, outcome: Outcome, now: datetime) -> None:
    evidence = {"act": outcome.act.value, "reason": outcome.reason, "tries": MOST_TRIES}
    question = Question(ReviewKind.RELAY_NOT_PROVED, purchase_id, evidence, purchase_id=purchase_id, meter_id=meter_id)
    await open_review(db, question, now)
