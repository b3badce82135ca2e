"""The office's rounds: deadlines, dead front-ends, daily readings, daily match.

Two offices may make a round at once: each effect has its constraint, so the second finds nothing left to do.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from app import outbox
from app.bearer import unborne
from app.context import Deps
from app.services import amnesties, carriers, frontends, overdue
from app.services.kiosks import care, entry
from app.tasks import (
    alarms,
    bounces,
    collection,
    devices,
    disconnections,
    fees,
    handhelds,
    readings,
    reconcile,
    retention,
    stand_ins,
    topups,
)

log = logging.getLogger(__name__)


_CALL_ENDS = timedelta(seconds=15)  # a provider that is asked sooner may say "absent" of a message still on its way
WORKERS = ("office:", "notifier:")  # of these any number runs, under names of their own


@dataclass(frozen=True, slots=True)
class Round:
    """Something done every `every_s` seconds."""

    name: str
    every_s: float
    walk: Callable[[Deps], Awaitable[None]]


async def check_deadlines(deps: Deps) -> None:
    """Find overdue purchases and promises that nothing keeps."""
    async with deps.begin() as db:
        await overdue.find_overdue_purchases(db, deps.now())
        await overdue.find_spent_notes(db, deps.now())
        await overdue.settle_kept_notes(db, deps.now())
    await deps.bell.ring_quietly()


async def check_front_ends(deps: Deps) -> None:
    """Take concentrators and notes from front-ends that have stopped beating.

    One that lives on unheard sends nothing any more for such a note: `outbox.holds` is asked right before.
    """
    async with deps.begin() as db:
        for name in await frontends.sweep_dead(db, deps.now()):
            await outbox.release(db, f"{outbox.FRONT_END}:{name}")


async def check_sale_path(deps: Deps) -> None:
    """Let nobody be cut while it is us who cannot sell."""
    async with deps.begin() as db:
        await amnesties.follow(db, deps.now())


def dead_workers() -> Callable[[Deps], Awaitable[None]]:
    """A round that frees what dead offices and notifiers hold, instead of letting it wait for the end of the taking.

    A name that nobody bears is believed dead at the second look: a living process may just have lost its connection.
    """
    suspects: set[str] = set()

    async def check_workers(deps: Deps) -> None:
        async with deps.begin() as db:
            silent = await unborne(db, WORKERS, deps.now())
            for name in silent & suspects:
                log.warning("%s has died; what it held is free", name)
                await outbox.release(db, name, deps.now() + _CALL_ENDS)
        suspects.clear()
        suspects.update(silent)

    return check_workers


async def check_kiosks(deps: Deps) -> None:
    """Ask staff to look after terminals that need it."""
    async with deps.begin() as db:
        await care.find_sick(db, deps.now())
        await entry.forget_nonces(db, deps.now())


async def check_carriers(deps: Deps) -> None:
    """Take points from providers that are slow, and give those that do well their own share back."""
    async with deps.begin() as db:
        await carriers.slow_down(db, deps.now())
        await carriers.drift(db, deps.now())


ROUNDS = (
    Round("deadlines", 5, check_deadlines),
    Round("front-ends", 5, check_front_ends),
    Round("dead workers", 3, dead_workers()),
    Round("daily readings", 60, readings.plan_daily),
    Round("downloads that wait", 60, collection.scan_downloads),
    Round("intervals of master meters", 60, collection.follow_schemes),
    Round("alarm levels", 600, alarms.sweep_levels),
    Round("days of use", 60, fees.charge_days),
    Round("cuts under remote fee control", 60, fees.find_cuts),
    Round("homes without money", 120, disconnections.look_after_the_dark),
    Round("sale path", 30, check_sale_path),
    Round("terminals", 30, check_kiosks),
    Round("providers of messages", 60, check_carriers),
    Round("messages that nobody reported", 30, stand_ins.find_unheard),
    Round("monthly top-ups", 60, topups.plan_monthly),
    Round("payments", 300, reconcile.reconcile),
    Round("devices", 60, devices.look_after_devices),
    Round("hand-helds", 60, handhelds.look_for_handhelds),
    Round("what is kept too long", 3600, retention.forget),
    Round("mail that came back", 30, bounces.read_bounces),
)


async def walk_for_ever(deps: Deps) -> None:
    """Make every round in its rhythm until cancelled."""
    async with asyncio.TaskGroup() as group:
        for each in ROUNDS:
            group.create_task(_repeat(deps, each))


async def _repeat(deps: Deps, each: Round) -> None:
    while True:
        try:
            await each.walk(deps)
        except Exception as error:
            log.warning("round %s: %s: %s", each.name, type(error).__name__, error)
        await asyncio.sleep(each.every_s)
