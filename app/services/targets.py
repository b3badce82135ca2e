"""Says where a meter is: what the verbs of the head end are aimed at."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Account, Concentrator, Meter, MeterModel, Purchase
from app.ports import ConcentratorAddress, Place, Priority, StsIdentity, Target
from app.services.groups import groups_of
from app.services.purchases import STS_PROFILE
from app.terminal_words import GROUPS, Group

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
    return await _with_group(db, meter, _target(_Place(meter, model, concentrator, account), priority))


_PLACES = select(Meter, MeterModel, Concentrator, Account).where(col(Meter.id).in_(bindparam("ids", expanding=True)))


async def load_targets(db: AsyncSession, meters: Collection[UUID], *, priority: Priority) -> dict[UUID, Target]:
    """Return where each of these meters hangs, in two round trips."""
    if not meters:
        return {}
    rows = (await db.execute(_PLACES.where(*_HANGS), {"ids": list(meters)})).all()
    groups = await groups_of(db, [row[0] for row in rows])
    found = {meter.id: _target(_Place(meter, *place), priority) for meter, *place in rows}
    return {meter_id: _kept_by(groups.get(meter_id), target) for meter_id, target in found.items()}


async def load_place(db: AsyncSession, concentrator_id: UUID, *, priority: Priority) -> Place:
    """Return a concentrator's own address. Raises NoResultFound."""
    concentrator = await db.get_one(Concentrator, concentrator_id)
    return Place(ConcentratorAddress(concentrator.region, concentrator.terminal), priority, concentrator.driver)


async def load_way(db: AsyncSession, purchase_id: UUID, *, lock: bool) -> tuple[Purchase, Meter, Target]:
    """Return a purchase, its meter and the way there, in two round trips. `lock`: purchase and meter, in that order."""
    statement = _WAY_LOCKED if lock else _WAY
    purchase, meter, *place = (await db.execute(statement, {"purchase_id": purchase_id})).one()
    return purchase, meter, await _with_group(db, meter, _target(_Place(meter, *place), Priority.RESTORE))


async def _with_group(db: AsyncSession, meter: Meter, target: Target) -> Target:
    return _kept_by((await groups_of(db, [meter])).get(meter.id), target)


def _kept_by(group: Group | None, target: Target) -> Target:
    """What the terminal keeps itself is asked of it, by its own driver."""
    return target if group is None else replace(target, driver=GROUPS, group=group)


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
        driver=concentrator.driver,
    )


def _sts(meter: Meter) -> StsIdentity | None:
    if meter.sgc is None or meter.krn is None or meter.ti is None:
        return None
    return StsIdentity(meter.number, meter.sgc, meter.krn, meter.ti)
