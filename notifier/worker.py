"""The workers on the queues `messages` and `bulk`. Any number may run; a supervisor starts again what dies."""

import secrets

from app.bearer import sole_bearer
from app.context import Ctx, Deps, Task, make_worker, run_worker, utc_now
from app.db import begin_factory, make_engine
from app.outbox import BULK, MESSAGES, Job
from app.settings import Settings
from app.setup import SetupError, check
from app.stopping import until_stopped
from notifier import sharing
from notifier.asking import ask_for_ever
from notifier.batch import send_all
from notifier.channels import Channels, open_channels

NAME = "notifier"
HANDS, _BULK_HANDS = 3, 1
"""Each holds `armful.MOST` messages: together as many as one provider's library has connections (aiohttp: 100)."""


def sender(channels: Channels) -> Task:
    """Return the job `send_message`, which sends through `channels`."""

    async def send_message(ctx: Ctx, *note_ids: int) -> None:
        """Send messages. May run twice; a provider that can be asked gets each once."""
        await send_all(ctx["deps"], Job.SEND_MESSAGE, note_ids, channels)

    return send_message


def bulk_sender(channels: Channels) -> Task:
    """Return the job `send_bulk`: the same, with other hands."""

    async def send_bulk(ctx: Ctx, *note_ids: int) -> None:
        """Send messages that nobody waits for. As `send_message`."""
        await send_all(ctx["deps"], Job.SEND_BULK, note_ids, channels)

    return send_bulk


class NoBell:
    """A sent message promises nothing further, so there is nobody to wake."""

    async def ring_quietly(self) -> None:
        """Do nothing."""


async def run(settings: Settings) -> None:
    """Send messages until told to stop. Raises SetupError with what to set."""
    check(settings)
    if not settings.session_secret.get_secret_value():
        raise SetupError("RELIGHT_SESSION_SECRET: set it as for the web, for sign-in codes are derived from it")
    engine = make_engine(settings.database_url)
    name = f"{NAME}:{secrets.token_hex(4)}"
    deps = Deps(begin_factory(engine), NoBell(), utc_now, settings, name=name)
    try:
        async with sole_bearer(settings.database_url, name) as bearer, open_channels(settings) as channels:
            now = make_worker([sender(channels)], MESSAGES, settings.redis_url, deps, concurrency=HANDS)
            bulk = make_worker([bulk_sender(channels)], BULK, settings.redis_url, deps, concurrency=_BULK_HANDS)
            async with deps.begin() as db:
                await sharing.begin(db, channels, deps.now())
            asking = ask_for_ever(deps, channels)
            await until_stopped(run_worker(now), run_worker(bulk), bearer.hold(), asking)
    finally:
        await engine.dispose()
