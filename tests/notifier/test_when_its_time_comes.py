"""What stands against a message is asked when it goes out, not only when it was planned."""

from datetime import time, timedelta
from time import monotonic
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from app.context import Deps
from app.db import Begin
from app.domain.announcement import AnnouncementKind
from app.domain.notice import Delivery, MessageKind, MessageState
from app.domain.rules import NoticeRules
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Contact, Message, MessageAttempt
from app.models.account import ChannelName
from app.outbox import Job
from app.services import announcements, rulebook, suppressions
from app.services.announcements import Draft, Words
from app.services.letters import Letter
from app.services.letters.facts import Facts
from app.services.messages import record_delivery
from app.services.plans import News, Reader, tell_address
from app.services.send_pace import claim
from app.services.suppressions import Entry
from notifier.channels.memory import MemoryChannel
from notifier.standing import standing_of
from notifier.surroundings import look_around
from notifier.worker import bulk_sender
from tests import build
from tests.clocks import Clock
from tests.notifier import stories
from tests.notifier.conftest import Workers
from tests.notifier.test_sending import Broken
from tests.standins.twilio import Fault, TwilioStandIn
from tests.work import Work, worker


async def waiting_warning(begin: Begin, clock: Clock, utility: build.Utility, work: Work) -> None:
    """A warning is planned at 21:59 by the utility's clock and comes to the queue a minute too late."""
    clock.forward(hours=12, minutes=59)
    await stories.read(begin, utility.esam, 1500, clock())
    clock.forward(minutes=1)
    await work()


async def only(begin: Begin) -> Message:
    (message,) = [each for each in await stories.messages(begin) if each.kind == MessageKind.ALARM_A]
    return message


