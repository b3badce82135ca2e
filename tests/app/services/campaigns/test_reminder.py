"""A reminder is looked at once more when its turn comes (SPEC M-7, N-5)."""

from uuid import UUID

import pytest

from app.db import Begin
from app.models import Meter
from app.services import letters
from app.services.campaigns import acts
from app.settings import Settings
from notifier.render import put_into_words
from tests.app.services.campaigns.street import Street, open_street
from tests.clocks import Clock


@pytest.fixture
async def street(begin: Begin, clock: Clock) -> Street:
    return await open_street(begin, clock, 2)


async def holds(street: Street, message_id: UUID) -> bool:
    async with street.begin() as db:
        return (await letters.load(db, message_id)).holds


async def test_who_pays_between_plan_and_sending_gets_no_reminder(street: Street) -> None:
    campaign_id = await street.going(ceiling_minor=500)
    await street.steps(campaign_id)
    first, second = await street.texts(campaign_id)
    async with street.begin() as db:
        (await db.get_one(Meter, first.meter_id)).balance_minor = 501

    assert not await holds(street, first.id)
    assert await holds(street, second.id)


async def test_nothing_of_a_stopped_send_holds(street: Street, clock: Clock) -> None:
    campaign_id = await street.going()
    await street.steps(campaign_id)
    async with street.begin() as db:
        await acts.stop(db, campaign_id, street.staff_id, clock())
    assert [await holds(street, message.id) for message in await street.texts(campaign_id)] == [False, False]


async def test_it_says_the_free_words_of_its_readers_language(street: Street) -> None:
    campaign_id = await street.going(texts={"en": "Come by", "en.title": "News", "zh": "欢迎"})
    await street.steps(campaign_id)
    message, *_ = await street.texts(campaign_id)
    async with street.begin() as db:
        said = (await letters.load(db, message.id)).facts.reminder
    assert said is not None
    assert (said.title, said.text) == ("News", "Come by")


async def test_free_words_about_a_balance_that_nobody_knows_give_way_to_those_of_the_kind(
    street: Street, clock: Clock
) -> None:
    campaign_id = await street.going(texts={"en": "You have {{ balance }}", "zh": "余额 {{ balance }}"})
    await street.steps(campaign_id)
    message, *_ = await street.texts(campaign_id)
    async with street.begin() as db:
        (await db.get_one(Meter, message.meter_id)).balance_minor = None
        letter = await letters.load(db, message.id)
        said = await put_into_words(db, letter, Settings(), clock())
    assert "top up" in said.words.body
