"""WeChat Pay: orders, payers' codes, callbacks, refunds, bills (README beside this file has the sources)."""

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from app.context import utc_now
from app.domain.payment import CallbackFact
from app.payments.wechatpay.bill import BEIJING, WRITTEN_AT_HOUR, read_bill, unpack
from app.payments.wechatpay.codes import (
    CURRENCY,
    NAME,
    REFUND_STATES,
    Meaning,
    Outcome,
    Verb,
    Wire,
    fact_of,
    meaning,
    outcome_of,
    part,
    read_object,
    text,
)
from app.payments.wechatpay.keys import examine_keys, read_merchant
from app.payments.wechatpay.line import CODEPAY, H5, JSAPI, NATIVE, Library, Line, Merchant, Said
from app.ports import Ailment, CallbackRejected, Checkout, Order, ProviderDown, ProviderRefused, RefundNews, Way
from app.settings import Settings

TOLERANCE_S = 300
REFUNDABLE = timedelta(days=365)
_DEADLINE_S = 8.0
_REAL = "https://api.mch.weixin.qq.com"
_PAGES = "https://wx.tenpay.com"
_SIGN_TYPE = "WECHATPAY2-SHA256-RSA2048"
_SIGNTEST = "WECHATPAY/SIGNTEST/"
_SECONDS = re.compile(r"[0-9]{1,12}")
_DOCTOR = "relightdoctor0000"
_SIGNED = ("Signature", "Timestamp", "Nonce", "Serial", "Signature-Type")


@dataclass(frozen=True, slots=True)
class WechatpayConfig:
    """`url`: the gateway, without a slash at the end. `pages`: the origin of its H5 pages. `notify_url`: where its
    callbacks come in. `zone`: whose days the bill has. `store`: our number of the place where codes are read."""

    merchant: Merchant
    url: str
    pages: str
    notify_url: str
    zone: ZoneInfo
    store: str = "relight"
    deadline_s: float = _DEADLINE_S


def open_wechatpay(settings: Settings) -> "WechatpayProvider | None":
    """The provider of this installation; None without a merchant number. Raises SetupError for bad keys."""
    if not settings.wechatpay_mchid:
        return None
    url = settings.wechatpay_url.rstrip("/")
    config = WechatpayConfig(
        merchant=read_merchant(settings),
        url=url,
        pages=_PAGES if url == _REAL else "{0.scheme}://{0.netloc}".format(urlsplit(url)),
        notify_url=f"{settings.public_url.rstrip('/')}/hooks/payments/{NAME}",
        zone=ZoneInfo(settings.timezone),
        store=settings.wechatpay_store,
    )
    return WechatpayProvider(config, look=lambda: examine_keys(settings))


