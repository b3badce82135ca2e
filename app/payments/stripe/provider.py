"""Cards by Stripe Checkout (README beside this file)."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.context import utc_now
from app.domain.payment import CallbackFact
from app.payments.stripe.codes import NAME, ORDER, REFUND, REFUND_STATES, Wire, fact_of, order_of, part, to_stripe
from app.ports import Ailment, CallbackRejected, Checkout, Order, ProviderDown, ProviderRefused, RefundNews, Way
from app.settings import Settings
from app.setup import SetupError

if TYPE_CHECKING:
    from app.payments.stripe.line import Line

TOLERANCE_S = 300
_DEADLINE_S = 8.0
_REAL = "https://api.stripe.com"
_PAGES = "https://checkout.stripe.com"
_SESSION_LIVES = timedelta(hours=25)  # a session ends by itself after 24
_NO_LIBRARY = "Stripe: its library is not installed; install Relight with the extra: relight[stripe]"
_HEADER = re.compile(r"t=([0-9]{1,12})((?:,v[0-9]=[0-9a-f]{1,128})+)")
_REF = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEY = re.compile(r"(?:sk|rk)_(live|test)_\S+")


@dataclass(frozen=True, slots=True)
class StripeConfig:
    """`url`: the API, no slash at the end. `pages`: the origin of its pay pages. `zone`: whose days are listed."""

    key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    url: str
    pages: str
    zone: ZoneInfo
    deadline_s: float = _DEADLINE_S


def open_stripe(settings: Settings) -> "StripeProvider | None":
    """The provider of this installation; None without a key. Raises SetupError without the extra or its secret."""
    key = settings.stripe_key.get_secret_value()
    if not key:
        return None
    secret = settings.stripe_webhook_secret.get_secret_value()
    if not secret:
        raise SetupError("Stripe: RELIGHT_STRIPE_WEBHOOK_SECRET is not set; webhooks nobody signed are no money")
    url = settings.stripe_url.rstrip("/")
    pages = _PAGES if url == _REAL else "{0.scheme}://{0.netloc}".format(urlsplit(url))
    return StripeProvider(StripeConfig(key, secret, url, pages, ZoneInfo(settings.timezone)))


class StripeProvider:
    """app.ports.PaymentProvider for Stripe Checkout."""

    name = NAME
    ways = frozenset({Way.PAGE})

    def __init__(self, config: StripeConfig, now: Callable[[], datetime] = utc_now) -> None:
        self._config, self._now = config, now
        self._line: Line = _make_line(config)
        self.page_origins: tuple[str, ...] = (config.pages,)

    async def begin(self, order: Order) -> Checkout:
        """Open a checkout session. Our number is the idempotency key: the same order leads to the same session.

        Without Stripe's own expiry: it must lie 30 minutes ahead at least, and we close sessions ourselves.
        """
        amount = _amount(order.amount_minor, order.currency)
        session = await self._line.ask(
            lambda client: client.v1.checkout.sessions.create_async(
                {
                    "mode": "payment",
                    "client_reference_id": order.ref,
                    "success_url": order.return_url,
                    "cancel_url": order.return_url,
                    "payment_intent_data": {"metadata": {ORDER: order.ref}},
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": order.currency.lower(),
                                "unit_amount": amount,
                                "product_data": {"name": order.subject},
                            },
                        }
                    ],
                },
                {"idempotency_key": order.ref},
            )
        )
        url = str(session.get("url") or "")
        if not url.startswith(f"{self._config.pages}/"):
            raise ProviderDown("a pay page of somebody else")
        return Checkout(url=url)

    async def charge(self, order: Order, secret: str) -> CallbackFact | None:
        """Cards are not read from a code."""
        raise ProviderRefused("refused")

    async def reverse(self, ref: str) -> None:
        """What was never charged is closed."""
        await self.close(ref)

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackFact:
        """Verify and read one webhook. Only `charge.succeeded` is money; the endpoint subscribes to nothing else."""
        header = {name.lower(): value for name, value in headers.items()}.get("stripe-signature", "")
        shape = _HEADER.fullmatch(header)
        if shape is None or not self._line.signed(body, header):
            raise CallbackRejected("bad_signature")
        if abs(now.timestamp() - int(shape[1])) > TOLERANCE_S:
            raise CallbackRejected("too_old")
        return _fact_in(body)

    def acknowledge(self) -> tuple[int, str]:
        """Any 2xx stops the repeating."""
        return 200, ""

    async def query(self, ref: str) -> CallbackFact | None:
        """Ask what became of an order. Stripe's search may be a minute behind: until then nothing is decided."""
        intent = await self._intent(ref)
        charge = part(intent or {}, "latest_charge")
        failed = charge.get("status") == "failed" and (intent or {}).get("status") == "canceled"
        if charge.get("status") != "succeeded" and not failed:
            return None  # who typed a wrong number may type another one
        return _fact(charge, "query", ref)

    async def _intent(self, ref: str) -> Wire | None:
        if not _REF.fullmatch(ref):
            return None
        asked = f'metadata["{ORDER}"]:"{ref}"'
        found = await self._line.ask(
            lambda client: client.v1.payment_intents.search_async({"query": asked, "expand": ["data.latest_charge"]})
        )
        data = found.get("data")
        mine = [thing for thing in data if order_of(thing) == ref] if isinstance(data, list) else []
        return min(mine, key=lambda thing: (thing.get("status") != "succeeded", str(thing.get("id"))), default=None)

    async def close(self, ref: str) -> None:
        """End an open session. Sessions are found among those that are open: Stripe cannot be asked for one by our
        number, and none lives longer than a day."""
        since = int((self._now() - _SESSION_LIVES).timestamp())
        sessions = await self._line.pages(
            lambda client, last: client.v1.checkout.sessions.list_async(
                {
                    "status": "open",
                    "created": {"gte": since},
                    "limit": 100,
                    **({"starting_after": last} if last else {}),
                }
            )
        )
        for session in sessions:
            if session.get("client_reference_id") == ref:
                await self._expire(str(session["id"]))

    async def _expire(self, session: str) -> None:
        """A session that was paid or ended meanwhile cannot be ended any more, which is no error."""
        try:
            await self._line.ask(lambda client: client.v1.checkout.sessions.expire_async(session))
        except ProviderRefused:
            return

    async def refund(self, ref: str, refund_ref: str, amount_minor: int) -> RefundNews:
        """Give money back. Refunds that are there are looked at first: an idempotency key lives for a day only, and
        would tell the state of the first answer for ever."""
        intent = await self._intent(ref)
        charge = part(intent or {}, "latest_charge")
        if intent is None or charge.get("status") != "succeeded":
            raise ProviderRefused("not_paid")
        number = str(intent["id"])
        known = await self._line.pages(
            lambda client, last: client.v1.refunds.list_async(
                {"payment_intent": number, "limit": 100, "starting_after": last}
                if last
                else {"payment_intent": number, "limit": 100}
            )
        )
        for refund in known:
            if part(refund, "metadata").get(REFUND) == refund_ref:
                return _news(refund)
        amount = _amount(amount_minor, str(charge.get("currency", "")).upper())
        if amount > _left(charge, known):
            raise ProviderRefused("more_than_paid")
        asked = await self._line.ask(
            lambda client: client.v1.refunds.create_async(
                {"payment_intent": number, "amount": amount, "metadata": {REFUND: refund_ref}},
                {"idempotency_key": f"refund-{refund_ref}"},
            )
        )
        return _news(asked)

    async def examine(self) -> Sequence[Ailment]:
        """The shape of key and secret, and whether Stripe answers to them."""
        return (
            Ailment("key", _of_key(self._config.key)),
            Ailment("webhook_secret", _of_secret(self._config.webhook_secret)),
            Ailment("reachable", await self._trouble_on_the_line()),
        )

    async def _trouble_on_the_line(self) -> str:
        try:
            await self.query("relightdoctor")
        except (ProviderDown, ProviderRefused) as error:
            return f"{self._config.url} does not answer as it should ({error}); is the key right, and may it search?"
        return ""

    async def list_day(self, day: date) -> list[CallbackFact]:
        """Every charge of one local day that succeeded and is for an order of ours, also while the day goes on."""
        since = int(datetime.combine(day, time(), self._config.zone).timestamp())
        until = int(datetime.combine(day + timedelta(days=1), time(), self._config.zone).timestamp())
        charges = await self._line.pages(
            lambda client, last: client.v1.charges.list_async(
                {"created": {"gte": since, "lt": until}, "limit": 100, "starting_after": last}
                if last
                else {"created": {"gte": since, "lt": until}, "limit": 100}
            )
        )
        ours = [charge for charge in charges if charge.get("status") == "succeeded" and order_of(charge)]
        return [_fact(charge, "bill", order_of(charge)) for charge in reversed(ours)]


