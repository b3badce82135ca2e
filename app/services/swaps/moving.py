"""Hangs the new meter in the old one's place, and leads everybody there who knew the old one."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.disconnection import Outcome
from app.domain.meter_life import MeterLife
from app.domain.relay import Supply
from app.domain.review import ReviewAct
from app.domain.swapping import CannotSwap, Found, SwapBar
from app.domain.wallet import BalanceSource
from app.models import (
    Alarm,
    AlertRule,
    Disconnection,
    KeptMeter,
    Meter,
    MeteringPoint,
    MeterSwap,
    PayLink,
    Purchase,
    Token,
    TopUpRule,
    VoidToken,
)
from app.services.reviews import Settled, settle_open

_INHERITED = (
    "account_id",
    "concentrator_id",
    "port",
    "relay_policy",
    "overdraft_limit_minor",
    "hoarding_limit_minor",
    "reclose_limit_minor",
    "daily_use_minor",
)


async def hang(db: AsyncSession, swap: MeterSwap, old: Meter) -> Meter:
    """Make the new meter's row: where the old one hung, under the same rules and the same measuring point."""
    taken = select(Meter.id).where((Meter.number == swap.new_number) | (Meter.address == swap.new_address))
    if (await db.exec(taken)).first() is not None:
        raise CannotSwap(SwapBar.NUMBER_TAKEN)
    point, old.point = old.point, None
    await db.flush()
    new = Meter(
        id=uuid4(),
        number=swap.new_number,
        address=swap.new_address,
        model_id=swap.new_model_id,
        sgc=swap.new_sgc,
        krn=swap.new_krn,
        ti=swap.new_ti,
        point=point,
        life=MeterLife.NEW,
        **{name: getattr(old, name) for name in _INHERITED},
    )
    db.add(new)
    await db.flush()
    return new


async def take_off(db: AsyncSession, old: Meter, new: Meter, now: datetime) -> None:
    """The old meter is history: its rows stay, and nothing about its present is believed any more."""
    for earlier in await db.exec(select(Meter).where(Meter.successor_id == old.id).with_for_update(key_share=True)):
        earlier.successor_id = new.id
    old.life, old.successor_id = MeterLife.REMOVED, new.id
    old.balance_minor, old.balance_read_at, old.balance_source = None, None, BalanceSource.NONE
    old.supply, old.supply_read_at = Supply.UNKNOWN, None
    old.alarm_depth, old.spent_since, old.silent_after, old.missed_at = 0, None, None, None
    episodes = update(Alarm).where(col(Alarm.meter_id) == old.id, col(Alarm.closed_at).is_(None))
    await db.execute(episodes.values(closed_at=now))
    dark = update(Disconnection).where(col(Disconnection.meter_id) == old.id, col(Disconnection.ended_at).is_(None))
    await db.execute(dark.values(ended_at=now, outcome=Outcome.OTHER, remark="meter_exchanged"))


async def redirect(db: AsyncSession, old: Meter, new: Meter) -> None:
    """Whoever kept the old meter keeps the new one; rules and links of the old one are for the new one."""
    other, place = aliased(KeptMeter), aliased(MeteringPoint)
    there = exists().where(col(other.meter_id) == new.id, col(other.resident_id) == col(KeptMeter.resident_id))
    await db.execute(delete(KeptMeter).where(col(KeptMeter.meter_id) == old.id, there))
    named = exists().where(col(place.meter_id) == old.id)  # the name of the place, whatever was written down early
    await db.execute(delete(MeteringPoint).where(col(MeteringPoint.meter_id) == new.id, named))
    for table in (KeptMeter, TopUpRule, PayLink, AlertRule, MeteringPoint):
        column = table.meter_id
        await db.execute(update(table).where(col(column) == old.id).values(meter_id=new.id))


async def void_tokens(db: AsyncSession, swap: MeterSwap, purchase: Purchase, now: datetime) -> None:
    """Codes for a meter that hangs no more open nothing: they are kept as evidence, and a new one may be made."""
    for token in list(await db.exec(select(Token).where(Token.purchase_id == purchase.id))):
        void = VoidToken(
            purchase_id=purchase.id,
            meter_id=token.meter_id,
            swap_id=swap.id,
            digits=token.digits,
            tid=token.tid,
            amount_e5=token.amount_e5,
            issued_at=token.issued_at,
            void_at=now,
        )
        db.add(void)
        await db.delete(token)
    await db.flush()


async def close_reviews(db: AsyncSession, purchase: Purchase, found: Found, staff_id: UUID, now: datetime) -> None:
    """What was asked about a purchase has answered itself: it was in the old meter, or goes on to the new one."""
    act = ReviewAct.LANDED if found is Found.IN_METER else ReviewAct.RETRY
    await settle_open(db, purchase.id, Settled(act, now, staff_id))