class WechatpayProvider:
    """app.ports.PaymentProvider for WeChat Pay, API v3, public-key mode."""

    name = NAME
    ways = frozenset({Way.PAGE, Way.IN_APP, Way.QR, Way.BARCODE})

    def __init__(
        self,
        config: WechatpayConfig,
        now: Callable[[], datetime] = utc_now,
        look: Callable[[], Sequence[Ailment]] = tuple,
    ) -> None:
        self._config, self._now, self._look = config, now, look
        self._line = Line(config.merchant, config.url, config.deadline_s)
        self.page_origins: tuple[str, ...] = (config.pages,)

    async def begin(self, order: Order) -> Checkout:
        """Open the order, or find it open: WeChat answers the same request the same way."""
        self._check(order)
        match order.way:
            case Way.IN_APP:
                words = await self._open(order, JSAPI, payer={"openid": order.payer.openid})
                return Checkout(call=self._bridge(_need(words, "prepay_id")))
            case Way.QR:
                return Checkout(code=_need(await self._open(order, NATIVE), "code_url"))
            case Way.PAGE:
                scene = {"payer_client_ip": order.payer.address, "h5_info": {"type": "Wap"}}
                page = _need(await self._open(order, H5, scene_info=scene), "h5_url")
                return Checkout(url=self._page(page, order.return_url))
        raise ProviderRefused("refused")

    def _check(self, order: Order) -> None:
        """Refuse what WeChat would refuse, before it hears of it."""
        lacks = {Way.IN_APP: not order.payer.openid, Way.PAGE: not order.payer.address}
        if order.currency != CURRENCY or lacks.get(order.way, False):
            raise ProviderRefused("refused")

    async def _open(self, order: Order, pay_type: object, **beside: object) -> Wire:
        expires = order.expires_at.astimezone(BEIJING).isoformat(timespec="seconds")
        asked = self._asked(order) | beside | {"time_expire": expires, "notify_url": self._config.notify_url}
        return (await self._ask(Verb.BEGIN, lambda wx: wx.pay(pay_type=pay_type, **asked)))[1]

    def _asked(self, order: Order) -> dict[str, object]:
        amount = {"total": order.amount_minor, "currency": order.currency}
        return {"description": order.subject[:127], "out_trade_no": order.ref, "amount": amount}

    def _bridge(self, prepay_id: str) -> Mapping[str, str]:
        """The fields of WeixinJSBridge getBrandWCPayRequest (JSAPI 调起支付)."""
        appid, package = self._config.merchant.appid, f"prepay_id={prepay_id}"
        stamp, nonce = str(int(self._now().timestamp())), secrets.token_hex(16)
        signed = self._line.offline.sign([appid, stamp, nonce, package])
        return {
            "appId": appid,
            "timeStamp": stamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": signed,
        }

    def _page(self, url: str, return_url: str) -> str:
        """Only WeChat's own pages: what leads elsewhere is nowhere that we send a payer."""
        if not url.startswith(f"{self._config.pages}/"):
            raise ProviderDown("a pay page of somebody else")
        return f"{url}&redirect_url={quote(return_url, safe='')}"

    async def charge(self, order: Order, secret: str) -> CallbackFact | None:
        """Take the money with the payer's code. There is no callback: what is not decided here is asked about."""
        self._check(order)
        scene = {"store_info": {"out_id": self._config.store}}
        asked = self._asked(order) | {"payer": {"auth_code": secret}, "scene_info": scene}
        told, words = await self._ask(Verb.CHARGE, lambda wx: wx.pay(pay_type=CODEPAY, **asked))
        return None if told is Meaning.WAIT else self._read(words, order.ref)

    async def reverse(self, ref: str) -> None:
        """End an order that `charge` began; WeChat gives back what was paid. Not before it is 15 s old: until then
        WeChat refuses, which is ProviderDown here."""
        told, words = await self._ask(Verb.REVERSE, lambda wx: wx.codepay_reverse(ref))
        if told is None and text(words, "out_trade_no") not in ("", ref):
            raise ProviderDown("answer to another question")

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackFact:
        """Verify and read one callback. The age is looked at here, because the library never looks at it."""
        signed = _signature_headers(headers)
        self._check_headers(signed, now)
        words = self._decrypt(signed, body)
        if text(words, "event_type") != "TRANSACTION.SUCCESS":
            raise CallbackRejected("unreadable")
        transaction = part(words, "resource")
        try:
            self._check_payee(transaction)
            if outcome_of(transaction) is not Outcome.MONEY:
                raise ValueError("no money")
            return fact_of(transaction, "callback", now)
        except ValueError as error:
            raise CallbackRejected("unreadable") from error

    def _check_headers(self, signed: Mapping[str, str], now: datetime) -> None:
        stamp = signed["Wechatpay-Timestamp"]
        known = signed["Wechatpay-Serial"] == self._config.merchant.public_key_id
        if not known or signed["Wechatpay-Signature-Type"] != _SIGN_TYPE or not _SECONDS.fullmatch(stamp):
            raise CallbackRejected("bad_signature")
        if not signed["Wechatpay-Signature"] or signed["Wechatpay-Signature"].startswith(_SIGNTEST):
            raise CallbackRejected("bad_signature")  # WeChat tries whether we look; the answer is a failure
        if abs(now.timestamp() - int(stamp)) > TOLERANCE_S:
            raise CallbackRejected("too_old")

    def _decrypt(self, signed: Mapping[str, str], body: bytes) -> Wire:
        try:
            words = self._line.offline.callback(signed, body.decode())
        except Exception as error:
            raise CallbackRejected("bad_signature") from error
        if not isinstance(words, dict):
            raise CallbackRejected("bad_signature")
        return words

    def acknowledge(self) -> tuple[int, str]:
        """200 stops the repeating; a refusal is any 4xx or 5xx."""
        return 200, json.dumps({"code": "SUCCESS", "message": ""})

    async def query(self, ref: str) -> CallbackFact | None:
        """Ask what became of an order. An order that WeChat does not know is one that nobody has paid yet."""
        words = await self._transaction(ref)
        return None if words is None else self._read(words, ref)

    async def _transaction(self, ref: str) -> Wire | None:
        told, words = await self._ask(Verb.QUERY, lambda wx: wx.query(out_trade_no=ref))
        return None if told is Meaning.NOTHING else words

    def _read(self, words: Wire, ref: str) -> CallbackFact | None:
        try:
            self._check_payee(words)
            if text(words, "out_trade_no") != ref:
                raise ValueError("answer to another question")
            return None if outcome_of(words) is Outcome.OPEN else fact_of(words, "query", self._now())
        except ValueError as error:
            raise ProviderDown(f"unreadable answer ({error})") from error

    def _check_payee(self, words: Wire) -> None:
        paid_to = text(words, "mchid"), text(words, "appid")
        if paid_to != (self._config.merchant.mchid, self._config.merchant.appid):
            raise ValueError("another merchant or app")

    async def close(self, ref: str) -> None:
        """Stop an unpaid order. Passing `time_expire` does not do it: somebody may be paying right now."""
        await self._ask(Verb.CLOSE, lambda wx: wx.close(ref))

    async def refund(self, ref: str, refund_ref: str, amount_minor: int) -> RefundNews:
        """Give money back. WeChat wants the order's total with it, so the order is looked at first; the same
        refund_ref gives back once, and asked again tells how far it is."""
        total = await self._refundable(ref, amount_minor)
        amount = {"refund": amount_minor, "total": total, "currency": CURRENCY}
        asked = {"out_refund_no": refund_ref, "out_trade_no": ref, "amount": amount}
        _, words = await self._ask(Verb.REFUND, lambda wx: wx.refund(**asked))
        news = REFUND_STATES.get(text(words, "status"))
        if news is None or text(words, "out_refund_no") != refund_ref:
            raise ProviderDown("unreadable answer")
        return news

    async def _refundable(self, ref: str, amount_minor: int) -> int:
        words = await self._transaction(ref)
        fact = None if words is None else self._read(words, ref)
        if fact is None or not fact.succeeded:
            raise ProviderRefused("not_paid")
        if amount_minor > fact.amount_minor:
            raise ProviderRefused("more_than_paid")
        if self._now() - fact.occurred_at > REFUNDABLE:
            raise ProviderRefused("refused")
        return fact.amount_minor

    async def examine(self) -> Sequence[Ailment]:
        """The keys, and a signed question about an order that does not exist."""
        return (*self._look(), Ailment("reachable", await self._trouble_on_the_line()))

    async def _trouble_on_the_line(self) -> str:
        try:
            await self.query(_DOCTOR)
        except ProviderDown as error:
            hint = "; do merchant number, serial number and private key belong together?" if "401" in str(error) else ""
            return f"{self._config.url} does not answer as it should ({error}){hint}"
        return ""

    async def list_day(self, day: date) -> list[CallbackFact]:
        """Every success of one local day, out of the bills of the one or two Beijing days that it touches."""
        since = datetime.combine(day, time(), self._config.zone)
        until = datetime.combine(day + timedelta(days=1), time(), self._config.zone)
        last = (until - timedelta(seconds=1)).astimezone(BEIJING).date()
        bills = {since.astimezone(BEIJING).date(), last}
        facts = [fact for bill in sorted(bills) for fact in await self._bill(bill)]
        return [fact for fact in facts if since <= fact.occurred_at < until]

    async def _bill(self, day: date) -> list[CallbackFact]:
        """Not asked for before it is written: "no statement" would then be no proof of a day without orders."""
        written = datetime.combine(day + timedelta(days=1), time(WRITTEN_AT_HOUR), BEIJING)
        if self._now() < written:
            raise ProviderDown(f"the bill of {day} is written on the next day at ten")
        told, words = await self._ask(Verb.BILL, lambda wx: wx.trade_bill(day.isoformat()))
        if told is Meaning.NOTHING:
            return []
        url = text(words, "download_url")
        if not url.startswith(f"{self._config.url}/") or text(words, "hash_type") != "SHA1":
            raise ProviderDown("a bill of somebody else")
        return await self._download(url, text(words, "hash_value"))

    async def _download(self, url: str, sha1: str) -> list[CallbackFact]:
        status, packed = await self._line.ask(lambda wx: wx.download_bill(url))
        if status != 200 or not isinstance(packed, bytes):
            raise ProviderDown(f"no bill, HTTP {status}")
        try:
            return read_bill(unpack(packed, sha1), self._config.merchant.mchid)
        except ValueError as error:
            raise ProviderDown(f"unreadable bill ({error})") from error

    async def _ask(self, verb: Verb, call: Callable[[Library], Awaitable[Said]]) -> tuple[Meaning | None, Wire]:
        """Ask once. None and the words of a good answer; NOTHING or WAIT. Raises ProviderDown, ProviderRefused."""
        status, body = await self._line.ask(call)
        words = _words(status, body)
        if 200 <= status < 300:
            return None, words
        told = meaning(verb, text(words, "code"))
        if told is Meaning.DOWN:
            raise ProviderDown(f"HTTP {status} {text(words, 'code')}".rstrip())
        if told not in (Meaning.NOTHING, Meaning.WAIT):
            raise ProviderRefused(told.value)
        return told, words


def _words(status: int, body: str | bytes) -> Wire:
    if not body:
        return {}
    try:
        return read_object(body)
    except ValueError as error:
        raise ProviderDown(f"unreadable answer, HTTP {status}") from error


def _need(words: Wire, name: str) -> str:
    found = text(words, name)
    if not found:
        raise ProviderDown(f"an answer without {name}")
    return found


def _signature_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The five headers that prove a callback, and no other.

    The library also believes headers that begin with HTTP_WECHATPAY_ and prefers them: an old callback under those
    names, with a fresh Wechatpay-Timestamp beside them, would otherwise pass our look at its age.
    """
    given = {name.lower(): value for name, value in headers.items()}
    return {f"Wechatpay-{name}": given.get(f"wechatpay-{name.lower()}", "") for name in _SIGNED}
