"""Gives money back through its provider."""

from functools import partial

from app.context import Ctx, Deps
from app.ports import ProviderDown, ProviderRefused, RefundNews
from app.services import refunds
from app.services.refunds import Errand, Outcome
from app.steady import job
from app.tasks.keeping import keep_promise


@job
async def refund_payment(ctx: Ctx, note_id: int) -> None:
    """Ask for one refund, or how far it is. May run twice; the payer gets it once, by its number."""
    deps = ctx["deps"]
    await keep_promise(deps, note_id, refunds.prepare, partial(_ask, deps), refunds.conclude)


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
