"""A crowd falls through the levels while workers die, the queue is emptied and each provider goes down in turn.

Every warning that is still useful arrives, none twice, none at somebody who opted out, none in quiet hours, and none
is tried after the payment (SPEC N-9, M-7). `make faults` runs it with five thousand.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.journeys.crowd import WORKERS, Crowd, crowd
from tests.journeys.crowd_people import NOTICE, OWING, URGENT, Lot, Soul
from tests.journeys.crowd_sky import CLEAR, Weather
from tests.journeys.crowd_truth import ends_of_tries, moved_away, verdict
from tests.standins import aliyun, mail, twilio

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@dataclass(frozen=True, slots=True)
class Plot:
    """A story of so many: the weathers of each level, one after the other, each over its part of the crowd."""

    size: int
    quiet_s: float
    levels: tuple[tuple[Weather, ...], ...]


SOME = Plot(
    60,
    1.0,
    (
        (Weather(sms=twilio.Fault.BROKEN, post=mail.Fault.GREYLISTED),),
        (Weather(china=aliyun.Fault.BROKEN_AFTER_ACCEPT),),
        (Weather(sms=twilio.Fault.HANGS_UP_AFTER_ACCEPT, post=mail.Fault.HANGS_UP_AFTER_DATA),),
    ),
)
ALL = Plot(
    5000,
    5.0,
    (
        (
            Weather(sms=twilio.Fault.AUTH),
            Weather(china=aliyun.Fault.BROKEN),
            Weather(sms=twilio.Fault.BROKEN),
            Weather(post=mail.Fault.GREYLISTED),
        ),
        (
            Weather(sms=twilio.Fault.BROKEN_AFTER_ACCEPT),
            Weather(china=aliyun.Fault.BROKEN_AFTER_ACCEPT),
            Weather(post=mail.Fault.HANGS_UP_BEFORE_DATA),
        ),
        (
            Weather(sms=twilio.Fault.HANGS_UP_AFTER_ACCEPT),
            Weather(china=aliyun.Fault.HANGS_UP_AFTER_ACCEPT),
            Weather(post=mail.Fault.HANGS_UP_AFTER_DATA),
        ),
    ),
)


@pytest.mark.parametrize("plot", [pytest.param(SOME, id="some"), pytest.param(ALL, id="all", marks=pytest.mark.long)])
async def test_every_useful_warning_arrives_once_whatever_dies(tmp_path: Path, plot: Plot) -> None:
    async with crowd(tmp_path, plot.size) as people:
        await people.up()
        trouble = asyncio.create_task(workers_die(people))
        await story(people, plot)
        trouble.cancel()
        await people.calm(patience_s=120 + plot.size / 5)
        assert await verdict(people) == []
        assert people.deaths >= len(plot.levels)
        ends = await ends_of_tries(people)
        (tmp_path / "figures.txt").write_text(
            f"{sum(people.sides.arrived().values())} came, {people.deaths} died, {ends}"
        )
        assert {"twilio found", "aliyun found"} <= ends.keys()  # what was lost with an answer was asked for
        assert await moved_away(people) == {"twilio", "aliyun"}


async def story(people: Crowd, plot: Plot) -> None:
    """First level, second level, payments of some, zero; the queue is emptied in between."""
    payers = [soul for soul in people.souls if soul.lot is Lot.PAYS]
    others = [soul for soul in people.souls if soul.lot is not Lot.PAYS]
    first, second, last = plot.levels
    await fall(people, NOTICE, people.souls, first, plot)
    await people.flush()
    await fall(people, URGENT, people.souls, second, plot)
    await people.pay(payers)
    await people.flush()
    await fall(people, OWING, others, last, plot)


async def fall(
    people: Crowd, balance_minor: int, souls: Sequence[Soul], weathers: Sequence[Weather], plot: Plot
) -> None:
    """A part of them falls in each weather, and somebody dies over it."""
    deaths = people.deaths
    for place, each in enumerate(weathers):
        part = souls[place :: len(weathers)]
        async with weather(people, each, tries=max(2, len(part) // 50), quiet_s=plot.quiet_s):
            await people.fall(balance_minor, part)
    await people.until(lambda: people.deaths > deaths, "a worker has died")


@asynccontextmanager
async def weather(people: Crowd, now: Weather, *, tries: int, quiet_s: float) -> AsyncIterator[None]:
    """Some provider misbehaves during the block and until enough was tried in it; then there is some quiet."""
    people.sides.have(now)
    before = people.sides.felt(now)
    yield
    await people.until(lambda: people.sides.felt(now) >= before + tries, f"messages were tried in {now}")
    await asyncio.sleep(quiet_s)
    people.sides.have(CLEAR)
    await asyncio.sleep(quiet_s)


async def workers_die(people: Crowd, each_s: float = 4.0) -> None:
    """SIGKILL to one of them every so often, when all are at work; the supervisor starts it again."""
    dice = Random(11)
    while True:
        await asyncio.sleep(each_s)
        await people.all_at_work()
        people.supervisor.send(dice.choice(WORKERS), signal.SIGKILL)
