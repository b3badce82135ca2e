"""WeChat Pay's far side for the contract, and for the tests of the provider."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette

from app.payments.wechatpay.line import Merchant
from app.payments.wechatpay.provider import WechatpayConfig, WechatpayProvider
from app.ports import PaymentProvider
from tests.clocks import Clock
from tests.rehearsal import NOWHERE, SHANGHAI, Shop
from tests.serving import served
from tests.standins.wechatpay import Fault, WechatStandIn
from tests.standins.wechatpay.signing import APIV3_KEY, APPID, FIXTURES, MCHID, PUBLIC_KEY_ID, SERIAL


class WechatpaySide:
    """The stand-in and a shop that takes its callbacks."""

    tells_refusals = False

    def __init__(self, far: WechatStandIn, provider: PaymentProvider, shop: Shop, open_parts: AsyncExitStack) -> None:
        self.provider = provider
        self._far, self._shop, self._open = far, shop, open_parts

    async def pay(self, ref: str) -> None:
        self._far.pay(ref)
        await self._far.deliver_due()

    async def decline(self, ref: str) -> None:
        self._far.decline(ref)

    async def callback(self) -> tuple[dict[str, str], bytes]:
        return await self._shop.next()

    def code(self, end: str) -> str:
        """A payer's code; how its charge ends is a fault of the next request."""
        self._far.faults += {"paid": [], "undecided": [Fault.USERPAYING], "refused": [Fault.NOT_ENOUGH]}[end]
        return "13" + "0" * 16

    async def fall_silent(self) -> None:
        await self._open.aclose()


def merchant() -> Merchant:
    """Who we are at the stand-in."""
    return Merchant(
        mchid=MCHID,
        appid=APPID,
        serial=SERIAL,
        public_key_id=PUBLIC_KEY_ID,
        public_key=(FIXTURES / "wechat-pub.pem").read_text(),
        private_key=(FIXTURES / "merchant-key.pem").read_text(),
        apiv3_key=APIV3_KEY,
    )


def wechatpay(far: WechatStandIn, clock: Clock, notify_url: str = NOWHERE, deadline_s: float = 5) -> WechatpayProvider:
    """Our side of it."""
    config = WechatpayConfig(merchant(), far.url, far.url, notify_url, SHANGHAI, deadline_s=deadline_s)
    return WechatpayProvider(config, clock)


@asynccontextmanager
async def wechatpay_side(path: Path, clock: Clock) -> AsyncIterator[WechatpaySide]:
    """Both, served on one port for the length of the block."""
    async with AsyncExitStack() as parts:
        shop, far = Shop(), WechatStandIn(clock)
        both = Starlette(routes=[*shop.app().routes, *far.app().routes])
        far.url = await parts.enter_async_context(served(both))
        yield WechatpaySide(far, wechatpay(far, clock, f"{far.url}/hook"), shop, parts)
