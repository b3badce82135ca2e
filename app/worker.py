"""The workers: the office, and the front-ends."""

import logging
import secrets
from contextlib import aclosing
from dataclasses import replace

from app import outbox
from app.assembly import open_deps, with_parts
from app.bearer import sole_bearer
from app.bell import Bell
from app.context import Deps, Task, make_worker, run_worker
from app.db import few_at_once
from app.headend import FrontEndServer, open_security
from app.outbox import FRONT_END, OFFICE, OFFICE_BULK, QUEUES, ROUTINE
from app.payments import open_providers
from app.settings import Settings
from app.stopping import until_stopped
from app.tasks import (
    announce,
    campaigns,
    collection,
    commissioning,
    devices,
    fees,
    fulfil,
    handhelds,
    levels,
    operations,
    readings,
    receipts,
    reconcile,
    refunds,
    rehearse,
    stand_ins,
    sweep,
    topups,
)

log = logging.getLogger(__name__)

_BULK_AT_ONCE = 3
_ROUNDS_AT_ONCE = 1_000  # a round waits for its concentrator most of the time, and each concentrator has one
_ROUNDS_IN_DATABASE = 8  # of the twenty connections of a process

JOBS: tuple[Task, ...] = (
    fulfil.issue_token,
    fulfil.download_purchase,
    fulfil.read_records,
    fulfil.check_relay,
    readings.read_balance,
    readings.read_daily,
    collection.collect_events,
    collection.set_master_interval,
    announce.announce_credit,
    announce.announce_token,
    announce.announce_alarm,
    rehearse.play_delivery,
    receipts.render_receipt,
    reconcile.ask_provider,
    topups.charge_rule,
    refunds.refund_payment,
    devices.escalate_alarm,
    stand_ins.fall_back,
    campaigns.step_campaign,
    levels.step_levels,
    commissioning.step_commissioning,
    operations.step_operation,
    operations.operate,
    fees.enforce_limit,
    fees.set_own_limits,
    handhelds.apply_return,
)


def jobs_of(queue: str) -> list[Task]:
    """The functions that keep the promises of one queue, by the names of their jobs."""
    named = {function.__name__: function for function in JOBS}
    return [named[job.value] for job, its_queue in QUEUES.items() if its_queue == queue]


async def run_office(settings: Settings) -> None:
    """Keep the office's promises, make its rounds, and ring the backstop bell until told to stop."""
    name = f"{OFFICE}:{secrets.token_hex(4)}"  # several may run, and each takes and lets go its own notes only
    async with (
        sole_bearer(settings.database_url, name) as bearer,
        open_deps(settings, name) as bare,
        aclosing(await open_security(settings)) as security,
    ):
        deps = with_parts(bare, providers=open_providers(settings), security=security)
        worker = make_worker(jobs_of(OFFICE), OFFICE, settings.redis_url, deps)
        bulk = make_worker(jobs_of(OFFICE_BULK), OFFICE_BULK, settings.redis_url, deps, concurrency=_BULK_AT_ONCE)
        working = (run_worker(worker), run_worker(bulk))
        await until_stopped(*working, sweep.walk_for_ever(deps), bearer.hold(), _backstop(deps))


async def run_front_end(settings: Settings, name: str) -> None:
    """Hold concentrators' links and work for their meters until told to stop. SetupError if the name is taken."""
    mark = f"{FRONT_END}:{name}"
    async with (
        sole_bearer(settings.database_url, mark) as bearer,
        open_deps(settings, mark) as bare,
        aclosing(await open_security(settings)) as security,
    ):
        async with bare.begin() as db:
            await outbox.release(db, mark)
        server = FrontEndServer(bare, name, security)
        deps = with_parts(bare, gateway=server.gateway, security=security)
        worker = make_worker(jobs_of(FRONT_END), mark, settings.redis_url, deps, concurrency=200)
        unhurried = replace(deps, begin=few_at_once(deps.begin, _ROUNDS_IN_DATABASE))
        routine = make_worker(
            jobs_of(ROUTINE), f"{ROUTINE}:{name}", settings.redis_url, unhurried, concurrency=_ROUNDS_AT_ONCE
        )
        working = (run_worker(worker), run_worker(routine))
        await until_stopped(*working, server.run(), bearer.hold(), _backstop(deps))


async def _backstop(deps: Deps) -> None:
    if isinstance(deps.bell, Bell):
        await deps.bell.ring_for_ever()
