"""The line to Stripe: the one file that imports the library."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

import stripe
from stripe import StripeClient, StripeObject

from app.payments.stripe.codes import ERRORS, Wire
from app.ports import ProviderDown, ProviderRefused

_MOST_PAGES = 1000

Verb = Callable[[StripeClient], Awaitable[StripeObject]]


class Line:
    """Speaks to one address with one secret key. One client a call: nothing to close, nothing that loops could share.

    The library repeats nothing by itself: the product does, and counts.
    """

    def __init__(self, key: str, webhook_secret: str, url: str, deadline_s: float) -> None:
        self._key, self._secret, self._url, self._deadline_s = key, webhook_secret, url, deadline_s

    def signed(self, body: bytes, header: str) -> bool:
        """Whether a webhook is from Stripe. Its age is not looked at here: the library would ask the machine's clock,
        and lets pass what comes from the future."""
        try:
            stripe.Webhook.construct_event(body, header, self._secret, tolerance=0)
        except (stripe.StripeError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
            return False
        return True

    async def ask(self, verb: Verb) -> Wire:
        """Do one call; return the object as it came. Raises ProviderDown, ProviderRefused."""
        try:
            async with asyncio.timeout(self._deadline_s), self._opened() as client:
                found = await verb(client)
        except stripe.StripeError as error:
            raise _told(error) from error
        except (OSError, TimeoutError, ValueError) as error:
            raise ProviderDown(type(error).__name__) from error
        answer = found.last_response
        if answer is None or not isinstance(answer.data, dict):
            raise ProviderDown("an answer without an object")
        return cast(Wire, answer.data)

    async def pages(self, verb: Callable[[StripeClient, str], Awaitable[StripeObject]]) -> list[Wire]:
        """Everything in a list; `verb` is given the id that the page before ended with, empty at first."""
        found: list[Wire] = []
        for _ in range(_MOST_PAGES):
            last = str(found[-1]["id"]) if found else ""
            page = await self.ask(lambda client, last=last: verb(client, last))  # type: ignore[misc]
            data = page.get("data")
            if not isinstance(data, list):
                raise ProviderDown("a list without items")
            found += data
            if not page.get("has_more") or not data:
                return found
        raise ProviderDown("a list without end")

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[StripeClient]:
        http = stripe.HTTPXClient(timeout=self._deadline_s)
        try:
            yield StripeClient(self._key, base_addresses={"api": self._url}, http_client=http, max_network_retries=0)
        finally:
            await http.close_async()  # type: ignore[no-untyped-call]


def _told(error: stripe.StripeError) -> ProviderDown | ProviderRefused:
    code = ERRORS.get(type(error).__name__)
    if code is None:
        return ProviderDown(f"{type(error).__name__}, HTTP {error.http_status}")
    return ProviderRefused(code)
