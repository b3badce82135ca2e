"""Nobody is cut off unwarned: from a falling balance over failing warnings to the answer (SPEC M-5, M-6, M-8)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.context import Deps
from app.db import Begin
from app.domain.announcement import AnnouncementKind
from app.domain.campaign import CampaignPurpose, CampaignState
from app.domain.cutting import Against
from app.domain.notice import Delivery, MessageKind, MessageState
from app.domain.review import ReviewKind
from app.domain.rules import CutRules
from app.models import Campaign, Contact, Message, Review, Staff
from app.models.account import ChannelName
from app.outbox import Job
from app.services import amnesties, outages, plans
from app.services.amnesties import Wish
from app.services.announcements import Draft, Words
from app.services.cutting import CutHeld, cleared, may_cut
from app.services.messages import record_delivery
from app.services.rulebook import save
from app.settings import Settings
from app.tasks import announce, readings
from notifier.channels.memory import MemoryChannel
from notifier.ports import DeliveryError, Rendered
from notifier.worker import sender
from tests import build
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.notifier.stories import messages
from tests.street import Street
from tests.work import Work, worker


class Phone(MemoryChannel):
    """A phone whose provider refuses every message until it is told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.dead = True

    async def send(self, rendered: Rendered) -> str:
        if self.dead:
            raise DeliveryError("refused_by_network", permanent=True)
        return await super().send(rendered)


class Home:
    """One meter, the notifier with its provider, and somebody who would cut it."""

    def __init__(self, begin: Begin, clock: Clock, town: build.Utility, staff_id: UUID) -> None:
        self.begin, self.clock, self.town, self.staff_id = begin, clock, town, staff_id
        self.phone = Phone()
        self._street = Street(clock, {town.esam.address: 5000, town.sts.address: 5000})
        deps = Deps(begin, SilentBell(), clock, Settings(), name="test", gateway=self._street)
        channels = dict.fromkeys(ChannelName, self.phone)
        jobs = {
            Job.READ_BALANCE: readings.read_balance,
            Job.READ_DAILY: readings.read_daily,
            Job.ANNOUNCE_ALARM: announce.announce_alarm,
            Job.SEND_MESSAGE: sender(channels),
            Job.SEND_BULK: sender(channels),
        }
        self.deps = deps
        self.work: Work = worker(deps, jobs)

    async def ends_a_day_with(self, *balances: int) -> None:
        for balance in balances:
            self._street.balances[self.town.esam.address] = balance
            self.clock.forward(days=1)
            await readings.plan_daily(self.deps)
            await self.work()

    async def asks(self) -> set[Against]:
        async with self.begin() as db:
            return set((await may_cut(db, self.town.esam.id, "relay round", self.clock())).reasons)

    async def cases(self) -> list[Review]:
        async with self.begin() as db:
            return list(await db.exec(select(Review).where(Review.kind == ReviewKind.CUT_HELD)))

    async def gives_a_new_number(self) -> None:
        """Customer service has reached them otherwise; a reminder goes to the new telephone."""
        self.phone.dead = False
        async with self.begin() as db:
            db.add(
                Contact(
                    account_id=self.town.account.id, channel="sms", address="+8613800000002", locale="en", position=1
                )
            )
            campaign = Campaign(
                id=uuid4(),
                name="by hand",
                purpose=CampaignPurpose.REMINDER,
                kind=MessageKind.REMINDER,
                state=CampaignState.RUNNING,
                made_at=self.clock(),
            )
            db.add(campaign)
            await db.flush()
            news = plans.News(MessageKind.REMINDER, campaign.id, self.town.esam.id, "by hand", campaign_id=campaign.id)
            await plans.tell_account(db, news, self.clock())
        await self.work()

    async def delivered(self) -> None:
        """The provider says that the newest message has arrived."""
        sent = [each for each in await messages(self.begin) if each.state == MessageState.SENT]
        assert sent
        async with self.begin() as db:
            await record_delivery(db, sent[-1].id, Delivery(MessageState.DELIVERED), self.clock())


