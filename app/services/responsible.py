"""Tells events to whoever is responsible, step by step, until somebody has them in hand (SPEC N-7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.device_event import URGENT, WINDOW, next_step, window_end
from app.domain.notice import MessageKind
from app.domain.review import ReviewKind
from app.domain.rules import DeviceRules
from app.models import (
    AlarmScheme,
    Audit,
    Concentrator,
    DeviceAlarm,
    DeviceEvent,
    Message,
    ResponsiblePerson,
    SchemeEvent,
    SchemePerson,
)
from app.models.account import ChannelName
from app.outbox import Job, Taken
from app.services import plans, rulebook
from app.services.plans import News, Reader
from app.services.reviews import Question, open_review

LONGEST_REMARK = 200


@dataclass(frozen=True, slots=True)
class InHand:
    """Who takes an alarm in hand: a responsible person, or somebody of the staff with a remark."""

    person_id: UUID | None = None
    staff_id: UUID | None = None
    remark: str = ""


async def open_alarm(db: AsyncSession, event: DeviceEvent, now: datetime) -> None:
    """A new event: tell the first step of its concentrator's scheme at once, and the meter's people if it says so."""
    told = await _told_by_scheme(db, event)
    if told is None:
        return
    alarm = DeviceAlarm(id=uuid4(), event_id=event.id, scheme_id=told.scheme_id, opened_at=now)
    db.add(alarm)
    await db.flush()
    await tell_next(db, alarm, event, now)
    if told.to_residents and event.meter_id is not None:
        news = News(MessageKind.METER_EVENT, event.id, event.meter_id, str(event.id))
        await plans.tell_account(db, news, now)


async def _told_by_scheme(db: AsyncSession, event: DeviceEvent) -> SchemeEvent | None:
    rows = select(SchemeEvent).join(AlarmScheme, col(AlarmScheme.id) == col(SchemeEvent.scheme_id))
    theirs = rows.join(Concentrator, col(Concentrator.alarm_scheme_id) == col(AlarmScheme.id))
    return (
        await db.exec(theirs.where(Concentrator.id == event.concentrator_id, SchemeEvent.kind == event.kind))
    ).first()


async def tell_next(db: AsyncSession, alarm: DeviceAlarm, event: DeviceEvent, now: datetime) -> None:
    """Tell those whose turn it is, and promise to ask again; nobody left: it is a question for staff."""
    people = await _people_of(db, alarm.scheme_id)
    step = next_step((place for place, _ in people), alarm.step)
    if step is None:
        question = Question(ReviewKind.DEVICE_UNANSWERED, alarm.id, await _evidence(db, event), meter_id=event.meter_id)
        await open_review(db, question, now)
        return
    for place, person in people:
        if place == step:
            await _tell(db, person, event, now)
    alarm.step = step
    rows = select(SchemeEvent.escalates_after_min).where(SchemeEvent.scheme_id == alarm.scheme_id)
    minutes = (await db.exec(rows.where(SchemeEvent.kind == event.kind))).first() or 30
    await outbox.promise(db, Job.ESCALATE_ALARM, alarm.id, now + timedelta(minutes=minutes))


async def escalate(db: AsyncSession, note: Taken, now: datetime) -> None:
    """Nobody has said "in hand" in time: the next step. One that is in hand, or over, rests."""
    alarm = await db.get_one(DeviceAlarm, note.subject_id, with_for_update=True)
    if not await outbox.keep(db, note, now):
        return
    event = await db.get_one(DeviceEvent, alarm.event_id)
    if alarm.acknowledged_at is None and event.ended_at is None:
        await tell_next(db, alarm, event, now)


async def tell_end(db: AsyncSession, event: DeviceEvent, now: datetime) -> None:
    """Whoever was told of an event hears that it is over."""
    alarm = (await db.exec(select(DeviceAlarm).where(DeviceAlarm.event_id == event.id).with_for_update())).first()
    if alarm is None:
        return
    for step, person in await _people_of(db, alarm.scheme_id):
        if step <= alarm.step:
            await _tell(db, person, event, now, over=True)


async def _people_of(db: AsyncSession, scheme_id: UUID) -> Sequence[tuple[int, ResponsiblePerson]]:
    rows = select(SchemePerson.step, ResponsiblePerson).join(
        ResponsiblePerson, col(ResponsiblePerson.id) == col(SchemePerson.person_id)
    )
    working = rows.where(SchemePerson.scheme_id == scheme_id, col(ResponsiblePerson.left_at).is_(None))
    return [(step, person) for step, person in await db.exec(working.order_by(col(SchemePerson.step)))]


async def _tell(
    db: AsyncSession, person: ResponsiblePerson, event: DeviceEvent, now: datetime, *, over: bool = False
) -> None:
    """Singly, up to the rules' most; what comes on top is one message at the end of its quarter of an hour."""
    most = (await rulebook.rules(db, DeviceRules)).most_single
    for reader in _readers(person, urgent=event.kind in URGENT):
        if await _told_lately(db, reader.address, now) < most:
            once = f"{event.id}:over" if over else str(event.id)
            news = News(MessageKind.DEVICE_EVENT, event.id, event.meter_id, once)
        else:
            until = window_end(now)
            news = News(MessageKind.DEVICE_EVENT, person.id, None, f"together:{until.isoformat()}", not_before=until)
        await plans.tell_address(db, news, reader, now)


