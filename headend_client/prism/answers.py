"""The module's answers as ours. What it says is checked before it is believed."""

from decimal import Decimal
from typing import TypeVar

from headend_client.entries import Request
from headend_client.making import our_words
from headend_client.prism.asking import PLACES, expected, in_currency_units
from headend_client.prism.config import Dialect
from headend_client.prism.errors import AnswerLost
from headend_client.security import (
    IssuedToken,
    IssueRequest,
    KeyChanged,
    KeyChangeRequest,
    MeterKey,
    ModuleStatus,
    ReadToken,
    SecurityCode,
    SecurityError,
)
from headend_client.target import StsIdentity
from meters_io.errors import CodecError
from meters_io.sts.anatomy import read_token as decode_test
from meters_io.sts.displays import TestToken
from meters_io.sts.management import KEY_CHANGE_SUBCLASSES
from meters_io.sts.token import TokenClass, read_class

T = TypeVar("T")


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
    if last.amount != expected(request):
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


def _token(raw: object, dialect: Dialect) -> IssuedToken:
    token_class, subclass = _field(raw, "tokenClass", int), _field(raw, "subclass", int)
    if token_class == TokenClass.MANAGEMENT and subclass in KEY_CHANGE_SUBCLASSES:
        return IssuedToken(_digits(raw), None, subclass, 0, token_class, _advice(getattr(raw, "newConfig", None)))
    in_currency = token_class == TokenClass.CREDIT and in_currency_units(subclass, dialect)
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
        exact = exact.scaleb(PLACES)
    if exact != exact.to_integral_value():
        raise SecurityError(SecurityCode.PERMISSION, "other_amount")
    return int(exact)


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