@pytest.fixture
async def home(begin: Begin, clock: Clock) -> Home:
    """Nine o'clock on a Monday; people may be written to now."""
    async with begin() as db:
        town = await build.utility(db, clock())
        person = Staff(id=uuid4(), login="lin", name="Lin", password_hash="never used here")
        db.add(person)
    return Home(begin, clock, town, person.id)


async def test_no_cut_until_a_warning_is_proved_to_have_arrived(home: Home) -> None:
    await home.ends_a_day_with(1500, 300, -200)
    lost = await messages(home.begin)
    assert {each.state for each in lost} == {MessageState.FAILED}

    home.clock.forward(hours=2)  # Thursday, eleven o'clock
    assert await home.asks() == {Against.WARNING_NOT_DELIVERED}
    async with home.begin() as db:
        with pytest.raises(CutHeld):
            await cleared(db, home.town.esam.id, "relay round", home.clock())
    (case,) = await home.cases()
    assert (case.evidence["warnings"], case.evidence["arrived"]) == (len(lost), 0)
    assert all(str(each.id) in str(case.evidence["lost"]) for each in lost)

    await home.gives_a_new_number()
    assert await home.asks() == {Against.WARNING_NOT_DELIVERED}  # sent is not delivered
    await home.delivered()
    assert await home.asks() == {Against.WARNED_TOO_LATELY}

    home.clock.forward(hours=1)
    assert await home.asks() == set()
    async with home.begin() as db:
        assert (await cleared(db, home.town.esam.id, "relay round", home.clock())).holds(
            home.town.esam.address, home.clock()
        )
    assert len(await home.cases()) == 1


async def warned(home: Home) -> None:
    """Everything speaks for a cut: Thursday, two o'clock in the afternoon."""
    home.phone.dead = False
    await home.ends_a_day_with(1500, 300, -200)
    await home.delivered()
    home.clock.forward(hours=5)
    assert await home.asks() == set()


async def test_not_at_night_not_on_sunday_not_on_a_holiday(home: Home) -> None:
    await warned(home)
    home.clock.forward(hours=6)
    assert await home.asks() == {Against.NO_CUT_HOURS}
    home.clock.forward(hours=18)
    async with home.begin() as db:
        day = home.clock().date()
        await save(db, CutRules(holidays=(day,), heat_days=(day,)), home.staff_id, home.clock())
    assert await home.asks() == {Against.HOLIDAY, Against.HEAT_DAY, Against.BALANCE_OLD}
    home.clock.forward(days=2)
    assert Against.NO_CUT_DAY in await home.asks()


async def test_not_inside_an_outage_that_staff_announced_nor_during_an_amnesty(home: Home) -> None:
    await warned(home)
    node = home.town.concentrator.node_id
    until = home.clock() + timedelta(hours=1)
    draft = Draft(AnnouncementKind.UNPLANNED, node, home.clock(), until, Words("停电", "Power cut"))
    async with home.begin() as db:
        told = (await outages.tell(db, draft, home.staff_id, home.clock())).id
    assert await home.asks() == {Against.OUTAGE_AREA}
    async with home.begin() as db:
        assert await outages.restore(db, told, home.staff_id, home.clock())
    assert await home.asks() == {Against.OUTAGE_JUST_OVER}

    home.clock.forward(hours=2)
    assert await home.asks() == set()
    async with home.begin() as db:
        wish = Wish(node, "Flood", home.clock() + timedelta(days=1))
        await amnesties.begin_amnesty(db, wish, home.staff_id, home.clock())
    assert await home.asks() == {Against.AMNESTY}


async def test_not_while_money_is_on_its_way_and_not_after_it_came(home: Home) -> None:
    await warned(home)
    async with home.begin() as db:
        await build.payment(db, home.town.esam, 5000, home.clock())
    assert await home.asks() == {Against.PAYMENT_UNDER_WAY}
    await home.ends_a_day_with(4800)
    assert Against.BALANCE_ABOVE in await home.asks()


async def test_the_other_meter_of_the_account_is_not_warned_by_it(home: Home) -> None:
    await warned(home)
    async with home.begin() as db:
        found = await may_cut(db, home.town.sts.id, "relay round", home.clock())
        told = list(await db.exec(select(Message.meter_id)))
    assert Against.BALANCE_ABOVE in found.reasons
    assert set(told) == {home.town.esam.id}
