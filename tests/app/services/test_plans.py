"""News becomes messages: once, to whom it should, and the newer for the older."""

from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.importance import Importance
from app.domain.notice import MessageKind, MessageState
from app.domain.rules import NoticeRules
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Contact, Message, MessageEvent, Note
from app.models.account import ChannelName
from app.outbox import Job
from app.services import plans, rulebook, suppressions
from app.services.plans import News, Planned, Reader
from app.services.plans_bulk import plan_many
from app.services.suppressions import Entry, Search
from tests import build
from tests.clocks import Clock

READER = Reader(ChannelName.SMS, "+8613900000009", "zh")


def news(utility: build.Utility, kind: MessageKind = MessageKind.ALARM_A, **rest: object) -> News:
    cause = uuid4()
    return replace(News(kind, cause, utility.esam.id, str(cause)), **rest)  # type: ignore[arg-type]


async def tell(begin: Begin, clock: Clock, told: News) -> Planned:
    async with begin() as db:
        return await plans.tell_account(db, told, clock())


async def travelling(begin: Begin) -> list[Message]:
    async with begin() as db:
        rows = select(Message).where(Message.channel != ChannelName.INBOX).order_by(col(Message.created_at))
        return list(await db.exec(rows))


async def leave_alone(begin: Begin, clock: Clock, address: str, scope: SuppressionScope) -> None:
    async with begin() as db:
        entry = Entry(ChannelName.SMS, address, scope, SuppressionReason.STOP_WORD)
        assert await suppressions.add(db, entry, clock())
        assert not await suppressions.add(db, entry, clock())


