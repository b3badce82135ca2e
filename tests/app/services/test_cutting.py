"""The gate before every cut, over real rows (SPEC M-5, M-6, M-8)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.announcement import AnnouncementKind
from app.domain.campaign import CampaignPurpose
from app.domain.cutting import Against
from app.domain.notice import MessageKind, MessageState
from app.domain.purchase import PurchaseKind, PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.rules import CutRules
from app.domain.wallet import BalanceSource
from app.models import (
    Advance,
    Amnesty,
    Campaign,
    CutInquiry,
    Message,
    Meter,
    Purchase,
    Review,
    Staff,
)
from app.models.account import ChannelName
from app.services import announcements, cutting
from app.services.announcements import Draft, Words
from app.services.cutting import Clearance, CutHeld, cleared, may_cut
from app.services.held_meters import held_meters
from app.services.purchases import new_ref
from app.services.readings import record_balance
from app.services.rulebook import save
from app.services.settle import Decision, settle
from tests import build
from tests.clocks import Clock


class Story:
    """One meter that runs out of money on a Monday morning, and what is done about it."""

    def __init__(self, begin: Begin, clock: Clock, town: build.Utility) -> None:
        self.begin, self.clock, self.town = begin, clock, town
        self.meter_id = town.esam.id

    async def reads(self, balance_minor: int) -> None:
        async with self.begin() as db:
            meter = await db.get_one(Meter, self.meter_id, with_for_update=True)
            await record_balance(db, meter, balance_minor, BalanceSource.DAILY, self.clock())

    async def warns(self, state: MessageState, channel: str = "sms", *, rehearsed: bool = False) -> UUID:
        """A warning was made now and came to a state now."""
        row = Message(
            id=uuid4(),
            contact_id=None if channel == ChannelName.INBOX else self.town.contact.id,
            account_id=self.town.account.id if channel == ChannelName.INBOX else None,
            meter_id=self.meter_id,
            kind=MessageKind.ALARM_B,
            cause_id=uuid4(),
            dedupe_key=uuid4().hex,
            channel=channel,
            locale="en",
            state=state,
            created_at=self.clock(),
            not_before=self.clock(),
            expires_at=self.clock() + timedelta(days=1),
            delivered_at=self.clock() if state is MessageState.DELIVERED else None,
            trouble="unreachable" if state is MessageState.FAILED else None,
            rehearsed=rehearsed,
        )
        async with self.begin() as db:
            db.add(row)
        return row.id

    async def outage(self, node_id: UUID | None) -> UUID:
        until = self.clock() + timedelta(hours=2)
        draft = Draft(AnnouncementKind.UNPLANNED, node_id, self.clock(), until, Words("停电", "Power cut"))
        async with self.begin() as db:
            return (await announcements.publish(db, draft, self.clock())).id

    async def asks(self) -> set[Against]:
        async with self.begin() as db:
            return set((await may_cut(db, self.meter_id, "test", self.clock())).reasons)

    async def cases(self) -> list[Review]:
        async with self.begin() as db:
            return list(await db.exec(select(Review).where(Review.kind == ReviewKind.CUT_HELD)))


@pytest.fixture
async def story(begin: Begin, clock: Clock) -> AsyncIterator[Story]:
    """Nine o'clock: the money is gone, and a warning of this descent was delivered; eleven: it may be cut."""
    async with begin() as db:
        town = await build.utility(db, clock())
    made = Story(begin, clock, town)
    await made.reads(-100)
    yield made


async def test_a_home_that_was_warned_in_time_may_be_cut_and_the_question_is_on_record(story: Story) -> None:
    await story.warns(MessageState.DELIVERED)
    assert await story.asks() == {Against.GRACE, Against.WARNED_TOO_LATELY}

    story.clock.forward(hours=1)
    assert await story.asks() == set()

    async with story.begin() as db:
        asked = list(await db.exec(select(CutInquiry).order_by(CutInquiry.at)))  # type: ignore[arg-type]
    assert [row.answer for row in asked] == ["grace,warned_too_lately", ""]
    assert {(row.asked_by, row.balance_minor, row.meter_id) for row in asked} == {("test", -100, story.meter_id)}


@pytest.mark.parametrize(
    ("state", "channel", "rehearsed"),
    [
        (MessageState.SENT, "sms", False),
        (MessageState.UNKNOWN, "sms", False),
        (MessageState.FAILED, "sms", False),
        (MessageState.DELIVERED, "sms", True),
    ],
)
async def test_only_what_a_real_provider_delivered_is_a_warning(
    story: Story, state: MessageState, channel: str, *, rehearsed: bool
) -> None:
    await story.warns(state, channel, rehearsed=rehearsed)
    story.clock.forward(hours=2)
    assert await story.asks() == {Against.WARNING_NOT_DELIVERED}


