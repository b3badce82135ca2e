"""A message goes out once, whatever dies, whatever is lost; and what became of it is known."""

import asyncio
import logging
from datetime import timedelta
from uuid import uuid4

import pytest

from app import armful
from app.context import Deps
from app.db import Begin
from app.domain.notice import Delivery, MessageKind, MessageState
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Contact, Message, Note
from app.models.account import ChannelName
from app.outbox import Job
from app.services import suppressions
from app.services.messages import record_delivery
from app.services.suppressions import Search
from app.tasks.announce import announce_credit
from notifier import dispatch
from notifier.channels import Channels, open_channels
from notifier.channels.memory import MemoryChannel
from notifier.ports import Channel, DeliveryError, Rendered
from notifier.worker import sender
from tests import build
from tests.clocks import Clock
from tests.contract.test_channel import twilio_settings
from tests.fakes import Died
from tests.notifier import stories
from tests.notifier.conftest import Workers
from tests.standins.twilio import Fault, TwilioStandIn
from tests.work import Work, worker

LOST = [Fault.BROKEN_AFTER_ACCEPT, Fault.HANGS_UP_AFTER_ACCEPT]


class Fatal:
    """Hands the message over, and then our process dies."""

    name = "fatal"
    carries = frozenset(ChannelName)

    def __init__(self, real: Channel) -> None:
        self._real = real

    async def send(self, rendered: Rendered) -> str:
        await self._real.send(rendered)
        raise Died

    async def close(self) -> None: ...


class Broken:
    """Has a defect."""

    name = "broken"
    carries = frozenset(ChannelName)

    async def send(self, rendered: Rendered) -> str:
        raise KeyError("sid")

    async def close(self) -> None: ...


def both(channel: Channel) -> Channels:
    return dict.fromkeys(ChannelName, channel)


async def message(begin: Begin) -> Message:
    (only,) = await stories.messages(begin)
    return only


async def note_of(begin: Begin) -> Note:
    """The promise to send the one message."""
    about = (await message(begin)).id
    (note,) = [note for note in await stories.open_notes(begin, Job.SEND_MESSAGE) if note.subject_id == about]
    return note


async def die_sending(workers: Workers, channels: Channels, clock: Clock) -> None:
    """A worker dies between the provider's yes and its commit; then its note is free again."""
    with pytest.raises(Died):
        await workers(channels)()
    clock.forward(minutes=2)


