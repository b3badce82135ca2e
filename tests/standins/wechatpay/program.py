"""The stand-in's doors: API, bill download, callbacks, and its own /_control.

Two clocks: `now` is the test's, for what happens to orders; `wall` is the machine's, because the client library stamps
its requests with that. Callbacks are repeated by WeChat's own list when `deliver_due` is called: a test moves its clock
and asks, nobody sleeps.
"""

import asyncio
import gzip
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import HangUp, served
from tests.standins.wechatpay.bill import write_bill
from tests.standins.wechatpay.book import BEIJING, Book, Deal, Fault, Refusal, Wire, told
from tests.standins.wechatpay.signing import (
    MCHID,
    PUBLIC_KEY_ID,
    BadRequest,
    check_authorization,
    seal,
    signed_headers,
)

RETRIES_S = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
_AFTER = (Fault.BROKEN_AFTER_ACCEPT, Fault.HANGS_UP_AFTER_ACCEPT, Fault.SILENT_AFTER_ACCEPT)


@dataclass
class Notice:
    """One callback that WeChat owes us. `tries`: how often it was sent."""

    ref: str
    event_id: str
    due_at: datetime
    tries: int = 0
    done: bool = False


@dataclass
class WechatStandIn:
    """`faults` are for the next requests in turn; `seen` has method and path of every request that was believed."""

    now: Callable[[], datetime]
    wall: Callable[[], float] = time.time
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    disbelieved: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.book = Book(self.now)
        self._nonces: set[str] = set()
        self._fault: Fault | None = None
        self._events = count(1)

    def pay(self, ref: str, *, late: bool = False) -> Deal | None:
        """The payer pays, and WeChat owes us a callback, unless it was paid with their code."""
        deal = self.book.pay(ref, late=late)
        if deal and deal.kind != "codepay":
            number = next(self._events)
            self.notices.append(Notice(ref, f"EV-{self.now():%Y%m%d%H%M%S}{number:06d}", self.now()))
        return deal

    def decline(self, ref: str) -> None:
        """The payer's bank says no. WeChat tells nobody; only who asks hears of it."""
        self.book.deals[ref].state = "PAYERROR"

    def callback(self, ref: str, event_id: str = "EV-1", **beside: object) -> tuple[dict[str, str], bytes]:
        """A signed callback about an order as it is now; `beside` overwrites words of the transaction."""
        resource = seal(json.dumps(told(self.book.deals[ref]) | beside, ensure_ascii=False))
        at = self.now().astimezone(BEIJING).isoformat(timespec="seconds")
        notice = {"id": event_id, "create_time": at, "resource_type": "encrypt-resource", "resource": resource}
        notice |= {"event_type": "TRANSACTION.SUCCESS", "summary": "支付成功"}
        body = json.dumps(notice, ensure_ascii=False).encode()
        return signed_headers(body, int(self.now().timestamp())), body

    async def deliver_due(self) -> list[int]:
        """Send each callback that is due; return what we were answered. What is not confirmed comes again."""
        due = [notice for notice in self.notices if not notice.done and notice.due_at <= self.now()]
        return [await self._deliver(notice) for notice in due]

    async def _deliver(self, notice: Notice) -> int:
        headers, body = self.callback(notice.ref, notice.event_id)
        headers["Content-Type"] = "application/json"
        async with httpx2.AsyncClient(verify=False, trust_env=False, timeout=5) as client:
            answer = await client.post(self.book.deals[notice.ref].notify_url, content=body, headers=headers)
        notice.done = answer.status_code in (200, 204) or notice.tries >= len(RETRIES_S)
        if not notice.done:
            notice.due_at = self.now() + timedelta(seconds=RETRIES_S[notice.tries])
        notice.tries += 1
        return answer.status_code

    def app(self) -> Starlette:
        """The stand-in as an application."""
        orders = "/v3/pay/transactions/out-trade-no/{ref}"
        return Starlette(
            routes=[
                Route("/v3/pay/transactions/{kind}", self._open, methods=["POST"]),
                Route(orders, self._query, methods=["GET"]),
                Route(f"{orders}/close", self._close, methods=["POST"]),
                Route(f"{orders}/reverse", self._reverse, methods=["POST"]),
                Route("/v3/refund/domestic/refunds", self._refund, methods=["POST"]),
                Route("/v3/bill/tradebill", self._bill, methods=["GET"]),
                Route("/v3/billdownload/file", self._download, methods=["GET"]),
                Route("/_control", self._control, methods=["GET", "POST"]),
            ]
        )

    async def _open(self, request: Request) -> Response:
        return await self._answer(request, lambda asked: self._opened(request.path_params["kind"], asked))

    def _opened(self, kind: str, asked: Wire) -> Wire:
        if kind == "codepay":
            return self._charged(asked)
        _check_notify_url(str(asked.get("notify_url", "")))
        deal = self.book.open_(kind, asked)
        if kind == "native":
            return {"code_url": f"weixin://wxpay/bizpayurl?pr={deal.ref}"}
        if kind == "jsapi":
            _wanted(asked, "payer", "openid")
            return {"prepay_id": f"wx{deal.ref}"}
        _wanted(asked, "scene_info", "payer_client_ip")
        return {"h5_url": f"{self.url}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx{deal.ref}&package=1"}

    def _charged(self, asked: Wire) -> Wire:
        code = _wanted(asked, "payer", "auth_code")
        _wanted(asked, "scene_info", "store_info")
        if len(code) != 18 or not code.isdigit() or not 10 <= int(code[:2]) <= 15:
            raise Refusal(400, "AUTH_CODE_INVALID")
        if self._fault is Fault.NOT_ENOUGH:
            raise Refusal(403, "NOT_ENOUGH")
        deal = self.book.open_("codepay", asked)
        if self._fault is Fault.USERPAYING:
            deal.state = "USERPAYING"
            raise Refusal(400, "USERPAYING")
        self.book.pay(deal.ref)
        return told(deal)

    async def _query(self, request: Request) -> Response:
        mine = request.query_params.get("mchid") == MCHID
        return await self._answer(request, lambda _: told(self.book.find(_ref(request, mine=mine))))

    async def _close(self, request: Request) -> Response:
        return await self._answer(request, lambda _: self.book.close(_ref(request)))

    async def _reverse(self, request: Request) -> Response:
        def undo(_: Wire) -> Wire:
            self.book.reverse(_ref(request))
            return {"out_trade_no": _ref(request)}

        return await self._answer(request, undo)

    async def _refund(self, request: Request) -> Response:
        def give_back(asked: Wire) -> Wire:
            back = self.book.refund(asked)
            return {"out_refund_no": back.refund_ref, "out_trade_no": back.ref, "status": back.status}

        return await self._answer(request, give_back)

    async def _bill(self, request: Request) -> Response:
        return await self._answer(request, lambda _: self._announce(request.query_params["bill_date"]))

    def _announce(self, day: str) -> Wire:
        written = datetime.combine(date.fromisoformat(day), datetime.min.time(), BEIJING) + timedelta(hours=34)
        if self.now() < written or self._fault is Fault.STATEMENT_CREATING:
            raise Refusal(400, "STATEMENT_CREATING")
        bill = write_bill(self.book.deals.values(), date.fromisoformat(day))
        if bill is None:
            raise Refusal(400, "NO_STATEMENT_EXIST")
        url = f"{self.url}/v3/billdownload/file?token={day}&tartype=gzip"
        digest = hashlib.sha1(bill.encode(), usedforsecurity=False).hexdigest()
        return {"hash_type": "SHA1", "hash_value": digest, "download_url": url}

    async def _download(self, request: Request) -> Response:
        """Not signed, as WeChat's are not; TAMPERED changes an amount."""
        try:
            await self._believe(request)
        except BadRequest as error:
            return _plain_error(str(error))
        bill = write_bill(self.book.deals.values(), date.fromisoformat(request.query_params["token"])) or ""
        if self._fault is Fault.TAMPERED:
            bill = bill.replace("`50.00", "`99.00")
        return Response(gzip.compress(bill.encode()), media_type="application/x-gzip")

    async def _control(self, request: Request) -> Response:
        """GET: what the book has. POST {"pay": ref} {"late": ref} {"decline": ref} {"faults": [...]}."""
        if request.method == "POST":
            asked = await request.json()
            self.faults += [Fault(word) for word in asked.get("faults", ())]
            for ref in filter(None, (asked.get("pay"), asked.get("late"))):
                self.pay(ref, late="late" in asked)
            if "decline" in asked:
                self.decline(asked["decline"])
        states = {ref: deal.state for ref, deal in self.book.deals.items()}
        return JSONResponse({"orders": states, "owed": sum(not notice.done for notice in self.notices)})

    async def _believe(self, request: Request) -> bytes:
        body = await request.body()
        self._fault = self.faults.pop(0) if self.faults else None
        target = request.scope["raw_path"] + (b"?" + request.scope["query_string"]).rstrip(b"?")
        try:
            header = request.headers.get("authorization", "")
            nonce = check_authorization(header, request.method, target, body, self.wall())
            if nonce in self._nonces or request.headers.get("wechatpay-serial") != PUBLIC_KEY_ID:
                raise BadRequest("nonce or key id")
        except BadRequest as error:
            self.disbelieved.append(str(error))
            raise
        self._nonces.add(nonce)
        self.seen.append(f"{request.method} {request.url.path}")
        return body

    async def _answer(self, request: Request, act: Callable[[Wire], Wire | None]) -> Response:
        try:
            body = await self._believe(request)
        except BadRequest as error:
            return _plain_error(str(error))
        if self._fault is Fault.BROKEN:
            return JSONResponse({"code": "SYSTEM_ERROR", "message": "try again"}, 500)
        try:
            words, status = act(json.loads(body) if body else {}), 200
        except Refusal as error:
            words, status = {"code": error.code, "message": error.code}, error.status
        return await self._say(words, 204 if words is None else status)

    async def _say(self, words: Wire | None, status: int) -> Response:
        fault = self._fault
        if fault is Fault.BROKEN_AFTER_ACCEPT:
            return JSONResponse({"code": "SYSTEM_ERROR", "message": "try again"}, 500)
        if fault is Fault.HANGS_UP_AFTER_ACCEPT:
            return HangUp()
        if fault is Fault.SILENT_AFTER_ACCEPT:
            await self.released.wait()
        body = b"" if words is None else json.dumps(words, ensure_ascii=False).encode()
        headers = signed_headers(body, int(self.wall()), key="stranger" if fault is Fault.BAD_SIGNATURE else "wechat")
        if fault is Fault.SIGNTEST:
            headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"][19:]
        if fault is Fault.UNSIGNED:
            headers = {}
        if fault is Fault.TAMPERED:
            body = body.replace(b"NOTPAY", b"SUCCES").replace(b"5000", b"9999") + b" "
        return Response(body, status, headers, "application/json")


@asynccontextmanager
async def wechat_stand_in(now: Callable[[], datetime]) -> AsyncIterator[WechatStandIn]:
    """Serve it for the length of the block."""
    made = WechatStandIn(now)
    async with served(made.app()) as url:
        made.url = url
        try:
            yield made
        finally:
            made.released.set()


def _ref(request: Request, *, mine: bool = True) -> str:
    if not mine:
        raise Refusal(400, "PARAM_ERROR")
    return str(request.path_params["ref"])


def _wanted(asked: Wire, outer: str, inner: str) -> str:
    found = asked.get(outer)
    if not isinstance(found, dict) or not found.get(inner):
        raise Refusal(400, "PARAM_ERROR")
    return str(found[inner])


def _check_notify_url(url: str) -> None:
    if "?" in url or not url.startswith(("https://", "http://127.0.0.1:")):
        raise Refusal(400, "PARAM_ERROR")


def _plain_error(why: str) -> Response:
    return JSONResponse({"code": "SIGN_ERROR", "message": why}, 401)
