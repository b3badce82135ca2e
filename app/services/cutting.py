"""The gate before every cut: asked by whatever would trip a relay for a balance, and answered on the record (SPEC M-6).

Nothing is cut without a `Clearance`, and only `cleared` makes one. A verb that trips takes it as an argument and asks
it whether it still holds right before the wire (docs/decisions/0008; a test reads the code for verbs that do not).
"""

from dataclasses import InitVar, dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.cutting import WARNS, Verdict, nothing_to_come, verdict, warned_from
from app.domain.notice import MessageState
from app.domain.relay_rules import against_staff_cut
from app.domain.review import ReviewAct, ReviewKind
from app.domain.rules import CutRules
from app.models import Contact, CutInquiry, Message, Meter, Review
from app.services.cut_facts import PERSONAL, Spent, cases
from app.services.reviews import Evidence, Question, open_review
from app.services.rulebook import rules
from app.settings import settings

_SEAL = object()
_LISTED = 8  # messages that a case names one by one


class CutHeld(Exception):
    """Something stands against the cut; nothing has been sent. `verdict` says all of it."""

    code = "cut_held"

    def __init__(self, found: Verdict) -> None:
        super().__init__(", ".join(found.reasons))
        self.verdict = found


@dataclass(frozen=True, slots=True)
class Clearance:
    """Leave to cut one meter, for a short while. Made by `cleared` and `cleared_for_staff`, and by nothing else.

    `address`: by which the head end knows the meter (headend_client.clearance).
    """

    meter_id: UUID
    address: str
    inquiry_id: UUID
    given_at: datetime
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a clearance is given by app.services.cutting only")

    def holds(self, address: str, now: datetime) -> bool:
        """Is it about this meter, and young enough? Money may have come since; then it is asked anew."""
        return address == self.address and timedelta() <= now - self.given_at <= CLEARED_FOR


CLEARED_FOR = timedelta(seconds=60)


async def may_cut(db: AsyncSession, meter_id: UUID, asked_by: str, now: datetime) -> Verdict:
    """May this meter be cut for its balance now, and if not, why not. Question and answer go on the record.

    Where a missing warning is all that stands against it, and none is left that could still arrive, customer service
    gets the case, once for each descent, and again where those whom it warned in person must be warned once more.
    Raises NoResultFound for a meter that is not there.
    """
    return (await _inquire(db, meter_id, asked_by, now))[1]


async def cleared(db: AsyncSession, meter_id: UUID, asked_by: str, now: datetime) -> Clearance:
    """Leave to cut a meter now: the only thing that a tripping verb accepts. Raises CutHeld, and as `may_cut`."""
    inquiry, found = await _inquire(db, meter_id, asked_by, now)
    if not found.allowed:
        raise CutHeld(found)
    meter = await db.get_one(Meter, meter_id)
    return Clearance(meter_id, meter.address, inquiry.id, now, seal=_SEAL)


@dataclass(frozen=True, slots=True)
class StaffTrip:
    """A cut that staff want for another reason than money. `forced_by`: the second person who lets it through."""

    reason: str
    asked_by: str
    forced_by: UUID | None = None


async def cleared_for_staff(db: AsyncSession, meter_id: UUID, trip: StaffTrip, now: datetime) -> Clearance:
    """Leave to cut a meter now because staff say so (SPEC H-4). Raises CutHeld, ValueError without a reason.

    Question and answer go on the record as those for a balance do.
    """
    if not trip.reason.strip():
        raise ValueError("a cut by staff needs a reason")
    ruling = await rules(db, CutRules)
    meter = await db.get_one(Meter, meter_id)
    (case,) = await cases(db, [meter.id], ruling, now)
    zone, forced = ZoneInfo(settings().timezone), trip.forced_by is not None
    found = against_staff_cut(case.facts, ruling, zone, now, forced=forced)
    inquiry = _row(case, trip.asked_by, found, now)
    db.add(inquiry)
    await db.flush()
    if not found.allowed:
        raise CutHeld(found)
    return Clearance(meter.id, meter.address, inquiry.id, now, seal=_SEAL)


def _row(case: Spent, asked_by: str, found: Verdict, now: datetime) -> CutInquiry:
    return CutInquiry(
        id=uuid4(),
        meter_id=case.meter.id,
        asked_by=asked_by,
        answer=",".join(found.reasons),
        balance_minor=case.facts.balance_minor,
        at=now,
    )


async def _inquire(db: AsyncSession, meter_id: UUID, asked_by: str, now: datetime) -> tuple[CutInquiry, Verdict]:
    ruling = await rules(db, CutRules)
    (case,) = await cases(db, [(await db.get_one(Meter, meter_id)).id], ruling, now)
    found = verdict(case.facts, ruling, ZoneInfo(settings().timezone), now)
    row = _row(case, asked_by, found, now)
    db.add(row)
    if found.only_unwarned and nothing_to_come(case.facts, ruling, now):
        await _hand_over(db, case, ruling, now)
    await db.flush()
    return row, found


async def _hand_over(db: AsyncSession, case: Spent, ruling: CutRules, now: datetime) -> None:
    """Nobody can be reached by machine: a person must."""
    since = warned_from(case.facts, ruling, now)
    asked = select(Review.id).where(
        Review.meter_id == case.meter.id,
        Review.kind == ReviewKind.CUT_HELD,
        col(Review.opened_at) >= (case.facts.descent_from or since),
        col(Review.act).is_distinct_from(ReviewAct.WARNED),
    )
    if (await db.exec(asked.limit(1))).first() is None:
        evidence = await _evidence(db, case, since)
        question = Question(ReviewKind.CUT_HELD, case.meter.id, evidence, meter_id=case.meter.id)
        await open_review(db, question, now)


async def _evidence(db: AsyncSession, case: Spent, since: datetime) -> Evidence:
    """Which messages were made, and why each did not arrive."""
    personal = select(func.count()).where(
        col(Contact.account_id) == case.meter.account_id, col(Contact.channel).in_(PERSONAL)
    )
    wanted = select(Message).where(
        Message.meter_id == case.meter.id, col(Message.kind).in_(WARNS), col(Message.created_at) >= since
    )
    made = list(await db.exec(wanted.where(col(Message.channel).in_(PERSONAL)).order_by(col(Message.created_at))))
    lost = [_lost(each) for each in made if each.state != MessageState.DELIVERED or each.rehearsed]
    return {
        "balance_minor": case.facts.balance_minor,
        "account_number": case.account_number,
        "contacts": (await db.exec(personal)).one(),
        "warnings": len(made),
        "arrived": len(made) - len(lost),
        "lost": ",".join(lost[-_LISTED:]),
    }


def _lost(message: Message) -> str:
    """Kind, medium, state, the reason without separators of ours, and the message's id."""
    why = (message.trouble or "").replace(":", " ").replace(",", " ").strip()
    return f"{message.kind}:{message.channel}:{message.state}:{why}:{message.id}"
