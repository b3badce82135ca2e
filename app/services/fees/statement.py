"""What came into a meter's fund and what was taken from it, line by line, with what was left (SPEC L-8, B-7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK
from app.domain.fees import FeeControl
from app.domain.ledger import BookingKind, fund_of
from app.models import Audit, Fund, Meter
from app.services.fees.holding import follow, held_minor, open_fund_of

LINES = 400
MOST = 20_000
MOST_LIMIT_MINOR = 99_999_999


@dataclass(frozen=True, slots=True)
class Line:
    """One booking. `amount_minor`: what came, or below zero what was taken. `ref`: the purchase that brought it.

    `first`, `last`, `energy_wh`, `parts`: of a charge.
    """

    at: datetime
    kind: BookingKind
    amount_minor: int
    balance_minor: int
    ref: str | None = None
    first: date | None = None
    last: date | None = None
    energy_wh: int | None = None
    parts: Sequence[dict[str, int]] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A meter, what is held for it, and the newest lines first. `fund` None: it holds its money itself now."""

    meter: Meter
    fund: Fund | None
    held_minor: int
    lines: Sequence[Line]


_LINES = text(
    """
    select * from (
        select booking.booked_at, booking.kind, -entry.amount_minor as amount, purchase.ref,
               charge.first, charge.last, charge.energy_wh, charge.parts,
               sum(-entry.amount_minor) over in_order as balance, booking.id
        from ledger_entry as entry join booking on booking.id = entry.booking_id
        left join fee_charge as charge on charge.id = booking.subject_id and booking.kind = 'charge'
        left join purchase on purchase.id = booking.subject_id
        where entry.ledger_account = :account
        window in_order as (order by booking.booked_at, charge.last nulls first, booking.id)
    ) as line order by booked_at desc, last desc nulls last, id desc limit :most
    """
)


async def lines_of(db: AsyncSession, meter_id: UUID, most: int = LINES) -> list[Line]:
    """The newest lines of a meter's fund, of all its terms of remote fee control."""
    rows = await db.execute(_LINES, {"account": fund_of(meter_id), "most": most})
    return [
        Line(
            at=row.booked_at,
            kind=BookingKind(row.kind),
            amount_minor=int(row.amount),
            balance_minor=int(row.balance),
            ref=row.ref,
            first=row.first,
            last=row.last,
            energy_wh=row.energy_wh,
            parts=row.parts or (),
        )
        for row in rows
    ]


async def statement_of(db: AsyncSession, meter: Meter) -> Statement:
    """What is held for a meter, and how it came to that."""
    fund = await open_fund_of(db, meter.id)
    return Statement(meter, fund, await held_minor(db, meter.id), await lines_of(db, meter.id))


@dataclass(frozen=True, slots=True)
class Limits:
    """How far below zero a meter may run before it is cut, and what must be exceeded before it is closed again."""

    overdraft_minor: int
    reclose_minor: int

    def __post_init__(self) -> None:
        """Raise ValueError with the name of the field that cannot hold."""
        for name in ("overdraft_minor", "reclose_minor"):
            if not 0 <= getattr(self, name) <= MOST_LIMIT_MINOR:
                raise ValueError(name)


async def set_limits(db: AsyncSession, meter_id: UUID, limits: Limits, staff_id: UUID, now: datetime) -> bool:
    """Set the limits of a meter whose money the ledger holds; False where the meter holds it itself."""
    meter = await db.get_one(Meter, meter_id, with_for_update=LOCK)
    if meter.fee_control != FeeControl.REMOTE:
        return False
    detail: dict[str, str | int | None] = {
        "meter": meter.number,
        "overdraft_before_minor": meter.overdraft_limit_minor,
        "overdraft_minor": limits.overdraft_minor,
        "reclose_before_minor": meter.reclose_limit_minor,
        "reclose_minor": limits.reclose_minor,
    }
    meter.overdraft_limit_minor, meter.reclose_limit_minor = limits.overdraft_minor, limits.reclose_minor
    db.add(Audit(staff_id=staff_id, act="own_limits_changed", subject_id=meter.id, detail=detail, at=now))
    await follow(db, [meter.id], now)
    return True