async def test_a_warning_that_comes_too_late_in_the_evening_waits_for_the_morning(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    await waiting_warning(begin, clock, utility, work)
    assert phone.sent == []
    clock.forward(hours=9)
    await work()
    assert len(phone.sent) == 1


async def test_quiet_hours_are_a_rule_that_staff_set(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    async with begin() as db:
        await rulebook.save(db, NoticeRules(quiet_from=time(8), quiet_to=time(10)), None, clock())
    await stories.read(begin, utility.esam, 1500, clock())
    await work()
    assert phone.sent == []
    clock.forward(hours=1)
    await work()
    assert len(phone.sent) == 1


async def test_what_waited_for_the_morning_comes_out_no_faster_than_the_rule_lets_all_notifiers_together(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, deps: Deps, phone: MemoryChannel
) -> None:
    async with begin() as db:
        await rulebook.save(db, NoticeRules(unasked_a_second=10), None, clock())
    await waiting_warning(begin, clock, utility, work)
    clock.forward(hours=9)
    async with begin() as db:
        assert await claim(db, 10, 10) == 0  # another notifier has just sent ten
    began = monotonic()
    await worker(deps, {Job.SEND_BULK: bulk_sender(dict.fromkeys(ChannelName, phone))})()
    assert (len(phone.sent), monotonic() - began >= 0.3) == (1, True)


async def test_who_said_stop_in_the_night_is_not_warned_in_the_morning(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    await waiting_warning(begin, clock, utility, work)
    async with begin() as db:
        entry = Entry(ChannelName.SMS, utility.contact.address, SuppressionScope.REMINDERS, SuppressionReason.STOP_WORD)
        await suppressions.add(db, entry, clock())
    clock.forward(hours=9)
    await work()
    assert phone.sent == []
    assert ((await only(begin)).state, (await only(begin)).trouble) == (MessageState.DROPPED, "suppressed")


async def test_who_switched_warnings_off_since_gets_no_reminder_by_an_address_in_a_file_either(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    news = News(MessageKind.REMINDER, uuid4(), None, "spring")
    async with begin() as db:
        message = await tell_address(db, news, Reader(ChannelName.SMS, utility.contact.address, "zh"), clock())
        assert message is not None
        letter = Letter(message, None, Facts("", None, None, None), holds=True)
        standings = []
        for stopped_at in (None, clock()):
            (await db.get_one(Contact, utility.contact.id)).stopped_at = stopped_at
            around = await look_around(db, [letter], clock())
            standings.append(await standing_of(db, letter, around, ZoneInfo("Asia/Shanghai"), clock()))
    assert [standing.stopped for standing in standings] == [False, True]


async def test_who_paid_in_the_night_is_not_warned_even_if_the_meter_was_not_read_since(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    await waiting_warning(begin, clock, utility, work)
    await stories.credited(begin, utility.esam, clock.forward(minutes=1))
    clock.forward(hours=9)
    await work()
    assert all("credited" in sms.body for sms in phone.sent)
    assert ((await only(begin)).state, (await only(begin)).trouble) == (MessageState.DROPPED, "paid_since")


async def test_a_warning_is_silent_in_an_outage_that_came_after_it_was_planned(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    await waiting_warning(begin, clock, utility, work)
    async with begin() as db:
        until = clock() + timedelta(hours=12)
        draft = Draft(AnnouncementKind.UNPLANNED, None, clock(), until, Words("停电", "Power failure"))
        outage = await announcements.publish(db, draft, clock())
    clock.forward(hours=9)
    await work()
    assert phone.sent == []
    async with begin() as db:
        await announcements.restore(db, outage.id, clock())
    clock.forward(minutes=16)
    await work()
    assert len(phone.sent) == 1


async def test_an_inbox_message_arrives_by_night_and_whatever_is_stopped(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    await waiting_warning(begin, clock, utility, work)
    async with begin() as db:
        (lies,) = await db.exec(select(Message).where(Message.channel == ChannelName.INBOX))
    assert (lies.state, lies.delivered_at) == (MessageState.DELIVERED, clock())
    assert "¥15.00" in lies.body
    assert phone.sent == []


async def tries(begin: Begin) -> list[tuple[int, str, str, bool]]:
    async with begin() as db:
        rows = await db.exec(select(MessageAttempt).order_by(col(MessageAttempt.number)))
        return [(row.number, row.carrier, row.outcome, row.ended_at is not None) for row in rows]


async def test_each_try_is_on_record_with_what_it_came_to(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    twilio.faults.extend([Fault.TOO_MANY, Fault.BROKEN])
    await stories.credited(begin, utility.esam, clock())
    for _ in range(3):
        await twilio_work()
        clock.forward(minutes=1)
    assert await tries(begin) == [
        (1, "twilio", "too_many_requests", True),
        (2, "twilio", "absent", True),
        (3, "twilio", "sent", True),
    ]


async def test_a_try_whose_answer_was_lost_is_found_by_asking(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    twilio.faults.append(Fault.BROKEN_AFTER_ACCEPT)
    await stories.credited(begin, utility.esam, clock())
    await twilio_work()
    twilio.phone[0].made_at = clock()
    clock.forward(minutes=1)
    await twilio_work()
    assert await tries(begin) == [(1, "twilio", "found", True)]


async def test_a_try_whose_end_nobody_knows_stays_open_until_the_next(
    begin: Begin, clock: Clock, utility: build.Utility, workers: Workers, work: Work
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await workers(dict.fromkeys(ChannelName, Broken()))()
    assert await tries(begin) == [(1, "broken", "", False)]
    clock.forward(minutes=1)
    await work()
    assert await tries(begin) == [(1, "broken", "never_known", True), (2, "memory", "sent", True)]


async def test_a_try_of_which_the_provider_itself_told_has_ended(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    twilio.faults.append(Fault.BROKEN_AFTER_ACCEPT)
    await stories.read(begin, utility.esam, 1500, clock())
    await twilio_work()
    async with begin() as db:
        await record_delivery(db, (await only(begin)).id, Delivery(MessageState.DELIVERED, "SM1"), clock())
    assert await tries(begin) == [(1, "twilio", "sent", True)]


async def test_a_try_that_nobody_can_ask_for_has_ended_with_its_message(
    begin: Begin, clock: Clock, utility: build.Utility, workers: Workers, work: Work
) -> None:
    await stories.read(begin, utility.esam, 1500, clock())
    await workers(dict.fromkeys(ChannelName, Broken()))()
    clock.forward(minutes=1)
    await work()
    assert (await only(begin)).state == MessageState.UNKNOWN
    assert await tries(begin) == [(1, "broken", "never_known", True)]


async def test_what_could_not_be_asked_for_in_its_whole_life_ends_unknown(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    twilio.faults.extend([Fault.BROKEN_AFTER_ACCEPT, *[Fault.BROKEN] * 99])
    await stories.read(begin, utility.esam, 1500, clock())
    for _ in range(10):
        await twilio_work()
        clock.forward(hours=3)
    ended = await only(begin)
    assert (ended.state, ended.trouble, twilio.posts) == (MessageState.UNKNOWN, "answer_lost", 1)
