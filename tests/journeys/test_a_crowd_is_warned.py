"""A crowd falls through the levels while workers die, the queue is emptied and each provider goes down in turn.

Every warning that is still useful arrives, none twice, none at somebody who opted out, none in quiet hours, and none
is tried after the payment (SPEC N-9, M-7). `make faults` runs it with five thousand.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from tests.journeys.crowd import NOTICE, OWING, URGENT, WORKERS, Crowd, Lot, crowd
from tests.standins import mail, twilio

_WEATHER_S = 2.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.mark.parametrize(
    ("size", "each_s"), [pytest.param(60, 4.0, id="some"), pytest.param(5000, 4.0, id="all", marks=pytest.mark.long)]
)
async def test_every_useful_warning_arrives_once_whatever_dies(tmp_path: Path, size: int, each_s: float) -> None:
    async with crowd(tmp_path, size) as people:
        await people.up()
        trouble = asyncio.create_task(workers_die(people, each_s))
        await fall(people)
        trouble.cancel()
        await people.calm(patience_s=60 + size / 10)
        assert await people.verdict() == []
        assert dead(people) >= 2
        assert people.phones.lists > 0  # what was lost with an answer was asked for


async def fall(people: Crowd) -> None:
    """First level, second level, payments of some, zero: each in its own weather; the queue is emptied in between."""
    payers = [soul for soul in people.souls if soul.lot is Lot.PAYS]
    others = [soul for soul in people.souls if soul.lot is not Lot.PAYS]
    async with weather(people, sms=twilio.Fault.BROKEN, post=mail.Fault.GREYLISTED):
        await people.fall(NOTICE, people.souls)
        await people.flush()
    async with weather(people, sms=twilio.Fault.BROKEN_AFTER_ACCEPT):
        await people.fall(URGENT, people.souls)
        await people.pay(payers)
        await people.flush()
    async with weather(people, sms=twilio.Fault.HANGS_UP_AFTER_ACCEPT, post=mail.Fault.HANGS_UP_AFTER_DATA):
        await people.fall(OWING, others)


@asynccontextmanager
async def weather(people: Crowd, *, sms: twilio.Fault, post: mail.Fault | None = None) -> AsyncIterator[None]:
    """Both providers misbehave during the block and for a while after it; then there is some quiet."""
    people.phones.always, people.relay.always = sms, post
    before = people.phones.posts
    yield
    await people.until(lambda: people.phones.posts >= before + len(people.souls) // 6, "SMS were tried in this weather")
    await asyncio.sleep(_WEATHER_S)
    people.phones.always = people.relay.always = None
    await asyncio.sleep(_WEATHER_S)


async def workers_die(people: Crowd, each_s: float) -> None:
    """SIGKILL to one of them every so often; the supervisor starts it again."""
    dice = Random(11)
    while True:
        await asyncio.sleep(each_s)
        people.supervisor.send(dice.choice(WORKERS), signal.SIGKILL)


def dead(people: Crowd) -> int:
    """How often a worker had to be started again."""
    return sum("starting it again" in line for line in people.lines)
