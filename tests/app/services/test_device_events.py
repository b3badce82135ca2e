"""Events of devices are told to whoever is responsible until somebody has them in hand."""

from collections.abc import Sequence
from datetime import time
from uuid import UUID

import pytest
from sqlmodel import col, select

from app import outbox
from app.context import Deps
from app.db import Begin
from app.domain.device_event import DeviceEventKind
from app.domain.notice import MessageKind, MessageState
from app.domain.review import ReviewKind
from app.domain.rules import DeviceRules
from app.models import (
    AlarmScheme,
    Concentrator,
    DeviceAlarm,
    DeviceEvent,
    Message,
    Meter,
    ResponsiblePerson,
    Review,
    SchemeEvent,
    SchemePerson,
)
from app.outbox import Job
from app.services import device_events, letters, responsible, rulebook
from app.services.device_events import Event
from app.services.responsible import InHand
from app.services.reviews import Question, open_review
from app.settings import Settings
from app.tasks import devices
from tests import build
from tests.clocks import Clock
from tests.fakes import SilentBell

K = DeviceEventKind
LI, WANG = "+8613900000001", "+8613900000002"


class Watch:
    """A concentrator with a scheme: Li is told first, Wang half an hour later."""

    def __init__(self, begin: Begin, clock: Clock, town: build.Utility) -> None:
        self.begin, self.clock, self.town = begin, clock, town
        self.deps = Deps(begin, SilentBell(), clock, Settings(), name="test")
        self.people: dict[str, UUID] = {}

    async def stands(self) -> None:
        async with self.begin() as db:
            scheme = AlarmScheme(name="North")
            db.add(scheme)
            await db.flush()
            db.add_all([SchemeEvent(scheme_id=scheme.id, kind=kind, to_residents=True) for kind in K])
            for step, phone in ((1, LI), (2, WANG)):
                person = ResponsiblePerson(name=phone[-1], phone=phone, locale="en")
                person.quiet_from, person.quiet_to = time(8), time(10)
                db.add(person)
                await db.flush()
                db.add(SchemePerson(scheme_id=scheme.id, person_id=person.id, step=step))
                self.people[phone] = person.id
            (await db.get_one(Concentrator, self.town.concentrator.id)).alarm_scheme_id = scheme.id

    async def reports(self, kind: K = K.POWER_OFF, once: str = "1", *, meter: bool = False) -> bool:
        async with self.begin() as db:
            meter_id = self.town.esam.id if meter else None
            event = Event(kind, self.town.concentrator.id, meter_id, once)
            return await device_events.report(db, event, self.clock(), self.clock())

    async def works(self) -> None:
        """The jobs of alarms that are due."""
        async with self.begin() as db:
            due = [h for h in await outbox.lease(db, self.clock()) if h.job is Job.ESCALATE_ALARM]
        for handout in due:
            await devices.escalate_alarm({"deps": self.deps}, handout.note_id)

    async def told(self, kind: MessageKind = MessageKind.DEVICE_EVENT) -> Sequence[Message]:
        async with self.begin() as db:
            return (await db.exec(select(Message).where(Message.kind == kind).order_by(col(Message.created_at)))).all()

    async def readers(self) -> list[str | None]:
        return [message.address for message in await self.told()]

    async def alarm(self) -> DeviceAlarm:
        async with self.begin() as db:
            return (await db.exec(select(DeviceAlarm))).one()

    async def letter(self, message: Message) -> letters.Letter:
        async with self.begin() as db:
            return await letters.load(db, message.id)


@pytest.fixture
async def watch(begin: Begin, clock: Clock) -> Watch:
    async with begin() as db:
        made = Watch(begin, clock, await build.utility(db, clock()))
    await made.stands()
    return made


async def test_an_event_is_told_at_once_to_the_first_step_and_once_only(watch: Watch) -> None:
    assert [await watch.reports(), await watch.reports()] == [True, False]
    (message,) = await watch.told()
    assert (message.address, message.not_before) == (LI, watch.clock())
    letter = await watch.letter(message)
    assert letter.holds
    assert letter.facts.device is not None
    assert (letter.facts.device.event, letter.facts.device.place) == (K.POWER_OFF, "Lamp Street 1 (Lamp Street)")


