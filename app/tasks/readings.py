"""Jobs that read meters: one because somebody asks, all of them once a day."""

import asyncio
import logging
from zoneinfo import ZoneInfo

from app.context import Ctx, Deps
from app.ports import Gateway, Unreachable
from app.services import daily, polls
from app.services.daily import Due, Walked
from app.services.polls import Answer
from app.steady import job, transaction

log = logging.getLogger(__name__)

_BUDGET_S = 200  # a long round is broken off in good time and goes on under its next taking


@job
async def read_balance(ctx: Ctx, note_id: int) -> None:
    """Read one meter now."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        errand = await polls.prepare(db, note_id, deps.now(), deps.name)
    if errand is None:
        return
    answer = await polls.ask(_gateway(deps), errand.target)  # no transaction is open
    answered_at = deps.now()
    await transaction(deps, lambda db: polls.conclude(db, errand, answer, answered_at))
    await deps.bell.ring_quietly()


async def plan_daily(deps: Deps) -> None:
    """Promise today's round of every concentrator; to be called often, it promises once a day."""
    async with deps.begin() as db:
        promised = await daily.plan(db, ZoneInfo(deps.settings.timezone), deps.now())
    if promised:
        await deps.bell.ring_quietly()


@job
async def read_daily(ctx: Ctx, note_id: int) -> None:
    """Read the meters of one concentrator that nobody has read today, one after the other."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        round_ = await daily.prepare(db, note_id, ZoneInfo(deps.settings.timezone), deps.now(), deps.name)
    if round_ is None:
        return
    walked = await _walk(deps, round_.due)
    await transaction(deps, lambda db: daily.conclude(db, round_, walked, deps.now()))
    await deps.bell.ring_quietly()


async def _walk(deps: Deps, due: tuple[Due, ...]) -> Walked:
    """Read meter by meter, each stored by itself."""
    ends_at = asyncio.get_running_loop().time() + _BUDGET_S
    walked = Walked()
    for each in due:
        if asyncio.get_running_loop().time() > ends_at:
            walked.broke_off = True
            break
        if not await _read_one(deps, each):
            walked.missed.append(each.number)
    if walked.missed:
        log.info("daily round: %d of %d meters did not answer", len(walked.missed), len(due))
    return walked


async def _read_one(deps: Deps, due: Due) -> bool:
    answer = Answer()
    try:
        await polls.ask_wallet(_gateway(deps), due.target, answer)
    except Unreachable:
        return False
    answered_at = deps.now()
    await transaction(deps, lambda db: daily.record(db, due, answer, answered_at))
    return answer.wallet is not None


def _gateway(deps: Deps) -> Gateway:
    if deps.gateway is None:
        raise RuntimeError("this process has no head end: queue 'frontend:<name>' belongs to `relight frontend`")
    return deps.gateway