def _make_line(config: StripeConfig) -> "Line":
    try:
        from app.payments.stripe.line import Line  # noqa: PLC0415  (an extra: only who switches it on needs it)
    except ImportError as error:
        raise SetupError(_NO_LIBRARY) from error
    return Line(config.key, config.webhook_secret, config.url, config.deadline_s)


def _fact_in(body: bytes) -> CallbackFact:
    try:
        event = json.loads(body)
        if event.get("type") != "charge.succeeded":
            raise ValueError("not about money")
        fact = fact_of(part(part(event, "data"), "object"), "callback")
    except (ValueError, AttributeError, RecursionError, OverflowError, OSError) as error:
        raise CallbackRejected("unreadable") from error
    if not fact.succeeded:
        raise CallbackRejected("unreadable")
    return fact


def _fact(charge: Wire, source: str, ref: str) -> CallbackFact:
    try:
        fact = fact_of(charge, source)
    except (ValueError, OverflowError, OSError) as error:
        raise ProviderDown(f"unreadable answer ({error})") from error
    if fact.order_ref != ref:
        raise ProviderDown("answer to another question")
    return fact


def _amount(amount_minor: int, currency: str) -> int:
    try:
        return to_stripe(amount_minor, currency)
    except ValueError as error:
        raise ProviderRefused("refused") from error


def _left(charge: Wire, refunds: Sequence[Wire]) -> int:
    """What may still go back, in Stripe's unit."""
    paid = charge.get("amount")
    gone = [refund.get("amount") for refund in refunds if refund.get("status") not in ("failed", "canceled")]
    if not isinstance(paid, int) or not all(isinstance(amount, int) for amount in gone):
        raise ProviderDown("unreadable answer")
    return paid - sum(amount for amount in gone if isinstance(amount, int))


def _news(refund: Wire) -> RefundNews:
    news = REFUND_STATES.get(str(refund.get("status")))
    if news is None:
        raise ProviderDown("unreadable answer")
    return news


def _of_key(key: str) -> str:
    kind = _KEY.fullmatch(key)
    if kind is None:
        return "RELIGHT_STRIPE_KEY: a secret key begins with sk_ or rk_, and then live or test"
    return "" if kind[1] == "live" else "RELIGHT_STRIPE_KEY is a key for tests: no real money comes with it"


def _of_secret(secret: str) -> str:
    return "" if secret.startswith("whsec_") else "RELIGHT_STRIPE_WEBHOOK_SECRET: it begins with whsec_"