async def test_news_goes_to_the_contact_and_into_the_inbox_once(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    told = news(utility)
    assert await tell(begin, clock, told) == Planned(1)
    assert await tell(begin, clock, told) == Planned(0, "told")
    async with begin() as db:
        rows = {row.channel: row for row in await db.exec(select(Message))}
    assert set(rows) == {"sms", "inbox"}
    assert (rows["inbox"].account_id, rows["inbox"].contact_id) == (utility.account.id, None)
    assert (rows["sms"].importance, rows["sms"].locale) == (Importance.LOW_BALANCE, "en")


async def test_codes_and_tokens_lie_in_no_inbox(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    await tell(begin, clock, news(utility, MessageKind.PURCHASE_TOKEN))
    async with begin() as db:
        assert [row.channel for row in await db.exec(select(Message))] == ["sms"]


async def test_what_nobody_waits_for_is_sent_by_other_hands(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    await tell(begin, clock, news(utility, MessageKind.PURCHASE_TOKEN))
    await tell(begin, clock, news(utility, MessageKind.REMINDER))
    async with begin() as db:
        notes = {(note.job, note.importance) for note in await db.exec(select(Note))}
    assert notes == {(Job.SEND_MESSAGE, Importance.RESULT), (Job.SEND_BULK, Importance.CAMPAIGN)}


async def test_an_address_hears_three_times_a_day_and_then_a_home_about_to_go_dark_still_does(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    said = [await tell(begin, clock, news(utility, MessageKind.REMINDER)) for _ in range(5)]
    assert [each.messages for each in said] == [1, 1, 1, 0, 0]
    assert said[-1].reason == "capped"
    assert await tell(begin, clock, news(utility, MessageKind.ALARM_OWING)) == Planned(1)
    assert await tell(begin, clock, news(utility, MessageKind.PURCHASE_CREDITED)) == Planned(1)
    clock.forward(hours=25)
    assert await tell(begin, clock, news(utility, MessageKind.REMINDER)) == Planned(1)


async def test_the_cap_is_a_rule_that_staff_set(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    async with begin() as db:
        await rulebook.save(db, NoticeRules(cap_a_day=1), None, clock())
    assert [(await tell(begin, clock, news(utility))).messages for _ in range(2)] == [1, 0]


async def test_many_at_once_keep_the_cap_too(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    async with begin() as db:
        said = await plans.tell_all(db, [news(utility, MessageKind.REMINDER) for _ in range(5)], clock())
    assert [each.messages for each in said] == [1, 1, 1, 0, 0]


async def test_stop_leaves_what_was_paid_for(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    await leave_alone(begin, clock, utility.contact.address, SuppressionScope.REMINDERS)
    assert await tell(begin, clock, news(utility)) == Planned(0, "suppressed")
    assert await tell(begin, clock, news(utility, MessageKind.PURCHASE_TOKEN)) == Planned(1)


async def test_an_address_is_written_to_again_once_it_is_lifted(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    await leave_alone(begin, clock, utility.contact.address, SuppressionScope.ALL)
    async with begin() as db:
        (entry,) = await suppressions.search(db, Search(words=utility.contact.address[-4:]))
        assert await suppressions.lift(db, entry.id, None, clock())
        assert not await suppressions.lift(db, entry.id, None, clock())
        assert await suppressions.search(db, Search()) == []
        assert len(await suppressions.search(db, Search(lifted=True))) == 1
    assert await tell(begin, clock, news(utility)) == Planned(1)


async def test_the_widest_of_two_entries_stands(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    for scope in (SuppressionScope.ALL, SuppressionScope.REMINDERS):
        await leave_alone(begin, clock, utility.contact.address, scope)
    async with begin() as db:
        assert await suppressions.standing(db, "sms", utility.contact.address) is SuppressionScope.ALL
        assert await suppressions.standing(db, "email", utility.contact.address) is None


async def test_a_newer_warning_replaces_one_that_waits(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    await tell(begin, clock, news(utility, MessageKind.ALARM_A))
    clock.forward(minutes=5)
    await tell(begin, clock, news(utility, MessageKind.ALARM_B))
    older, newer = await travelling(begin)
    assert (older.state, older.replaced_by_id, newer.state) == (MessageState.REPLACED, newer.id, MessageState.QUEUED)
    async with begin() as db:
        events = (await db.exec(select(MessageEvent).where(MessageEvent.message_id == older.id))).all()
    assert [event.state for event in events] == [MessageState.REPLACED]


async def test_a_lighter_warning_planned_late_does_not_take_a_graver_ones_place(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    await tell(begin, clock, news(utility, MessageKind.ALARM_OWING))
    clock.forward(minutes=5)
    await tell(begin, clock, news(utility, MessageKind.ALARM_B))
    graver, _ = await travelling(begin)
    assert (graver.kind, graver.state) == (MessageKind.ALARM_OWING, MessageState.QUEUED)


async def test_what_may_have_gone_out_is_not_replaced(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    await tell(begin, clock, news(utility))
    async with begin() as db:
        (sending,) = await db.exec(select(Message).where(Message.channel == ChannelName.SMS))
        sending.state = MessageState.SENDING
    await tell(begin, clock, news(utility, MessageKind.ALARM_B))
    assert {each.state for each in await travelling(begin)} == {MessageState.SENDING, MessageState.QUEUED}


async def test_a_warning_of_another_meter_and_a_result_replace_nothing(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    await tell(begin, clock, news(utility))
    await tell(begin, clock, news(utility, meter_id=utility.sts.id))
    await tell(begin, clock, news(utility, MessageKind.PURCHASE_CREDITED))
    assert {each.state for each in await travelling(begin)} == {MessageState.QUEUED}


async def test_a_revision_replaces_what_it_revises_and_no_other_outage(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    work, other = uuid4(), uuid4()
    for about, kind in ((work, MessageKind.OUTAGE_PLANNED), (other, MessageKind.OUTAGE_PLANNED)):
        await tell(begin, clock, News(kind, about, utility.esam.id, f"{about}"))
    clock.forward(minutes=1)
    await tell(begin, clock, News(MessageKind.OUTAGE_CHANGED, work, utility.esam.id, f"{work}2"))
    states = {(each.cause_id == work, each.kind): each.state for each in await travelling(begin)}
    assert states[True, "outage_planned"] == MessageState.REPLACED
    assert states[False, "outage_planned"] == states[True, "outage_changed"] == MessageState.QUEUED


async def test_somebody_who_is_no_contact_is_told_once_with_their_own_hours(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    told = News(MessageKind.DEVICE_EVENT, uuid4(), None, "gone", expires_at=clock() + timedelta(hours=2))
    sleeper = replace(READER, quiet_from=time(20), quiet_to=time(9))
    async with begin() as db:
        message = await plans.tell_address(db, told, sleeper, clock())
        assert await plans.tell_address(db, told, sleeper, clock()) is None
    assert message is not None
    assert (message.address, message.quiet_from, message.expires_at) == (READER.address, time(20), told.expires_at)


async def test_somebody_who_is_no_contact_and_said_stop_gets_no_reminder(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    await leave_alone(begin, clock, READER.address, SuppressionScope.REMINDERS)
    async with begin() as db:
        reminder = news(utility, MessageKind.REMINDER)
        assert await plans.tell_address(db, reminder, READER, clock()) is None


async def test_nobody_to_tell_is_said_and_the_inbox_has_it(begin: Begin, clock: Clock, utility: build.Utility) -> None:
    async with begin() as db:
        await db.delete(await db.get_one(Contact, utility.contact.id))
    assert await tell(begin, clock, news(utility)) == Planned(0, "no_contact")
    async with begin() as db:
        (inbox,) = await db.exec(select(Message))
    assert (inbox.channel, inbox.account_id) == ("inbox", utility.account.id)


async def test_a_cause_may_say_until_when_and_for_which_bulk_send(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    until = clock() + timedelta(hours=3)
    await tell(begin, clock, news(utility, expires_at=until, not_before=clock() + timedelta(hours=1)))
    (only,) = await travelling(begin)
    assert (only.expires_at, only.not_before) == (until, clock() + timedelta(hours=1))
    assert isinstance(only.meter_id, UUID)


@pytest.mark.parametrize("in_bulk", [False, True])
async def test_nothing_is_planned_by_a_medium_that_nobody_carries(
    begin: Begin, clock: Clock, utility: build.Utility, in_bulk: bool
) -> None:
    async with begin() as db:
        (await db.get_one(Contact, utility.contact.id)).channel = ChannelName.VOICE
    told = news(utility, MessageKind.PURCHASE_CREDITED)
    if in_bulk:
        async with begin() as db:
            assert await plan_many(db, [told], clock()) == 0
    else:
        assert await tell(begin, clock, told) == Planned(0, "not_offered")
    assert await travelling(begin) == []


async def test_who_switched_warnings_off_gets_none_by_an_address_in_a_file_either(
    begin: Begin, clock: Clock, utility: build.Utility
) -> None:
    reader = replace(READER, address=utility.contact.address)
    async with begin() as db:
        (await db.get_one(Contact, utility.contact.id)).stopped_at = clock()
    async with begin() as db:
        assert await plans.tell_address(db, news(utility, MessageKind.REMINDER), reader, clock()) is None
        assert await plans.tell_address(db, news(utility, MessageKind.BALANCE_ANSWER), reader, clock()) is not None
        assert await plans.tell_address(db, news(utility, MessageKind.REMINDER), READER, clock()) is not None


@pytest.mark.parametrize("spelled", ["Lin@Example.com", "lin@example.com", "LIN@EXAMPLE.COM"])
async def test_an_end_to_reminders_holds_however_the_mailbox_is_spelled(
    begin: Begin, clock: Clock, spelled: str
) -> None:
    async with begin() as db:
        why, scope = SuppressionReason.UNSUBSCRIBED, SuppressionScope.REMINDERS
        await suppressions.add(db, Entry(ChannelName.EMAIL, "Lin@example.com", scope, why), clock())
        assert await suppressions.standing(db, "email", spelled) is scope
        assert await suppressions.lift_address(db, ChannelName.EMAIL, spelled, scope, clock())
        assert await suppressions.standing(db, "email", spelled) is None
