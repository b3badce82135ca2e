"""What the people of a meter chose is what warns them: from a reading to a message (SPEC R-7)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from app.context import Deps
from app.db import Begin
from app.domain.alarm import AlertCycle, AlertUnit, told_next
from app.domain.notice import MessageState
from app.models import AddressProof, Contact, Message, Meter
from app.models.account import ChannelName
from app.outbox import Job
from app.services import alert_rules, mail_proofs, ways
from app.services.alert_rules import AlertError, Rule
from app.services.residents import sign_in_with_phone
from app.services.ways import Habit, WayError
from app.settings import Settings
from app.tasks import announce, readings
from notifier.channels.memory import MemoryChannel
from notifier.worker import sender
from tests import build
from tests.app.web.world import make_settings
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.notifier.stories import messages, read
from tests.street import Street
from tests.work import Work, worker

ZONE = ZoneInfo("Asia/Shanghai")


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
    settings: Settings = make_settings()
    return Deps(begin, SilentBell(), clock, settings, name="test", gateway=street)


@pytest.fixture
def work(deps: Deps, phone: MemoryChannel) -> Work:
    ways = dict.fromkeys(ChannelName, phone) | {ChannelName.INBOX: MemoryChannel()}
    ways = dict.fromkeys(ChannelName, phone) | {ChannelName.INBOX: MemoryChannel()}
    jobs = {
        Job.READ_DAILY: readings.read_daily,
        Job.ANNOUNCE_ALARM: announce.announce_alarm,
        Job.SEND_MESSAGE: sender(ways),
        Job.SEND_BULK: sender(ways),
    }
    return worker(deps, jobs)


async def choose(begin: Begin, meter: Meter, rule: Rule, clock: Clock) -> None:
    async with begin() as db:
        await alert_rules.save(db, meter.id, rule, ZONE, clock())


def money(first: int, second: int, cycle: AlertCycle = AlertCycle.ONCE, hour: int = 9) -> Rule:
    return Rule(AlertUnit.MONEY, (first, second), cycle, hour)


def test_a_daily_warning_comes_at_its_local_hour(clock: Clock) -> None:
    again = told_next(AlertCycle.DAILY, 8, clock(), ZONE)
    assert again is not None
    assert (again - clock(), again.astimezone(ZONE).hour) == (timedelta(hours=23), 8)
    assert told_next(AlertCycle.ONCE, 8, clock(), ZONE) is None


async def test_an_own_level_in_money_warns_there_and_nowhere_else(
    begin: Begin, utility: build.Utility, clock: Clock, work: Work, phone: MemoryChannel
) -> None:
    await choose(begin, utility.esam, money(5000, 100), clock)
    for balance in (5100, 4900, 1900, 400):
        await read(begin, utility.esam, balance, clock.forward(hours=1))
        await work()
    assert ["¥49.00" in sms.body for sms in phone.sent] == [True]


async def test_an_own_level_in_days_follows_the_use(
    begin: Begin, deps: Deps, utility: build.Utility, clock: Clock, street: Street, work: Work, phone: MemoryChannel
) -> None:
    await choose(begin, utility.esam, Rule(AlertUnit.DAYS, (5, 2), AlertCycle.ONCE, 9), clock)
    for balance in (10_000, 9_000, 8_000, 7_000, 6_000, 4_900):  # about ten a day: five days at 49
        street.balances[utility.esam.address] = balance
        clock.forward(days=1)
        await readings.plan_daily(deps)
        await work()
    assert ["¥49.00" in sms.body for sms in phone.sent] == [True]


async def test_a_level_above_what_is_left_warns_at_once(
    begin: Begin, utility: build.Utility, clock: Clock, work: Work, phone: MemoryChannel
) -> None:
    await read(begin, utility.esam, 3000, clock())
    await choose(begin, utility.esam, money(4000, 500), clock)
    await work()
    assert len(phone.sent) == 1


async def test_who_wants_no_warnings_gets_none(
    begin: Begin, utility: build.Utility, clock: Clock, work: Work, phone: MemoryChannel
) -> None:
    await choose(begin, utility.esam, money(2000, 500, AlertCycle.NONE), clock)
    await read(begin, utility.esam, 100, clock())
    await work()
    assert phone.sent == []


async def test_a_daily_warning_comes_each_day_until_the_balance_rises(
    begin: Begin, utility: build.Utility, clock: Clock, work: Work, phone: MemoryChannel
) -> None:
    await choose(begin, utility.esam, money(2000, 500, AlertCycle.DAILY, hour=10), clock)
    await read(begin, utility.esam, 1500, clock())
    counts = []
    for hours in (0, 24, 1, 24, 24):  # nine, nine, ten, ten, ten
        clock.forward(hours=hours)
        await work()
        counts.append(len(phone.sent))
    await read(begin, utility.esam, 9000, clock())
    clock.forward(days=3)
    await work()

    assert counts == [1, 1, 2, 3, 4]
    assert len(phone.sent) == 4


async def test_choosing_daily_while_it_is_low_warns_from_tomorrow(
    begin: Begin, utility: build.Utility, clock: Clock, work: Work, phone: MemoryChannel
) -> None:
    await read(begin, utility.esam, 1500, clock())
    await work()
    await choose(begin, utility.esam, money(2000, 500, AlertCycle.DAILY, hour=10), clock)
    await work()
    clock.forward(hours=25)
    await work()
    assert len(phone.sent) == 2


async def test_a_contact_that_is_off_gets_nothing_until_it_is_on_again(
    begin: Begin, utility: build.Utility, clock: Clock, work: Work, phone: MemoryChannel
) -> None:
    for on in (False, True):
        async with begin() as db:
            assert await ways.change(db, utility.esam.id, utility.contact.id, Habit(on, "zh"), clock())
        await read(begin, utility.esam, 9000, clock.forward(hours=1))
        await read(begin, utility.esam, 1500, clock.forward(hours=1))
        await work()
    assert [("余额" in sms.body) for sms in phone.sent] == [True]


@pytest.mark.parametrize(("first", "second"), [(5, 5), (5, 9), (0, 0), (5, -1), (100_000_000, 1)])
async def test_levels_that_make_no_sense_are_refused(
    begin: Begin, utility: build.Utility, clock: Clock, first: int, second: int
) -> None:
    with pytest.raises(AlertError):
        await choose(begin, utility.esam, money(first, second), clock)


async def ask_mail(begin: Begin, meter: Meter, address: str, clock: Clock) -> None:
    async with begin() as db:
        me, _ = await sign_in_with_phone(db, "+8613800000001", clock())
        proof = AddressProof(meter_id=meter.id, resident_id=me.id, address=address, made_at=clock(), expires_at=clock())
        await mail_proofs.ask_mail(db, proof, clock())


async def test_a_mail_address_is_told_once_its_owner_agrees(
    begin: Begin, utility: build.Utility, clock: Clock, work: Work, phone: MemoryChannel
) -> None:
    await ask_mail(begin, utility.esam, "lin@example.com", clock)
    await work()
    (asked,) = phone.sent
    async with begin() as db:
        proof = (await db.exec(select(AddressProof))).one()
        kept = (await db.exec(select(Message))).one()
        assert [c.channel for c in await db.exec(select(Contact))] == ["sms"]
        await mail_proofs.confirm_mail(db, proof.id, clock())
    await read(begin, utility.esam, 1500, clock())
    await work()

    assert (asked.recipient, f"/mail/{proof.id}/" in asked.body) == ("lin@example.com", True)
    assert asked.body.partition(f"{proof.id}/")[2].split()[0] not in kept.body
    assert {sms.recipient for sms in phone.sent[1:]} == {"+8613800000001", "lin@example.com"}
    with pytest.raises(WayError):
        async with begin() as db:
            await mail_proofs.confirm_mail(db, proof.id, clock())


@pytest.mark.parametrize("address", ["", "lin", "lin@x", "a b@e.com", "a@b.com\nBcc: c@d.com", "x" * 300 + "@e.com"])
async def test_what_is_no_mail_address_is_refused(
    begin: Begin, utility: build.Utility, clock: Clock, address: str
) -> None:
    with pytest.raises(WayError):
        await ask_mail(begin, utility.esam, address, clock)


async def test_nobody_is_written_to_again_and_again(begin: Begin, utility: build.Utility, clock: Clock) -> None:
    for n in range(5):
        await ask_mail(begin, utility.esam, f"lin{n}@example.com", clock)
    with pytest.raises(WayError, match="mail_too_many"):
        await ask_mail(begin, utility.esam, "lin@example.com", clock)


async def test_the_history_says_what_went_where_and_no_words(
    begin: Begin, utility: build.Utility, clock: Clock, work: Work
) -> None:
    await read(begin, utility.esam, 1500, clock())
    await work()
    async with begin() as db:
        (told,) = await alert_rules.history(db, utility.esam.id)
    assert (told.kind, told.channel, told.address, told.state) == ("alarm_a", "sms", "•••• 0001", MessageState.SENT)
    assert len(await messages(begin)) == 1
