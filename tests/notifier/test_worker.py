"""The notifier as a process runs it: real queue, real database, told to stop by a signal."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from app import engines as embedded
from app.bell import Bell
from app.context import Deps, open_queue, utc_now
from app.db import Begin
from app.domain.notice import MessageState
from app.outbox import Job
from app.settings import Settings
from app.setup import SetupError
from app.tasks.announce import announce_credit
from notifier.worker import run
from tests import build
from tests.contract.test_channel import twilio_settings
from tests.fakes import SilentBell
from tests.notifier import stories
from tests.standins.twilio import TwilioStandIn

PATIENCE_S = 20


@pytest.fixture
def settings(database_url: str, redis_url: str, twilio: TwilioStandIn) -> Settings:
    ours = {"database_url": database_url, "redis_url": redis_url, "session_secret": SecretStr("s" * 32)}
    return twilio_settings(twilio.url).model_copy(update=ours)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """A notifier; at the end it gets SIGTERM, as from a supervisor."""
    task = asyncio.create_task(run(settings))
    try:
        yield
    finally:
        if not task.done():
            os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            await task


async def until_arrived(twilio: TwilioStandIn, count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(twilio.phone) < count:  # noqa: ASYNC110  (the far side sets no event)
            await asyncio.sleep(0)


async def tell(begin: Begin, utility: build.Utility, redis_url: str) -> None:
    """A credit is announced, and the bell rings for its message."""
    await stories.credited(begin, utility.esam, utc_now())
    (note,) = await stories.open_notes(begin, Job.ANNOUNCE_CREDIT)
    await announce_credit({"deps": Deps(begin, SilentBell(), utc_now, Settings())}, note.id or 0)
    queue = open_queue(redis_url)
    await Bell(begin, queue, utc_now).ring()
    await queue.aclose()


async def test_a_rung_message_goes_out_and_a_signal_ends_the_work(
    begin: Begin, utility: build.Utility, settings: Settings, twilio: TwilioStandIn
) -> None:
    async with running(settings):
        await tell(begin, utility, settings.redis_url)
        await until_arrived(twilio, 1)
    (message,) = await stories.messages(begin)  # told to stop, it finished what it had in hand
    assert message.state == MessageState.SENT


@pytest.mark.slow
async def test_the_queue_may_die_and_come_back(
    begin: Begin, utility: build.Utility, settings: Settings, twilio: TwilioStandIn, engines: embedded.Engines
) -> None:
    async with running(settings):
        await tell(begin, utility, settings.redis_url)
        await until_arrived(twilio, 1)
        engines.valkey.kill()
        engines.valkey.start()
        await tell(begin, utility, settings.redis_url)
        await until_arrived(twilio, 2)


async def test_without_its_servers_it_says_what_to_set() -> None:
    with pytest.raises(SetupError, match="DATABASE_URL"):
        await run(Settings(database_url="", redis_url=""))
