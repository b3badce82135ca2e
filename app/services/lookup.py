"""Finds meters by what is printed on them, and says what a guest may know: nothing of who lives there (SPEC R-1)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, bindparam, literal
from sqlalchemy import select as sql_select
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.access import Number, NumberError, NumberKind
from app.domain.asking import Asking, Question, asking, worth_asking
from app.domain.meter_life import MeterLife, bar_to_sale
from app.domain.offer import Wallet
from app.domain.purchase_control import CountedIn
from app.domain.relay import Supply
from app.domain.rules import SaleRules
from app.domain.wallet import BalanceSource, Restoration, days_left, is_stale, restoration
from app.models import Account, Concentrator, Meter, MeterGroup, MeterModel
from app.models.outbox import Note
from app.outbox import Job
from app.services.card_meters import card_meters, is_card_meter
from app.services.groups import price_today
from app.services.purchases import STS_PROFILE
from app.services.rulebook import rules


@dataclass(frozen=True, slots=True)
class MeterView:
    """A meter as its guest sees it. Money in minor units; `balance_minor` None: never read.

    `missing_minor`: what must be paid before the light returns, None where the balance does not keep it off.
    `not_for_sale`: why no credit is sold now (`app.domain.meter_life`), empty where it is. `held_for_staff`: what is
    paid waits for a person, who says into which meter of the account it goes. `energy_price_e4`: its terminal counts
    kWh, and one costs so much (1/10000).
    """

    id: UUID
    number: str
    concentrator_id: UUID
    linked: bool
    takes_tokens: bool
    balance_minor: int | None
    read_at: datetime | None
    source: BalanceSource
    stale: bool
    supply: Supply
    supply_read_at: datetime | None
    daily_use_minor: int | None
    days_left: int | None
    low: bool
    restoration: Restoration
    reclose_limit_minor: int
    asking: Asking
    not_for_sale: str = ""
    held_for_staff: bool = False
    energy_price_e4: int | None = None

    @property
    def wallet(self) -> Wallet:
        """What is known of its money, for what an amount would do."""
        return Wallet(
            balance_minor=self.balance_minor,
            arrears_minor=self.arrears_minor,
            reclose_limit_minor=self.reclose_limit_minor,
            daily_use_minor=self.daily_use_minor,
            energy_price_e4=self.energy_price_e4,
        )

    @property
    def arrears_minor(self) -> int:
        """What the account owes from before; settled first from any payment."""
        return self.restoration.arrears_minor

    @property
    def out_of_credit(self) -> bool:
        """Is the balance too low for the relay to close?"""
        return self.balance_minor is not None and self.balance_minor <= self.reclose_limit_minor


async def find_meters(db: AsyncSession, number: Number) -> list[str]:
    """The numbers of the meters that a typed number leads to; that of a removed one leads to the one in its place.

    Raises NumberError("number_unknown").
    """
    wanted = select(Meter.number).where(Meter.life != MeterLife.REMOVED).order_by(col(Meter.number))
    if number.kind is NumberKind.METER:
        wanted = wanted.where(_now_at(literal(number.digits)))
    else:
        wanted = wanted.where(col(Meter.account_id).in_(select(Account.id).where(Account.number == number.digits)))
    found = list(await db.exec(wanted))
    if not found:
        raise NumberError("number_unknown")
    return found


_OLD = aliased(Meter)


def _now_at(number: ColumnElement[str]) -> ColumnElement[bool]:
    """The meter of this number; of a removed one, the meter that took its place."""
    hangs = func.coalesce(col(_OLD.successor_id), col(_OLD.id))
    return col(Meter.id) == sql_select(hangs).where(col(_OLD.number) == number).scalar_subquery()


_KEPT = (col(MeterGroup.meter_id) == col(Meter.id)) & (col(MeterGroup.concentrator_id) == col(Meter.concentrator_id))
# Built once: every page about a meter asks.
_METER = (
    sql_select(Meter, MeterModel, Account, Concentrator, card_meters(col(Meter.account_id)), col(MeterGroup.counted_in))
    .join_from(Meter, MeterGroup, _KEPT, isouter=True)
    .where(_now_at(bindparam("number", type_=String)), col(MeterModel.id) == col(Meter.model_id))
    .where(col(Account.id) == col(Meter.account_id), col(Concentrator.id) == col(Meter.concentrator_id))
)
_NEWEST_QUESTION = (
    select(Note)
    .where(Note.subject_id == bindparam("meter_id"), Note.job == Job.READ_BALANCE)
    .order_by(col(Note.id).desc())
    .limit(1)
)


async def view_meter(db: AsyncSession, number: str, now: datetime) -> MeterView | None:
    """What a guest may know of the meter with that number, or of the one that took its place; None if there is none."""
    row = (await db.execute(_METER, {"number": number})).first()
    if row is None:
        return None
    meter, model, account, concentrator, several, counted_in = row
    sale = await rules(db, SaleRules)
    linked = concentrator.front_end is not None
    question = await _question(db, meter.id)
    return MeterView(
        id=meter.id,
        number=meter.number,
        concentrator_id=concentrator.id,
        linked=linked,
        takes_tokens=model.profile == STS_PROFILE,
        balance_minor=meter.balance_minor,
        read_at=meter.balance_read_at,
        source=BalanceSource(meter.balance_source),
        stale=is_stale(meter.balance_read_at, now),
        supply=Supply(meter.supply),
        supply_read_at=meter.supply_read_at,
        daily_use_minor=meter.daily_use_minor,
        days_left=None if meter.balance_minor is None else days_left(meter.balance_minor, meter.daily_use_minor),
        low=meter.alarm_depth > 0,
        restoration=restoration(meter.balance_minor or 0, account.arrears_minor, meter.reclose_limit_minor),
        reclose_limit_minor=meter.reclose_limit_minor,
        asking=asking(question, _heard_at(meter), now, linked=linked),
        not_for_sale=bar_to_sale(MeterLife(meter.life), sell_untried=sale.sell_untried),
        held_for_staff=sale.hold_several and several > 1 and is_card_meter(meter, model),
        energy_price_e4=await price_today(db, meter, now) if counted_in == CountedIn.ENERGY else None,
    )


def _heard_at(meter: Meter) -> datetime | None:
    """When the meter last said what it is asked for: its balance, or where the ledger holds that, its relay."""
    return meter.supply_read_at if meter.balance_source == BalanceSource.LEDGER else meter.balance_read_at


async def _question(db: AsyncSession, meter_id: UUID) -> Question | None:
    note = (await db.exec(_NEWEST_QUESTION, params={"meter_id": meter_id})).first()
    return Question(note.created_at, note.done_at is not None) if note else None


async def ask_reading(db: AsyncSession, meter: MeterView, now: datetime) -> bool:
    """Promise to read the meter, unless its figure is fresh; say whether it was promised."""
    heard_at = meter.supply_read_at if meter.source is BalanceSource.LEDGER else meter.read_at
    if not worth_asking(heard_at, now):
        return False
    await outbox.promise(db, Job.READ_BALANCE, meter.id, now, concentrator_id=meter.concentrator_id)
    return True
