"""Makes a file of orders for a hand-held: who is meant, what may go, and what is left out and why.

A purchase that goes is from then on one that may have been sent, under its number: the air still tries it, and reads
the meter before it sends anything.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Subquery, Uuid, cast, null
from sqlalchemy import select as sql_select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.fees import FeeControl
from app.domain.handheld import (
    CARRIED,
    LIMIT,
    LONGEST_HOLDER,
    MOST_DAYS,
    MOST_LINES,
    LineState,
    last_moment_of_cut,
)
from app.domain.meter_life import MeterLife
from app.domain.operation import DeviceItemState, OperationKind, Subject
from app.domain.operation_arguments import MOST_MINOR, TripCause
from app.domain.purchase import PurchaseState
from app.domain.rules import CutRules
from app.models import Audit, HandheldFile, HandheldLine, Meter, MeterGroup, Operation, OperationItem, Purchase
from app.ports import Target
from app.services import cutting
from app.services.cutting import Clearance, CutHeld, StaffTrip
from app.services.handhelds import holding
from app.services.late_arrears import Owed, settle_first
from app.services.operations.whom import Whom, devices
from app.services.purchases import ahead_of, forget_number, take_number, waits_for_exchange
from app.services.rulebook import rules
from app.services.targets import load_way
from app.services.tokens import tokens_of
from app.settings import settings

_SAMPLE = 20
_ON_LINE = (PurchaseState.PAID, PurchaseState.SENDING)


class CannotCarry(Exception):
    """A file that cannot be made, written or closed; nothing was changed. `code` says why (`handheld_nobody`, ...).

    `left_out`: where nothing goes, why not, and how often.
    """

    def __init__(self, code: str, left_out: Counter[str] | None = None) -> None:
        super().__init__(code)
        self.code, self.left_out = code, left_out or Counter()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be carried, by whom, until when. `operation_id`: what it did not reach, in place of `whom`.

    `cause`, `reason`: of a cut. `limit_minor`: an overdraft limit.
    """

    kind: OperationKind
    staff_id: UUID
    holder: str
    due_at: datetime
    whom: Whom = field(default_factory=Whom)
    operation_id: UUID | None = None
    cause: str = ""
    reason: str = ""
    limit_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A file as it was made: how many orders go, and how many do not, by why. `sample`: the first ones, each with the
    number of its meter and what keeps it here, if anything does."""

    file: HandheldFile
    going: int
    left_out: Counter[str]
    sample: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Meant:
    """One order that is wished for."""

    meter_id: UUID
    purchase_id: UUID | None = None
    item_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Ruled:
    """What the rules say of it: it goes, until when and under which number, or why it does not."""

    not_after: datetime
    number: int | None = None
    trouble: str = ""


async def make(db: AsyncSession, wish: Wish, now: datetime) -> Made:
    """Make a file with a line for each order, those that do not go with their reason. Raises CannotCarry."""
    operation = await _operation(db, wish)
    file = _draw_up(wish, operation, now)
    meant = await _meant(db, wish, operation, now)
    if not meant:
        raise CannotCarry("handheld_nobody")
    if len(meant) > MOST_LINES:
        raise CannotCarry("handheld_too_many")
    db.add(file)
    await db.flush()
    left_out: Counter[str] = Counter()
    sample = []
    for place, each in enumerate(meant, 1):
        ruled = await _rule(db, file, operation, each, now)
        meter = await db.get_one(Meter, each.meter_id)
        db.add(_line(file, place, each, ruled, meter.address))
        sample.append((meter.number, ruled.trouble))
        await db.flush()  # the next one is judged by what this one is
        left_out.update([ruled.trouble.partition(",")[0]] if ruled.trouble else [])
    file.line_count = len(meant)
    going = len(meant) - left_out.total()
    if not going:
        raise CannotCarry("handheld_nothing_goes", left_out)
    detail: dict[str, str | int | None] = {"kind": file.kind, "items": going, "subject": file.ref, "name": file.holder}
    db.add(Audit(staff_id=wish.staff_id, act="handheld_made", subject_id=file.id, detail=detail, at=now))
    await db.flush()
    return Made(file, going, left_out, tuple(sample[:_SAMPLE]))


async def _operation(db: AsyncSession, wish: Wish) -> Operation | None:
    if wish.operation_id is None:
        return None
    row = await db.get_one(Operation, wish.operation_id)
    if row.kind != wish.kind or wish.kind not in CARRIED:
        raise CannotCarry("handheld_not_carried")
    if wish.kind is OperationKind.SET_LIMITS and set(row.arguments) != {LIMIT}:
        raise CannotCarry("handheld_only_overdraft")
    return row


def _draw_up(wish: Wish, operation: Operation | None, now: datetime) -> HandheldFile:
    """The row of the file; of an operation it takes over what that was told."""
    told = operation.arguments if operation else {}
    limit = told.get(LIMIT, wish.limit_minor)
    file = HandheldFile(
        ref=f"R{token_hex(4)[:7].upper()}",
        kind=wish.kind,
        holder=" ".join(wish.holder.split())[:LONGEST_HOLDER],
        cause=str(told.get("cause") or wish.cause),
        reason=operation.reason if operation else " ".join(wish.reason.split()),
        limit_minor=limit if isinstance(limit, int) and wish.kind is OperationKind.SET_LIMITS else None,
        operation_id=wish.operation_id,
        made_by=wish.staff_id,
        made_at=now,
        due_at=wish.due_at,
    )
    _check(file, now)
    return file


def _check(file: HandheldFile, now: datetime) -> None:
    if file.kind not in CARRIED:
        raise CannotCarry("handheld_not_carried")
    if not file.holder:
        raise CannotCarry("handheld_no_holder")
    if not now < file.due_at <= now + timedelta(days=MOST_DAYS):
        raise CannotCarry("handheld_due")
    if file.kind == OperationKind.TRIP_RELAY and (file.cause not in tuple(TripCause) or not file.reason):
        raise CannotCarry("handheld_no_reason")
    limit_wanted = file.kind == OperationKind.SET_LIMITS
    if limit_wanted and (file.limit_minor is None or not 0 <= file.limit_minor <= MOST_MINOR):
        raise CannotCarry("handheld_no_limit")


async def _meant(db: AsyncSession, wish: Wish, operation: Operation | None, now: datetime) -> list[_Meant]:
    """Who is meant, in the order of the file; one more than a file takes, where there are more."""
    found = _unreached(operation) if operation else _picked(devices(Subject.METER, wish.whom, now).subquery())
    if wish.kind is OperationKind.DOWNLOAD:
        rows = await db.execute(_purchases(found.subquery()).limit(MOST_LINES + 1))
        return [_Meant(meter_id, purchase_id, item_id) for meter_id, purchase_id, item_id in rows]
    return [_Meant(meter_id, None, item_id) for meter_id, item_id in await db.execute(found.limit(MOST_LINES + 1))]


def _unreached(operation: Operation) -> Select[Any, Any]:
    wanted: Select[Any, Any] = sql_select(
        col(OperationItem.meter_id).label("device_id"), col(OperationItem.id).label("item_id")
    )
    found = wanted.where(
        col(OperationItem.operation_id) == operation.id, col(OperationItem.state) == DeviceItemState.UNREACHED
    )
    return found.order_by(col(OperationItem.place))


def _picked(found: Subquery) -> Select[Any, Any]:
    no_item = cast(null(), Uuid).label("item_id")
    return sql_select(found.c.device_id, no_item).order_by(found.c.name, found.c.device_id)


def _purchases(found: Subquery) -> Select[Any, Any, Any]:
    """What is paid and not in the meters: those that were paid first go first."""
    wanted = sql_select(col(Purchase.meter_id), col(Purchase.id), found.c.item_id).join(
        found, found.c.device_id == col(Purchase.meter_id)
    )
    waiting = wanted.where(col(Purchase.state).in_(_ON_LINE))
    return waiting.order_by(col(Purchase.created_at), col(Purchase.id))


async def _rule(
    db: AsyncSession, file: HandheldFile, operation: Operation | None, each: _Meant, now: datetime
) -> _Ruled:
    if await db.get(MeterGroup, each.meter_id) is not None:
        return _Ruled(file.due_at, trouble="terminal_keeps")
    if each.purchase_id is not None:
        return await _send_off(db, each.purchase_id, file.due_at, now)
    if file.kind == OperationKind.TRIP_RELAY:
        try:
            clearance = await clear(db, file, each.meter_id, now)
        except CutHeld as held:
            return _Ruled(file.due_at, trouble=",".join(held.verdict.reasons))
        return _Ruled(await last_moment(db, file, clearance, now))
    return _Ruled(file.due_at)


async def clear(db: AsyncSession, file: HandheldFile, meter_id: UUID, now: datetime) -> Clearance:
    """Leave for one cut of a file to be written into it now. Raises CutHeld."""
    asked_by = f"handheld:{file.ref}"
    if file.cause == TripCause.BALANCE:
        return await cutting.cleared(db, meter_id, asked_by, now)
    operation = await db.get(Operation, file.operation_id) if file.operation_id else None
    forced_by = operation.forced_by if operation else None
    return await cutting.cleared_for_staff(db, meter_id, StaffTrip(file.reason, asked_by, forced_by), now)


async def last_moment(db: AsyncSession, file: HandheldFile, clearance: Clearance, now: datetime) -> datetime:
    """Until when a cut that is cleared now may be carried out."""
    meter = await db.get_one(Meter, clearance.meter_id)
    read_at = meter.balance_read_at if file.cause == TripCause.BALANCE else None
    zone = ZoneInfo(settings().timezone)
    return last_moment_of_cut(await rules(db, CutRules), zone, now, file.due_at, read_at)


async def _send_off(db: AsyncSession, purchase_id: UUID, due_at: datetime, now: datetime) -> _Ruled:
    """Lock a purchase as its jobs do, and mark it as one that may be sent, under its number or as its tokens."""
    await outbox.hold(db, purchase_id)
    purchase, meter, target = await load_way(db, purchase_id, lock=True)
    trouble = await _against(db, purchase, meter, target, now)
    if trouble:
        return _Ruled(due_at, trouble=trouble)
    forget_number(purchase, meter)
    if target.sts is None and purchase.number is None:
        take_number(purchase, meter)
    purchase.state, purchase.sends = PurchaseState.SENDING, purchase.sends + 1
    purchase.sending_since = purchase.sending_since or now
    return _Ruled(due_at, purchase.number)


async def _against(db: AsyncSession, purchase: Purchase, meter: Meter, target: Target, now: datetime) -> str:
    """What keeps a purchase here: the same that keeps it from being sent (`app.services.fulfilment`), and more."""
    if purchase.state not in _ON_LINE:
        return "moved_on"
    if await outbox.in_hands(db, [purchase.id], now):
        return "in_hands"
    if await holding.is_held(db, purchase.id):
        return "already_on_handheld"
    if meter.fee_control == FeeControl.REMOTE or target.group is not None:
        return "not_by_handheld"
    if await ahead_of(db, purchase):
        return "waits_behind"
    if meter.life == MeterLife.REMOVED or waits_for_exchange(purchase, meter):
        return "exchange_under_way"
    if await settle_first(db, purchase, meter, now) is not Owed.NOTHING:
        return "arrears_first"
    if target.sts is not None and not await tokens_of(db, purchase.id):
        return "no_token_yet"
    return ""


def _line(file: HandheldFile, place: int, each: _Meant, ruled: _Ruled, address: str) -> HandheldLine:
    return HandheldLine(
        file_id=file.id,
        place=place,
        code=token_hex(10).upper(),
        meter_id=each.meter_id,
        address=address,
        purchase_id=each.purchase_id,
        item_id=each.item_id,
        number=ruled.number,
        not_after=ruled.not_after,
        state=LineState.LEFT_OUT if ruled.trouble else LineState.OUT,
        trouble=ruled.trouble,
        ended_at=file.made_at if ruled.trouble else None,
    )
