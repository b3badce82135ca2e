"""Opens and closes alarm episodes on the edges of a balance (SPEC N-1, N-2)."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import add_once
from app.domain import alarm
from app.domain.alarm import AlarmLevel, AlertUnit, Thresholds, Wish
from app.domain.wallet import ReadingKind
from app.models import Alarm, AlertRule, Meter, Reading
from app.outbox import Job


async def thresholds(db: AsyncSession, meter: Meter) -> Thresholds:
    """The levels a meter is watched at: what its holders chose, else the utility's."""
    rule = await rule_of(db, meter.id)
    wish = Wish(AlertUnit(rule.unit), rule.first, rule.second) if rule else None
    return alarm.wished(wish, Thresholds(meter.alarm_a_minor, meter.alarm_b_minor), meter.daily_use_minor)


async def rule_of(db: AsyncSession, meter_id: UUID) -> AlertRule | None:
    """What the holders of a meter chose; None: nothing."""
    return (await db.exec(select(AlertRule).where(AlertRule.meter_id == meter_id))).first()


async def judge_anew(db: AsyncSession, meter: Meter) -> None:
    """The levels of a locked meter have moved: hold its newest balance against them."""
    newest = select(Reading).where(Reading.meter_id == meter.id, Reading.kind == ReadingKind.BALANCE)
    reading = (await db.exec(newest.order_by(col(Reading.read_at).desc()).limit(1))).first()
    if reading is not None:
        await follow(db, meter, reading)


async def follow(db: AsyncSession, meter: Meter, reading: Reading) -> None:
    """Move the alarm level of a locked meter after `reading`; an edge opens or closes episodes, all else is silence."""
    before = AlarmLevel(meter.alarm_level)
    after = alarm.step(before, reading.value, await thresholds(db, meter))
    meter.alarm_level = after
    await _close(db, meter, alarm.cleared(before, after), reading.read_at)
    level = alarm.raised(before, after)
    if level is not None:
        await _open(db, meter, level, reading)


async def _close(db: AsyncSession, meter: Meter, levels: tuple[AlarmLevel, ...], at: datetime) -> None:
    if not levels:
        return
    await db.execute(
        update(Alarm)
        .where(col(Alarm.meter_id) == meter.id, col(Alarm.level).in_(levels), col(Alarm.closed_at).is_(None))
        .values(closed_at=at)
    )


async def _open(db: AsyncSession, meter: Meter, level: AlarmLevel, reading: Reading) -> None:
    episode = Alarm(
        id=uuid4(),
        meter_id=meter.id,
        level=level,
        opened_at=reading.read_at,
        reading_id=reading.id,
        balance_minor=reading.value,
    )
    if await add_once(db, episode):
        await outbox.promise(db, Job.ANNOUNCE_ALARM, episode.id, reading.read_at)