@pytest.mark.parametrize("channel", ["inbox", "webhook"])
async def test_what_lies_in_an_inbox_or_went_to_a_machine_warns_nobody(story: Story, channel: str) -> None:
    await story.warns(MessageState.DELIVERED, channel)
    story.clock.forward(hours=2)
    assert await story.asks() == {Against.NOT_WARNED}


@pytest.mark.parametrize(
    ("texts", "against"), [({"en": "Our office is closed on Friday."}, {Against.NOT_WARNED}), ({}, set())]
)
async def test_free_words_of_a_bulk_send_warn_nobody_and_the_template_for_reminders_does(
    story: Story, texts: dict[str, str], against: set[Against]
) -> None:
    campaign = Campaign(
        id=uuid4(),
        name="Friday",
        purpose=CampaignPurpose.REMINDER,
        kind=MessageKind.REMINDER,
        texts=texts,
        made_at=story.clock(),
    )
    message_id = await story.warns(MessageState.DELIVERED)
    async with story.begin() as db:
        db.add(campaign)
        await db.flush()
        message = await db.get_one(Message, message_id)
        message.kind, message.campaign_id = MessageKind.REMINDER, campaign.id
    story.clock.forward(hours=2)
    assert await story.asks() == against


async def test_when_every_warning_has_failed_customer_service_gets_the_case_once(story: Story) -> None:
    failed = await story.warns(MessageState.FAILED)
    story.clock.forward(hours=2)
    for _ in range(2):
        assert await story.asks() == {Against.WARNING_NOT_DELIVERED}

    (case,) = await story.cases()
    assert case.meter_id == story.meter_id
    assert case.evidence == {
        "balance_minor": -100,
        "account_number": story.town.account.number,
        "contacts": 1,
        "warnings": 1,
        "arrived": 0,
        "lost": f"alarm_b:sms:failed:unreachable:{failed}",
    }


async def test_a_case_that_was_settled_is_not_opened_again_in_the_same_descent(story: Story) -> None:
    story.clock.forward(hours=2)
    await story.asks()
    async with story.begin() as db:
        (await db.exec(select(Review))).one().settled_at = story.clock()
    story.clock.forward(minutes=5)
    await story.asks()
    assert len(await story.cases()) == 1

    await story.reads(5000)
    story.clock.forward(hours=1)
    await story.reads(-1)
    story.clock.forward(hours=1)
    assert await story.asks() == {Against.NOT_WARNED}
    assert len(await story.cases()) == 2


async def test_a_home_without_telephones_is_warned_in_person_and_that_counts_from_then_on(story: Story) -> None:
    async with story.begin() as db:
        officer = Staff(login="lin", name="Lin", password_hash="never used here")
        db.add(officer)
    story.clock.forward(hours=2)
    assert await story.asks() == {Against.NOT_WARNED}
    (case,) = await story.cases()
    decision = Decision(case.id, ReviewAct.WARNED, "Spoke to Mrs Li at her door", officer.id)
    async with story.begin() as db:
        await settle(db, decision, story.clock())

    assert await story.asks() == {Against.WARNED_TOO_LATELY}
    story.clock.forward(hours=1)
    assert await story.asks() == set()

    async with story.begin() as db:
        await save(db, CutRules(warnings_needed=2), None, story.clock())
    assert await story.asks() == {Against.WARNING_NOT_DELIVERED}
    assert len(await story.cases()) == 2  # somebody has to go there once more


async def test_while_a_warning_may_still_arrive_nobody_is_asked(story: Story) -> None:
    await story.warns(MessageState.SENT)
    story.clock.forward(hours=2)
    await story.asks()
    assert await story.cases() == []

    story.clock.forward(hours=22, minutes=30)
    await story.reads(-200)
    await story.asks()
    assert len(await story.cases()) == 1


async def test_a_warning_from_before_the_last_top_up_is_about_something_else(story: Story) -> None:
    await story.warns(MessageState.DELIVERED)
    story.clock.forward(hours=1)
    await story.reads(5000)
    story.clock.forward(hours=1)
    await story.reads(-100)
    story.clock.forward(hours=1)
    assert Against.NOT_WARNED in await story.asks()


async def ripe(story: Story) -> None:
    """Everything speaks for a cut."""
    await story.warns(MessageState.DELIVERED)
    story.clock.forward(hours=1)
    assert await story.asks() == set()


async def test_nobody_is_cut_inside_an_outage_nor_right_after_it(story: Story) -> None:
    await ripe(story)
    told = await story.outage(story.town.concentrator.node_id)
    assert await story.asks() == {Against.OUTAGE_AREA}

    story.clock.forward(minutes=30)
    async with story.begin() as db:
        await announcements.restore(db, told, story.clock())
    assert await story.asks() == {Against.OUTAGE_JUST_OVER}
    story.clock.forward(hours=2)
    assert await story.asks() == set()


