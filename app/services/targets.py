"""Says where a meter is: what the verbs of the head end are aimed at."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Account, Concentrator, Meter, MeterModel, Purchase
from app.ports import ConcentratorAddress, Priority, StsIdentity, Target
from app.services.purchases import STS_PROFILE

_CUSTOMER_DIGITS = 12  # the customer number kept in an ESAM: six BCD bytes
_HANGS = (
    col(MeterModel.id) == Meter.model_id,
    col(Concentrator.id) == Meter.concentrator_id,
    col(Account.id) == Meter.account_id,
)
_PLACE = select(Meter, MeterModel, Concentrator, Account).where(col(Meter.id) == bindparam("meter_id"), *_HANGS)
_WAY = select(Purchase, Meter, MeterModel, Concentrator, Account).where(
    col(Purchase.id) == bindparam("purchase_id"), col(Meter.id) == Purchase.meter_id, *_HANGS
)
_WAY_LOCKED = _WAY.with_for_update(of=(Purchase, Meter))


async def load_target(db: AsyncSession, meter_id: UUID, *, priority: Priority) -> Target:
    """Return where a meter hangs and how to speak to it. Raises NoResultFound for an unknown meter."""
    meter, model, concentrator, account = (await db.execute(_PLACE, {"meter_id": meter_id})).one()
    return _target(_Place(meter, model, concentrator, account), priority)


async def load_way(db: AsyncSession, purchase_id: UUID, *, lock: bool) -> tuple[Purchase, Meter, Target]:
    """Return a purchase, its meter and the way there, in one round trip. `lock`: purchase and meter, in that order."""
    statement = _WAY_LOCKED if lock else _WAY
    purchase, meter, *place = (await db.execute(statement, {"purchase_id": purchase_id})).one()
    return purchase, meter, _target(_Place(meter, *place), Priority.RESTORE)


@dataclass(frozen=True, slots=True)
class _Place:
    meter: Meter
    model: MeterModel
    concentrator: Concentrator
    account: Account


def _target(place: _Place, priority: Priority) -> Target:
    meter, model, concentrator = place.meter, place.model, place.concentrator
    return Target(
        address=meter.address,
        profile=model.profile,
        concentrator=ConcentratorAddress(concentrator.region, concentrator.terminal),
        port=meter.port,
        customer=place.account.number.zfill(_CUSTOMER_DIGITS),
        sts=_sts(meter) if model.profile == STS_PROFILE else None,
        priority=priority,
    )


def _sts(meter: Meter) -> StsIdentity | None:
    if meter.sgc is None or meter.krn is None or meter.ti is None:
        return None
    return StsIdentity(meter.number, meter.sgc, meter.krn, meter.ti)
