"""What warnings led to: an episode counts once, and only what came after the proof of delivery."""

from datetime import timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from app.db import Begin
from app.domain.alert_effect import FOLLOWED_FOR, Effect
from app.domain.notice import MessageKind, MessageState
from app.domain.payment import PaymentState
from app.models import Payment, RelayState
from app.services.drafts import Telling, draft
from app.services.purchases import new_ref
from app.services.reports.alert_effect import AlertEffect, Span, alert_effect
from tests.clocks import Clock
from tests.desk import Desk

HOUR = timedelta(hours=1)


async def warned(
    begin: Begin, desk: Desk, clock: Clock, *, arrived: timedelta | None = HOUR, cause: UUID | None = None
) -> UUID:
    """The town is warned of an episode; `arrived`: how long after the plan, None: never."""
    cause = cause or uuid4()
    message = draft(Telling(MessageKind.ALARM_A, cause, str(uuid4()), "somebody", "sms", "en"), clock())
    message.contact_id, message.meter_id = desk.town.contact.id, desk.town.esam.id
    message.state = MessageState.SENT if arrived is None else MessageState.DELIVERED
    message.delivered_at = None if arrived is None else clock() + arrived
    async with begin() as db:
        db.add(message)
    return cause


async def pays(begin: Begin, desk: Desk, clock: Clock, after: timedelta) -> None:
    payment = Payment(
        id=uuid4(),
        ref=new_ref(),
        provider="sandbox",
        meter_id=desk.town.esam.id,
        amount_minor=5000,
        currency="CNY",
        state=PaymentState.PAID,
        created_at=clock() + after,
        expires_at=clock() + after + HOUR,
        paid_at=clock() + after,
    )
    async with begin() as db:
        db.add(payment)


async def is_cut(begin: Begin, desk: Desk, clock: Clock, after: timedelta) -> None:
    async with begin() as db:
        db.add(
            RelayState(
                meter_id=desk.town.esam.id,
                relay_open=True,
                command_open=True,
                keep_power=False,
                after_verb="read_balance",
                read_at=clock() + after,
            )
        )


async def report(begin: Begin, clock: Clock) -> AlertEffect:
    async with begin() as db:
        return await alert_effect(db, Span(clock() - HOUR, clock() + HOUR, ZoneInfo("Asia/Shanghai")))


async def of_level_a(begin: Begin, clock: Clock) -> Effect:
    return dict((await report(begin, clock)).levels)[MessageKind.ALARM_A]


async def test_a_payment_before_the_cut_is_what_the_warning_was_for(desk: Desk, begin: Begin, clock: Clock) -> None:
    await warned(begin, desk, clock)
    await pays(begin, desk, clock, 3 * HOUR)
    await is_cut(begin, desk, clock, 5 * HOUR)
    assert await of_level_a(begin, clock) == Effect(told=1, paid=1, half_paid_in=2 * HOUR)


async def test_a_cut_before_the_payment_is_counted_as_a_cut(desk: Desk, begin: Begin, clock: Clock) -> None:
    await warned(begin, desk, clock)
    await is_cut(begin, desk, clock, 2 * HOUR)
    await pays(begin, desk, clock, 3 * HOUR)
    assert await of_level_a(begin, clock) == Effect(told=1, cut=1)


async def test_what_was_paid_before_the_warning_arrived_is_not_its_effect(
    desk: Desk, begin: Begin, clock: Clock
) -> None:
    await warned(begin, desk, clock, arrived=4 * HOUR)
    await pays(begin, desk, clock, 3 * HOUR)
    assert await of_level_a(begin, clock) == Effect(told=1)


async def test_a_payment_weeks_later_is_not_its_effect_either(desk: Desk, begin: Begin, clock: Clock) -> None:
    await warned(begin, desk, clock)
    await pays(begin, desk, clock, FOLLOWED_FOR + 2 * HOUR)
    assert await of_level_a(begin, clock) == Effect(told=1)


async def test_a_warning_that_only_went_out_is_not_delivered(desk: Desk, begin: Begin, clock: Clock) -> None:
    await warned(begin, desk, clock, arrived=None)
    await pays(begin, desk, clock, 3 * HOUR)
    assert await of_level_a(begin, clock) == Effect(undelivered=1)


async def test_an_episode_told_over_two_ways_counts_once(desk: Desk, begin: Begin, clock: Clock) -> None:
    cause = await warned(begin, desk, clock)
    await warned(begin, desk, clock, arrived=None, cause=cause)
    assert await of_level_a(begin, clock) == Effect(told=1)


async def test_weeks_add_up_to_what_the_levels_say(desk: Desk, begin: Begin, clock: Clock) -> None:
    await warned(begin, desk, clock)
    await warned(begin, desk, clock, arrived=None)
    said = await report(begin, clock)
    assert sum(week.effect.told for week in said.weeks) == 1
    assert sum(week.effect.undelivered for week in said.weeks) == 1


@pytest.mark.parametrize(("effect", "tenths"), [(Effect(), None), (Effect(told=3, paid=1), 333), (Effect(1, 1), 1000)])
def test_a_share_of_nothing_is_no_figure(effect: Effect, tenths: int | None) -> None:
    assert effect.paid_tenths == tenths
