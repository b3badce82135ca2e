"""Aliyun's SMS API (2017-05-25) on loopback: recomputes each request's ACS3-HMAC-SHA256 signature by the published
recipe (help.aliyun.com, "Request signatures V3"), refuses old dates and used nonces, remembers, and fails on order.
"""

import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import HangUp, served

FIXTURES = Path(__file__).parent / "fixtures/aliyun"
KEY = "LTAI-stand-in"
SECRET = "an access key's secret"
SIGNATURE = "来电供电"
TEMPLATES = {"SMS_100": ("meter", "amount"), "SMS_200": (), "SMS_300": ("meter", "balance")}
_ALGORITHM = "ACS3-HMAC-SHA256"
_AUTHORIZATION = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})")
_SIGNED_AT_LEAST = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"}
_OLDEST = timedelta(minutes=15)
_CHINA = ZoneInfo("Asia/Shanghai")
_MAINLAND = re.compile(r"1\d{10}")


class Fault(StrEnum):
    """What happens to the next request. The last two take the message all the same."""

    BAD_NUMBER = "isv.MOBILE_NUMBER_ILLEGAL"
    BAD_TEMPLATE = "isv.SMS_TEMPLATE_ILLEGAL"
    LIMIT = "isv.BUSINESS_LIMIT_CONTROL"
    NO_MONEY = "isv.AMOUNT_NOT_ENOUGH"
    BROKEN = "broken"
    BROKEN_AFTER_ACCEPT = "broken_after_accept"
    HANGS_UP_AFTER_ACCEPT = "hangs_up_after_accept"


@dataclass
class Taken:
    """A message that was taken. `status`: 1 on its way, 2 failed, 3 arrived."""

    biz_id: str
    to: str
    template: str
    variables: dict[str, str]
    out_id: str
    made_at: datetime
    status: int = 1
    err_code: str = ""


@dataclass
class AliyunStandIn:
    """`phone` holds what was taken, oldest first; `posts` counts every request, also refused ones, `lists` those that
    ask. `now`: its clock, for what it writes down; the age of requests is by the real one. `always`: the fault of
    every message that has none of its own. `nobody`: numbers that do not exist."""

    url: str = ""
    phone: list[Taken] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    always: Fault | None = None
    nobody: set[str] = field(default_factory=set)
    posts: int = 0
    lists: int = 0
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def answer(self, request: Request) -> Response:
        """One address for all actions; the header names the action."""
        self.posts += 1
        refusal = await self._unsigned(request)
        if refusal is not None:
            return refusal
        match request.headers.get("x-acs-action"):
            case "SendSms":
                return self._send(dict(request.query_params))
            case "QuerySendDetails":
                return self._details(dict(request.query_params))
        return _problem(404, "InvalidAction.NotFound")

    async def _unsigned(self, request: Request) -> Response | None:
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            return _problem(400, "IncompleteSignature")
        key, signed, signature = found.groups()
        if key != KEY:
            return _problem(404, "InvalidAccessKeyId.NotFound")
        needed = {
            "host",
            "x-acs-action",
            "x-acs-content-sha256",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-version",
        }
        if not needed <= set(signed.split(";")):
            return _problem(400, "IncompleteSignature")
        if not hmac.compare_digest(signature, await acs3(request, signed.split(";"))):
            return _problem(400, "SignatureDoesNotMatch")
        return self._stale(request.headers["x-acs-date"], request.headers["x-acs-signature-nonce"])

    def _stale(self, date: str, nonce: str) -> Response | None:
        said = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - said) > _OLDEST:
            return _problem(400, "InvalidTimeStamp.Expired")
        if nonce in self.nonces:
            return _problem(400, "SignatureNonceUsed")
        self.nonces.add(nonce)
        return None

    def _send(self, asked: dict[str, str]) -> Response:
        fault = self.faults.pop(0) if self.faults else self.always
        if fault is Fault.BROKEN:
            return _problem(503, "ServiceUnavailable")
        code = _wrong(asked) or (fault if fault is not None and fault.startswith("isv.") else "")
        if asked["PhoneNumbers"] in self.nobody:
            code = Fault.BAD_NUMBER
        if code:
            return JSONResponse({"Code": str(code), "Message": "no", "RequestId": "R"})
        taken = Taken(
            biz_id=f"{len(self.phone) + 1:018d}^0",
            to=asked["PhoneNumbers"],
            template=asked["TemplateCode"],
            variables=json.loads(asked.get("TemplateParam") or "{}"),
            out_id=asked.get("OutId", ""),
            made_at=self.now(),
        )
        self.phone.append(taken)
        if fault is Fault.BROKEN_AFTER_ACCEPT:
            return _problem(500, "InternalError")
        if fault is Fault.HANGS_UP_AFTER_ACCEPT:
            return HangUp()
        return JSONResponse({"Code": "OK", "Message": "OK", "BizId": taken.biz_id, "RequestId": "R"})

    def _details(self, asked: dict[str, str]) -> Response:
        self.lists += 1
        found = [t for t in self.phone if t.to == asked["PhoneNumber"] and _day(t.made_at) == asked["SendDate"]]
        listed = [
            {
                "PhoneNum": t.to,
                "SendStatus": t.status,
                "ErrCode": t.err_code,
                "OutId": t.out_id,
                "TemplateCode": t.template,
                "Content": "",
                "SendDate": f"{t.made_at.astimezone(_CHINA):%Y-%m-%d %H:%M:%S}",
            }
            for t in found
        ]
        details = {"SmsSendDetailDTO": listed}
        return JSONResponse({"Code": "OK", "TotalCount": len(listed), "SmsSendDetailDTOs": details, "RequestId": "R"})

    async def control(self, request: Request) -> Response:
        """The stand-in's own switch: {"faults": [...]}."""
        self.faults += [Fault(fault) for fault in (await request.json()).get("faults", [])]
        return JSONResponse({"phone": len(self.phone), "posts": self.posts})

    async def push(self, url: str, *entries: dict[str, object]) -> httpx2.Response:
        """Push receipts or answers to an address of ours."""
        async with httpx2.AsyncClient(verify=False, trust_env=False) as client:
            return await client.post(url, json=list(entries))


