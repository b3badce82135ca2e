"""Our requests as the module's methods and structures."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from headend_client.entries import Request
from headend_client.making import our_words
from headend_client.prism.config import Amounts, Dialect
from headend_client.prism.messages import make
from headend_client.security import (
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    MeterKey,
    SecurityCode,
    SecurityError,
)
from headend_client.target import StsIdentity
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.management import KEY_CHANGE_SUBCLASSES, value_set
from meters_io.sts.tid import BaseDate, next_free, tid_at, time_of
from meters_io.sts.transfer import Credit, granted
from meters_io.sts.vending import VendingRules

_EXTERNAL_CLOCK = 1
PLACES = 5  # of transferAmount in currency: steps of 0.00001
_CIPHERS = (Algorithm.STA, Algorithm.MISTY1)
_SGC = re.compile(r"[0-9]{6}")
_IDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,-]{0,39}")
_TOLERANCE = int(VendingRules().clock_tolerance.total_seconds()) // 60


def message_id(request_id: str) -> str:
    """Return the id that a request has with the module: our own, or a digest where ours has no form there."""
    if _IDENT.fullmatch(request_id):
        return request_id
    return hashlib.sha256(request_id.encode()).hexdigest()[:40]


def call_of(request: Request, dialect: Dialect) -> tuple[str, Mapping[str, object]]:
    """Return the method and the arguments of a request. Raises SecurityError for what no module would make."""
    match request:
        case IssueRequest():
            figure = transfer_amount(request, dialect)
            return "issueCreditToken", _issue(request, request.subclass, figure, dialect, request.change_to)
        case ManagementRequest():
            if request.subclass in KEY_CHANGE_SUBCLASSES or not 0 <= request.subclass <= 15:
                raise SecurityError(SecurityCode.PERMISSION, "subclass")
            expected(request)
            return "issueMseToken", _issue(request, request.subclass, float(request.value), dialect)
        case KeyChangeRequest():
            config = meter_config(request.meter, three_tokens=request.three_tokens)
            return "issueKeyChangeTokens", {"meterConfig": config, "newConfig": _amendment(request.to)}


def meter_config(meter: StsIdentity, change_to: MeterKey | None = None, *, three_tokens: bool = False) -> object:
    """Return what the module is told of a meter. It changes no key that it was not told to change.

    Raises SecurityError for what has no form on the wire.
    """
    if not (meter.ea in _CIPHERS and 0 <= meter.tct <= 99 and 0 <= meter.ken <= 255):
        raise SecurityError(SecurityCode.PERMISSION, "meter")
    return make(
        "MeterConfigIn",
        drn=meter.drn,
        ea=meter.ea,
        tct=meter.tct,
        sgc=_sgc(meter),
        krn=meter.krn,
        ti=meter.ti,
        ken=meter.ken,
        newConfig=None if change_to is None else _amendment(change_to),
        allowKrnUpdate=False,
        allowKenUpdate=False,
        allow3Kct=three_tokens,
    )


def transfer_amount(request: IssueRequest, dialect: Dialect) -> float:
    """Return what goes into transferAmount. Raises SecurityError: no such amount, or none that a double holds."""
    if request.amount <= 0:
        raise SecurityError(SecurityCode.AMOUNT_RANGE)
    if request.subclass not in tuple(Credit):
        raise SecurityError(SecurityCode.PERMISSION, "subclass")
    expected(request)
    exact = Decimal(request.amount)
    if in_currency_units(request.subclass, dialect):
        exact = exact.scaleb(-PLACES)
    if Decimal(repr(float(exact))) != exact:
        raise SecurityError(SecurityCode.AMOUNT_RANGE, "not_exact")
    return float(exact)


def expected(request: IssueRequest | ManagementRequest) -> int:
    """Return what a meter will add or set. Raises SecurityError(AMOUNT_RANGE)."""
    with our_words():
        if isinstance(request, IssueRequest):
            return granted(request.subclass, request.amount)
        return value_set(request.subclass, request.value)


def in_currency_units(subclass: int, dialect: Dialect) -> bool:
    return subclass >= Credit.ELECTRICITY_CURRENCY and dialect.amounts is Amounts.CURRENCY


def _issue(
    request: IssueRequest | ManagementRequest,
    subclass: int,
    figure: float,
    dialect: Dialect,
    change_to: MeterKey | None = None,
) -> Mapping[str, object]:
    return {
        "meterConfig": meter_config(request.meter, change_to),
        "subclass": subclass,
        "transferAmount": figure,
        "tokenTime": int(_time_of_issue(request.at, request.last_tid, BaseDate(dialect.base_year)).timestamp()),
        "flags": _EXTERNAL_CLOCK,
    }


def _time_of_issue(at: datetime, last_tid: int | None, base: BaseDate) -> datetime:
    """Return the time to issue at: now, or the first minute after the newest TID that we know of.

    The module owns the TIDs, but it may not know of those that another module gave before it.
    """
    if at.tzinfo is None:
        raise SecurityError(SecurityCode.CLOCK, "naive_time")
    if last_tid is None:
        return at.astimezone(UTC)
    with our_words():
        current = tid_at(at, base)
        if last_tid - current > _TOLERANCE:
            raise SecurityError(SecurityCode.CLOCK, "clock_behind")
        return at.astimezone(UTC) if current > last_tid else time_of(next_free(current, last_tid), base)


def _amendment(to: MeterKey) -> object:
    return make("MeterConfigAmendment", toSgc=_sgc(to), toKrn=to.krn, toTi=to.ti)


def _sgc(place: StsIdentity | MeterKey) -> int:
    """Return a supply group code as a number. Raises SecurityError: no key and no meter is called so."""
    if not _SGC.fullmatch(place.sgc) or not 1 <= place.krn <= 9:
        raise SecurityError(SecurityCode.UNKNOWN_KEY)
    if not 0 <= place.ti <= 99:
        raise SecurityError(SecurityCode.BAD_PAN, "ti")
    return int(place.sgc)