def _readers(person: ResponsiblePerson, *, urgent: bool) -> list[Reader]:
    hours = (None, None) if urgent else (person.quiet_from, person.quiet_to)
    ways = ((ChannelName.SMS, person.phone), (ChannelName.EMAIL, person.email))
    return [Reader(channel, address, person.locale, *hours) for channel, address in ways if address]


async def _told_lately(db: AsyncSession, address: str, now: datetime) -> int:
    told = select(func.count()).select_from(Message).where(Message.kind == MessageKind.DEVICE_EVENT)
    lately = told.where(Message.address == address, col(Message.created_at) > now - WINDOW)
    return (await db.exec(lately)).one()


async def _evidence(db: AsyncSession, event: DeviceEvent) -> dict[str, str | int | None]:
    place = await db.get_one(Concentrator, event.concentrator_id)
    return {"event": event.kind, "concentrator": place.name, "detail": event.detail or None}


async def acknowledge(db: AsyncSession, alarm_id: UUID, by: InHand, now: datetime) -> bool:
    """Somebody has it in hand: nobody further is told. False if it was in hand already, or is none."""
    alarm = await db.get(DeviceAlarm, alarm_id, with_for_update=True)
    if alarm is None or alarm.acknowledged_at is not None:
        return False
    alarm.acknowledged_at, alarm.acknowledged_by, alarm.staff_id = now, by.person_id, by.staff_id
    alarm.remark = " ".join(by.remark.split())[:LONGEST_REMARK]
    if by.staff_id is not None:
        db.add(Audit(staff_id=by.staff_id, act="alarm_acknowledged", subject_id=alarm.event_id, at=now))
    return True


async def open_alarms(db: AsyncSession, person_id: UUID) -> list[tuple[DeviceAlarm, DeviceEvent]]:
    """What somebody was told that is neither in hand nor over, the newest first."""
    rows = select(DeviceAlarm, DeviceEvent).join(DeviceEvent, col(DeviceEvent.id) == col(DeviceAlarm.event_id))
    theirs = rows.join(SchemePerson, col(SchemePerson.scheme_id) == col(DeviceAlarm.scheme_id))
    told = theirs.where(SchemePerson.person_id == person_id, col(SchemePerson.step) <= col(DeviceAlarm.step))
    unsettled = told.where(col(DeviceAlarm.acknowledged_at).is_(None), col(DeviceEvent.ended_at).is_(None))
    return [(alarm, event) for alarm, event in await db.exec(unsettled.order_by(col(DeviceEvent.at).desc()))]


async def person_of(db: AsyncSession, address: str) -> ResponsiblePerson | None:
    """Who is reached under a number or mail address; the first by name where several share it."""
    rows = select(ResponsiblePerson).where(col(ResponsiblePerson.left_at).is_(None))
    theirs = rows.where(or_(ResponsiblePerson.phone == address, ResponsiblePerson.email == address))
    return (await db.exec(theirs.order_by(col(ResponsiblePerson.name)).limit(1))).first()


async def acknowledge_by_text(db: AsyncSession, phone: str, now: datetime) -> int | None:
    """A text from this number says "in hand": everything that its owner was told of. Return how many alarms it was;
    None: nobody responsible has this number.
    """
    person = await person_of(db, phone)
    if person is None:
        return None
    waiting = await open_alarms(db, person.id)
    return sum([await acknowledge(db, alarm.id, InHand(person.id), now) for alarm, _ in waiting])


async def is_gathered(db: AsyncSession, message_id: UUID) -> bool:
    """Did a message tell everything that waited for one person, of which by now nothing may be left?"""
    message = await db.get(Message, message_id)
    if message is None or message.kind != MessageKind.DEVICE_EVENT:
        return False
    person = await db.get(ResponsiblePerson, message.cause_id)
    return person is not None and person.left_at is None


async def alarms_of_message(db: AsyncSession, message_id: UUID) -> tuple[UUID | None, list[DeviceAlarm]]:
    """Who is told by a message, and of which alarms: of one event, or of all that wait for them.

    None, and nothing, where nobody responsible is reached under its address any more: who has left decides nothing.
    """
    message = await db.get(Message, message_id)
    if message is None or message.kind != MessageKind.DEVICE_EVENT:
        return None, []
    person = await person_of(db, message.address or "")
    if person is None:
        return None, []
    if message.cause_id == person.id:
        return person.id, [alarm for alarm, _ in await open_alarms(db, person.id)]
    found = await db.exec(select(DeviceAlarm).where(DeviceAlarm.event_id == message.cause_id))
    return person.id, list(found)
