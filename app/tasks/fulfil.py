"""Jobs that get a paid purchase into its meter and the light on. Each may run twice; the meter is credited once."""

import logging
from functools import partial

from app.context import Ctx, Deps
from app.ports import IssuedToken, SecurityError, SecurityModule
from app.services import carrying, fulfilment, relays, tokens, told_by_records
from app.services.carrying import Answer, Parcel
from app.services.tokens import Wanted
from app.steady import job, transaction
from app.tasks.keeping import keep_promise

log = logging.getLogger(__name__)


@job
async def issue_token(ctx: Ctx, note_id: int) -> None:
    """Have the security module make the token of one purchase."""
    deps = ctx["deps"]
    await keep_promise(deps, note_id, tokens.prepare, partial(_issue, deps), tokens.conclude)


async def _issue(deps: Deps, wanted: Wanted) -> tuple[IssuedToken, ...] | SecurityError:
    try:
        return await _security(deps).issue_credit(wanted.request)
    except SecurityError as error:
        log.warning("no token for request %s: %s (%s)", wanted.request.request_id, error.code, error.reason)
        return error


@job
async def download_purchase(ctx: Ctx, note_id: int) -> None:
    """Carry one purchase to its meter."""
    deps = ctx["deps"]

    async def carry(parcel: Parcel) -> Answer:
        async def leave() -> bool:
            return await transaction(deps, lambda db: fulfilment.leave(db, parcel, deps.now()))

        return await carrying.carry(deps.head_end, parcel, leave)

    await keep_promise(deps, note_id, fulfilment.prepare, carry, fulfilment.conclude)


@job
async def read_records(ctx: Ctx, note_id: int) -> None:
    """Ask a meter what it wrote down under the number of a purchase that waits before a person. Nothing is sent."""
    deps = ctx["deps"]
    ask = partial(told_by_records.ask, deps.head_end)
    await keep_promise(deps, note_id, told_by_records.prepare, ask, told_by_records.conclude)


@job
async def check_relay(ctx: Ctx, note_id: int) -> None:
    """See to the relay after a credit."""
    deps = ctx["deps"]
    await keep_promise(deps, note_id, relays.prepare, partial(relays.look_and_act, deps.head_end), relays.conclude)


def _security(deps: Deps) -> SecurityModule:
    if deps.security is None:
        raise RuntimeError("this process has no security module: set RELIGHT_KEY_FILE and RELIGHT_KEY_PASSPHRASE")
    return deps.security
