"""The workers on the queues `messages` and `bulk`. Any number may run; a supervisor starts again what dies."""

import secrets

from app.bearer import sole_bearer
from app.context import Ctx, Deps, Task, make_worker, run_worker, utc_now
from app.db import begin_factory, make_engine
from app.outbox import BULK, MESSAGES
from app.settings import Settings
from app.setup import SetupError, check
from app.steady import job, transaction
from app.stopping import until_stopped
from notifier import dispatch, sharing
from notifier.asking import ask_for_ever
from notifier.channels import Channels, open_channels
from notifier.dispatch import Errand

NAME = "notifier"
_AT_ONCE = 20
_BULK_AT_ONCE = 10


def sender(channels: Channels) -> Task:
    """Return the job `send_message`, which sends through `channels`."""

    @job
    async def send_message(ctx: Ctx, note_id: int) -> None:
        """Send one message. May run twice; a provider that can be asked gets it once."""
        await _send(ctx["deps"], note_id, channels)

    return send_message


def bulk_sender(channels: Channels) -> Task:
    """Return the job `send_bulk`: the same, with other hands."""

    @job
    async def send_bulk(ctx: Ctx, note_id: int) -> None:
        """Send one message that nobody waits for. As `send_message`."""
        await _send(ctx["deps"], note_id, channels)

    return send_bulk


async def _send(deps: Deps, note_id: int, channels: Channels) -> None:
    async with deps.begin() as db:
        errand = await dispatch.prepare(db, note_id, deps, channels)
    while errand is not None:
        errand = await _carry(deps, errand)


async def _carry(deps: Deps, errand: Errand) -> Errand | None:
    outcome = await dispatch.carry(errand)  # no transaction is open
    return await transaction(deps, lambda db: dispatch.conclude(db, errand, outcome, deps.now()))


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
            now = make_worker([sender(channels)], MESSAGES, settings.redis_url, deps, concurrency=_AT_ONCE)
            bulk = make_worker([bulk_sender(channels)], BULK, settings.redis_url, deps, concurrency=_BULK_AT_ONCE)
            async with deps.begin() as db:
                await sharing.begin(db, channels, deps.now())
            asking = ask_for_ever(deps, channels)
            await until_stopped(run_worker(now), run_worker(bulk), bearer.hold(), asking)
    finally:
        await engine.dispose()
