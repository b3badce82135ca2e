"""The payment plug-ins, by name. docs/howto/add-a-payment-provider.md says how to write one."""

from collections.abc import Callable, Mapping

from app.payments.alipay.provider import open_alipay
from app.payments.counter.provider import open_counter
from app.payments.sandbox.provider import open_sandbox
from app.payments.stripe.provider import open_stripe
from app.payments.wechatpay.provider import open_wechatpay
from app.ports import PaymentProvider
from app.settings import Settings

PROVIDERS: dict[str, Callable[[Settings], PaymentProvider | None]] = {
    "alipay": open_alipay,
    "counter": open_counter,
    "sandbox": open_sandbox,
    "stripe": open_stripe,
    "wechatpay": open_wechatpay,
}
"""Name to factory. None from a factory: the settings switch this provider off."""


def open_providers(settings: Settings) -> Mapping[str, PaymentProvider]:
    """Open the providers that RELIGHT_PROVIDERS names, in its order, less those that are switched off.

    Raises ValueError for a name that nobody knows.
    """
    names = [name.strip() for name in settings.providers.split(",") if name.strip()]
    unknown = [name for name in names if name not in PROVIDERS]
    if unknown:
        raise ValueError(f"RELIGHT_PROVIDERS: {', '.join(unknown)} is not among {', '.join(PROVIDERS)}")
    opened = {name: PROVIDERS[name](settings) for name in names}
    return {name: provider for name, provider in opened.items() if provider is not None}
