"""Rows of the stories that messages tell."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, select

from app import outbox
from app.db import Begin
from app.domain.purchase import PurchaseState
from app.domain.wallet import BalanceSource
from app.models import Message, Meter, Note, Purchase, Token
from app.models.account import ChannelName
from app.outbox import Job
from app.services.purchases import new_ref
from app.services.readings import record_balance


async def credited(begin: Begin, meter: Meter, now: datetime) -> UUID:
    """A purchase of 50 is in the meter; telling of it is promised."""
    async with begin() as db:
        purchase = _purchase(meter, now, PurchaseState.CREDITED)
        purchase.credited_at, purchase.balance_after_minor = now, 6230
        db.add(purchase)
        await db.flush()
        await outbox.promise(db, Job.ANNOUNCE_CREDIT, purchase.id, now)
    return purchase.id


async def unreachable(begin: Begin, meter: Meter, now: datetime) -> UUID:
    """A purchase of 50 has a token and no way to its meter; sending the token is promised."""
    async with begin() as db:
        purchase = _purchase(meter, now, PurchaseState.SENDING)
        db.add(purchase)
        await db.flush()
        token = Token(
            purchase_id=purchase.id, meter_id=meter.id, digits="1234" * 5, subclass=4, amount_e5=0, issued_at=now
        )
        db.add(token)
        await outbox.promise(db, Job.ANNOUNCE_TOKEN, purchase.id, now)
    return purchase.id


async def move(begin: Begin, purchase_id: UUID, state: PurchaseState) -> None:
    """A purchase has come to another state."""
    async with begin() as db:
        (await db.get_one(Purchase, purchase_id)).state = state


async def read(begin: Begin, meter: Meter, balance_minor: int, now: datetime) -> None:
    """The meter was read."""
    async with begin() as db:
        locked = await db.get_one(Meter, meter.id, with_for_update=True)
        await record_balance(db, locked, balance_minor, BalanceSource.DAILY, now)


async def messages(begin: Begin) -> list[Message]:
    """Every message that travels, oldest first; who stands in behind whom it stands in for."""
    async with begin() as db:
        travel = select(Message).where(Message.channel != ChannelName.INBOX)
        order = (col(Message.created_at), col(Message.kind), col(Message.stands_in_for_id).is_not(None))
        return list(await db.exec(travel.order_by(*order)))


async def open_notes(begin: Begin, job: Job) -> list[Note]:
    """Promises that are not kept yet."""
    async with begin() as db:
        return list(await db.exec(select(Note).where(Note.job == job, col(Note.done_at).is_(None))))


def _purchase(meter: Meter, now: datetime, state: PurchaseState) -> Purchase:
    return Purchase(
        id=uuid4(),
        ref=new_ref(),
        meter_id=meter.id,
        amount_minor=5000,
        credit_minor=5000,
        state=state,
        created_at=now,
    )
