"""Finds what a scanned code leads to."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.access import NumberError
from app.domain.scanned import CodeError, Scanned, ScannedKind, leads_to_meter
from app.models import Meter, Purchase, Receipt
from app.services.lookup import find_meters


async def place_of(db: AsyncSession, scanned: Scanned) -> str:
    """The path that a code leads to. Raises CodeError("scan_unknown") for numbers that are not ours.

    A receipt's number leads to its meter only: the receipt itself is for whoever knows its own address.
    """
    if scanned.kind is ScannedKind.PAGE:
        return scanned.text
    if scanned.kind is ScannedKind.RECEIPT:
        return f"/m/{await _meter_of_receipt(db, scanned.text)}"
    try:
        meters = await find_meters(db, scanned.number) if scanned.number else []
    except NumberError as error:
        raise CodeError("scan_unknown") from error
    if leads_to_meter(scanned) or len(meters) == 1:
        return f"/m/{meters[0]}"
    return f"/accounts/{scanned.text}"


async def _meter_of_receipt(db: AsyncSession, number: str) -> str:
    wanted = select(Meter.number).where(
        Receipt.number == number, Receipt.purchase_id == Purchase.id, Purchase.meter_id == Meter.id
    )
    found = (await db.exec(wanted)).first()
    if found is None:
        raise CodeError("scan_unknown")
    return found
