"""Alipay's gateway on loopback: verifies RSA2, signs its answers, notifies until it hears `success`.

Written from Alipay's documents with `cryptography`, and not with the library that it is there to try. Its switches:
POST /_control {"fault": ...} or {"pay": ref}.
"""

import asyncio
import base64
import csv
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import urlencode

import httpx2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

FIXTURES = Path(__file__).parent / "fixtures" / "alipay"
APP_ID, SELLER_ID = "2021000000000001", "2088000000000001"
GAPS = tuple(timedelta(minutes=each) for each in (4, 10, 10, 60, 120, 360, 900))
_BEIJING = timezone(timedelta(hours=8))
_SHAPE = "%Y-%m-%d %H:%M:%S"
_OLDEST = timedelta(minutes=15)


class Fault(StrEnum):
    """What happens to the next question. The answer of `lost` is not sent, though all was done."""

    WAITING = "10003"
    UNKNOWN = "20000"
    REFUSED = "refused"
    BAD_SIGN = "bad_sign"
    BROKEN = "broken"
    LOST = "lost"
    STILL_MOVING = "still_moving"


@dataclass
class Trade:
    """One order that a payer has come to."""

    number: str
    ref: str
    total: Decimal
    notify_url: str
    state: str = "WAIT_BUYER_PAY"
    paid_at: datetime | None = None
    refunds: dict[str, Decimal] = field(default_factory=dict)

    @property
    def back(self) -> Decimal:
        """How much went back."""
        return sum(self.refunds.values(), Decimal(0))


@dataclass
class Notice:
    """A notification until it is confirmed."""

    trade: Trade
    due: datetime
    tries: int = 0


