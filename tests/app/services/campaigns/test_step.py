"""Bulk sends go out slice by slice, once, and stop where somebody says so (SPEC N-5)."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, func, select, update

from app.db import Begin
from app.domain.campaign import AHEAD_S, CampaignState, CannotAct, ItemState
from app.domain.notice import MessageState
from app.models import Audit, Message, Meter, Note
from app.services.campaigns import acts
from app.services.campaigns.acts import Go
from tests.app.services.campaigns.street import Street, open_street
from tests.clocks import Clock

MANY = 12


@pytest.fixture
async def street(begin: Begin, clock: Clock) -> Street:
    return await open_street(begin, clock, MANY)


class Killed(Exception):
    """The worker is gone."""


async def test_a_send_that_is_killed_in_each_step_tells_everybody_once(street: Street, clock: Clock) -> None:
    campaign_id = await street.going(rate=5)

    for _ in range(2 * MANY):
        with pytest.raises(Killed):
            async with street.begin() as db:
                await street.step_in(db, campaign_id)
                raise Killed
        await street.steps(campaign_id)
        await sent(street, campaign_id)
        clock.forward(seconds=1)

    assert (await street.row(campaign_id)).state == CampaignState.DONE
    assert await street.states(campaign_id) == {(ItemState.PLANNED, ""): MANY}
    assert len({message.contact_id for message in await street.texts(campaign_id)}) == MANY
    assert len(await street.texts(campaign_id)) == MANY


async def sent(street: Street, campaign_id: UUID) -> None:
    """The provider takes what lies there."""
    async with street.begin() as db:
        await db.execute(update(Message).where(col(Message.campaign_id) == campaign_id).values(state="sent"))


async def test_a_provider_that_stands_still_leaves_some_seconds_of_messages_and_no_more(
    street: Street, clock: Clock
) -> None:
    campaign_id = await street.going(rate=2)

    for _ in range(15):
        await street.steps(campaign_id)
        clock.forward(seconds=1)

    unsent = [message for message in await street.texts(campaign_id) if message.state == MessageState.QUEUED]
    assert 0 < len(unsent) <= 2 * AHEAD_S


async def test_a_paused_send_plans_nobody_and_goes_on_where_it_was(street: Street, clock: Clock) -> None:
    campaign_id = await street.going(rate=5)
    await street.steps(campaign_id)
    async with street.begin() as db:
        await acts.pause(db, campaign_id, street.staff_id, clock())
    clock.forward(seconds=2)
    await street.steps(campaign_id)
    clock.forward(seconds=2)
    assert not await street.steps(campaign_id)
    assert len(await street.texts(campaign_id)) == 5

    async with street.begin() as db:
        await acts.resume(db, campaign_id, street.staff_id, clock())
    for _ in range(MANY):
        await street.steps(campaign_id)
        await sent(street, campaign_id)
        clock.forward(seconds=1)

    assert len(await street.texts(campaign_id)) == MANY


async def test_a_stopped_send_drops_what_nobody_has_begun_to_send(street: Street, clock: Clock) -> None:
    campaign_id = await street.going(rate=5)
    await street.steps(campaign_id)
    async with street.begin() as db:
        await acts.stop(db, campaign_id, street.staff_id, clock())
    clock.forward(minutes=1)
    await street.steps(campaign_id)

    told = await street.texts(campaign_id)
    assert {(message.state, message.trouble) for message in told} == {(MessageState.DROPPED, acts.STOPPED)}
    assert (await street.states(campaign_id))[ItemState.STOPPED, acts.STOPPED] == MANY - 5
    with pytest.raises(CannotAct, match="not_now"):
        async with street.begin() as db:
            await acts.resume(db, campaign_id, street.staff_id, clock())


async def test_who_has_paid_since_is_not_reminded(street: Street) -> None:
    campaign_id = await street.going(ceiling_minor=500)
    async with street.begin() as db:
        (await db.get_one(Meter, street.meters[0].id)).balance_minor = 9000

    await street.steps(campaign_id)

    assert await street.states(campaign_id) == {
        (ItemState.LEFT_OUT, "no_longer_true"): 1,
        (ItemState.PLANNED, ""): MANY - 1,
    }


async def test_a_send_waits_for_its_time_and_ends_with_it(street: Street, clock: Clock) -> None:
    campaign_id = await street.draft()
    await street.go(campaign_id, starts_at=clock() + timedelta(hours=1))
    assert not await street.steps(campaign_id)
    assert (await street.row(campaign_id)).state == CampaignState.SCHEDULED

    clock.forward(days=3)
    await street.steps(campaign_id)

    assert (await street.row(campaign_id)).state == CampaignState.DONE
    assert await street.states(campaign_id) == {(ItemState.LEFT_OUT, "expired"): MANY}


async def test_at_night_nobody_is_planned(street: Street, clock: Clock) -> None:
    campaign_id = await street.draft()
    local_night = clock().replace(hour=15, minute=30)  # half past eleven at night in Shanghai
    clock.forward(seconds=int((local_night - clock()).total_seconds()) % 86_400)
    await street.go(campaign_id)

    await street.steps(campaign_id)
    assert await street.states(campaign_id) == {(ItemState.WAITING, ""): MANY}

    clock.forward(hours=8)
    await street.steps(campaign_id)
    assert await street.states(campaign_id) == {(ItemState.PLANNED, ""): MANY}


async def test_what_was_not_confirmed_does_not_begin(street: Street, clock: Clock) -> None:
    campaign_id = await street.draft()
    async with street.begin() as db:
        with pytest.raises(CannotAct, match="not_seen"):
            await acts.start(db, campaign_id, Go(MANY - 1, None, None, street.staff_id), clock())
    assert not await street.steps(campaign_id)


async def test_who_let_it_go_and_who_stopped_it_is_on_record(street: Street, clock: Clock) -> None:
    campaign_id = await street.going()
    async with street.begin() as db:
        await acts.stop(db, campaign_id, street.staff_id, clock())
        done = select(Audit.act).where(Audit.subject_id == campaign_id).order_by(col(Audit.at), col(Audit.act))
        assert list(await db.exec(done)) == ["campaign_started", "campaign_stopped"]


async def test_a_discarded_draft_leaves_nothing(street: Street, clock: Clock) -> None:
    campaign_id = await street.draft()
    async with street.begin() as db:
        await acts.discard(db, campaign_id, street.staff_id, clock())
    assert await street.states(campaign_id) == {}
    async with street.begin() as db:
        assert (await db.exec(select(func.count()).select_from(Note))).one() == 0
