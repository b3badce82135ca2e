"""The line to WeChat Pay: the one file that knows the library and its private names.

Three of its names are private, and the version is pinned for their sake: `_core`, `_gate_way` and `_client`.
tests/app/payments/wechatpay/test_line.py fails when one of them goes.
"""

import asyncio
import copy
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, cast

import httpx
from wechatpayv3.async_ import AsyncWeChatPay, WeChatPayType

from app.ports import ProviderDown

JSAPI, H5, NATIVE, CODEPAY = WeChatPayType.JSAPI, WeChatPayType.H5, WeChatPayType.NATIVE, WeChatPayType.CODEPAY

Said = tuple[int, str | bytes]


class Library(Protocol):
    """The verbs of wechatpayv3.AsyncWeChatPay that we use. Each answers with a status and a body."""

    async def pay(self, **fields: object) -> Said: ...

    async def query(self, *, out_trade_no: str) -> Said: ...

    async def close(self, out_trade_no: str) -> Said: ...

    async def codepay_reverse(self, out_trade_no: str) -> Said: ...

    async def refund(self, **fields: object) -> Said: ...

    async def trade_bill(self, bill_date: str) -> Said: ...

    async def download_bill(self, url: str) -> Said: ...

    def sign(self, data: list[str]) -> str: ...

    def callback(self, headers: Mapping[str, str], body: str) -> dict[str, object] | None: ...


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who we are at WeChat Pay. Keys are PEM texts; `apiv3_key` is 32 characters."""

    mchid: str
    appid: str
    serial: str
    public_key_id: str
    public_key: str
    private_key: str = field(repr=False)
    apiv3_key: str = field(repr=False)


class Line:
    """Speaks to one gateway ("https://api.mch.weixin.qq.com", no slash at the end) as one merchant.

    The library is made without a logger, which would write whole requests, and without a notify_url, which it would
    put into refunds, too. Its keys are read once; each call has a client of its own on top of them.
    """

    def __init__(self, merchant: Merchant, gateway: str, deadline_s: float) -> None:
        self._wx = AsyncWeChatPay(
            wechatpay_type=NATIVE,
            mchid=merchant.mchid,
            private_key=merchant.private_key,
            cert_serial_no=merchant.serial,
            appid=merchant.appid,
            apiv3_key=merchant.apiv3_key,
            public_key=merchant.public_key,
            public_key_id=merchant.public_key_id,
        )
        self.gateway = gateway
        self._deadline_s = deadline_s

    @property
    def offline(self) -> Library:
        """The library for what needs no wire: signing, reading callbacks."""
        return cast(Library, self._wx)

    async def ask(self, verb: Callable[[Library], Awaitable[Said]]) -> Said:
        """Do one call of the library. Raises ProviderDown, also for a good answer whose signature is not good.

        The library raises bare Exception for a forged answer and lets through whatever its parts raise, so all of it
        is caught here; none of it says that something was decided.
        """
        try:
            async with asyncio.timeout(self._deadline_s), self._opened() as wx:
                return await verb(wx)
        except Exception as error:
            raise ProviderDown(type(error).__name__ if type(error) is not Exception else str(error)) from error

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Library]:
        async with httpx.AsyncClient(verify=_trusted(), trust_env=False, timeout=self._deadline_s) as client:
            yield cast(Library, point_at(self._wx, self.gateway, client))


@cache
def _trusted() -> ssl.SSLContext:
    """Read once a process: a client that makes its own takes longer than the call."""
    return ssl.create_default_context()


def point_at(wx: AsyncWeChatPay, gateway: str, client: httpx.AsyncClient) -> AsyncWeChatPay:
    """A copy of `wx` that speaks to `gateway` through `client` and shares the keys.

    Raises AttributeError if the library has lost one of the private names: nothing may be sent to the wrong place.
    """
    core = copy.copy(wx._core)
    for name in ("_gate_way", "_client"):
        if not hasattr(core, name):
            raise AttributeError(f"wechatpayv3 has no {name} any more")
    core._gate_way, core._client = gateway, client
    pointed = copy.copy(wx)
    pointed._core = core
    return pointed
