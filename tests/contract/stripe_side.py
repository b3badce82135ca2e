"""Stripe's far side for the contract, and for the tests of the provider."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette

from app.payments.stripe.provider import StripeConfig, StripeProvider
from app.ports import PaymentProvider
from tests.clocks import Clock
from tests.rehearsal import SHANGHAI, Shop
from tests.serving import served
from tests.standins.stripe import KEY, SECRET, StripeStandIn


class StripeSide:
    """The stand-in and a shop that takes its webhooks."""

    tells_refusals = False

    def __init__(self, far: StripeStandIn, provider: PaymentProvider, shop: Shop, open_parts: AsyncExitStack) -> None:
        self.provider = provider
        self._far, self._shop, self._open = far, shop, open_parts

    async def pay(self, ref: str) -> None:
        charge = self._far.pay(ref)
        await self._far.deliver([charge] if charge else [])

    async def decline(self, ref: str) -> None:
        self._far.pay(ref, succeeds=False)

    async def callback(self) -> tuple[dict[str, str], bytes]:
        return await self._shop.next()

    async def fall_silent(self) -> None:
        await self._open.aclose()


def stripe_provider(far: StripeStandIn, clock: Clock) -> StripeProvider:
    """Our side of it."""
    return StripeProvider(StripeConfig(KEY, SECRET, far.url, far.url, SHANGHAI, deadline_s=5), clock)


@asynccontextmanager
async def stripe_side(path: Path, clock: Clock) -> AsyncIterator[StripeSide]:
    """Both, served on one port for the length of the block."""
    async with AsyncExitStack() as parts:
        shop, far = Shop(), StripeStandIn(clock)
        both = Starlette(routes=[*shop.app().routes, *far.app().routes])
        far.url = await parts.enter_async_context(served(both))
        far.notify_url = f"{far.url}/hook"
        yield StripeSide(far, stripe_provider(far, clock), shop, parts)
