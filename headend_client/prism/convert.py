"""Our requests as the module's structures, and its tokens as ours. What it answers is checked before it is believed."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from headend_client.entries import Request
from headend_client.making import our_words
from headend_client.prism.config import Amounts, Dialect
from headend_client.prism.errors import AnswerLost
from headend_client.prism.messages import make
from headend_client.security import (
    IssuedToken,
    IssueRequest,
    KeyChanged,
    KeyChangeRequest,
    ManagementRequest,
    MeterKey,
    ModuleStatus,
    ReadToken,
    SecurityCode,
    SecurityError,
)
from headend_client.target import StsIdentity
from meters_io.errors import CodecError
from meters_io.sts.anatomy import read_token as decode_test
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.displays import TestToken
from meters_io.sts.management import KEY_CHANGE_SUBCLASSES, value_set
from meters_io.sts.tid import BaseDate, next_free, tid_at, time_of
from meters_io.sts.token import TokenClass, read_class
from meters_io.sts.transfer import Credit, granted
from meters_io.sts.vending import VendingRules

T = TypeVar("T")
_EXTERNAL_CLOCK = 1
_STEPS_A_UNIT = 5  # 0.00001 of the currency: five places
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
            _expected(request)
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
    _expected(request)
    exact = Decimal(request.amount)
    if _in_currency(request.subclass, dialect):
        exact = exact.scaleb(-_STEPS_A_UNIT)
    if Decimal(repr(float(exact))) != exact:
        raise SecurityError(SecurityCode.AMOUNT_RANGE, "not_exact")
    return float(exact)


def read_answer(given: object, request: Request, dialect: Dialect) -> tuple[IssuedToken, ...]:
    """Return the tokens of a request. Raises AnswerLost for what is no list of tokens.

    Raises SecurityError for tokens that are not what was asked for: another meter's, another amount, an identifier
    that the meter would call old. Those must not be handed out, whatever made the module answer so.
    """
    tokens = read_tokens(given, dialect)
    if any(not _is_of(raw, request.meter) for raw in _list(given)):
        raise SecurityError(SecurityCode.PERMISSION, "other_meter")
    if isinstance(request, KeyChangeRequest):
        if not all(_is_change(token) for token in tokens) or tokens[0].change is None:
            raise SecurityError(SecurityCode.PERMISSION, "other_tokens")
        return tokens
    wanted = TokenClass.CREDIT if isinstance(request, IssueRequest) else TokenClass.MANAGEMENT
    last = tokens[-1]
    if (last.token_class, last.subclass) != (wanted, request.subclass) or not all(map(_is_change, tokens[:-1])):
        raise SecurityError(SecurityCode.PERMISSION, "other_tokens")
    if last.amount != _expected(request):
        raise SecurityError(SecurityCode.PERMISSION, "other_amount")
    rolled_over = any(token.change is not None and token.change.rollover for token in tokens)
    if request.last_tid is not None and not rolled_over and (last.tid or 0) <= request.last_tid:
        raise SecurityError(SecurityCode.CLOCK, "tid_went_back")
    return tokens


def read_tokens(given: object, dialect: Dialect) -> tuple[IssuedToken, ...]:
    """Return the tokens of a list as they came. Raises AnswerLost for what is none, SecurityError for an amount that
    no token can carry."""
    tokens = tuple(_token(raw, dialect) for raw in _list(given))
    if not tokens:
        raise AnswerLost("unreadable: no tokens")
    return tokens


def read_verified(token: object, dialect: Dialect) -> ReadToken:
    """Return what the module says is in a token; of a key change set it does not say which part it is."""
    if token is None:
        return ReadToken(TokenClass.MANAGEMENT, None, None, 0)
    read = _token(token, dialect)
    return ReadToken(read.token_class, read.subclass, read.tid, read.amount)


def read_test_token(raw: object, subclass: int, control: int) -> IssuedToken:
    """Return a MeterTestToken; one that does something else raises SecurityError."""
    digits = _digits(raw)
    with our_words():
        said = decode_test(digits, None)
    if not isinstance(said, TestToken) or (said.subclass, said.control) != (subclass, control):
        raise SecurityError(SecurityCode.PERMISSION, "other_tokens")
    return IssuedToken(digits, None, subclass, 0, TokenClass.TEST)


def read_status(given: object, fallback: str) -> tuple[ModuleStatus, ...]:
    """Return the nodes of a status; `fallback`: the name of one that tells none. Times are not read: see the README."""
    found = tuple(_node(raw, fallback) for raw in _list(given))
    if not found:
        raise AnswerLost("unreadable: no nodes")
    return found


def _node(raw: object, fallback: str) -> ModuleStatus:
    info = {str(key): str(value) for key, value in _field(raw, "info", dict).items()}
    alerts = tuple(
        f"{_field(each, 'eCode', str)}: {_field(each, 'eMsgEn', str)}" for each in _field(raw, "alerts", list)
    )
    name = next((info[key] for key in ("idSm", "smId", "id", "hostname", "host") if info.get(key)), fallback)
    return ModuleStatus(name, None, info, alerts)


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


def _expected(request: IssueRequest | ManagementRequest) -> int:
    """Return what a meter will add or set. Raises SecurityError(AMOUNT_RANGE)."""
    with our_words():
        if isinstance(request, IssueRequest):
            return granted(request.subclass, request.amount)
        return value_set(request.subclass, request.value)


def _token(raw: object, dialect: Dialect) -> IssuedToken:
    token_class, subclass = _field(raw, "tokenClass", int), _field(raw, "subclass", int)
    if token_class == TokenClass.MANAGEMENT and subclass in KEY_CHANGE_SUBCLASSES:
        return IssuedToken(_digits(raw), None, subclass, 0, token_class, _advice(getattr(raw, "newConfig", None)))
    in_currency = token_class == TokenClass.CREDIT and _in_currency(subclass, dialect)
    amount = _amount(_field(raw, "transferAmount", float), in_currency=in_currency)
    return IssuedToken(_digits(raw), _field(raw, "tid", int), subclass, amount, token_class)


def _advice(raw: object) -> KeyChanged | None:
    if raw is None:
        return None
    to = MeterKey(f"{_field(raw, 'toSgc', int):06d}", _field(raw, "toKrn", int), _field(raw, "toTi", int))
    return KeyChanged(to, _field(raw, "toKen", int), _field(raw, "rollover", bool))


def _digits(raw: object) -> str:
    digits = _field(raw, "tokenDec", str)
    try:
        read_class(digits)
    except CodecError:
        raise AnswerLost("unreadable: digits") from None
    return digits


def _amount(figure: float, *, in_currency: bool) -> int:
    exact = Decimal(repr(figure))
    if not exact.is_finite():
        raise AnswerLost("unreadable: amount")
    if in_currency:
        exact = exact.scaleb(_STEPS_A_UNIT)
    if exact != exact.to_integral_value():
        raise SecurityError(SecurityCode.PERMISSION, "other_amount")
    return int(exact)


def _in_currency(subclass: int, dialect: Dialect) -> bool:
    return subclass >= Credit.ELECTRICITY_CURRENCY and dialect.amounts is Amounts.CURRENCY


def _is_change(token: IssuedToken) -> bool:
    return token.token_class == TokenClass.MANAGEMENT and token.subclass in KEY_CHANGE_SUBCLASSES


def _is_of(raw: object, meter: StsIdentity) -> bool:
    return meter.drn in (_field(raw, "drn", str), _field(raw, "pan", str))


def _list(given: object) -> list[object]:
    if not isinstance(given, list):
        raise AnswerLost("unreadable: no list")
    return given


def _field(raw: object, name: str, kind: type[T]) -> T:
    value = getattr(raw, name, None)
    if not isinstance(value, kind):
        raise AnswerLost(f"unreadable: {name}")
    return value
