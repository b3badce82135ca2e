"""Alipay's far side for the contract, and for the tests of the provider."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
from starlette.applications import Starlette

from app.payments.alipay.line import Merchant
from app.payments.alipay.provider import AlipayConfig, AlipayProvider
from app.ports import Checkout, Order, PaymentProvider
from tests.clocks import Clock
from tests.rehearsal import NOWHERE, SHANGHAI, Shop
from tests.serving import served
from tests.standins.alipay import APP_ID, FIXTURES, SELLER_ID, AlipayStandIn, Fault


class WithPayer(AlipayProvider):
    """A provider whose payer opens each page at once: before that, Alipay knows of no order."""

    async def begin(self, order: Order) -> Checkout:
        checkout = await super().begin(order)
        if checkout.url:
            async with httpx2.AsyncClient(trust_env=False) as browser:
                assert (await browser.get(checkout.url)).text == "the pay page"
        return checkout


class AlipaySide:
    """The stand-in and a shop that takes its callbacks."""

    tells_refusals = False

    def __init__(self, far: AlipayStandIn, provider: PaymentProvider, shop: Shop, open_parts: AsyncExitStack) -> None:
        self.provider = provider
        self._far, self._shop, self._open = far, shop, open_parts

    async def pay(self, ref: str) -> None:
        self._far.pay(ref)
        await self._far.deliver_due()

    async def decline(self, ref: str) -> None:
        """Alipay's page has no such button: whoever does not want to pay goes away."""

    async def callback(self) -> tuple[dict[str, str], bytes]:
        return await self._shop.next()

    def code(self, end: str) -> str:
        """A payer's code; how its charge ends is a fault of the next question."""
        self._far.faults += {"paid": [], "undecided": [Fault.WAITING], "refused": [Fault.REFUSED]}[end]
        return "28" + "0" * 16

    async def fall_silent(self) -> None:
        await self._open.aclose()


def merchant() -> Merchant:
    """Who we are at the stand-in."""
    keys = [(FIXTURES / name).read_text() for name in ("app-key.pem", "alipay-pub.pem")]
    return Merchant(APP_ID, SELLER_ID, *keys)


def config_for(far: AlipayStandIn, notify_url: str = NOWHERE) -> AlipayConfig:
    """Our settings of it."""
    return AlipayConfig(merchant(), far.gateway, notify_url, SHANGHAI)


@asynccontextmanager
async def alipay_side(path: Path, clock: Clock) -> AsyncIterator[AlipaySide]:
    """Both, served on one port for the length of the block."""
    async with AsyncExitStack() as parts:
        shop, far = Shop(), AlipayStandIn(clock)
        far.url = await parts.enter_async_context(served(Starlette(routes=[*shop.app().routes, *far.routes()])))
        yield AlipaySide(far, WithPayer(config_for(far, f"{far.url}/hook"), clock), shop, parts)
