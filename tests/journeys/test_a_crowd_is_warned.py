"""A crowd falls through the levels while workers die, the queue is emptied and each provider goes down in turn.

Every warning that is still useful arrives, none twice, none at somebody who opted out, none in quiet hours, and none
is tried after the payment (SPEC N-9, M-7). `make faults` runs it with five thousand.
"""

import asyncio
import signal
from pathlib import Path
from random import Random

import pytest

from tests.journeys.crowd import NOTICE, OWING, URGENT, WORKERS, Crowd, Lot, crowd
from tests.standins import mail, twilio

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.mark.parametrize(
    ("size", "each_s"), [pytest.param(120, 1.5, id="some"), pytest.param(5000, 3.0, id="all", marks=pytest.mark.long)]
)
async def test_every_useful_warning_arrives_once_whatever_dies(tmp_path: Path, size: int, each_s: float) -> None:
    async with crowd(tmp_path, size) as people:
        trouble = asyncio.create_task(workers_die(people, each_s))
        weather = asyncio.create_task(providers_go_down(people, each_s))
        await fall(people)
        await weather
        trouble.cancel()
        await people.calm(patience_s=60 + size / 10)
        assert await people.verdict() == []
        assert dead(people) >= 2


async def fall(people: Crowd) -> None:
    """First level, second level, payments of some, zero; the queue is emptied in between."""
    payers = [soul for soul in people.souls if soul.lot is Lot.PAYS]
    others = [soul for soul in people.souls if soul.lot is not Lot.PAYS]
    await people.fall(NOTICE, people.souls)
    await people.flush()
    await people.fall(URGENT, people.souls)
    await people.pay(payers)
    await people.flush()
    await people.fall(OWING, others)


async def workers_die(people: Crowd, each_s: float) -> None:
    """SIGKILL to one of them every so often; the supervisor starts it again."""
    dice = Random(11)
    while True:
        await asyncio.sleep(each_s)
        people.supervisor.send(dice.choice(WORKERS), signal.SIGKILL)


async def providers_go_down(people: Crowd, each_s: float) -> None:
    """SMS: down, then taking messages without confirming them; mail: put off, then hanging up after it has the mail."""
    for fault in (twilio.Fault.BROKEN, twilio.Fault.BROKEN_AFTER_ACCEPT, twilio.Fault.HANGS_UP_AFTER_ACCEPT):
        people.phones.always = fault
        await asyncio.sleep(2 * each_s)
    people.phones.always = None
    people.relay.always = mail.Fault.GREYLISTED
    await asyncio.sleep(2 * each_s)
    people.relay.always = mail.Fault.HANGS_UP_AFTER_DATA
    await asyncio.sleep(each_s)
    people.relay.always = None


def dead(people: Crowd) -> int:
    """How often a worker had to be started again."""
    return sum("starting it again" in line for line in people.lines)
