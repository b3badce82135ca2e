"""A new meter with a wallet that came by an exchange under remote fee control: what it came with.

It may have hung elsewhere, or its maker may have put money and alarm amounts of his own in it. Its fund begins with
what the old one's ended with, whatever its wallet holds: no payment of this home brought that. A person is told of it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.review import ReviewKind
from app.models import Fund, Meter, MeterSwap
from app.ports import Gateway, Read, Readings, Refused, Target, Trace, Unknown, Wallet
from app.services.reviews import Question, open_review

NAMES = ("alarm_1_minor", "alarm_2_minor", "overdraft_limit_minor")
_OVERDRAFT = "overdraft_limit_minor"
_NO_WALLET = Refused("no_wallet")


@dataclass(frozen=True, slots=True)
class Brought:
    """What a new meter says of itself. `wallet` None: it has none after all, and no limits either."""

    wallet: Wallet | None
    limits: dict[str, int]


async def ask(gateway: Gateway, target: Target, trace: Trace) -> Brought | Refused | Unknown:
    """Read its wallet and its own limits. Raises Unreachable. Refused("no_limits"): it does not tell all of them."""
    wallet = await gateway.read_wallet(target, trace)
    if wallet == _NO_WALLET:
        return Brought(None, {})
    if not isinstance(wallet, Wallet):
        return wallet
    said = await gateway.operate(target, Read(NAMES), trace)
    if not isinstance(said, Readings):
        return said
    limits = {name: value for name in NAMES if isinstance(value := said.values.get(name), int)}
    return Brought(wallet, limits) if len(limits) == len(NAMES) else Refused("no_limits")


async def record(db: AsyncSession, meter: Meter, fund: Fund, brought: Brought, now: datetime) -> None:
    """Keep what its limits are to be one day, once; ask a person about money that nobody here has paid."""
    if fund.own_limits != {}:
        return
    wallet = brought.wallet
    fund.own_limits = None if wallet is None else await limits_of(db, meter, brought.limits)
    if wallet is not None and wallet.balance_minor:
        evidence = {"balance_minor": wallet.balance_minor, "count": wallet.count}
        question = Question(ReviewKind.WALLET_NOT_EMPTY, fund.id, evidence, meter_id=meter.id)
        await open_review(db, question, now)


async def limits_of(db: AsyncSession, meter: Meter, told: dict[str, int]) -> dict[str, int]:
    """What a new meter is to have when it holds its money itself one day.

    What the one before it was to have; where that had no wallet, its own alarm amounts as it tells them, and the
    overdraft of the household.
    """
    before = select(Fund.own_limits).join(MeterSwap, col(MeterSwap.old_meter_id) == col(Fund.meter_id))
    before = before.where(MeterSwap.new_meter_id == meter.id).order_by(col(Fund.opened_at).desc()).limit(1)
    had = (await db.exec(before)).first()
    return dict(had) if had else told | {_OVERDRAFT: meter.overdraft_limit_minor}
