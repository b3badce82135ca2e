"""app.ports.PaymentProvider for Alipay (README beside this file)."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.context import utc_now
from app.domain.payment import CallbackFact
from app.payments.alipay.bill import fetch_bill
from app.payments.alipay.codes import (
    BEIJING,
    DONE,
    GOOD,
    NAME,
    NOT_THERE,
    PAID_ALREADY,
    REFUSALS,
    UNDECIDED,
    UNKNOWN,
    WAITING,
    fact_of,
    fen,
    written,
    yuan,
)
from app.payments.alipay.keys import examine_keys, read_merchant
from app.payments.alipay.line import Answer, Line, Merchant, open_library
from app.payments.alipay.notice import read_notice
from app.ports import Ailment, Checkout, Order, ProviderDown, ProviderRefused, RefundNews, Way
from app.settings import Settings

_PAY_PAGES = ("https://mclient.alipay.com", "https://excashier.alipay.com")  # where the gateway leads a browser


@dataclass(frozen=True, slots=True)
class AlipayConfig:
    """`gateway`: where Alipay is asked. `notify_url`: where it calls back. `zone`: whose days we ask the bill for."""

    merchant: Merchant
    gateway: str
    notify_url: str
    zone: ZoneInfo
    deadline_s: float = 5.0
    settings: Settings | None = None


def open_alipay(settings: Settings) -> "AlipayProvider | None":
    """The provider of this installation; None without an application number. Raises SetupError for half a setup."""
    if not settings.alipay_app_id:
        return None
    notify_url = f"{settings.public_url.rstrip('/')}/hooks/payments/{NAME}"
    zone = ZoneInfo(settings.timezone)
    config = AlipayConfig(read_merchant(settings), settings.alipay_url, notify_url, zone, settings=settings)
    return AlipayProvider(config)


class AlipayProvider:
    """Wap page, QR code of ours, payer's code."""

    name = NAME
    ways = frozenset({Way.PAGE, Way.QR, Way.BARCODE})

    def __init__(self, config: AlipayConfig, now: Callable[[], datetime] = utc_now) -> None:
        self._config = config
        library = open_library(config.merchant, config.gateway, config.notify_url, config.deadline_s)
        self._line = Line(library, config.deadline_s, now)
        place = urlsplit(config.gateway)
        self.page_origins: tuple[str, ...] = (f"{place.scheme}://{place.netloc}", *_PAY_PAGES)
        self._tls = ssl.create_default_context()

    async def begin(self, order: Order) -> Checkout:
        """Lead to the page, or make the code. Neither makes a trade before the payer is there, so a trade that is there
        is looked at first: nobody is sent to pay an order with another amount."""
        self._same(await self._trade(order.ref), order)
        content = self._content(order)
        if order.way is Way.PAGE:
            content["product_code"] = "QUICK_WAP_PAY"
            page = self._line.page("alipay.trade.wap.pay", content, self._config.notify_url, order.return_url)
            return Checkout(url=page)
        if order.way is not Way.QR:
            raise ProviderRefused("refused")
        answer = await self._line.ask("alipay.trade.precreate", content, self._config.notify_url)
        _accept(answer)
        return Checkout(code=str(answer.words.get("qr_code", "")))

    async def charge(self, order: Order, secret: str) -> CallbackFact | None:
        """Take the money with the payer's code."""
        if order.way is not Way.BARCODE:
            raise ProviderRefused("refused")
        content = self._content(order) | {"scene": "bar_code", "auth_code": secret}
        answer = await self._line.ask("alipay.trade.pay", content, self._config.notify_url)
        if answer.code == WAITING:
            return None
        if answer.sub_code == PAID_ALREADY:
            return await self.query(order.ref)
        _accept(answer)
        return _told(answer, order.ref, paid=True)

    async def reverse(self, ref: str) -> None:
        """Cancel: closed if unpaid, given back if paid; until the end of the day of payment."""
        answer = await self._line.ask("alipay.trade.cancel", {"out_trade_no": ref})
        if answer.sub_code == NOT_THERE:
            return
        _accept(answer)
        if answer.words.get("retry_flag") == "Y":
            raise ProviderDown("cancel: asked to come again")

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackFact:
        """Verify and read one notification."""
        return read_notice(self._config.merchant, headers, body, now)

    def acknowledge(self) -> tuple[int, str]:
        """Alipay stops at this word alone."""
        return 200, DONE

    async def query(self, ref: str) -> CallbackFact | None:
        """Ask what became of an order. One that nobody has scanned yet is not there, and that is "not yet"."""
        answer = await self._trade(ref)
        return _told(answer, ref) if answer else None

    async def close(self, ref: str) -> None:
        """Stop an unpaid order. Where there is no trade yet, its own end of time stops it (`time_expire`)."""
        answer = await self._line.ask("alipay.trade.close", {"out_trade_no": ref})
        if answer.sub_code not in (NOT_THERE, "ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID"):
            _accept(answer)

    async def refund(self, ref: str, refund_ref: str, amount_minor: int) -> RefundNews:
        """Give money back, once for each refund_ref. `fund_change` is N for a repeat and for money that has not moved
        yet; which of them, the refund query knows."""
        content = {"out_trade_no": ref, "out_request_no": refund_ref}
        answer = await self._line.ask("alipay.trade.refund", content | {"refund_amount": yuan(amount_minor)})
        _accept(answer)
        if answer.words.get("fund_change") == "Y":
            return RefundNews.DONE
        found = await self._line.ask("alipay.trade.fastpay.refund.query", content)
        done = found.code == GOOD and found.words.get("refund_status") == "REFUND_SUCCESS"
        return RefundNews.DONE if done else RefundNews.ASKED

    async def list_day(self, day: date) -> list[CallbackFact]:
        """Every payment of one day of ours, out of the days of Beijing that it touches."""
        since = datetime.combine(day, time(), self._config.zone)
        until = datetime.combine(day + timedelta(days=1), time(), self._config.zone)
        first, last = since.astimezone(BEIJING).date(), (until - timedelta(seconds=1)).astimezone(BEIJING).date()
        days = [first] if first == last else [first, last]
        bills = [await fetch_bill(self._line, self._tls, each, self._config.deadline_s) for each in days]
        return [fact for bill in bills for fact in bill if since <= fact.occurred_at < until]

    async def examine(self) -> Sequence[Ailment]:
        """Look at the settings and the keys, and ask Alipay for a trade that is not there."""
        looked = examine_keys(self._config.settings) if self._config.settings else []
        try:
            await self._trade("doctor")
        except ProviderDown as error:
            hint = "see app_id, both keys and that the key pair is the one uploaded to Alipay"
            return (*looked, Ailment("reachable", f"{self._config.gateway}: {error}; {hint}"))
        return (*looked, Ailment("reachable"))

    async def _trade(self, ref: str) -> Answer | None:
        """The trade of an order; None where there is none (yet)."""
        answer = await self._line.ask("alipay.trade.query", {"out_trade_no": ref})
        if answer.sub_code == NOT_THERE:
            return None
        if answer.code != GOOD:
            raise ProviderDown(f"query: {answer.sub_code or answer.code}")
        return answer

    def _same(self, trade: Answer | None, order: Order) -> None:
        if trade is None:
            return
        try:
            same = fen(trade.words.get("total_amount")) == order.amount_minor
        except ValueError as error:
            raise ProviderDown("unreadable answer") from error
        if not same:
            raise ProviderRefused("order_differs")

    def _content(self, order: Order) -> dict[str, str]:
        return {
            "out_trade_no": order.ref,
            "total_amount": yuan(order.amount_minor),
            "subject": order.subject,
            "time_expire": written(order.expires_at),
        }


def _accept(answer: Answer) -> None:
    """Raise ProviderDown for what says nothing, ProviderRefused for a no."""
    if answer.code == GOOD:
        return
    if answer.code == UNKNOWN or answer.sub_code.upper() in UNDECIDED:
        raise ProviderDown(answer.sub_code or answer.code)
    raise ProviderRefused(REFUSALS.get(answer.sub_code, "refused"))


def _told(answer: Answer, ref: str, *, paid: bool = False) -> CallbackFact | None:
    """The fact in a verified answer; the answer to `pay` bears no state, its code is one."""
    trade = {**answer.words, **({"trade_status": "TRADE_SUCCESS"} if paid else {})}
    try:
        fact = fact_of(trade, "query")
    except ValueError as error:
        raise ProviderDown("unreadable answer") from error
    if fact is not None and fact.order_ref != ref:
        raise ProviderDown("answer to another question")
    return fact