async def test_nobody_in_time_is_the_next_steps_turn_and_in_the_end_a_question_for_staff(watch: Watch) -> None:
    await watch.reports()
    watch.clock.forward(minutes=29)
    await watch.works()
    assert await watch.readers() == [LI]
    watch.clock.forward(minutes=1)
    await watch.works()
    assert await watch.readers() == [LI, WANG]
    watch.clock.forward(minutes=31)
    await watch.works()
    async with watch.begin() as db:
        (review,) = await db.exec(select(Review))
    assert (review.kind, review.evidence["event"]) == (ReviewKind.DEVICE_UNANSWERED, "power_off")
    watch.clock.forward(hours=5)
    await watch.works()
    assert await watch.readers() == [LI, WANG]


async def test_in_hand_by_a_text_ends_the_telling(watch: Watch) -> None:
    await watch.reports()
    async with watch.begin() as db:
        assert await responsible.acknowledge_by_text(db, "+8613911111111", watch.clock()) is None
        assert await responsible.acknowledge_by_text(db, LI, watch.clock()) == 1
        assert await responsible.acknowledge_by_text(db, LI, watch.clock()) == 0
    watch.clock.forward(hours=1)
    await watch.works()
    assert await watch.readers() == [LI]
    assert (await watch.alarm()).acknowledged_by == watch.people[LI]
    assert not (await watch.letter((await watch.told())[0])).holds


async def test_an_event_that_is_over_says_so_to_whoever_was_told_and_to_nobody_else(watch: Watch) -> None:
    await watch.reports()
    async with watch.begin() as db:
        assert await device_events.end(db, K.POWER_OFF, watch.town.concentrator.id, watch.clock()) == 1
        assert await device_events.end(db, K.POWER_OFF, watch.town.concentrator.id, watch.clock()) == 0
    watch.clock.forward(hours=1)
    await watch.works()
    first, last = await watch.told()
    assert [first.address, last.address] == [LI, LI]
    assert not (await watch.letter(first)).holds
    letter = await watch.letter(last)
    assert letter.holds
    assert letter.facts.device is not None
    assert (letter.facts.device.ended, letter.facts.device.acknowledge) == (True, None)


@pytest.mark.parametrize(("kind", "quiet"), [(K.POWER_OFF, None), (K.CLOCK_WRONG, time(8))])
async def test_quiet_hours_hold_for_what_is_not_urgent(watch: Watch, kind: K, quiet: time | None) -> None:
    await watch.reports(kind)
    assert (await watch.told())[0].quiet_from == quiet


async def test_the_people_of_a_meter_hear_of_its_event_where_the_scheme_says_so(watch: Watch) -> None:
    await watch.reports(K.TAMPER, meter=True)
    told = [message for message in await watch.told(MessageKind.METER_EVENT) if message.contact_id]
    assert [message.contact_id for message in told] == [watch.town.contact.id]
    assert (await watch.letter(told[0])).holds


async def test_an_event_that_no_scheme_knows_is_on_record_and_told_to_nobody(watch: Watch) -> None:
    async with watch.begin() as db:
        (await db.get_one(Concentrator, watch.town.concentrator.id)).alarm_scheme_id = None
    assert await watch.reports()
    assert await watch.told() == []


async def test_an_event_that_reaches_us_a_day_late_is_on_record_only(watch: Watch) -> None:
    async with watch.begin() as db:
        event = Event(K.POWER_OFF, watch.town.concentrator.id)
        happened, now = watch.clock(), watch.clock.forward(hours=25)
        assert await device_events.report(db, event, happened, now)
    assert await watch.told() == []


async def test_who_has_left_is_passed_over(watch: Watch) -> None:
    async with watch.begin() as db:
        (await db.get_one(ResponsiblePerson, watch.people[LI])).left_at = watch.clock()
    await watch.reports()
    assert await watch.readers() == [WANG]


async def test_who_has_left_since_is_told_nothing_more_and_takes_nothing_in_hand(watch: Watch) -> None:
    await watch.reports()
    (first,) = await watch.told()
    async with watch.begin() as db:
        (await db.get_one(ResponsiblePerson, watch.people[LI])).left_at = watch.clock()
    assert not (await watch.letter(first)).holds
    async with watch.begin() as db:
        assert await responsible.alarms_of_message(db, first.id) == (None, [])


