"""The meters that somebody keeps, and what they are to each (SPEC R-2)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, exists
from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from app.db import add_once
from app.domain.access import NumberError
from app.domain.meter_life import MeterLife
from app.domain.standing import Standing, judged
from app.domain.wallet import days_left, is_stale
from app.models import Contact, KeptMeter, Meter, Resident
from app.models.account import ChannelName

MOST_KEPT = 30
LONGEST_NICKNAME = 40


@dataclass(frozen=True, slots=True)
class Mine:
    """A kept meter with what a guest may know of it. Money in minor units."""

    meter_id: UUID
    number: str
    nickname: str
    standing: Standing
    balance_minor: int | None
    read_at: datetime | None
    stale: bool
    supply: str
    days_left: int | None
    low: bool

    @property
    def inside(self) -> bool:
        """Is this one's own home, so that there is more to see than a guest sees?"""
        return self.standing is not Standing.PAYER


async def standing(db: AsyncSession, resident_id: UUID, meter_id: UUID) -> Standing | None:
    """What somebody is to a meter, as the contacts are now; None for one that they do not keep."""
    wanted = _judged_rows().where(KeptMeter.resident_id == resident_id, KeptMeter.meter_id == meter_id)
    row = (await db.exec(wanted)).first()
    return _standing(row) if row else None


async def my_meters(db: AsyncSession, resident_id: UUID, now: datetime) -> list[Mine]:
    """Everything that somebody keeps: what runs out first stands first, what was never read last."""
    rows = await db.exec(_judged_rows().where(KeptMeter.resident_id == resident_id))
    return sorted((_mine(row, now) for row in rows), key=_urgency)


async def my_meter(db: AsyncSession, resident_id: UUID, number: str, now: datetime) -> Mine | None:
    """One kept meter by its number; None if it is not theirs."""
    wanted = _judged_rows().where(KeptMeter.resident_id == resident_id, Meter.number == number)
    row = (await db.exec(wanted)).first()
    return _mine(row, now) if row else None


async def keep(db: AsyncSession, resident_id: UUID, number: str, now: datetime) -> None:
    """Keep a meter by its number; once more changes nothing. NumberError("number_unknown" or "kept_too_many")."""
    await db.get_one(Resident, resident_id, with_for_update=True)  # two at once are counted one after the other
    meter = (await db.exec(select(Meter).where(Meter.number == number))).first()
    if meter is None:
        raise NumberError("number_unknown")
    if await standing(db, resident_id, meter.id) is not None:
        return
    kept = select(func.count()).select_from(KeptMeter).where(KeptMeter.resident_id == resident_id)
    if (await db.exec(kept)).one() >= MOST_KEPT:
        raise NumberError("kept_too_many")
    db.add(KeptMeter(resident_id=resident_id, meter_id=meter.id, standing=Standing.PAYER, added_at=now))
    await db.flush()
    await judge_anew(db, resident_id)


async def keep_own(db: AsyncSession, resident: Resident, now: datetime) -> None:
    """Keep the meters of every account that this phone is a contact of: the first look at "my meters" is not empty."""
    accounts = select(Contact.account_id).where(Contact.channel == ChannelName.SMS, Contact.address == resident.phone)
    own = select(Meter.id).where(col(Meter.account_id).in_(accounts), Meter.life != MeterLife.REMOVED)
    for meter_id in await db.exec(own.order_by(col(Meter.number)).limit(MOST_KEPT)):
        kept = KeptMeter(id=uuid4(), resident_id=resident.id, meter_id=meter_id, standing=Standing.HOLDER, added_at=now)
        await add_once(db, kept)


async def judge_anew(db: AsyncSession, resident_id: UUID) -> None:
    """Write down what somebody is to each kept meter today. At each sign-in: contacts come and go."""
    for row in (await db.exec(_judged_rows().where(KeptMeter.resident_id == resident_id))).all():
        kept, is_contact = row[0], row[2]
        if not (is_contact and kept.standing == Standing.FAMILY):  # family beneath, should the contact be taken off
            kept.standing = _standing(row)


async def rename(db: AsyncSession, resident_id: UUID, meter_id: UUID, nickname: str) -> None:
    """Call a meter something; nothing takes the name away. Longer ones are cut."""
    name = " ".join(nickname.split())[:LONGEST_NICKNAME]
    mine = update(KeptMeter).where(col(KeptMeter.resident_id) == resident_id, col(KeptMeter.meter_id) == meter_id)
    await db.execute(mine.values(nickname=name))


async def forget(db: AsyncSession, resident_id: UUID, meter_id: UUID) -> None:
    """Keep a meter no longer. One that was not kept is no error."""
    mine = delete(KeptMeter).where(col(KeptMeter.resident_id) == resident_id, col(KeptMeter.meter_id) == meter_id)
    await db.execute(mine)


def _is_contact(resident_id: object) -> ColumnElement[bool]:
    """Is the proven phone of that resident an SMS contact of the meter's account?"""
    return (
        exists()
        .where(col(Contact.account_id) == col(Meter.account_id), col(Contact.channel) == ChannelName.SMS.value)
        .where(col(Contact.address) == col(Resident.phone), col(Resident.id) == resident_id)
    )


_Row = tuple[KeptMeter, Meter, bool, bool]  # ..., is their phone a contact, is that of who invited them


def _judged_rows() -> Select[KeptMeter, Meter, bool, bool]:
    own, host = _is_contact(col(KeptMeter.resident_id)), _is_contact(col(KeptMeter.invited_by))
    return select(KeptMeter, Meter, own, host).join(Meter, col(Meter.id) == col(KeptMeter.meter_id))


def _standing(row: _Row) -> Standing:
    kept, _, is_contact, host_is_contact = row
    return judged(Standing(kept.standing), is_contact=is_contact, host_is_contact=host_is_contact)


def _mine(row: _Row, now: datetime) -> Mine:
    kept, meter = row[:2]
    balance = meter.balance_minor
    return Mine(
        meter_id=meter.id,
        number=meter.number,
        nickname=kept.nickname,
        standing=_standing(row),
        balance_minor=balance,
        read_at=meter.balance_read_at,
        stale=is_stale(meter.balance_read_at, now),
        supply=meter.supply,
        days_left=None if balance is None else days_left(balance, meter.daily_use_minor),
        low=meter.alarm_depth > 0,
    )


def _urgency(mine: Mine) -> tuple[bool, bool, int, str]:
    balance = mine.balance_minor
    return balance is None, not mine.low, balance or 0, mine.number
