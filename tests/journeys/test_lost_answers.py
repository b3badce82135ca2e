"""Answers that never come: from meters, from whoever carries messages, from the queue. Nothing is done twice."""

import asyncio

import pytest
import redis

from headend_client.simulator.world import Script
from tests.journeys.living import Living, Paid, Victim
from tests.journeys.truth import doubts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize("script", [Script.DEAF, Script.DROPS_LINK])
async def test_a_meter_that_obeys_and_is_not_heard_is_credited_once(living: Living, script: Script) -> None:
    homes = [living.home(1), living.home(2)]
    for home in homes:
        await living.give_part(home, script)
    for paid in [await living.pay(home) for home in homes]:
        await living.finished(paid)
        assert await doubts(living, paid) == []


async def test_a_notifier_that_dies_before_it_hears_the_answer_sends_no_second_sms_and_at_most_a_second_mail(
    living: Living,
) -> None:
    """A provider that can be asked is asked. A mail relay cannot (docs/dataflow.md), and gets the same letter again."""
    outside = living.outside
    outside.phones.answering.clear()
    outside.mail.answering.clear()
    try:
        paid = await living.pay(living.home(1, with_mailbox=True))
        await living.until(lambda: has_come(living, paid), "both providers have taken the message")
        await living.kill(Victim.NOTIFIER)
    finally:
        outside.phones.answering.set()
        outside.mail.answering.set()
    await living.finished(paid)
    sms, letters = outside.results(paid.home)
    assert sms == 1
    assert letters in (1, 2)
    ours = [each for each in outside.mail.mailbox if each["To"] == paid.home.mailbox]  # a dark home is warned as well
    assert len({each["Message-ID"] for each in ours if "Credited" in each["Subject"]}) == 1


async def has_come(living: Living, paid: Paid) -> bool:
    return living.outside.results(paid.home) == (1, 1)


async def test_a_queue_that_is_emptied_again_and_again_loses_nothing(living: Living) -> None:
    paid = [await living.pay(living.home(street)) for street in (1, 2, 1, 2)]
    stop = asyncio.Event()
    emptied = asyncio.create_task(empty_queue(living, stop))
    for each in paid:
        await living.finished(each)
    stop.set()
    assert await emptied > 2
    assert [doubt for each in paid for doubt in await doubts(living, each)] == []


async def empty_queue(living: Living, stop: asyncio.Event) -> int:
    """FLUSHALL twice a second; return how often."""
    times = 0
    with redis.Redis.from_url(living.site.settings.redis_url) as line:
        while not stop.is_set():
            await asyncio.to_thread(line.flushall)
            times += 1
            try:
                await asyncio.wait_for(stop.wait(), 0.5)
            except TimeoutError:
                continue
    return times
