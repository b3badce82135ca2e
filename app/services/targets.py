"""Says where a meter is: what the verbs of the head end are aimed at."""

from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Account, Concentrator, Meter, MeterModel
from app.ports import ConcentratorAddress, Priority, StsIdentity, Target
from app.services.purchases import STS_PROFILE

_CUSTOMER_DIGITS = 12  # the customer number kept in an ESAM: six BCD bytes
_PLACE = (
    select(Meter, MeterModel, Concentrator, Account)
    .where(Meter.id == bindparam("meter_id"), MeterModel.id == Meter.model_id)
    .where(Concentrator.id == Meter.concentrator_id, Account.id == Meter.account_id)
)


async def load_target(db: AsyncSession, meter_id: UUID, *, priority: Priority) -> Target:
    """Return where a meter hangs and how to speak to it. Raises NoResultFound for an unknown meter."""
    found = await db.exec(_PLACE, params={"meter_id": meter_id})
    meter, model, concentrator, account = found.one()
    return Target(
        address=meter.address,
        profile=model.profile,
        concentrator=ConcentratorAddress(concentrator.region, concentrator.terminal),
        port=meter.port,
        customer=account.number.zfill(_CUSTOMER_DIGITS),
        sts=_sts(meter) if model.profile == STS_PROFILE else None,
        priority=priority,
    )


def _sts(meter: Meter) -> StsIdentity | None:
    if meter.sgc is None or meter.krn is None or meter.ti is None:
        return None
    return StsIdentity(meter.number, meter.sgc, meter.krn, meter.ti)
