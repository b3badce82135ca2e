"""Facts become messages: to everybody who should hear, at the right hour, once."""

from datetime import UTC, datetime, time

import pytest

from app import outbox
from app.db import Begin
from app.domain.notice import MessageKind
from app.domain.purchase import PurchaseState
from app.domain.relay import RelayBits
from app.models import Contact, Meter
from app.outbox import Job
from app.services import relays
from app.services.readings import After, record_relay
from notifier.channels.memory import MemoryChannel
from tests import build
from tests.clocks import Clock
from tests.notifier import stories
from tests.work import Work


async def test_a_credit_is_told_with_what_the_meter_holds(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await work()
    (sms,) = phone.sent
    assert sms.recipient == utility.contact.address
    assert sms.body == f"Meter {utility.esam.number}: ¥50.00 credited, balance ¥62.30."


async def test_the_message_waits_some_seconds_for_the_light(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    purchase_id = await stories.credited(begin, utility.esam, clock())
    async with begin() as db:
        await outbox.promise(db, Job.CHECK_RELAY, purchase_id, clock(), concentrator_id=utility.concentrator.id)
    await work()
    assert phone.sent == []

    async with begin() as db:
        meter = await db.get_one(Meter, utility.esam.id, with_for_update=True)
        bits = RelayBits(relay_open=False, command_open=False, keep_power=False)
        await record_relay(db, meter, bits, After("close_relay", purchase_id), clock.forward(seconds=1))
        (note,) = await stories.open_notes(begin, Job.CHECK_RELAY)
        (await db.get_one(type(note), note.id)).done_at = clock()
    clock.forward(seconds=1)
    await work()
    assert phone.sent[0].body.endswith("Power is on.")


async def test_the_message_goes_in_the_moment_in_which_the_light_is_proved(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    purchase_id = await stories.credited(begin, utility.esam, clock())
    async with begin() as db:
        await outbox.promise(db, Job.CHECK_RELAY, purchase_id, clock(), concentrator_id=utility.concentrator.id)
    await work()
    (note,) = await stories.open_notes(begin, Job.CHECK_RELAY)
    async with begin() as db:
        errand = await relays.prepare(db, note.id or 0, clock(), "frontend:test")
        assert errand is not None
        light = relays.Outcome(bits=RelayBits(relay_open=False, command_open=False, keep_power=False))
        await relays.conclude(db, errand, light, clock())
    await work()
    assert phone.sent[0].body.endswith("Power is on.")


async def test_a_relay_that_takes_its_time_does_not_keep_the_message_back(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    purchase_id = await stories.credited(begin, utility.esam, clock())
    async with begin() as db:
        await outbox.promise(db, Job.CHECK_RELAY, purchase_id, clock(), concentrator_id=utility.concentrator.id)
    for _ in range(4):
        await work()
        clock.forward(seconds=2)
    assert len(phone.sent) == 1
    assert "ower" not in phone.sent[0].body  # nothing is said of what is not known


async def test_stop_keeps_warnings_back_and_never_what_was_paid_for(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    account_id = utility.account.id
    async with begin() as db:
        db.add(Contact(account_id=account_id, channel="email", address="lin@example.com", locale="zh", position=1))
        stopped = Contact(account_id=account_id, channel="sms", address="+8613800000002", position=2)
        stopped.stopped_at = clock()
        db.add(stopped)
    await stories.read(begin, utility.esam, 1500, clock())
    await work()
    assert [sent.recipient for sent in phone.sent] == [utility.contact.address, "lin@example.com"]
    phone.sent.clear()

    await stories.unreachable(begin, utility.sts, clock())
    await stories.credited(begin, utility.esam, clock())
    await work()
    everybody = [utility.contact.address, "lin@example.com", "+8613800000002"]
    assert sorted(sent.recipient for sent in phone.sent) == sorted(2 * everybody)


async def test_announcing_again_tells_nobody_again(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    purchase_id = await stories.credited(begin, utility.esam, clock())
    for _ in range(3):
        await work()
        async with begin() as db:
            await outbox.promise(db, Job.ANNOUNCE_CREDIT, purchase_id, clock())
    assert len(phone.sent) == 1
    assert len(await stories.messages(begin)) == 1


async def test_a_token_is_sent_while_it_can_help(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    await stories.unreachable(begin, utility.sts, clock())
    await work()
    assert "1234 1234 1234 1234 1234" in phone.sent[0].body


async def test_a_token_is_not_sent_once_the_network_was_faster(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    purchase_id = await stories.unreachable(begin, utility.sts, clock())
    await stories.move(begin, purchase_id, PurchaseState.CREDITED)
    await work()
    assert phone.sent == []


async def test_a_token_is_beside_the_one_result(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    purchase_id = await stories.unreachable(begin, utility.sts, clock())
    await work()
    await stories.move(begin, purchase_id, PurchaseState.CREDITED)
    async with begin() as db:
        await outbox.promise(db, Job.ANNOUNCE_CREDIT, purchase_id, clock())
    await work()
    kinds = sorted(message.kind for message in await stories.messages(begin))
    assert kinds == [MessageKind.PURCHASE_CREDITED, MessageKind.PURCHASE_TOKEN]


@pytest.fixture
async def sleeper(begin: Begin, utility: build.Utility) -> Contact:
    """Somebody who does not want to be woken."""
    async with begin() as db:
        contact = await db.get_one(Contact, utility.contact.id)
        contact.quiet_from, contact.quiet_to = time(22, 0), time(7, 0)
    return contact


@pytest.mark.usefixtures("sleeper")
async def test_a_warning_keeps_quiet_hours_and_a_result_does_not(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    clock.forward(hours=15)  # midnight in Shanghai
    await stories.read(begin, utility.esam, 1500, clock())
    await stories.credited(begin, utility.sts, clock())
    await work()
    assert [sent.body.partition(":")[0] for sent in phone.sent] == [f"Meter {utility.sts.number}"]

    clock.forward(hours=7)
    await work()
    assert f"Meter {utility.esam.number}: balance ¥15.00" in phone.sent[1].body
    warning = next(m for m in await stories.messages(begin) if m.kind == MessageKind.ALARM_A)
    assert warning.not_before == datetime(2026, 3, 2, 23, 0, tzinfo=UTC)


async def test_an_alarm_that_is_over_before_it_is_announced_is_not_announced(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    await stories.read(begin, utility.esam, 1500, clock())
    await stories.read(begin, utility.esam, 8000, clock.forward(minutes=1))
    await work()
    assert phone.sent == []
    assert await stories.messages(begin) == []


async def test_messages_of_two_causes_do_not_shadow_each_other(
    begin: Begin, clock: Clock, utility: build.Utility, work: Work, phone: MemoryChannel
) -> None:
    for _ in range(2):
        await stories.credited(begin, utility.esam, clock())
    await work()
    assert len({sent.message_id for sent in phone.sent}) == 2