async def test_a_whole_dark_line_is_five_messages_and_one_for_all_the_others(watch: Watch) -> None:
    scheme = await watch_scheme(watch)
    async with watch.begin() as db:
        node = watch.town.concentrator.node_id
        line = [
            Concentrator(node_id=node, name=f"Box {n}", region="3201", terminal=n, alarm_scheme_id=scheme)
            for n in range(2, 42)
        ]
        for each in line:
            each.heard_at = watch.clock()
        db.add_all(line)
    watch.clock.forward(minutes=61)
    await devices.look_after_devices(watch.deps)
    await devices.look_after_devices(watch.deps)
    told = await watch.told()
    assert len(told) == DeviceRules().most_single + 1
    (together,) = [message for message in told if message.cause_id == watch.people[LI]]
    assert together.not_before > watch.clock()
    letter = await watch.letter(together)
    assert letter.facts.device is not None
    assert letter.facts.device.others == 39
    async with watch.begin() as db:
        person, alarms = await responsible.alarms_of_message(db, together.id)
        done = [await responsible.acknowledge(db, alarm.id, InHand(person), watch.clock()) for alarm in alarms]
    assert sum(done) == 40
    assert not (await watch.letter(together)).holds


async def watch_scheme(watch: Watch) -> UUID | None:
    """The scheme of the concentrator."""
    async with watch.begin() as db:
        return (await db.get_one(Concentrator, watch.town.concentrator.id)).alarm_scheme_id


async def test_a_silent_concentrator_is_one_event_whose_meters_say_nothing_and_ends_when_it_is_heard(
    watch: Watch,
) -> None:
    async with watch.begin() as db:
        (await db.get_one(Concentrator, watch.town.concentrator.id)).heard_at = watch.clock()
        (await db.get_one(Meter, watch.town.esam.id)).silent_after = watch.clock()
    watch.clock.forward(minutes=61)
    for _ in range(2):
        await devices.look_after_devices(watch.deps)
    assert await _events(watch) == [(K.CONCENTRATOR_SILENT, False)]

    async with watch.begin() as db:
        (await db.get_one(Concentrator, watch.town.concentrator.id)).heard_at = watch.clock()
    await devices.look_after_devices(watch.deps)
    assert await _events(watch) == [(K.CONCENTRATOR_SILENT, True), (K.METER_SILENT, False)]

    async with watch.begin() as db:
        (await db.get_one(Meter, watch.town.esam.id)).silent_after = watch.clock.forward(days=2)
    await devices.look_after_devices(watch.deps)
    assert (K.METER_SILENT, True) in await _events(watch)


async def test_how_long_silence_may_last_is_a_rule(watch: Watch) -> None:
    async with watch.begin() as db:
        await rulebook.save(db, DeviceRules(concentrator_silent_min=240), None, watch.clock())
        (await db.get_one(Concentrator, watch.town.concentrator.id)).heard_at = watch.clock()
    watch.clock.forward(minutes=239)
    await devices.look_after_devices(watch.deps)
    assert await _events(watch) == []


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (ReviewKind.METER_REFUSED, K.METER_FAULT),
        (ReviewKind.RELAY_NOT_PROVED, K.RELAY_FAULT),
        (ReviewKind.TWO_CONCENTRATORS, K.CONCENTRATOR_CONTESTED),
    ],
)
async def test_what_staff_are_asked_about_a_device_is_an_event_until_it_is_settled(
    watch: Watch, asked: ReviewKind, kind: K
) -> None:
    of_place = asked is ReviewKind.TWO_CONCENTRATORS
    subject = watch.town.concentrator.id if of_place else watch.town.esam.id
    async with watch.begin() as db:
        question = Question(asked, subject, meter_id=None if of_place else watch.town.esam.id)
        await open_review(db, question, watch.clock())
    for _ in range(2):
        await devices.look_after_devices(watch.deps)
    assert await _events(watch) == [(kind, False)]
    assert LI in await watch.readers()
    async with watch.begin() as db:
        (await db.exec(select(Review))).one().settled_at = watch.clock()
    await devices.look_after_devices(watch.deps)
    assert await _events(watch) == [(kind, True)]


async def _events(watch: Watch) -> list[tuple[str, bool]]:
    async with watch.begin() as db:
        rows = await db.exec(select(DeviceEvent).order_by(col(DeviceEvent.at), col(DeviceEvent.kind)))
        return [(event.kind, event.ended_at is not None) for event in rows]


async def test_a_message_that_was_taken_care_of_is_dropped_and_not_failed(watch: Watch) -> None:
    await watch.reports()
    (message,) = await watch.told()
    assert message.state == MessageState.QUEUED
