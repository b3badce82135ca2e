"""A meter's own limits: lifted while the ledger holds its money, set back when it holds it itself again.

A meter with a wallet counts on under remote fee control, and nothing empties it from afar (DL/T 645-2007 initialises a
wallet under test keys only). So it is given an overdraft that never ends and no alarm amounts: it cuts nothing by
itself any more. Keep-power would do that too, and would refuse our own cuts. A meter that came by an exchange is asked
first what it came with (`newcomers`).
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.download import back_off
from app.domain.fees import FeeControl
from app.domain.operation_arguments import MOST_MINOR
from app.models import Fund, Meter
from app.outbox import Job, Taken
from app.ports import FrameRecord, Gateway, Priority, Readings, Refused, Target, Unknown, Unreachable, Write
from app.services import exchanges
from app.services.fees import newcomers
from app.services.fees.newcomers import NAMES, Brought
from app.services.targets import load_target

VERB = "set_own_limits"
_LIFTED = {"alarm_1_minor": 0, "alarm_2_minor": 0, "overdraft_limit_minor": MOST_MINOR}


@dataclass(frozen=True, slots=True)
class Errand:
    """Limits that a meter is to have. `lift`: it is to have no say of its own. `order` None: it is asked first."""

    note: Taken
    meter_id: UUID
    target: Target
    order: Write | None
    lift: bool


@dataclass(slots=True)
class Answer:
    """`done`: proved by reading back. `brought`: what a meter that was asked says that it came with."""

    frames: list[FrameRecord] = field(default_factory=list)
    done: bool = False
    reason: str = ""
    brought: Brought | None = None


async def promise(db: AsyncSession, meter: Meter, now: datetime) -> None:
    """Promise that a meter gets the limits that its fee control wants."""
    await outbox.promise(db, Job.SET_OWN_LIMITS, meter.id, now, concentrator_id=meter.concentrator_id)


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Errand | None:
    """Take the note; which limits they are is decided now, by who holds the money now."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    meter, fund = await _both(db, note.subject_id)
    lift = meter.fee_control == FeeControl.REMOTE
    if fund is None or fund.own_limits is None or not (lift or fund.own_limits):
        await outbox.give_up(db, note, now, "no_limits_known")
        return None
    target = await load_target(db, meter.id, priority=Priority.ASKED)
    return Errand(note, meter.id, target, _order(fund.own_limits, lift=lift), lift)


def _order(own: dict[str, int], *, lift: bool) -> Write | None:
    """Nothing is lifted before it is known what it was: a lost answer would leave what we wrote for its own."""
    wanted = _LIFTED if lift and own else own
    return Write(tuple((name, wanted[name]) for name in NAMES if name in wanted)) if wanted else None


async def _both(db: AsyncSession, meter_id: UUID) -> tuple[Meter, Fund | None]:
    """A meter and the newest of its funds."""
    meter = await db.get_one(Meter, meter_id, with_for_update=LOCK)
    newest = select(Fund).where(Fund.meter_id == meter_id).order_by(col(Fund.opened_at).desc())
    return meter, (await db.exec(newest.limit(1))).first()


async def speak(gateway: Gateway, errand: Errand) -> Answer:
    """Ask, or write the limits: the verb reads each back, and leaves what is as it should be."""
    answer = Answer()
    try:
        match await _ask_or_write(gateway, errand, answer.frames):
            case Readings():
                answer.done = True
            case Brought() as brought:
                answer.brought = brought
            case Refused(code=code):
                answer.reason = code
            case Unknown(reason=reason):
                answer.reason = reason
    except Unreachable as error:
        answer.reason = error.reason
    return answer


async def _ask_or_write(
    gateway: Gateway, errand: Errand, frames: list[FrameRecord]
) -> Brought | Readings | Refused | Unknown:
    if errand.order is None:
        return await newcomers.ask(gateway, errand.target, frames)
    return await gateway.operate(errand.target, errand.order, frames)


async def conclude(db: AsyncSession, errand: Errand, answer: Answer, now: datetime) -> None:
    """Record that it is so, or try again; after many tries a sweep finds a person who looks."""
    if not await _put_away(db, errand.note, answer, now):
        return
    meter, fund = await _both(db, errand.meter_id)
    await exchanges.store(db, answer.frames, exchanges.About(VERB, meter.id))
    if fund is not None and answer.brought is not None:
        await newcomers.record(db, meter, fund, answer.brought, now)
    if not answer.done or fund is None:
        return
    if errand.lift != (meter.fee_control == FeeControl.REMOTE):
        await promise(db, meter, now)  # it was switched meanwhile
        return
    fund.lifted_at = now if errand.lift else None


async def _put_away(db: AsyncSession, note: Taken, answer: Answer, now: datetime) -> bool:
    """Kept, or put off; a meter that was asked gets its limits with the next try, at once."""
    if answer.done:
        return await outbox.keep(db, note, now)
    if answer.brought is not None:
        return await outbox.put_back(db, note, now, "asked")
    return await outbox.postpone(db, note, now + back_off(note.attempts), answer.reason)
