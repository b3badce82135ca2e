"""Levels for many accounts: drafted in slices, looked at, then applied as drafted, or refused as stale (SPEC B-6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.level_change import PREVIEW_LASTS, ChangeKind, ChangeState, Kept
from app.models import Audit, LevelChange, LevelChangeItem
from app.outbox import Job, Taken
from app.services import alarm_sweep
from app.services.alarm_levels import policies
from app.services.levels.draft import PRINT, SLICE, draft_slice
from app.services.levels.wish import ChangeWish, as_json, from_json


class ChangeError(ValueError):
    """Why a change cannot go on. `code`: preview_stale, preview_unfinished, nothing_changes."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def begin(db: AsyncSession, wish: ChangeWish, staff_id: UUID | None, now: datetime) -> LevelChange:
    """Draft the first slice at once, so that a small change can be looked at at once; a job drafts the rest."""
    row = LevelChange(id=uuid4(), kind=wish.kind, wanted=as_json(wish), staff_id=staff_id, made_at=now)
    row.policies = await _policies_print(db)
    db.add(row)
    await db.flush()
    if not await _drafted(db, row, wish, now):
        await outbox.promise(db, Job.STEP_LEVELS, row.id, now)
    return row


async def _drafted(db: AsyncSession, row: LevelChange, wish: ChangeWish, now: datetime) -> bool:
    if await draft_slice(db, row, wish, now) == SLICE:
        return False
    row.state, row.cursor = ChangeState.DRAFTED, None
    return True


async def _policies_print(db: AsyncSession) -> str:
    return sha256(repr(await policies(db)).encode()).hexdigest()


