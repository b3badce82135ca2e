"""Issues the STS token of a purchase, once."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.meter_life import MeterLife
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewKind
from app.models import Meter, Purchase, Token, VoidToken
from app.outbox import Taken
from app.ports import IssuedToken, IssueRequest, SecurityCode, SecurityError, StsIdentity
from app.services.late_arrears import Owed, settle_first
from app.services.purchases import follow_meter, promise_download, waits_for_exchange
from app.services.reviews import Question, open_review

ELECTRICITY_CURRENCY = 4  # STS class 0 subclass
E5_PER_MINOR = 1000  # the token's unit is 0.00001 of the currency
_BUSY = timedelta(seconds=5)
_EXCHANGE_LOOK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token to be issued, and the note that promised it."""

    note: Taken
    request: IssueRequest


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Wanted | None:
    """Take the note and say what to ask the security module; None when there is nothing (more) to issue."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    purchase = await db.get_one(Purchase, note.subject_id, with_for_update=True)
    meter = await db.get_one(Meter, purchase.meter_id, with_for_update=LOCK)
    if await tokens_of(db, purchase.id) or purchase.state != PurchaseState.PAID:
        await outbox.keep(db, note, now)
        return None
    if meter.life == MeterLife.REMOVED:
        await outbox.keep(db, note, now)
        await follow_meter(db, purchase, meter, now)
        return None
    if meter.sgc is None or meter.krn is None or meter.ti is None:
        await _give_up(db, purchase, "no_supply_group", now)
        await outbox.keep(db, note, now)
        return None
    if waits_for_exchange(purchase, meter):
        await outbox.put_back(db, note, now + _EXCHANGE_LOOK, "its meter is being exchanged")
        return None
    match await settle_first(db, purchase, meter, now):
        case Owed.BUSY:
            await outbox.put_back(db, note, now + _BUSY, "its account is in hand")
            return None
        case Owed.ALL_OF_IT:
            await outbox.keep(db, note, now)
            return None
    request = _request(purchase, meter, StsIdentity(meter.number, meter.sgc, meter.krn, meter.ti), now)
    return Wanted(note, replace(request, request_id=await _request_id(db, purchase, meter)))


async def _request_id(db: AsyncSession, purchase: Purchase, meter: Meter) -> str:
    """One request a purchase: the same token however often it is asked for. Where tokens went off the wall with an old
    meter, the new meter's is another request."""
    void = select(VoidToken.id).where(VoidToken.purchase_id == purchase.id).limit(1)
    return str(purchase.id) if (await db.exec(void)).first() is None else f"{purchase.id}:{meter.number}"


def _request(purchase: Purchase, meter: Meter, identity: StsIdentity, now: datetime) -> IssueRequest:
    return IssueRequest(
        request_id=str(purchase.id),
        meter=identity,
        subclass=ELECTRICITY_CURRENCY,
        amount=purchase.credit_minor * E5_PER_MINOR,
        at=now,
        last_tid=meter.last_tid,
    )


async def conclude(
    db: AsyncSession, wanted: Wanted, answer: tuple[IssuedToken, ...] | SecurityError, now: datetime
) -> None:
    """Keep what the module issued and promise the download; or wait; or ask a person."""
    if isinstance(answer, SecurityError) and answer.code is SecurityCode.BUSY:
        await outbox.postpone(db, wanted.note, now + _BUSY, answer.code)
        return
    if not await outbox.keep(db, wanted.note, now):
        return
    purchase = await db.get_one(Purchase, wanted.note.subject_id, with_for_update=True)
    meter = await db.get_one(Meter, purchase.meter_id, with_for_update=LOCK)
    if isinstance(answer, SecurityError):
        await _give_up(db, purchase, answer.code, now)
        return
    db.add_all(_row(purchase, token, place, now) for place, token in enumerate(answer))
    _follow(meter, answer)
    used = [token.tid for token in answer if token.tid is not None]
    meter.last_tid = max([*used, meter.last_tid or 0])
    await promise_download(db, purchase, meter, now)


def _follow(meter: Meter, answer: tuple[IssuedToken, ...]) -> None:
    """Believe that the meter gets the key that its tokens lead to: from now on nothing is made for the old one."""
    for change in (token.change for token in answer if token.change is not None):
        meter.sgc, meter.krn, meter.ti = change.to.sgc, change.to.krn, change.to.ti
        if change.rollover:
            meter.last_tid = None  # counted from another base date


def _row(purchase: Purchase, token: IssuedToken, place: int, now: datetime) -> Token:
    return Token(
        purchase_id=purchase.id,
        meter_id=purchase.meter_id,
        position=place,
        digits=token.digits,
        tid=token.tid,
        subclass=token.subclass,
        amount_e5=token.amount,
        issued_at=now,
    )


async def _give_up(db: AsyncSession, purchase: Purchase, code: str, now: datetime) -> None:
    purchase.state, purchase.trouble = PurchaseState.REVIEW, code
    about = {"purchase_id": purchase.id, "meter_id": purchase.meter_id}
    await open_review(db, Question(ReviewKind.TOKEN_NOT_ISSUED, purchase.id, {"code": code}, **about), now)


async def tokens_of(db: AsyncSession, purchase_id: UUID) -> list[Token]:
    """The tokens of a purchase in the order in which they are to be entered."""
    rows = await db.exec(select(Token).where(Token.purchase_id == purchase_id))
    return sorted(rows, key=lambda token: token.position)


@dataclass(frozen=True, slots=True)
class Code:
    """Twenty digits to type into a meter. `place` counts from one, in the order of typing; `changes_key`: no money."""

    place: int
    digits: str
    changes_key: bool


async def codes_of(db: AsyncSession, purchase_id: UUID) -> tuple[Code, ...]:
    """What to type for a purchase: what changes the meter's key before the credit, or the meter refuses the credit."""
    rows = sorted(await tokens_of(db, purchase_id), key=lambda token: (token.amount_e5 > 0, token.position))
    return tuple(Code(place, token.digits, token.amount_e5 == 0) for place, token in enumerate(rows, 1))
