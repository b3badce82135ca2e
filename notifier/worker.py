"""The worker on the queue `messages`. Any number may run; one that dies is started again by its supervisor."""

import secrets

from app.bearer import sole_bearer
from app.context import Ctx, Deps, Task, make_worker, run_worker, utc_now
from app.db import begin_factory, make_engine
from app.outbox import MESSAGES
from app.settings import Settings
from app.setup import SetupError, check
from app.steady import job, transaction
from app.stopping import until_stopped
from notifier import dispatch
from notifier.channels import Channels, open_channels

NAME = "notifier"
_AT_ONCE = 20


def sender(channels: Channels) -> Task:
    """Return the job `send_message`, which sends through `channels`."""

    @job
    async def send_message(ctx: Ctx, note_id: int) -> None:
        """Send one message. May run twice; a provider that can be asked gets it once."""
        deps = ctx["deps"]
        async with deps.begin() as db:
            errand = await dispatch.prepare(db, note_id, deps, channels)
        if errand is None:
            return
        outcome = await dispatch.carry(errand)  # no transaction is open
        await transaction(deps, lambda db: dispatch.conclude(db, errand, outcome, deps.now()))

    return send_message


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
            worker = make_worker([sender(channels)], MESSAGES, settings.redis_url, deps, concurrency=_AT_ONCE)
            await until_stopped(run_worker(worker), bearer.hold())
    finally:
        await engine.dispose()