def receipt(taken: Taken, *, success: bool = True, err_code: str = "DELIVERED") -> dict[str, object]:
    """A receipt, as it is pushed."""
    at = f"{taken.made_at.astimezone(_CHINA):%Y-%m-%d %H:%M:%S}"
    said: dict[str, object] = {"phone_number": taken.to, "send_time": at, "report_time": at, "success": success}
    return said | {"err_code": err_code, "err_msg": "", "sms_size": "1", "biz_id": taken.biz_id, "out_id": taken.out_id}


def text_of(sender: str, words: str, number: int = 1) -> dict[str, object]:
    """What somebody wrote, as it is pushed."""
    said: dict[str, object] = {"phone_number": sender, "content": words, "sign_name": SIGNATURE}
    return said | {"send_time": "2026-03-01 08:00:00", "dest_code": "2233", "sequence_id": number}


async def acs3(request: Request, signed: list[str], secret: str = SECRET) -> str:
    """The signature that a request must bear."""
    payload = hashlib.sha256(await request.body()).hexdigest()
    query = "&".join(f"{_enc(name)}={_enc(value)}" for name, value in sorted(request.query_params.items()))
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed)
    text = "\n".join((request.method, request.url.path, query, headers, ";".join(signed), payload))
    return signature_of(text, secret)


def signature_of(canonical: str, secret: str) -> str:
    """The last two steps: the canonical request is hashed, and the hash is signed."""
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


@asynccontextmanager
async def aliyun_stand_in() -> AsyncIterator[AliyunStandIn]:
    """Serve it for the length of the block."""
    made = AliyunStandIn()
    app = Starlette(
        routes=[Route("/", made.answer, methods=["POST"]), Route("/_control", made.control, methods=["POST"])]
    )
    async with served(app) as url:
        made.url = url
        yield made


def _enc(text: str) -> str:
    return quote(text, safe="-_.~")


def _day(at: datetime) -> str:
    return f"{at.astimezone(_CHINA):%Y%m%d}"


def _wrong(asked: dict[str, str]) -> str:
    if asked.get("SignName") != SIGNATURE:
        return "isv.SMS_SIGNATURE_ILLEGAL"
    if asked.get("TemplateCode") not in TEMPLATES:
        return "isv.SMS_TEMPLATE_ILLEGAL"
    if not _MAINLAND.fullmatch(asked.get("PhoneNumbers", "")):
        return "isv.MOBILE_NUMBER_ILLEGAL"
    given = json.loads(asked.get("TemplateParam") or "{}")
    wanted = TEMPLATES[asked["TemplateCode"]]
    return "" if set(wanted) <= set(given) else "isv.TEMPLATE_MISSING_PARAMETERS"


def _problem(status: int, code: str) -> Response:
    return JSONResponse({"Code": code, "Message": "no", "RequestId": "R"}, status)
