"""One item of an operation: a short transaction, then the wire, then a short transaction."""

from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.download import back_off
from app.domain.fees import FeeControl
from app.domain.operation import (
    ENDED,
    TRAITS,
    DeviceItemState,
    Ending,
    OperationKind,
    OperationState,
    Subject,
    after_try,
)
from app.domain.operation_arguments import DOWN_TO, TripCause
from app.domain.relay import ClosePolicy
from app.domain.relay_rules import against_closing
from app.models import Concentrator, Meter, Operation, OperationItem
from app.outbox import Job, Taken
from app.ports import ConcentratorAddress, Place, Priority
from app.services import cutting, exchanges
from app.services.cutting import Clearance, CutHeld, StaffTrip
from app.services.fees import earlier, switching
from app.services.operations import archive, downloads, fetching, ordering, pacing, results, setting
from app.services.operations.ordering import NotOffered
from app.services.operations.wire import Answer, Errand, ToMeter, ToTerminal, may_have_changed
from app.services.targets import load_target
from app.terminal_words import GDW1376

_NOT_SENT = frozenset({"clearance_expired"})  # refused by ourselves, right before the wire
_FOLLOWED = {OperationKind.DOWNLOAD: downloads.follow, OperationKind.COLLECT_EVENTS: fetching.follow}


class _Moved(Exception):
    """Another concentrator leads to the meter by now."""

    def __init__(self, route_id: UUID) -> None:
        super().__init__(route_id)
        self.route_id = route_id