async def test_the_record_says_what_was_sent_by_what_and_when(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await twilio_work()
    sent = await message(begin)
    assert (sent.state, sent.carrier, sent.sent_at) == (MessageState.SENT, "twilio", clock())
    assert (sent.provider_ref, sent.body) == (twilio.phone[0].sid, twilio.phone[0].body)
    assert twilio.phone[0].callback == f"https://relight.test/hooks/messages/twilio/{sent.id}"


async def test_killed_between_call_and_commit_the_provider_is_asked_and_one_sms_goes_out(
    begin: Begin, clock: Clock, utility: build.Utility, workers: Workers, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    await stories.credited(begin, utility.esam, clock())
    async with open_channels(twilio_settings(twilio.url)) as channels:
        await die_sending(workers, both(Fatal(channels[ChannelName.SMS])), clock)
    assert (await message(begin)).state == MessageState.SENDING

    twilio.phone[0].made_at = clock() - timedelta(minutes=2)  # the stand-in lives by the real clock
    await twilio_work()
    assert (len(twilio.phone), twilio.posts) == (1, 1)
    assert (await message(begin)).state == MessageState.SENT
    assert (await message(begin)).provider_ref == twilio.phone[0].sid


@pytest.mark.parametrize("fault", LOST)
async def test_a_lost_answer_is_asked_after_and_one_sms_goes_out(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work, fault: Fault
) -> None:
    twilio.faults.append(fault)
    await stories.credited(begin, utility.esam, clock())
    await twilio_work()
    assert (await message(begin)).state == MessageState.SENDING

    twilio.phone[0].made_at = clock()
    clock.forward(minutes=1)
    await twilio_work()
    assert (len(twilio.phone), twilio.posts) == (1, 1)
    assert (await message(begin)).state == MessageState.SENT


async def test_what_the_provider_never_took_is_sent_after_asking(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    twilio.faults.append(Fault.BROKEN)
    await stories.credited(begin, utility.esam, clock())
    await twilio_work()
    clock.forward(minutes=1)
    await twilio_work()
    assert (len(twilio.phone), twilio.lists) == (1, 1)


async def test_while_nobody_can_be_asked_nothing_is_sent(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    twilio.faults.extend([Fault.BROKEN_AFTER_ACCEPT, Fault.BROKEN, Fault.BROKEN])
    await stories.credited(begin, utility.esam, clock())
    await twilio_work()
    twilio.phone[0].made_at = clock()
    for _ in range(2):
        clock.forward(minutes=1)
        await twilio_work()
    assert twilio.posts == 1
    clock.forward(minutes=5)
    await twilio_work()
    assert (len(twilio.phone), (await message(begin)).state) == (1, MessageState.SENT)


async def test_a_note_handed_out_ten_times_at_once_sends_once(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, phone: MemoryChannel
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await announce_only(deps)
    note = await note_of(begin)
    send = sender(both(phone))
    await asyncio.gather(*(send({"deps": deps}, note.id or 0) for _ in range(10)))
    assert len(phone.sent) == 1


async def three_results(begin: Begin, clock: Clock, utility: build.Utility, deps: Deps) -> list[Note]:
    """Promises to send three messages to a telephone."""
    for _ in range(3):
        await stories.credited(begin, utility.esam, clock())
    await announce_only(deps)
    return await unsent(begin)


async def unsent(begin: Begin) -> list[Note]:
    travel = {message.id for message in await stories.messages(begin)}
    return [note for note in await stories.open_notes(begin, Job.SEND_MESSAGE) if note.subject_id in travel]


async def test_one_message_that_cannot_be_made_is_set_aside_and_the_others_of_its_batch_go(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, phone: MemoryChannel
) -> None:
    notes = await three_results(begin, clock, utility, deps)
    async with begin() as db:
        (await db.get_one(Message, notes[1].subject_id)).cause_id = uuid4()  # of no purchase
    await sender(both(phone))({"deps": deps}, *(note.id or 0 for note in notes))
    assert len(phone.sent) == 2
    (left,) = await unsent(begin)
    assert (left.id, left.attempts, left.last_error) == (notes[1].id, 0, "sending broke off: NoResultFound")
    assert left.due_at > clock()


async def test_a_worker_goes_on_with_what_else_is_due(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, phone: MemoryChannel
) -> None:
    notes = await three_results(begin, clock, utility, deps)
    await sender(both(phone))({"deps": deps}, notes[0].id or 0)
    assert len(phone.sent) == 3
    assert {sent.state for sent in await stories.messages(begin)} == {MessageState.SENT}


async def announce_only(deps: Deps) -> None:
    """Announce, and leave the sending to the test."""
    await worker(deps, {Job.ANNOUNCE_CREDIT: announce_credit})()


async def test_where_nobody_can_be_asked_a_result_is_sent_twice_at_most(
    begin: Begin, clock: Clock, utility: build.Utility, workers: Workers, phone: MemoryChannel, work: Work
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await die_sending(workers, both(Fatal(phone)), clock)
    await work()
    await work()
    assert len(phone.sent) == 2
    assert (await message(begin)).state == MessageState.SENT


async def test_where_nobody_can_be_asked_a_warning_is_not_sent_again_and_that_is_said(
    begin: Begin, clock: Clock, utility: build.Utility, workers: Workers, phone: MemoryChannel, work: Work
) -> None:
    await stories.read(begin, utility.esam, 1500, clock())
    await die_sending(workers, both(Fatal(phone)), clock)
    await work()
    assert len(phone.sent) == 1
    ended = await message(begin)
    assert (ended.state, ended.trouble) == (MessageState.UNKNOWN, "answer_lost")
    assert await stories.open_notes(begin, Job.SEND_MESSAGE) == []


async def test_a_provider_word_that_came_first_settles_a_lost_answer(
    begin: Begin, clock: Clock, utility: build.Utility, workers: Workers, phone: MemoryChannel, work: Work
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await die_sending(workers, both(Fatal(phone)), clock)
    async with begin() as db:
        word = Delivery(MessageState.DELIVERED, "SM1")
        assert await record_delivery(db, (await message(begin)).id, word, clock())
    await work()
    assert len(phone.sent) == 1
    assert (await message(begin)).state == MessageState.DELIVERED


async def test_who_opted_out_is_not_warned_again_and_hears_what_was_paid_for(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    twilio.faults.append(Fault.OPTED_OUT)
    await stories.credited(begin, utility.esam, clock())
    await twilio_work()
    refused = await message(begin)
    assert (refused.state, refused.trouble) == (MessageState.FAILED, "sender_blocked")
    async with begin() as db:
        (entry,) = await suppressions.search(db, Search())
        assert (entry.address, entry.scope) == (utility.contact.address, SuppressionScope.REMINDERS)
        assert (entry.reason, entry.message_id) == (SuppressionReason.CARRIER, refused.id)
        assert (await db.get_one(Contact, utility.contact.id)).stopped_at is None  # that is its owner's own switch

    await stories.read(begin, utility.sts, 1500, clock.forward(minutes=1))
    await twilio_work()
    assert twilio.posts == 1
    await stories.credited(begin, utility.sts, clock.forward(minutes=1))
    await twilio_work()
    assert twilio.posts == 2


async def test_a_provider_that_is_busy_is_tried_later(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    twilio.faults.append(Fault.TOO_MANY)
    await stories.credited(begin, utility.esam, clock())
    await twilio_work()
    assert ((await message(begin)).state, (await message(begin)).trouble) == (MessageState.QUEUED, "too_many_requests")
    clock.forward(seconds=5)
    await twilio_work()
    assert (len(twilio.phone), twilio.lists) == (1, 0)  # it surely had not gone: nothing to ask
    assert (await message(begin)).trouble is None


async def test_a_provider_that_stays_down_is_tried_until_it_would_be_too_late(
    begin: Begin, clock: Clock, utility: build.Utility, twilio: TwilioStandIn, twilio_work: Work
) -> None:
    twilio.faults.extend([Fault.TOO_MANY] * 500)
    await stories.read(begin, utility.esam, 1500, clock())
    for _ in range(60):
        await twilio_work()
        clock.forward(minutes=30)
    ended = await message(begin)
    assert (ended.state, ended.trouble) == (MessageState.EXPIRED, "too_late")
    assert 25 < twilio.posts < 40  # not in quiet hours


async def test_a_defect_of_a_channel_loses_no_message(
    begin: Begin, clock: Clock, utility: build.Utility, workers: Workers, phone: MemoryChannel, work: Work
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await workers(both(Broken()))()
    assert (await message(begin)).trouble == "KeyError"
    clock.forward(minutes=1)
    await work()
    assert len(phone.sent) == 1


async def test_a_result_that_comes_after_the_note_went_to_other_hands_is_not_recorded(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, phone: MemoryChannel, work: Work
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await announce_only(deps)
    note = await note_of(begin)
    async with begin() as db:
        held = await armful.take(db, Job.SEND_MESSAGE, [note.id or 0], clock(), deps.name)
        (errand,) = await dispatch.prepare(db, held, deps, both(phone))
    clock.forward(minutes=2)
    await work()
    async with begin() as db:
        await dispatch.conclude(db, errand, DeliveryError("bad_number", permanent=True), clock())
    assert (await message(begin)).state == MessageState.SENT


async def test_logs_know_neither_numbers_nor_codes(
    begin: Begin,
    clock: Clock,
    utility: build.Utility,
    twilio_work: Work,
    twilio: TwilioStandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    twilio.faults.append(Fault.BROKEN)
    await stories.unreachable(begin, utility.sts, clock())
    for _ in range(2):
        await twilio_work()
        clock.forward(minutes=1)
    sent = await message(begin)
    assert sent.kind == MessageKind.PURCHASE_TOKEN
    assert "1234 1234" in sent.body
    ours = " ".join(r.getMessage() for r in caplog.records if r.name != "uvicorn.access")  # that is the stand-in's
    assert str(sent.id) in ours
    assert "1234 1234" not in ours
    assert utility.contact.address.removeprefix("+") not in ours
