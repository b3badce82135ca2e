"""Taking money with a secret of the payer: the code their app shows (付款码), or a standing agreement (SPEC K-2, R-8).

Doors and jobs alike come here. The payment is committed before its provider hears of it, the wire is used outside of
any transaction, and the secret goes to the provider and nowhere else: it is in no row, no log and no error. What is not
decided is asked about every few seconds (promise ASK_PROVIDER) and in the end taken back, so whoever shows the payment
meanwhile says "being checked", never "failed, pay again".
"""

import logging
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from app.context import Deps
from app.domain.payer_code import CodeTrouble, NotAPayersCode, bare, patience_s, provider_of
from app.domain.payment import CallbackFact, PaymentState, Way
from app.models import Payment
from app.ports import PaymentProvider, ProviderDown, ProviderRefused
from app.services.checkout import Braked, begin_or_brake
from app.services.payments import PaymentWish, fail_payment, order_of, record_callback
from app.services.purchases import new_ref
from app.steady import transaction

log = logging.getLogger(__name__)


async def charge_code(
    deps: Deps, wish: PaymentWish, code: str, subject: str, *, anyway: bool = False
) -> Payment | Braked:
    """Begin a payment and take its money with a payer's code; `subject` is what the payer reads in their app.

    The code says who the provider is, whatever `wish` names. State of the answer: paid; failed, which is sure; waiting:
    being checked. A form that was sent before finds its payment and charges nobody again. Raises NotAPayersCode (also
    for an app that is not offered here) and FormReused, both before anything is begun.
    """
    provider = _taker(deps, code)
    mine = new_ref()
    lasts = timedelta(seconds=patience_s(provider.name))
    wished = replace(wish, provider=provider.name, way=Way.BARCODE, lasts=lasts, ref=mine)
    async with deps.begin() as db:
        begun = await begin_or_brake(db, wished, deps.now(), anyway=anyway)
    if isinstance(begun, Braked) or begun.ref != mine:
        return begun
    return await charge(deps, begun, bare(code), subject)


def _taker(deps: Deps, code: str) -> PaymentProvider:
    provider = (deps.providers or {}).get(provider_of(code))
    if provider is None or Way.BARCODE not in provider.ways:
        raise NotAPayersCode(CodeTrouble.NOT_OFFERED)
    return provider


async def charge(deps: Deps, payment: Payment, secret: str, subject: str) -> Payment:
    """Take the money of a payment that is committed and was just begun, by BARCODE or AGREEMENT; return what it became.

    To be called once: a repeat after a crash is for ASK_PROVIDER, which asks before anything is done.
    """
    provider = (deps.providers or {})[payment.provider]
    try:
        fact = await provider.charge(order_of(payment, subject, deps.settings.public_url), secret)
    except ProviderDown:
        log.warning("payment %s: %s was not reached or did not answer; it is asked", payment.ref, provider.name)
        fact = None
    except ProviderRefused as error:
        log.info("payment %s: %s took no money: %s", payment.ref, provider.name, error.code)
        return await _refused(deps, payment.id)
    return await _learned(deps, payment.id, fact)


async def _refused(deps: Deps, payment_id: UUID) -> Payment:
    return await transaction(deps, lambda db: fail_payment(db, payment_id))


async def _learned(deps: Deps, payment_id: UUID, fact: CallbackFact | None) -> Payment:
    if fact is not None:
        told = fact
        await transaction(deps, lambda db: record_callback(db, told, deps.now()))
    await deps.bell.ring_quietly()
    async with deps.begin() as db:
        return await db.get_one(Payment, payment_id)


def being_checked(payment: Payment) -> bool:
    """Does nobody know yet whether the payer was charged?"""
    return payment.state == PaymentState.WAITING
