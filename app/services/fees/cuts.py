"""Cuts supply at the limit where the ledger holds the money: the one gate is asked, at each sweep (SPEC M-5 to M-8).

find --> ENFORCE_LIMIT --> prepare (clearance) --> the wire --> conclude; whoever pays meanwhile gets the light back
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.cutting import nothing_to_come, verdict
from app.domain.download import back_off
from app.domain.fees import FeeControl
from app.domain.purchase import PurchaseState
from app.domain.relay import RelayBits
from app.domain.rules import CutRules, FeeRules
from app.models import CutInquiry, Meter, Purchase
from app.outbox import Job, Taken
from app.ports import FrameRecord, Gateway, Priority, Readings, Refused, Target, Unknown, Unreachable
from app.services import cutting, exchanges
from app.services.cut_facts import Spent, cases
from app.services.cutting import Clearance, CutHeld
from app.services.fees.holding import open_fund_of
from app.services.readings import After, record_relay
from app.services.rulebook import rules
from app.services.targets import load_target
from app.settings import settings

VERB = "cut_supply"
ASKED_BY = "remote_fee_control"
MOST = 500
MOST_TRIES = 6
_ASKED_LATELY = timedelta(hours=24)
_AT_ONCE = timedelta(seconds=2)
_NOT_SENT = "clearance_expired"

_SPENT = text(
    """
    select meter.id from meter join fund on fund.meter_id = meter.id and fund.closed_at is null
    where meter.spent_since is not null and meter.fee_control = 'remote' and meter.supply not in ('off', 'keep_power')
      and (fund.cut_asked_at is null or fund.cut_asked_at <= :asked_before)
    order by meter.spent_since, meter.id limit :most
    """
)


async def find(db: AsyncSession, now: datetime) -> int:
    """Promise to cut what may be cut of the meters without money that have light; return how many were promised.

    What stands against the others is written down, and they are asked about again after a while.
    """
    terms = await rules(db, FeeRules)
    if not terms.cut_on:
        return 0
    about = {"asked_before": now - timedelta(minutes=terms.asks_again_min), "most": MOST}
    spent = list((await db.execute(_SPENT, about)).scalars())
    if not spent:
        return 0
    ruling = await rules(db, CutRules)
    promised = 0
    for case in await cases(db, spent, ruling, now):
        promised += await _look_at(db, case, ruling, now)
    return promised


async def _look_at(db: AsyncSession, case: Spent, ruling: CutRules, now: datetime) -> bool:
    found = verdict(case.facts, ruling, ZoneInfo(settings().timezone), now)
    if found.allowed:
        await outbox.promise(db, Job.ENFORCE_LIMIT, case.meter.id, now, concentrator_id=case.meter.concentrator_id)
    elif found.only_unwarned and nothing_to_come(case.facts, ruling, now):
        await _hand_over(db, case.meter.id, now)
    await _note(db, case.meter.id, ",".join(found.reasons), now)
    return found.allowed


async def _hand_over(db: AsyncSession, meter_id: UUID, now: datetime) -> None:
    """Have the gate ask customer service, once a day: question and answer go on the record each time."""
    asked = select(CutInquiry.id).where(CutInquiry.meter_id == meter_id, CutInquiry.asked_by == ASKED_BY)
    if (await db.exec(asked.where(col(CutInquiry.at) > now - _ASKED_LATELY).limit(1))).first() is None:
        await cutting.may_cut(db, meter_id, ASKED_BY, now)


async def _note(db: AsyncSession, meter_id: UUID, against: str, now: datetime) -> None:
    fund = await open_fund_of(db, meter_id)
    if fund is not None:
        fund.cut_asked_at, fund.against = now, against


@dataclass(frozen=True, slots=True)
class Errand:
    """A meter that is to be cut, with leave to do so."""

    note: Taken
    meter_id: UUID
    target: Target
    clearance: Clearance


@dataclass(slots=True)
class Answer:
    """What became of a try. `bits`: the relay as it was read after the order; None: nothing says so."""

    frames: list[FrameRecord] = field(default_factory=list)
    bits: RelayBits | None = None
    refused: bool = False
    reason: str = ""


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Errand | None:
    """Take the note and ask the gate, at each try: money may have come since. None: not now."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    meter = await db.get_one(Meter, note.subject_id, with_for_update=LOCK)
    if meter.fee_control != FeeControl.REMOTE or not (await rules(db, FeeRules)).cut_on:
        await _let_be(db, note, meter, "no_longer_wanted", now)
        return None
    try:
        clearance = await cutting.cleared(db, meter.id, ASKED_BY, now)
    except CutHeld as held:
        await _note(db, meter.id, ",".join(held.verdict.reasons), now)
        await _let_be(db, note, meter, str(held), now)
        return None
    target = await load_target(db, meter.id, priority=Priority.ASKED)
    return Errand(note, meter.id, target, clearance)


async def _let_be(db: AsyncSession, note: Taken, meter: Meter, why: str, now: datetime) -> None:
    """It is not cut now. Where an earlier try may have done it, its relay is looked at: somebody may have paid."""
    await outbox.give_up(db, note, now, why)
    if note.attempts > 1:
        await _light_again(db, meter, now)


async def trip(gateway: Gateway, target: Target, clearance: Clearance) -> Answer:
    """Open the relay; the verb asks the clearance right before the wire, and reads back."""
    answer = Answer()
    try:
        match await gateway.trip_relay(target, clearance, answer.frames):
            case Readings(relay=relay) if relay is not None:
                answer.bits = RelayBits(relay.relay_open, relay.command_open, relay.keep_power)
            case Readings():
                answer.reason = "not_read_back"
            case Refused(code=code):
                answer.refused, answer.reason = True, code
            case Unknown(reason=reason):
                answer.reason = reason
    except Unreachable as error:
        answer.reason = error.reason
    return answer


async def conclude(db: AsyncSession, errand: Errand, answer: Answer, now: datetime) -> None:
    """Record what the relay is. A refusal, and what cannot be proved in some tries, waits for the next sweep."""
    if not await _conclude_note(db, errand.note, answer, now):
        return
    meter = await db.get_one(Meter, errand.meter_id, with_for_update=LOCK)
    await exchanges.store(db, answer.frames, exchanges.About(VERB, meter.id))
    if answer.bits is not None:
        await record_relay(db, meter, answer.bits, After(VERB), now)
    await _note(db, meter.id, answer.reason, now)
    if meter.spent_since is None:
        await _light_again(db, meter, now)


async def _conclude_note(db: AsyncSession, note: Taken, answer: Answer, now: datetime) -> bool:
    if answer.bits is not None:
        return await outbox.keep(db, note, now)
    if answer.reason == _NOT_SENT:
        return await outbox.put_back(db, note, now + _AT_ONCE, answer.reason)
    if answer.refused or note.attempts >= MOST_TRIES:
        return await outbox.give_up(db, note, now, answer.reason)
    return await outbox.postpone(db, note, now + back_off(note.attempts), answer.reason)


async def _light_again(db: AsyncSession, meter: Meter, now: datetime) -> None:
    """Money has come while the relay was being opened: it is looked at as after any credit."""
    if meter.spent_since is not None:
        return
    newest = select(Purchase.id).where(Purchase.meter_id == meter.id, Purchase.state == PurchaseState.CREDITED)
    purchase_id = (await db.exec(newest.order_by(col(Purchase.credited_at).desc()).limit(1))).first()
    if purchase_id is not None:
        await outbox.promise(db, Job.CHECK_RELAY, purchase_id, now, concentrator_id=meter.concentrator_id)
