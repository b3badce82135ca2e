"""Card meters: those that hold their money themselves, under a count of their own (SPEC H-7)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect
from sqlalchemy import select as sql_select
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.fees import FeeControl
from app.domain.meter_life import MeterLife
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewKind
from app.domain.rules import SaleRules
from app.models import Meter, MeterModel, Purchase
from app.services.reviews import Evidence, Question, open_review
from app.services.rulebook import rules

_BY_TOKEN = "sts"
_BESIDE, _MODEL = aliased(Meter), aliased(MeterModel)


def is_card_meter(meter: Meter, model: MeterModel) -> bool:
    """Does it hold its money itself, and take it as a purchase under a count? One with tokens takes what is typed."""
    return model.profile != _BY_TOKEN and meter.fee_control == FeeControl.LOCAL


def card_meters(account_id: ColumnElement[UUID] | Mapped[UUID]) -> ScalarSelect[int]:
    """How many card meters of an account hang on a wall, as a column of a statement."""
    counted = sql_select(func.count()).join(_MODEL, col(_MODEL.id) == col(_BESIDE.model_id)).select_from(_BESIDE)
    hangs = col(_BESIDE.life) != MeterLife.REMOVED.value, col(_BESIDE.fee_control) == FeeControl.LOCAL.value
    return (
        counted.where(col(_BESIDE.account_id) == account_id, col(_MODEL.profile) != _BY_TOKEN, *hangs)
        .correlate(Meter)
        .scalar_subquery()
    )


async def card_meters_of(db: AsyncSession, account_id: UUID) -> list[Meter]:
    """The card meters of an account that hang on a wall, by number."""
    wanted = select(Meter).join(MeterModel, col(MeterModel.id) == col(Meter.model_id))
    wanted = wanted.where(Meter.account_id == account_id, MeterModel.profile != _BY_TOKEN)
    hangs = Meter.life != MeterLife.REMOVED, Meter.fee_control == FeeControl.LOCAL
    return list(await db.exec(wanted.where(*hangs).order_by(col(Meter.number))))


async def hold_for_staff(db: AsyncSession, purchase: Purchase, meter: Meter, model: MeterModel, now: datetime) -> bool:
    """A new purchase of an account with several card meters waits for a person, who says into which of them it goes.

    False: there is one, or the utility wants it in the meter that was named.
    """
    if not is_card_meter(meter, model) or not (await rules(db, SaleRules)).hold_several:
        return False
    meters = await card_meters_of(db, meter.account_id)
    if len(meters) <= 1:
        return False
    purchase.state, purchase.trouble = PurchaseState.REVIEW, "several_meters"
    about = {"purchase_id": purchase.id, "payment_id": purchase.payment_id, "meter_id": meter.id}
    evidence: Evidence = {"number_named": meter.number, "meters": len(meters)}
    await open_review(db, Question(ReviewKind.WHICH_METER, purchase.id, evidence, **about), now)
    return True
