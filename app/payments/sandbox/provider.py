"""The sandbox provider: real HTTP to a rehearsal bank, signed in both directions."""

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx2

from app.context import utc_now
from app.domain.payment import CallbackFact
from app.payments.sandbox.codes import DONE, NAME, REFUNDS, REFUSALS, Wire, fact_of, read_object
from app.payments.sandbox.signing import BadStamp, fresh_stamp, verify
from app.ports import Ailment, CallbackRejected, Checkout, Order, ProviderDown, ProviderRefused, RefundNews, Way
from app.settings import Settings

_DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """`url`: the bank, without a slash at the end. `notify_url`: where its callbacks come in. `zone`: whose days
    the bill has."""

    url: str
    secret: bytes
    notify_url: str
    zone: ZoneInfo


def open_sandbox(settings: Settings) -> "SandboxProvider | None":
    """The provider of this installation; without a secret there is none: unsigned money is no money."""
    secret = settings.sandbox_secret.get_secret_value().encode()
    if not secret:
        return None
    notify_url = f"{settings.public_url.rstrip('/')}/hooks/payments/{NAME}"
    config = SandboxConfig(settings.sandbox_url.rstrip("/"), secret, notify_url, ZoneInfo(settings.timezone))
    return SandboxProvider(config)


class SandboxProvider:
    """app.ports.PaymentProvider for the rehearsal bank (README beside this file)."""

    name = NAME
    bill_grows = True  # and may be asked for while the day goes on
    ways = frozenset({Way.PAGE, Way.QR, Way.BARCODE, Way.AGREEMENT})

    def __init__(self, config: SandboxConfig, now: Callable[[], datetime] = utc_now) -> None:
        self._config, self._now = config, now
        place = urlsplit(config.url)
        self.page_origins: tuple[str, ...] = (f"{place.scheme}://{place.netloc}",)
        self._tls = ssl.create_default_context()  # read once: a client that makes its own takes longer than the call

    async def begin(self, order: Order) -> Checkout:
        """Open the order, or find it open; its page is what a QR code of it says, too."""
        await self._ask("begin", **self._words_of(order))
        page = f"{self._config.url}/pay/{order.ref}"
        return Checkout(url=page, code=page)

    def _words_of(self, order: Order) -> dict[str, str | int]:
        return {
            "ref": order.ref,
            "amount_minor": order.amount_minor,
            "currency": order.currency,
            "subject": order.subject,
            "expires_at": order.expires_at.isoformat(),
            "return_url": order.return_url,
            "notify_url": self._config.notify_url,
        }

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackFact:
        """Verify and read one callback."""
        try:
            verify(self._config.secret, headers, body, now)
            return fact_of(read_object(body), "callback", body.decode())
        except BadStamp as error:
            raise CallbackRejected(error.code) from error
        except ValueError as error:
            raise CallbackRejected("unreadable") from error

    def acknowledge(self) -> tuple[int, str]:
        """The bank stops repeating at this word."""
        return 200, DONE

    async def query(self, ref: str) -> CallbackFact | None:
        """Ask what became of an order."""
        return _event_of(await self._ask("query", ref=ref), ref)

    async def close(self, ref: str) -> None:
        """Stop an unpaid order."""
        await self._ask("close", ref=ref)

    async def charge(self, order: Order, secret: str) -> CallbackFact | None:
        """Take the money with a rehearsal code or by an agreement."""
        return _event_of(await self._ask("charge", secret=secret, **self._words_of(order)), order.ref)

    async def reverse(self, ref: str) -> None:
        """End an order; what it took goes back."""
        await self._ask("reverse", ref=ref)

    async def sign(self, ref: str, most_minor: int, return_url: str) -> Checkout:
        """Offer an agreement; say where the payer signs it."""
        await self._ask("sign", ref=ref, most_minor=most_minor, return_url=return_url)
        page = f"{self._config.url}/agree/{ref}"
        return Checkout(url=page, code=page)

    async def agreed(self, ref: str) -> str | None:
        """The bank's name of a signed agreement."""
        name = (await self._ask("agreed", ref=ref)).get("agreement")
        return name if isinstance(name, str) else None

    async def revoke(self, ref: str) -> None:
        """End an agreement."""
        await self._ask("revoke", ref=ref)

    async def refund(self, ref: str, refund_ref: str, amount_minor: int) -> RefundNews:
        """Give money back, once for each refund_ref."""
        answer = await self._ask("refund", ref=ref, refund_ref=refund_ref, amount_minor=amount_minor)
        news = REFUNDS.get(str(answer.get("state")))
        if news is None:
            raise ProviderDown("unreadable answer")
        return news

    async def examine(self) -> Sequence[Ailment]:
        """Can the bank be asked?"""
        try:
            await self._ask("query", ref="doctor")
        except ProviderDown as error:
            return (Ailment("reachable", f"the bank at {self._config.url} does not answer ({error})"),)
        return (Ailment("reachable"),)

    async def list_day(self, day: date) -> list[CallbackFact]:
        """Every success of one local day. The bank keeps its bill while the day goes on."""
        since = datetime.combine(day, time(), self._config.zone)
        until = datetime.combine(day + timedelta(days=1), time(), self._config.zone)
        answer = await self._ask("list", since=since.isoformat(), until=until.isoformat())
        events = answer.get("events")
        if not isinstance(events, list):
            raise ProviderDown("unreadable answer")
        return [_told(event, "bill") for event in events]

    async def _ask(self, verb: str, **fields: str | int) -> Wire:
        body = json.dumps({"verb": verb, **fields}).encode()
        stamp = fresh_stamp(self._now())
        answer = await self._post(body, stamp.headers(self._config.secret, body))
        try:
            proved = verify(self._config.secret, answer.headers, answer.content, self._now())
            words = read_object(answer.content)
        except (BadStamp, ValueError) as error:
            raise ProviderDown(f"an answer that is not the bank's, HTTP {answer.status_code}") from error
        if proved.nonce != stamp.nonce:
            raise ProviderDown("answer to another question")
        if answer.status_code != 200:
            raise ProviderRefused(REFUSALS.get(str(words.get("refusal")), "refused"))
        return words

    async def _post(self, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        """One client a call: nothing to close, and nothing that a fork or another loop could share."""
        try:
            async with asyncio.timeout(_DEADLINE_S), httpx2.AsyncClient(verify=self._tls, trust_env=False) as client:
                return await client.post(f"{self._config.url}/api", content=body, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError) as error:
            raise ProviderDown(type(error).__name__) from error


def _event_of(answer: Wire, ref: str) -> CallbackFact | None:
    """What an answer tells of an order; None: nothing is decided."""
    event = answer.get("event")
    if event is None:
        return None
    fact = _told(event, "query")
    if fact.order_ref != ref:
        raise ProviderDown("answer to another question")
    return fact


def _told(event: object, source: str) -> CallbackFact:
    """Read an event out of a verified answer; what cannot be read decides nothing."""
    try:
        if not isinstance(event, dict):
            raise ValueError("not an object")
        return fact_of(event, source, json.dumps(event))
    except ValueError as error:
        raise ProviderDown("unreadable answer") from error
