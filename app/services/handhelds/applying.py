"""Makes of each row that came back what it proves: one short transaction a row, whatever dies in between.

A row that has been dealt with bears its finding, so it is dealt with once; and what it says of money goes through the
purchase's own state, so whoever else learns of the same credit, from the air or from another file, credits no more.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.cutting import Against
from app.domain.handheld import (
    CLOCK_SLACK,
    Finding,
    HandheldState,
    LineState,
    Said,
    SaidState,
    believable,
    of_limit,
    of_relay,
)
from app.domain.operation import DeviceItemState, OperationKind
from app.domain.operation_arguments import TripCause
from app.domain.review import ReviewAct, ReviewKind
from app.domain.wallet import BalanceSource
from app.models import HandheldFile, HandheldLine, HandheldReturn, HandheldRow, Meter, OperationItem
from app.services import cutting
from app.services.handhelds import money
from app.services.readings import After, record_balance, record_relay
from app.services.reviews import Evidence, Question, Settled, open_review, settle_open

_ENDS = {
    Finding.DONE: LineState.DONE,
    Finding.DONE_LATE: LineState.DONE,
    Finding.ALREADY: LineState.DONE,
    Finding.REFUSED: LineState.REFUSED,
    Finding.NO_EFFECT: LineState.REFUSED,
    Finding.UNPROVED: LineState.UNPROVED,
    Finding.GONE_OTHERWISE: LineState.UNPROVED,
    Finding.COUNT_SAYS_NO: LineState.UNPROVED,
    Finding.COUNT_CONFUSED: LineState.UNPROVED,
}
_ITEMS = {
    LineState.DONE: DeviceItemState.DONE,
    LineState.REFUSED: DeviceItemState.REFUSED,
    LineState.UNPROVED: DeviceItemState.UNKNOWN,
}
_MONEY_CAME = frozenset({Against.BALANCE_ABOVE, Against.PAYMENT_UNDER_WAY})


async def apply_next(db: AsyncSession, return_id: UUID, now: datetime) -> bool:
    """Deal with the next row of a return; False: there is none left, and the return is done."""
    waiting = select(HandheldRow.row).where(HandheldRow.return_id == return_id, HandheldRow.finding == "")
    number = (await db.exec(waiting.order_by(col(HandheldRow.row)).limit(1))).first()
    if number is None:
        row = await db.get_one(HandheldReturn, return_id, with_for_update=True)
        row.done_at = row.done_at or now
        return False
    line_id = (await db.get_one(HandheldRow, (return_id, number))).line_id
    await _deal_with(db, (return_id, number), await db.get_one(HandheldLine, line_id), now)
    return True


async def _deal_with(db: AsyncSession, key: tuple[UUID, int], seen: HandheldLine, now: datetime) -> None:
    """Lock as the jobs do (notes, purchase, meter), then file, order and row; and give the row its finding."""
    if seen.purchase_id is not None:
        await outbox.hold(db, seen.purchase_id)
    money_of = await money.lock(db, seen)
    file = await db.get_one(HandheldFile, seen.file_id, with_for_update=True, populate_existing=True)
    line = await db.get_one(HandheldLine, seen.id, with_for_update=True, populate_existing=True)
    row = await db.get_one(HandheldRow, key, with_for_update=True, populate_existing=True)
    if row.finding:
        return
    said = _said(row)
    if not believable(said, file.made_at, now):
        row.finding = Finding.BAD_MOMENT
    elif line.state in (LineState.DONE, LineState.REFUSED):
        row.finding = await _again(db, line, said)
    else:
        if money_of is not None:
            row.finding = await money.judge(db, money.Case(file, line, *money_of), said, now)
        else:
            row.finding = await _order(db, file, line, said, now)
        await _end(db, line, Finding(row.finding), said, now)
    await _close(db, file, now)


def _said(row: HandheldRow) -> Said:
    return Said(
        SaidState(row.state or ""),
        row.at,
        row.refusal,
        row.balance_minor,
        row.count,
        row.status_3,
        row.limit_minor,
        row.newest_minor,
    )


async def _order(db: AsyncSession, file: HandheldFile, line: HandheldLine, said: Said, now: datetime) -> Finding:
    """What is no money: relays and limits."""
    kind = OperationKind(file.kind)
    is_limit = kind is OperationKind.SET_LIMITS
    found = of_limit(file.limit_minor or 0, said) if is_limit else of_relay(kind, said)
    await _record(db, file, line, said, found)
    if found is Finding.DONE and said.at is not None and said.at > line.not_after + CLOCK_SLACK:
        found = Finding.DONE_LATE
    if kind is OperationKind.TRIP_RELAY and found in (Finding.DONE, Finding.DONE_LATE, Finding.UNPROVED):
        await _look_at_cut(db, file, line, found, now)
    return found


async def _again(db: AsyncSession, line: HandheldLine, said: Said) -> Finding:
    """A row about an order that has ended: the same news again, or other news, which only a person can weigh."""
    if said.state in (SaidState.NOT_TRIED, SaidState.NO_ANSWER):
        return Finding.REPEATED  # from before it was done
    told = LineState.DONE if said.state is SaidState.DONE else LineState.REFUSED
    earlier = select(HandheldRow).where(HandheldRow.line_id == line.id, HandheldRow.finding != "")
    same = [each for each in await db.exec(earlier) if _said(each) == said]
    return Finding.REPEATED if same or told == line.state else Finding.ENDED_OTHERWISE


async def _record(db: AsyncSession, file: HandheldFile, line: HandheldLine, said: Said, found: Finding) -> None:
    """Whatever the meter said of itself is a reading of that moment."""
    if said.at is None:
        return
    meter = await db.get_one(Meter, line.meter_id, with_for_update=LOCK)
    if said.balance_minor is not None:
        await record_balance(db, meter, said.balance_minor, BalanceSource.READBACK, said.at)
    if said.relay is not None:
        await record_relay(db, meter, said.relay, After(f"handheld_{file.kind}"), said.at)
    if found is Finding.DONE and said.limit_minor is not None and file.kind == OperationKind.SET_LIMITS:
        meter.overdraft_limit_minor = said.limit_minor


async def _look_at_cut(db: AsyncSession, file: HandheldFile, line: HandheldLine, found: Finding, now: datetime) -> None:
    """A cut that came too late, or that money has come for since: the home in the dark for it is somebody's case."""
    against: tuple[Against, ...] = ()
    if file.cause == TripCause.BALANCE:
        against = (await cutting.may_cut(db, line.meter_id, f"handheld:{file.ref}", now)).reasons
    if found is not Finding.DONE_LATE and _MONEY_CAME.isdisjoint(against):
        return
    why = "cut_late" if found is Finding.DONE_LATE else "cut_and_paid"
    evidence: Evidence = {"reason": why, "file": file.ref, "holder": file.holder}
    await open_review(db, Question(ReviewKind.HANDHELD, line.id, evidence, meter_id=line.meter_id), now)


