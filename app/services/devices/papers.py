"""Writes down what the utility's papers call a meter and the place where it measures."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK
from app.domain.metering_point import BadPaper, PaperRefused, Papers
from app.models import Audit, Meter, MeterAsset, MeteringPoint


async def papers_of(db: AsyncSession, meter_id: UUID) -> Papers:
    """What a meter and its metering point are called."""
    point, asset = await db.get(MeteringPoint, meter_id), await db.get(MeterAsset, meter_id)
    code, name = (point.code or "", point.name or "") if point else ("", "")
    return Papers(code, name, asset.number if asset else "")


async def write(db: AsyncSession, meter_id: UUID, wish: Papers, staff_id: UUID | None, now: datetime) -> None:
    """Call them so from now on. Raises PaperRefused where another meter has the code or the asset number."""
    meter = await db.get_one(Meter, meter_id, with_for_update=LOCK)
    before = await papers_of(db, meter_id)
    if before == wish:
        return
    await _refuse_taken(db, meter_id, wish)
    try:
        async with db.begin_nested():
            await _put_point(db, meter_id, wish)
            await _put_asset(db, meter_id, wish.asset)
    except IntegrityError:  # somebody chose the same in this moment
        await _refuse_taken(db, meter_id, wish)
        raise
    detail: dict[str, str | int | None] = {
        "subject": meter.number, "before": _spelled(before), "after": _spelled(wish),
    }  # fmt: skip
    db.add(Audit(staff_id=staff_id, act="meter_named", subject_id=meter_id, detail=detail, at=now))


async def _refuse_taken(db: AsyncSession, meter_id: UUID, wish: Papers) -> None:
    point = select(MeteringPoint.meter_id).where(MeteringPoint.code == wish.code, MeteringPoint.meter_id != meter_id)
    asset = select(MeterAsset.meter_id).where(MeterAsset.number == wish.asset, MeterAsset.meter_id != meter_id)
    for bad, wanted, text in ((BadPaper.CODE_TAKEN, point, wish.code), (BadPaper.ASSET_TAKEN, asset, wish.asset)):
        holder = (await db.exec(wanted)).first() if text else None
        if holder is not None:
            raise PaperRefused(bad, (await db.get_one(Meter, holder)).number)


async def _put_point(db: AsyncSession, meter_id: UUID, wish: Papers) -> None:
    row = await db.get(MeteringPoint, meter_id) or MeteringPoint(meter_id=meter_id)
    row.code, row.name = wish.code or None, wish.name or None
    db.add(row)


async def _put_asset(db: AsyncSession, meter_id: UUID, number: str) -> None:
    row = await db.get(MeterAsset, meter_id)
    if not number:
        if row is not None:
            await db.delete(row)
        return
    row = row or MeterAsset(meter_id=meter_id, number=number)
    row.number = number
    db.add(row)


def _spelled(papers: Papers) -> str:
    return " · ".join(part for part in (papers.code, papers.name, papers.asset) if part)
