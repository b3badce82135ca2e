"""A small utility with a story to tell, and a notifier that tells it at the test's word."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from app.context import Deps, Task
from app.db import Begin
from app.models import Meter
from app.models.account import ChannelName
from app.outbox import Job
from app.settings import Settings
from app.tasks import announce
from notifier.channels import Channels, open_channels
from notifier.channels.memory import MemoryChannel
from notifier.worker import sender
from tests.clocks import Clock
from tests.contract.test_channel import twilio_settings
from tests.fakes import SilentBell
from tests.notifier.stories import credited
from tests.standins.twilio import TwilioStandIn, twilio_stand_in
from tests.work import Work, worker

Workers = Callable[[Channels], Work]


@pytest.fixture
def deps(begin: Begin, clock: Clock) -> Deps:
    return Deps(begin, SilentBell(), clock, Settings(public_url="https://relight.test"), name="notifier:test")


@pytest.fixture
def workers(deps: Deps) -> Workers:
    """Make somebody who announces, and sends through the given channels."""

    def make(channels: Channels) -> Work:
        jobs: dict[Job, Task] = {
            Job.ANNOUNCE_CREDIT: announce.announce_credit,
            Job.ANNOUNCE_TOKEN: announce.announce_token,
            Job.ANNOUNCE_ALARM: announce.announce_alarm,
            Job.SEND_MESSAGE: sender(channels),
            Job.SEND_BULK: sender(channels),
        }
        return worker(deps, jobs)

    return make


@pytest.fixture
def phone() -> MemoryChannel:
    """What arrives."""
    return MemoryChannel()


@pytest.fixture
def work(workers: Workers, phone: MemoryChannel) -> Work:
    """Announce and send what is due, to `phone`."""
    return workers(dict.fromkeys(ChannelName, phone))


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioStandIn]:
    async with twilio_stand_in() as far:
        yield far


@pytest.fixture
async def twilio_work(workers: Workers, twilio: TwilioStandIn) -> AsyncIterator[Work]:
    """Announce and send what is due, through Twilio's library to its stand-in."""
    async with open_channels(twilio_settings(twilio.url)) as channels:
        yield workers(channels)


Credit = Callable[[Meter], Awaitable[None]]


@pytest.fixture
def credit(begin: Begin, clock: Clock) -> Credit:
    """A purchase is in the meter, and the announcement is promised."""

    async def run(meter: Meter) -> None:
        await credited(begin, meter, clock())

    return run