async def _end(db: AsyncSession, line: HandheldLine, found: Finding, said: Said, now: datetime) -> None:
    """End the order where its row ends it, and with it the item that it was carried for."""
    line.trouble = f"meter_said_no:{said.refusal}" if said.refusal else "" if found is Finding.DONE else found.value
    if found not in _ENDS:
        return
    line.state, line.ended_at = _ENDS[found], now
    if line.item_id is None:
        return
    item = await db.get_one(OperationItem, line.item_id, with_for_update=True)
    if item.state in (DeviceItemState.UNREACHED, DeviceItemState.UNKNOWN):
        item.state, item.code, item.ended_at = _ITEMS[line.state], "by_handheld", said.at or now
        item.maybe_done = line.state is LineState.UNPROVED


async def _close(db: AsyncSession, file: HandheldFile, now: datetime) -> None:
    """A file of which nothing is out any more is closed, and what was asked about it has answered itself."""
    await db.flush()
    out = select(HandheldLine.id).where(HandheldLine.file_id == file.id, HandheldLine.state == LineState.OUT)
    if file.state == HandheldState.OUT and (await db.exec(out.limit(1))).first() is None:
        await close(db, file, now)


async def close(db: AsyncSession, file: HandheldFile, now: datetime, staff_id: UUID | None = None) -> None:
    """Close a locked file."""
    file.state, file.closed_at, file.closed_by = HandheldState.CLOSED, now, staff_id
    await settle_open(db, file.id, Settled(ReviewAct.NOTE, now), [ReviewKind.HANDHELD])