async def test_an_outage_that_was_a_mistake_or_is_elsewhere_stands_against_nothing(story: Story) -> None:
    await ripe(story)
    told = await story.outage(None)
    assert await story.asks() == {Against.OUTAGE_AREA}
    async with story.begin() as db:
        await announcements.withdraw(db, told)
    assert await story.asks() == set()


async def test_an_amnesty_of_the_area_or_of_all_stands_against_it_until_it_ends(story: Story) -> None:
    await ripe(story)
    rows = [
        Amnesty(node_id=node, reason="storm", from_at=story.clock(), until_at=story.clock() + timedelta(hours=1))
        for node in (None, story.town.concentrator.node_id)
    ]
    for row in rows:
        async with story.begin() as db:
            db.add(row)
        assert await story.asks() == {Against.AMNESTY}
        async with story.begin() as db:
            (await db.get_one(Amnesty, row.id)).ended_at = story.clock()
        assert await story.asks() == set()


@pytest.mark.parametrize("state", [PurchaseState.PAID, PurchaseState.SENDING, PurchaseState.REVIEW])
async def test_money_on_its_way_stands_against_it(story: Story, state: PurchaseState) -> None:
    await ripe(story)
    async with story.begin() as db:
        db.add(bought(story, state))
    assert await story.asks() == {Against.PAYMENT_UNDER_WAY}


async def test_an_open_payment_stands_against_it(story: Story) -> None:
    await ripe(story)
    async with story.begin() as db:
        await build.payment(db, story.town.esam, 5000, story.clock())
    assert await story.asks() == {Against.PAYMENT_UNDER_WAY}


async def test_emergency_credit_keeps_supply_on_for_a_while(story: Story) -> None:
    await ripe(story)
    async with story.begin() as db:
        lent = bought(story, PurchaseState.CREDITED)
        lent.kind, lent.credited_at = PurchaseKind.ADVANCE, story.clock()
        db.add(lent)
        await db.flush()
        db.add(
            Advance(
                account_id=story.town.account.id,
                meter_id=story.meter_id,
                purchase_id=lent.id,
                amount_minor=5000,
                granted_at=story.clock(),
            )
        )
    assert await story.asks() == {Against.ADVANCE_RUNNING}


def bought(story: Story, state: PurchaseState) -> Purchase:
    return Purchase(
        id=uuid4(),
        ref=new_ref(),
        meter_id=story.meter_id,
        amount_minor=5000,
        credit_minor=5000,
        state=state,
        created_at=story.clock(),
    )


async def test_the_rules_of_the_utility_are_asked_each_time(story: Story) -> None:
    story.clock.forward(hours=1)
    async with story.begin() as db:
        await save(db, CutRules(warnings_needed=0, holidays=(story.clock().date(),)), None, story.clock())
    assert await story.asks() == {Against.HOLIDAY}


async def test_a_clearance_is_given_only_where_nothing_stands_against_it_and_for_one_meter(story: Story) -> None:
    async with story.begin() as db:
        with pytest.raises(CutHeld) as held:
            await cleared(db, story.meter_id, "test", story.clock())
    assert Against.GRACE in held.value.verdict.reasons

    await ripe(story)
    async with story.begin() as db:
        given = await cleared(db, story.meter_id, "test", story.clock())
    assert given.holds(given.address, story.clock.forward(seconds=60))
    assert given.meter_id == story.meter_id
    assert not given.holds(story.town.sts.address, story.clock())
    assert not given.holds(given.address, story.clock.forward(seconds=1))


async def test_nobody_else_can_make_a_clearance(story: Story) -> None:
    with pytest.raises(TypeError):
        Clearance(story.meter_id, story.town.esam.address, uuid4(), story.clock(), seal=object())
    assert cutting.cleared.__module__ == Clearance.__module__


async def test_the_list_of_those_without_money_says_what_stands_against_each(story: Story) -> None:
    await ripe(story)
    async with story.begin() as db:
        await record_balance(db, await db.get_one(Meter, story.town.sts.id), -5, BalanceSource.DAILY, story.clock())
    async with story.begin() as db:
        everybody = await held_meters(db, story.clock())
        unwarned = await held_meters(db, story.clock(), reason=Against.NOT_WARNED)
        cuttable = await held_meters(db, story.clock(), reason="none")
        asked = list(await db.exec(select(CutInquiry).where(CutInquiry.meter_id == story.town.sts.id)))
    assert [each.meter.id for each in everybody.lines] == [story.meter_id, story.town.sts.id]
    assert [each.meter.id for each in unwarned.lines] == [story.town.sts.id]
    assert [each.meter.id for each in cuttable.lines] == [story.meter_id]
    assert asked == []  # looking is not asking
