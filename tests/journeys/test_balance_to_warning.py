"""From a balance that runs down to a warning: once on the way, true when it is read (SPEC N-1, N-2, M-7)."""

from datetime import time
from uuid import UUID

import pytest
from sqlmodel import select

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageState
from app.models import Alarm, Contact, Message
from app.models.account import ChannelName
from app.outbox import Job
from app.settings import Settings
from app.tasks import announce, readings
from notifier.channels.memory import MemoryChannel
from notifier.worker import sender
from tests import build
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.notifier.stories import messages, read
from tests.street import Street
from tests.work import Work, worker


@pytest.fixture
async def utility(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        return await build.utility(db, clock())


@pytest.fixture
def street(utility: build.Utility, clock: Clock) -> Street:
    return Street(clock, {utility.esam.address: 5000, utility.sts.address: 5000})


@pytest.fixture
def phone() -> MemoryChannel:
    return MemoryChannel()


@pytest.fixture
def deps(begin: Begin, clock: Clock, street: Street) -> Deps:
    return Deps(begin, SilentBell(), clock, Settings(), name="test", gateway=street)


@pytest.fixture
def work(deps: Deps, phone: MemoryChannel) -> Work:
    jobs = {
        Job.READ_BALANCE: readings.read_balance,
        Job.READ_DAILY: readings.read_daily,
        Job.ANNOUNCE_ALARM: announce.announce_alarm,
        Job.SEND_MESSAGE: sender(dict.fromkeys(ChannelName, phone)),
        Job.SEND_BULK: sender(dict.fromkeys(ChannelName, phone)),
    }
    return worker(deps, jobs)


class Days:
    """Lets days go by over one meter, each with its round of readings."""

    def __init__(self, deps: Deps, clock: Clock, street: Street, address: str) -> None:
        self._deps, self._clock, self._street, self._address = deps, clock, street, address

    async def end_with(self, *balances: int, work: Work) -> None:
        for balance in balances:
            self._street.balances[self._address] = balance
            self._clock.forward(days=1)
            await readings.plan_daily(self._deps)
            await work()


@pytest.fixture
def days(deps: Deps, clock: Clock, street: Street, utility: build.Utility) -> Days:
    return Days(deps, clock, street, utility.esam.address)


async def test_each_level_warns_once_on_the_way_down(days: Days, work: Work, phone: MemoryChannel) -> None:
    await days.end_with(4000, 3000, 1900, 1500, 1100, 700, 400, 200, -100, work=work)
    assert [sms.body.partition(": ")[2].split(" ")[0] for sms in phone.sent] == ["balance", "only", "¥1.00"]
    assert "¥19.00" in phone.sent[0].body
    assert "about 1 day left" in phone.sent[0].body
    assert "¥4.00" in phone.sent[1].body


async def test_trembling_around_a_level_warns_once(days: Days, work: Work, phone: MemoryChannel) -> None:
    await days.end_with(1990, 2010, 1995, 2050, 1980, work=work)
    assert len(phone.sent) == 1


async def test_after_a_top_up_the_next_way_down_warns_again(days: Days, work: Work, phone: MemoryChannel) -> None:
    await days.end_with(1900, 9000, 6000, 1900, work=work)
    assert len(phone.sent) == 2


async def sleeps_until_eleven(begin: Begin, contact_id: UUID) -> None:
    async with begin() as db:
        contact = await db.get_one(Contact, contact_id)
        contact.quiet_from, contact.quiet_to = time(0, 0), time(11, 0)


async def test_who_tops_up_in_the_night_is_not_warned_in_the_morning(
    begin: Begin, clock: Clock, days: Days, work: Work, phone: MemoryChannel, utility: build.Utility
) -> None:
    await sleeps_until_eleven(begin, utility.contact.id)
    await days.end_with(1900, work=work)  # at nine: quiet until eleven
    assert phone.sent == []

    clock.forward(hours=1)
    await read(begin, utility.esam, 8000, clock())
    clock.forward(hours=2)
    await work()
    assert phone.sent == []
    (message,) = await messages(begin)
    assert (message.state, message.trouble) == (MessageState.DROPPED, "no_longer_true")


async def test_a_warning_that_waited_while_it_got_worse_is_replaced(
    begin: Begin, clock: Clock, days: Days, work: Work, phone: MemoryChannel, utility: build.Utility
) -> None:
    await sleeps_until_eleven(begin, utility.contact.id)
    await days.end_with(1900, work=work)
    await read(begin, utility.esam, 300, clock.forward(minutes=10))
    clock.forward(hours=3)
    await work()
    assert ["only ¥3.00 left" in sms.body for sms in phone.sent] == [True]


async def test_why_did_i_get_this_has_an_answer(begin: Begin, days: Days, work: Work, phone: MemoryChannel) -> None:
    await days.end_with(1900, work=work)
    async with begin() as db:
        message = (await db.exec(select(Message).where(Message.channel != ChannelName.INBOX))).one()
        alarm = await db.get_one(Alarm, message.cause_id)
    assert (alarm.balance_minor, alarm.reading_id is not None) == (1900, True)
    assert phone.sent[0].message_id == message.id