class _LeftOut(Exception):
    """A rule of ours forbids it; nothing is sent."""

    def __init__(self, code: str, *more: str) -> None:
        super().__init__(code)
        self.code, self.more = code, more


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Errand | None:
    """Take the note, ask the rules, and note that the device may be changed from here on. None: nothing to do."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    item = await db.get_one(OperationItem, note.subject_id, with_for_update=True)
    row = await db.get_one(Operation, item.operation_id)
    if item.state in ENDED or (row.state == OperationState.STOPPED and not item.maybe_done):
        if item.state not in ENDED:
            _end(item, DeviceItemState.STOPPED, "stopped", now)
        await outbox.keep(db, note, now)
        return None
    follow = _FOLLOWED.get(OperationKind(row.kind))
    if follow is not None:
        last = await follow(db, note, item, now)
        if last is not None:
            _end(item, last, item.code, now)
            await outbox.keep(db, note, now)
            await _hurry(db, row, now)
        return None
    try:
        aim = await _aim(db, row, item, now)
    except _LeftOut as held:
        _end(item, DeviceItemState.LEFT_OUT, held.code, now)
        item.values = {"against": ",".join((held.code, *held.more))} if held.more else {}
        await outbox.keep(db, note, now)
        await _hurry(db, row, now)
        return None
    except _Moved as moved:
        item.state, item.route_id = DeviceItemState.WAITING, moved.route_id
        await outbox.keep(db, note, now)
        return None
    return _leave(note, row, item, aim, now)


def _leave(note: Taken, row: Operation, item: OperationItem, aim: ToMeter | ToTerminal, now: datetime) -> Errand:
    kind = OperationKind(row.kind)
    errand = Errand(note, kind, aim, now, maybe_before=item.maybe_done)
    item.tries += 1
    item.maybe_done = item.maybe_done or TRAITS[kind].changes  # whoever dies from here on may have changed it
    return errand


async def _aim(db: AsyncSession, row: Operation, item: OperationItem, now: datetime) -> ToMeter | ToTerminal:
    kind = OperationKind(row.kind)
    try:
        if TRAITS[kind].subject is Subject.CONCENTRATOR:
            return await _at_terminal(db, row, item, kind)
        return await _at_meter(db, row, item, kind, now)
    except NotOffered:
        raise _LeftOut("not_offered") from None
    except setting.NoKey:
        raise _LeftOut("no_supply_group") from None
    except archive.NothingToDo as nothing:
        raise _LeftOut(str(nothing)) from None


async def _at_terminal(db: AsyncSession, row: Operation, item: OperationItem, kind: OperationKind) -> ToTerminal:
    concentrator = await db.get_one(Concentrator, item.route_id)
    if concentrator.driver != GDW1376:
        raise NotOffered
    address = ConcentratorAddress(concentrator.region, concentrator.terminal)
    order = await archive.order(db, kind, row.arguments, concentrator) or ordering.terminal_order(kind, row.arguments)
    return ToTerminal(
        Place(address, _priority(row, kind), concentrator.driver), order, row.arguments.get("which") == "missing"
    )


async def _at_meter(
    db: AsyncSession, row: Operation, item: OperationItem, kind: OperationKind, now: datetime
) -> ToMeter:
    meter = await db.get_one(Meter, item.meter_id)
    if meter.concentrator_id != item.route_id:
        raise _Moved(meter.concentrator_id)
    wanted = setting.request(kind, row.arguments, item.id, meter, now) if kind in setting.KINDS else None
    order = ordering.meter_order(kind, row.arguments) if wanted is None else None
    held = against_closing(kind, ClosePolicy(meter.relay_policy), forced=row.forced_by is not None)
    if held is not None:
        raise _LeftOut(held)
    clearance = await _clearance(db, row, meter, now) if kind is OperationKind.TRIP_RELAY else None
    days_ago = await _may_switch(db, row, meter, now) if kind is OperationKind.SWITCH_FEE_CONTROL else 0
    if kind is OperationKind.SET_LIMITS and meter.fee_control == FeeControl.REMOTE:
        raise _LeftOut("limits_are_ours")
    target = await load_target(db, meter.id, priority=_priority(row, kind))
    down_to = row.arguments.get(DOWN_TO)
    look = ordering.look_for(kind, order)
    return ToMeter(target, order, clearance, look, wanted, down_to if isinstance(down_to, int) else 0, days_ago)


async def _may_switch(db: AsyncSession, row: Operation, meter: Meter, now: datetime) -> int:
    """The frozen day that is read for the steps of its prices, as days back; 0: none."""
    to = FeeControl(str(row.arguments["fee_control"]))
    barred = await switching.bar(db, meter, to)
    if barred is not None:
        raise _LeftOut(barred)
    return await earlier.days_ago(db, meter, now) if to is FeeControl.REMOTE else 0


def _priority(row: Operation, kind: OperationKind) -> Priority:
    if TRAITS[kind].restores:
        return Priority.RESTORE
    return Priority.ASKED if row.item_count <= pacing.SMALL else Priority.ROUTINE


async def _clearance(db: AsyncSession, row: Operation, meter: Meter, now: datetime) -> Clearance:
    """Leave to cut this meter now: asked for at each try, because money may have come since."""
    asked_by = f"operation:{row.id}"
    try:
        if row.arguments.get("cause") == TripCause.BALANCE:
            return await cutting.cleared(db, meter.id, asked_by, now)
        return await cutting.cleared_for_staff(db, meter.id, StaffTrip(row.reason, asked_by, row.forced_by), now)
    except CutHeld as held:
        first, *more = held.verdict.reasons
        raise _LeftOut(first, *more) from None


async def conclude(db: AsyncSession, errand: Errand, answer: Answer, now: datetime) -> None:
    """Record what a try taught us, unless somebody else has taken the note since."""
    if answer.ending is Ending.REFUSED and answer.code in _NOT_SENT:
        answer.ending = Ending.UNREACHABLE
    tries = await _tries(db, errand)
    maybe_done = may_have_changed(errand, answer)
    last = after_try(answer.ending, tries, maybe_done=maybe_done)
    if last is None:
        why = f"{answer.ending}: {answer.code}"
        mine = await outbox.postpone(db, errand.note, now + back_off(tries), why)
    else:
        mine = await outbox.keep(db, errand.note, now)
    if not mine:
        return
    item = await db.get_one(OperationItem, errand.note.subject_id, with_for_update=True)
    row = await db.get_one(Operation, item.operation_id)
    item.maybe_done = maybe_done
    about = exchanges.About(f"operate_{errand.kind}", item.meter_id, None, item.concentrator_id, item.id)
    await exchanges.store(db, answer.frames, about)
    item.code = answer.code
    if answer.said is not None:
        item.values = results.values(answer.said)
        await results.record(db, row, item, results.Heard(answer.said, errand.begun_at, now))
        switches = errand.kind is OperationKind.SWITCH_FEE_CONTROL
        barred = await _switch(db, row, item, errand.begun_at, now) if switches else None
        if barred is not None:
            last, answer.code = DeviceItemState.LEFT_OUT, barred
    if answer.issued and item.meter_id is not None:
        await setting.follow(db, item.meter_id, answer.issued, done=last is DeviceItemState.DONE)
    if last is not None:
        _end(item, last, answer.code, now)
        await _hurry(db, row, now)


async def _switch(
    db: AsyncSession, row: Operation, item: OperationItem, begun_at: datetime, now: datetime
) -> str | None:
    """Switch a meter by what it said; return why it was not. What it said stays on the item."""
    meter, to = await db.get_one(Meter, item.meter_id, with_for_update=LOCK), str(row.arguments["fee_control"])
    return await switching.switch(db, meter, FeeControl(to), switching.Told(item.values, begun_at), now)


async def _tries(db: AsyncSession, errand: Errand) -> int:
    wanted = select(OperationItem.tries).where(OperationItem.id == errand.note.subject_id)
    return (await db.exec(wanted)).one()


def _end(item: OperationItem, state: DeviceItemState, code: str, now: datetime) -> None:
    item.state, item.code, item.ended_at = state, code, now


async def _hurry(db: AsyncSession, row: Operation, now: datetime) -> None:
    """Of a small operation somebody waits for the end: its next step finds it."""
    if row.item_count <= pacing.SMALL:
        await outbox.hurry(db, row.id, Job.STEP_OPERATION, now)