def rsa2(key: str, text: str) -> str:
    """SHA256withRSA in base64."""
    found = load_pem_private_key((FIXTURES / f"{key}-key.pem").read_bytes(), None)
    assert isinstance(found, RSAPrivateKey)
    return base64.b64encode(found.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def fits(key: str, text: str, sign: str) -> bool:
    """Whether `sign` is of `text` by the owner of the public key."""
    found = load_pem_public_key((FIXTURES / f"{key}-pub.pem").read_bytes())
    assert isinstance(found, RSAPublicKey)
    try:
        found.verify(base64.b64decode(sign), text.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def joined(fields: Mapping[str, str], without: tuple[str, ...]) -> str:
    """What is signed: the fields by name."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in without)


@dataclass
class AlipayStandIn:
    """`opened`: codes that nobody has scanned, which are no trades yet. `asked`: the methods, in order."""

    now: Callable[[], datetime]
    url: str = ""
    trades: dict[str, Trade] = field(default_factory=dict)
    opened: dict[str, tuple[Decimal, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    waiting: list[Notice] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bill_from_hour: int = 10

    @property
    def gateway(self) -> str:
        """The one address that is asked."""
        return f"{self.url}/gateway.do"

    def routes(self) -> list[Route]:
        """Gateway, bill and switches."""
        return [
            Route("/gateway.do", self._gate, methods=["GET"]),
            Route("/bill/{day}", self._bill, methods=["GET"]),
            Route("/_control", self._control, methods=["POST"]),
        ]

    def pay(self, ref: str) -> None:
        """The payer scans, where need be, and pays; a closed trade takes nothing."""
        if ref in self.opened and ref not in self.trades:
            self._come(ref, *self.opened[ref])
        trade = self.trades[ref]
        if trade.state == "WAIT_BUYER_PAY":
            trade.state, trade.paid_at = "TRADE_SUCCESS", self.now()
            if trade.notify_url:
                self.waiting.append(Notice(trade, self.now()))

    async def deliver_due(self) -> list[str]:
        """Send every notification that is due; return what was answered. `notify_time` is that of the sending."""
        heard = []
        for notice in [each for each in self.waiting if each.due <= self.now()]:
            async with httpx2.AsyncClient(trust_env=False) as client:
                answer = await client.post(notice.trade.notify_url, data=self.notice_form(notice.trade))
            heard.append(answer.text)
            if answer.text == "success" or notice.tries == len(GAPS):
                self.waiting.remove(notice)
                continue
            notice.due, notice.tries = self.now() + GAPS[notice.tries], notice.tries + 1
        return heard

    def notice_form(self, trade: Trade, **other: str) -> dict[str, str]:
        """The signed fields of a notification."""
        form = {
            "app_id": APP_ID,
            "seller_id": SELLER_ID,
            "charset": "utf-8",
            "notify_id": f"n{trade.number}",
            "notify_time": self._written(self.now()),
            "notify_type": "trade_status_sync",
            "out_trade_no": trade.ref,
            "subject": "电费",
            "total_amount": f"{trade.total:.2f}",
            "trade_no": trade.number,
            "trade_status": trade.state,
            "version": "1.0",
        }
        form |= {"gmt_payment": self._written(trade.paid_at)} if trade.paid_at else {"gmt_close": form["notify_time"]}
        form |= other
        return form | {"sign_type": "RSA2", "sign": rsa2("alipay", joined(form, ()))}

    async def _gate(self, request: Request) -> Response:
        fields = dict(request.query_params)
        method = fields.get("method", "")
        self.asked.append(method)
        refusal = self._distrust(fields)
        fault = self.faults.pop(0) if self.faults else None
        if fault is Fault.BROKEN:
            return PlainTextResponse("Bad Gateway", 502)
        answer = refusal or self._answer(method, fields, fault)
        if fault is Fault.LOST:
            return PlainTextResponse("Gateway Time-out", 504)
        if answer is None:
            return PlainTextResponse("the pay page")
        return self._signed(method, answer, forged=fault is Fault.BAD_SIGN)

    def _distrust(self, fields: dict[str, str]) -> dict[str, str] | None:
        if fields.get("app_id") != APP_ID:
            return _no("40002", "isv.invalid-app-id")
        if fields.get("sign_type") != "RSA2" or not fits("app", joined(fields, ("sign",)), fields.get("sign", "")):
            return _no("40002", "isv.invalid-signature")
        made = datetime.strptime(fields["timestamp"], _SHAPE).replace(tzinfo=_BEIJING)
        return _no("40002", "isv.invalid-timestamp") if abs(self.now() - made) > _OLDEST else None

    def _signed(self, method: str, answer: dict[str, str], *, forged: bool) -> Response:
        """Only the bytes of the answer itself are signed, as they stand."""
        inner = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        sign = rsa2("stranger" if forged else "alipay", inner)
        name = method.replace(".", "_") + "_response"
        return Response(f'{{"{name}":{inner},"sign":"{sign}"}}', media_type="application/json")

    def _answer(self, method: str, fields: dict[str, str], fault: Fault | None) -> dict[str, str] | None:
        content = json.loads(fields["biz_content"])
        verb = method.removeprefix("alipay.").replace(".", "_")
        if verb == "data_dataservice_bill_downloadurl_query":
            return self._bill_address(content["bill_date"])
        if verb == "trade_wap_pay":
            self._come(content["out_trade_no"], Decimal(content["total_amount"]), fields["notify_url"])
            return None
        if verb == "trade_precreate":
            return self._precreate(content, fields["notify_url"])
        if verb == "trade_pay":
            return self._pay(content, fields["notify_url"], fault)
        trade = self.trades.get(content["out_trade_no"])
        if trade is None:
            return _no("40004", "ACQ.TRADE_NOT_EXIST")
        if verb == "trade_refund":
            return self._refund(trade, content, fault)
        if verb == "trade_fastpay_refund_query":
            return self._refunded(trade, content, fault)
        return {"trade_query": self._query, "trade_close": self._close, "trade_cancel": self._cancel}[verb](trade)

    def _come(self, ref: str, total: Decimal, notify_url: str) -> Trade:
        number = f"20260302220014{len(self.trades) + 1:014d}"
        return self.trades.setdefault(ref, Trade(number, ref, total, notify_url))

    def _precreate(self, content: dict[str, str], notify_url: str) -> dict[str, str]:
        ref = content["out_trade_no"]
        if ref in self.trades:
            return _no("40004", "ACQ.TRADE_HAS_CLOSE")
        self.opened[ref] = (Decimal(content["total_amount"]), notify_url)
        return _good(out_trade_no=ref, qr_code=f"https://qr.alipay.com/bax{ref}")

    def _pay(self, content: dict[str, str], notify_url: str, fault: Fault | None) -> dict[str, str]:
        if fault is Fault.REFUSED:
            return _no("40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH")
        trade = self._come(content["out_trade_no"], Decimal(content["total_amount"]), notify_url)
        if trade.state == "TRADE_SUCCESS":
            return _no("40004", "ACQ.TRADE_HAS_SUCCESS")
        if fault is Fault.WAITING:
            return {"code": "10003", "msg": "order success pay inprocess", "out_trade_no": trade.ref}
        self.pay(trade.ref)
        if fault is Fault.UNKNOWN:
            return {"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "isp.unknow-error"}
        assert trade.paid_at is not None
        return _good(**self._told(trade), gmt_payment=self._written(trade.paid_at))

    def _query(self, trade: Trade) -> dict[str, str]:
        paid = {"send_pay_date": self._written(trade.paid_at)} if trade.paid_at else {}
        return _good(**self._told(trade), trade_status=trade.state, **paid)

    def _close(self, trade: Trade) -> dict[str, str]:
        if trade.state != "WAIT_BUYER_PAY":
            return _no("40004", "ACQ.TRADE_STATUS_ERROR")
        trade.state = "TRADE_CLOSED"
        return _good(**self._told(trade))

    def _cancel(self, trade: Trade) -> dict[str, str]:
        if trade.paid_at and self.now().astimezone(_BEIJING).date() != trade.paid_at.astimezone(_BEIJING).date():
            return _no("40004", "ACQ.TRADE_CANCEL_TIME_OUT")
        if trade.paid_at and trade.state != "TRADE_CLOSED":
            trade.refunds["cancel"] = trade.total - trade.back
        trade.state = "TRADE_CLOSED"
        return _good(out_trade_no=trade.ref, retry_flag="N", action="refund" if trade.paid_at else "close")

    def _refund(self, trade: Trade, content: dict[str, str], fault: Fault | None) -> dict[str, str]:
        name, amount = content["out_request_no"], Decimal(content["refund_amount"])
        if trade.paid_at is None:
            return _no("40004", "ACQ.TRADE_STATUS_ERROR")
        again = name in trade.refunds
        if not again and trade.back + amount > trade.total:
            return _no("40004", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        trade.refunds[name] = amount
        if trade.back == trade.total:
            trade.state = "TRADE_CLOSED"
        moved = "N" if again or fault is Fault.STILL_MOVING else "Y"
        return _good(**self._told(trade), fund_change=moved, refund_fee=f"{trade.back:.2f}")

    def _refunded(self, trade: Trade, content: dict[str, str], fault: Fault | None) -> dict[str, str]:
        done = content["out_request_no"] in trade.refunds and fault is not Fault.STILL_MOVING
        return _good(out_trade_no=trade.ref, **({"refund_status": "REFUND_SUCCESS"} if done else {}))

    def _bill_address(self, day: str) -> dict[str, str]:
        written = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=_BEIJING) + timedelta(
            days=1, hours=self.bill_from_hour
        )
        if self.now() < written:
            return _no("40004", "isp.bill_not_exist")
        until = int((self.now() + timedelta(seconds=30)).timestamp())
        return _good(bill_download_url=f"{self.url}/bill/{day}?until={until}")

    async def _bill(self, request: Request) -> Response:
        day = request.path_params["day"]
        if self.now().timestamp() > int(request.query_params["until"]):
            return PlainTextResponse("expired", 403)
        return Response(await asyncio.to_thread(self._packed, day), media_type="application/zip")

    def _packed(self, day: str) -> bytes:
        text = StringIO()
        rows = csv.writer(text)
        text.write(f"#支付宝业务明细查询\r\n#账号：[{SELLER_ID}]\r\n#---业务明细列表---\r\n")
        rows.writerow(["支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "订单金额（元）"])
        for trade in self.trades.values():
            if trade.paid_at is None or trade.paid_at.astimezone(_BEIJING).date().isoformat() != day:
                continue
            at, names = self._written(trade.paid_at), [f"{trade.number}\t", f"{trade.ref}\t"]
            rows.writerow([*names, "交易", "电费", at, at, f"{trade.total:.2f}"])
            for amount in trade.refunds.values():
                rows.writerow([*names, "退款", "电费", at, at, f"-{amount:.2f}"])
        text.write("#---业务明细列表结束---\r\n")
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
            files.writestr(f"{SELLER_ID}_{day}_业务明细.csv", text.getvalue().encode("gbk"))
            files.writestr(f"{SELLER_ID}_{day}_业务明细(汇总).csv", "#汇总\r\n门店编号,订单总笔数\r\n".encode("gbk"))
        return packed.getvalue()

    async def _control(self, request: Request) -> Response:
        told = await request.json()
        if "fault" in told:
            self.faults.append(Fault(told["fault"]))
        if "pay" in told:
            self.pay(told["pay"])
            await self.deliver_due()
        return JSONResponse({"faults": self.faults, "trades": sorted(self.trades), "asked": self.asked})

    def _told(self, trade: Trade) -> dict[str, str]:
        return {"trade_no": trade.number, "out_trade_no": trade.ref, "total_amount": f"{trade.total:.2f}"}

    def _written(self, moment: datetime) -> str:
        return moment.astimezone(_BEIJING).strftime(_SHAPE)


def stand_in_app(made: AlipayStandIn) -> Starlette:
    """The stand-in alone."""
    return Starlette(routes=made.routes())


def _good(**words: str) -> dict[str, str]:
    return {"code": "10000", "msg": "Success", **words}


def _no(code: str, sub_code: str) -> dict[str, str]:
    return {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "不行"}


def form_body(form: Mapping[str, str]) -> bytes:
    """A notification's body."""
    return urlencode(form).encode()
