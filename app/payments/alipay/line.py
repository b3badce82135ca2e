"""The line to Alipay: python-alipay-sdk, which signs, asks and verifies, behind one deadline.

The library asks by GET with everything in the address, a payer's code too. No address, and no error that may hold one,
leaves this file.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from urllib.error import HTTPError

from alipay import AliPay, AliPayConfig
from alipay.exceptions import AliPayException, AliPayValidationError
from anyio import to_thread

from app.payments.alipay.codes import written
from app.ports import ProviderDown
from app.setup import SetupError


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who we are to Alipay: application, seller (PID, 2088...), our private key and Alipay's public key in PEM."""

    app_id: str
    seller_id: str
    private_key: str = field(repr=False)
    public_key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified answer. `code`, and `sub_code` in a refusal; both empty never."""

    words: Mapping[str, object]

    @property
    def code(self) -> str:
        """10000, 10003, 20000, 4000x."""
        return str(self.words.get("code", ""))

    @property
    def sub_code(self) -> str:
        """Why not, in Alipay's word; empty where there is none."""
        return str(self.words.get("sub_code", ""))


def open_library(merchant: Merchant, gateway: str, notify_url: str, deadline_s: float) -> AliPay:
    """The library for this merchant, aimed at `gateway`. Raises SetupError for keys that are none."""
    try:
        made = AliPay(
            appid=merchant.app_id,
            app_notify_url=notify_url,
            app_private_key_string=merchant.private_key,
            alipay_public_key_string=merchant.public_key,
            sign_type="RSA2",
            config=AliPayConfig(timeout=deadline_s),
        )
    except (ValueError, IndexError, TypeError) as error:
        raise SetupError("Alipay: the key files hold no RSA keys in PEM") from error
    return aim(made, gateway)


def aim(library: AliPay, gateway: str) -> AliPay:
    """Let the library ask at `gateway`. It has no public switch for that; a library without the private one is told of
    at once, since it would else ask the real Alipay from a rehearsal. Raises SetupError."""
    if not hasattr(library, "_gateway"):
        raise SetupError("python-alipay-sdk keeps its address elsewhere now: mend app/payments/alipay/line.py")
    library._gateway = gateway
    return library


class Line:
    """Asks Alipay, one thread a question: the library is not asynchronous."""

    def __init__(self, library: AliPay, deadline_s: float, now: Callable[[], datetime]) -> None:
        self._library, self._deadline_s, self._now = library, deadline_s, now

    async def ask(self, method: str, content: Mapping[str, str], notify_url: str = "") -> Answer:
        """Ask and verify. Raises ProviderDown for whatever is no answer of Alipay's."""

        def call() -> object:
            made_at = written(self._now())
            try:
                return self._library.server_api(method, dict(content), timestamp=made_at, notify_url=notify_url)
            except HTTPError as error:
                error.close()  # it holds the line open
                raise ProviderDown(f"HTTP {error.code}") from None

        try:
            async with asyncio.timeout(self._deadline_s):
                words = await to_thread.run_sync(call, abandon_on_cancel=True)
        except (OSError, HTTPException, TimeoutError, ValueError, LookupError, AttributeError, TypeError) as error:
            raise ProviderDown(type(error).__name__) from None  # its text may hold the address, and that a payer's code
        except (AliPayException, AliPayValidationError):
            raise ProviderDown("an answer that is not signed by Alipay") from None
        if not isinstance(words, dict):
            raise ProviderDown("unreadable answer")
        return Answer(words)

    def page(self, method: str, content: Mapping[str, str], notify_url: str, return_url: str) -> str:
        """The signed address that a browser opens; nothing is asked."""
        signed = self._library.client_api(
            method, dict(content), timestamp=written(self._now()), notify_url=notify_url, return_url=return_url
        )
        return f"{self._library._gateway}?{signed}"
