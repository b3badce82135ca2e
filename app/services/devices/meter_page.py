"""One meter with everything that was read of it and done to it (SPEC B-1, H-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.metering_point import Papers
from app.domain.reach import Reach
from app.domain.wallet import ReadingKind
from app.models import (
    Account,
    Concentrator,
    Customer,
    DeviceEvent,
    Exchange,
    Meter,
    MeterModel,
    MeterSwap,
    Purchase,
    Reading,
    RelayState,
)
from app.services import grid
from app.services.devices.papers import papers_of
from app.services.fees.whereabouts import in_ledger
from app.services.operations import views
from app.services.operations.views import Deed
from app.services.reach import reach_of
from app.services.swaps.beginning import swap_of

DAYS, PURCHASES, RELAYS, EVENTS, ITEMS = 31, 10, 10, 10, 20


@dataclass(frozen=True, slots=True)
class ReadDay:
    """What was read of a meter for a day, by kind."""

    day: date
    figures: dict[ReadingKind, int]
    read_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class MeterPage:
    """A meter and all around it, each list newest first. Names and addresses are whole: pages mask them by role."""

    meter: Meter
    model: MeterModel
    account: Account
    customer: Customer
    concentrator: Concentrator
    path: tuple[str, ...]
    reach: Reach
    items: Sequence[Deed]
    days: Sequence[ReadDay]
    read_kinds: tuple[ReadingKind, ...]
    relays: Sequence[RelayState]
    purchases: Sequence[Purchase]
    in_ledger: frozenset[UUID]
    events: Sequence[DeviceEvent]
    has_frames: bool
    papers: Papers
    swap: MeterSwap | None = None


async def view(db: AsyncSession, number: str, now: datetime) -> MeterPage | None:
    """The meter of this number; None if there is none."""
    whole = (
        select(Meter, MeterModel, Account, Customer)
        .join(MeterModel, col(MeterModel.id) == col(Meter.model_id))
        .join(Account, col(Account.id) == col(Meter.account_id))
        .join(Customer, col(Customer.id) == col(Account.customer_id))
    )
    found = (await db.exec(whole.where(Meter.number == number))).one_or_none()
    if found is None:
        return None
    meter, model, account, customer = found
    concentrator = await db.get_one(Concentrator, meter.concentrator_id)
    relays = select(RelayState).where(RelayState.meter_id == meter.id).order_by(col(RelayState.read_at).desc())
    bought = select(Purchase).where(Purchase.meter_id == meter.id).order_by(col(Purchase.created_at).desc())
    events = select(DeviceEvent).where(DeviceEvent.meter_id == meter.id).order_by(col(DeviceEvent.at).desc())
    days = await _days(db, meter.id)
    purchases = (await db.exec(bought.limit(PURCHASES))).all()
    frames = sql_select(exists().where(col(Exchange.meter_id) == meter.id))
    return MeterPage(
        meter=meter,
        model=model,
        account=account,
        customer=customer,
        concentrator=concentrator,
        path=await grid.name_of(db, concentrator.node_id),
        reach=await reach_of(db, meter.id, now),
        items=await views.of_meter(db, meter.id, ITEMS),
        days=days,
        read_kinds=tuple(kind for kind in ReadingKind if any(kind in day.figures for day in days)),
        relays=(await db.exec(relays.limit(RELAYS))).all(),
        purchases=purchases,
        in_ledger=await in_ledger(db, [purchase.id for purchase in purchases]),
        events=(await db.exec(events.limit(EVENTS))).all(),
        has_frames=bool((await db.execute(frames)).scalar()),
        swap=await swap_of(db, meter.id),
        papers=await papers_of(db, meter.id),
    )


async def id_of(db: AsyncSession, number: str) -> UUID | None:
    """The id of the meter of this number; None if there is none."""
    return (await db.exec(select(Meter.id).where(Meter.number == number))).first()


async def _days(db: AsyncSession, meter_id: UUID) -> list[ReadDay]:
    wanted = select(Reading).where(Reading.meter_id == meter_id).order_by(col(Reading.day).desc(), col(Reading.kind))
    by_day: dict[date, list[Reading]] = {}
    for row in await db.exec(wanted.limit(DAYS * len(ReadingKind))):
        by_day.setdefault(row.day, []).append(row)
    return [
        ReadDay(
            day,
            {ReadingKind(row.kind): row.value for row in rows},
            max(row.read_at for row in rows),
            rows[0].source,
        )
        for day, rows in list(by_day.items())[:DAYS]
    ]
