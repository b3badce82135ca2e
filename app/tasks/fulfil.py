"""Jobs that get a paid purchase into its meter and the light on. Each may run twice; the meter is credited once."""

import logging

from app.context import Ctx, Deps
from app.ports import IssuedToken, IssueRequest, SecurityError, SecurityModule
from app.services import carrying, fulfilment, relays, tokens, told_by_records
from app.steady import job, transaction

log = logging.getLogger(__name__)


@job
async def issue_token(ctx: Ctx, note_id: int) -> None:
    """Have the security module make the token of one purchase."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        wanted = await tokens.prepare(db, note_id, deps.now(), deps.name)
    if wanted is None:
        return
    answer = await _issue(deps, wanted.request)
    await transaction(deps, lambda db: tokens.conclude(db, wanted, answer, deps.now()))
    await deps.bell.ring_quietly()


async def _issue(deps: Deps, request: IssueRequest) -> tuple[IssuedToken, ...] | SecurityError:
    try:
        return await _security(deps).issue_credit(request)
    except SecurityError as error:
        log.warning("no token for request %s: %s (%s)", request.request_id, error.code, error.reason)
        return error


@job
async def download_purchase(ctx: Ctx, note_id: int) -> None:
    """Carry one purchase to its meter."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        parcel = await fulfilment.prepare(db, note_id, deps.now(), deps.name)
    if parcel is None:
        return

    async def leave() -> bool:
        return await transaction(deps, lambda db: fulfilment.leave(db, parcel, deps.now()))

    answer = await carrying.carry(deps.head_end, parcel, leave)  # no transaction is open
    await transaction(deps, lambda db: fulfilment.conclude(db, parcel, answer, deps.now()))
    await deps.bell.ring_quietly()


@job
async def read_records(ctx: Ctx, note_id: int) -> None:
    """Ask a meter what it wrote down under the number of a purchase that waits before a person. Nothing is sent."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        errand = await told_by_records.prepare(db, note_id, deps.now(), deps.name)
    if errand is None:
        return
    told = await told_by_records.ask(deps.head_end, errand)  # no transaction is open
    await transaction(deps, lambda db: told_by_records.conclude(db, errand, told, deps.now()))
    await deps.bell.ring_quietly()


@job
async def check_relay(ctx: Ctx, note_id: int) -> None:
    """See to the relay after a credit."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        errand = await relays.prepare(db, note_id, deps.now(), deps.name)
    if errand is None:
        return
    outcome = await relays.look_and_act(deps.head_end, errand)
    await transaction(deps, lambda db: relays.conclude(db, errand, outcome, deps.now()))
    await deps.bell.ring_quietly()


def _security(deps: Deps) -> SecurityModule:
    if deps.security is None:
        raise RuntimeError("this process has no security module: set RELIGHT_KEY_FILE and RELIGHT_KEY_PASSPHRASE")
    return deps.security