async def apply(db: AsyncSession, change_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Let a drafted change begin to hold, exactly as it was looked at. Raises ChangeError."""
    row = await db.get_one(LevelChange, change_id, with_for_update=True)
    if row.state != ChangeState.DRAFTED:
        raise ChangeError("preview_unfinished")
    if (await count(db, change_id)).changed == 0:
        raise ChangeError("nothing_changes")
    if await _is_stale(db, row, now):
        raise ChangeError("preview_stale")
    row.state, row.applied_at = ChangeState.APPLYING, now
    detail: dict[str, str | int | None] = {"change": str(row.id), "kind": row.kind}
    db.add(Audit(staff_id=staff_id, act="levels_applied", subject_id=row.id, detail=detail, at=now))
    await outbox.promise(db, Job.STEP_LEVELS, row.id, now)


_MOVED_ON = text(
    f"""
    select exists (select from level_change_item item join account on account.id = item.account_id
                   where item.change_id = :id and item.kept = '' and item.before <> {PRINT})
    """  # noqa: S608  (fixed words)
)


async def _is_stale(db: AsyncSession, row: LevelChange, now: datetime) -> bool:
    if now - row.made_at > PREVIEW_LASTS or row.policies != await _policies_print(db):
        return True
    return bool((await db.execute(_MOVED_ON, {"id": row.id})).scalar_one())


async def stop(db: AsyncSession, change_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Go no further: a draft is given up; of one that is being applied the rest is left as it was."""
    row = await db.get_one(LevelChange, change_id, with_for_update=True)
    if row.state in (ChangeState.APPLIED, ChangeState.STOPPED):
        return
    row.state, row.ended_at = ChangeState.STOPPED, now
    db.add(Audit(staff_id=staff_id, act="levels_stopped", subject_id=row.id, detail={"change": str(row.id)}, at=now))


async def step(db: AsyncSession, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    """Draft or apply the next slice, and put the note back until nothing is left. May be killed and run twice."""
    row = await db.get_one(LevelChange, note.subject_id, with_for_update=True)
    wish = from_json(row.wanted)
    if row.state == ChangeState.DRAFTING:
        done = await _drafted(db, row, wish, now)
    elif row.state == ChangeState.APPLYING:
        done = await _applied(db, row, wish, zone, now)
    else:
        done = True
    if done:
        await outbox.keep(db, note, now)
    else:
        await outbox.put_back(db, note, now, "goes on")


_NEXT = text(
    f"""
    select item.id, item.account_id, item.set_values, item.before = {PRINT} as as_drafted
    from level_change_item item join account on account.id = item.account_id
    where item.change_id = :id and item.kept = '' and item.applied_at is null
    order by item.account_id limit :most for update of account
    """  # noqa: S608  (fixed words)
)


@dataclass(frozen=True, slots=True)
class _Due:
    """An item that is applied now."""

    id: UUID
    account_id: UUID
    values: list[int]


async def _applied(db: AsyncSession, row: LevelChange, wish: ChangeWish, zone: ZoneInfo, now: datetime) -> bool:
    found = (await db.execute(_NEXT, {"id": row.id, "most": SLICE})).all()
    due = [_Due(each.id, each.account_id, each.set_values) for each in found if each.as_drafted]
    moved_on = [each.id for each in found if not each.as_drafted]
    await db.execute(_KEEP, {"ids": moved_on, "kept": Kept.CHANGED.value})
    await _set(db, wish, due)
    await db.execute(_DONE, {"ids": [each.id for each in due], "now": now})
    meters = (await db.execute(_METERS, {"ids": [each.account_id for each in due]})).scalars().all()
    await alarm_sweep.judge(db, meters, zone, now)
    if len(found) < SLICE:
        row.state, row.ended_at = ChangeState.APPLIED, now
    return len(found) < SLICE


_KEEP = text("update level_change_item set kept = :kept where id = any(cast(:ids as uuid[]))")
_DONE = text("update level_change_item set applied_at = :now where id = any(cast(:ids as uuid[]))")
_METERS = text("select id from meter where account_id = any(cast(:ids as uuid[])) order by id")
_OWN_GO = text("delete from account_level where account_id = any(cast(:ids as uuid[]))")
_POLICY = text("update account set alarm_policy_id = :policy where id = any(cast(:ids as uuid[]))")
_LEVEL = text(
    """
    insert into account_level (id, account_id, depth, unit, value, "on")
    select gen_random_uuid(), each.account_id, :depth, cast(:unit as text), each.value, :on
    from unnest(cast(:ids as uuid[]), cast(:values as bigint[])) as each (account_id, value)
    on conflict (account_id, depth) do update set unit = excluded.unit, value = excluded.value, "on" = excluded."on"
    """
)


async def _set(db: AsyncSession, wish: ChangeWish, due: Sequence[_Due]) -> None:
    ids = [each.account_id for each in due]
    if wish.kind is ChangeKind.POLICY:
        await db.execute(_OWN_GO, {"ids": ids})
        await db.execute(_POLICY, {"ids": ids, "policy": wish.policy_id})
        return
    for place, level in enumerate(wish.levels):
        unit = "money" if wish.kind is ChangeKind.USE else level.unit.value
        values = [each.values[place] for each in due]
        await db.execute(_LEVEL, {"ids": ids, "values": values, "depth": level.depth, "unit": unit, "on": level.on})


@dataclass(frozen=True, slots=True)
class Counts:
    """What a change comes to. `raised`: meters that would be in a deeper alarm at once."""

    total: int
    changed: int
    applied: int
    raised: int
    no_data: int
    same: int
    moved_on: int


async def count(db: AsyncSession, change_id: UUID) -> Counts:
    """Count its items."""
    kept, depth = col(LevelChangeItem.kept), col(LevelChangeItem.depth_after)
    one = func.count()
    counted = select(
        one,
        one.filter(kept == ""),
        one.filter(col(LevelChangeItem.applied_at).is_not(None)),
        one.filter(depth > col(LevelChangeItem.depth_before)),
    ).where(LevelChangeItem.change_id == change_id)
    numbers = (await db.exec(counted)).one()
    why = select(kept, one).where(LevelChangeItem.change_id == change_id).group_by(kept)
    by_reason: dict[str, int] = dict((await db.exec(why)).all())
    return Counts(*numbers, *(by_reason.get(each.value, 0) for each in (Kept.NO_DATA, Kept.SAME, Kept.CHANGED)))
