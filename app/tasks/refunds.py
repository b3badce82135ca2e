"""Gives money back through its provider."""

from app.context import Ctx, Deps
from app.ports import ProviderDown, ProviderRefused, RefundNews
from app.services import refunds
from app.services.refunds import Errand, Outcome
from app.steady import job, transaction


@job
async def refund_payment(ctx: Ctx, note_id: int) -> None:
    """Ask for one refund, or how far it is. May run twice; the payer gets it once, by its number."""
    deps = ctx["deps"]
    async with deps.begin() as db:
        errand = await refunds.prepare(db, note_id, deps.now(), deps.name)
    if errand is None:
        return
    outcome = await _ask(deps, errand)  # no transaction is open
    await transaction(deps, lambda db: refunds.conclude(db, errand, outcome, deps.now()))
    await deps.bell.ring_quietly()


async def _ask(deps: Deps, errand: Errand) -> Outcome:
    provider = (deps.providers or {}).get(errand.provider)
    if provider is None:
        return Outcome(trouble=f"provider {errand.provider} is not switched on")
    try:
        return Outcome(await provider.refund(errand.order_ref, errand.ref, errand.amount_minor))
    except ProviderRefused as error:
        return Outcome(RefundNews.REFUSED, error.code)
    except ProviderDown as error:
        return Outcome(trouble=f"{type(error).__name__}: {error}")
