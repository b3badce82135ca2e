"""Makes and reads tokens with vending keys that are at hand: the work of a software security module, without memory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from headend_client.entries import Owner
from headend_client.keyfile import Keys
from headend_client.security import (
    IssuedToken,
    IssueRequest,
    KeyChanged,
    KeyChangeRequest,
    ManagementRequest,
    MeterKey,
    ReadToken,
    SecurityCode,
    SecurityError,
    TokenFault,
)
from headend_client.target import StsIdentity
from meters_io.errors import CodecError
from meters_io.sts.anatomy import AnyToken, read_token
from meters_io.sts.ciphers import Algorithm, cipher_of
from meters_io.sts.ciphers.sta import StaTables
from meters_io.sts.displays import TestToken, encode_test
from meters_io.sts.key_change import sections_of
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.management import ManagementToken
from meters_io.sts.pan import parse_meter_number
from meters_io.sts.tid import is_expired
from meters_io.sts.token import Opened, TokenClass, read_class
from meters_io.sts.transfer import Credit, CreditToken
from meters_io.sts.vending import CreditOrder, Issuer, ManagementOrder, TokenOrder, VendingState, choose_tid
from meters_io.sts.vending_change import change_set, lawful_change

_CODES: dict[str, SecurityCode] = {
    "meter_number": SecurityCode.BAD_PAN,
    "meter_check_digit": SecurityCode.BAD_PAN,
    "ti": SecurityCode.BAD_PAN,
    "amount_range": SecurityCode.AMOUNT_RANGE,
    "value_range": SecurityCode.AMOUNT_RANGE,
    "clock_behind": SecurityCode.CLOCK,
    "naive_time": SecurityCode.CLOCK,
    "tid_before_base": SecurityCode.KEY_NOT_ACTIVE,
    "tid_exhausted": SecurityCode.KEY_EXPIRED,
    "key_expired": SecurityCode.KEY_EXPIRED,
    "sta_tables_missing": SecurityCode.UNKNOWN_KEY,
}
"""What the codec calls it, in our words. Whatever is not here is a thing that no module does: PERMISSION."""

_EMPTY_MEMORY = 0  # after a roll-over a meter's memory holds zeros: the first minute of the base date is taken
_FAULTS = {
    "token_format": TokenFault.FORMAT,
    "token_class": TokenFault.FORMAT,
    "token_crc": TokenFault.CRC,
}


@contextmanager
def our_words() -> Iterator[None]:
    """Turn what a codec raises into SecurityError."""
    try:
        yield
    except CodecError as error:
        raise SecurityError(_CODES.get(error.code, SecurityCode.PERMISSION), error.code) from error


def drn_of(meter: StsIdentity) -> str:
    """Return the number printed on a meter, whichever way it was written. Raises SecurityError(BAD_PAN)."""
    with our_words():
        return parse_meter_number(meter.drn).drn


def make_test(subclass: int, control: int, mfr: int) -> IssuedToken:
    """Return a token of class 1, which takes no key. Raises SecurityError(PERMISSION): there is no such token."""
    with our_words():
        return IssuedToken(encode_test(TestToken(subclass, control, mfr)), None, subclass, 0, TokenClass.TEST)


def read_test(digits: str) -> ReadToken | TokenFault | None:
    """Return what a token of class 1 says, which takes no key; None for one of another class."""
    try:
        return _told(read_token(digits, None)) if read_class(digits) is TokenClass.TEST else None
    except CodecError as error:
        return _FAULTS.get(error.code, TokenFault.OTHER)


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes what is asked for, or raises SecurityError. `rnd`: four random bits a token. `tables`: for EA07 meters.

    `last_tids` in its verbs: the newest TID of every meter and key that the caller remembers.
    """

    keys: Keys
    rnd: Callable[[], int]
    tables: StaTables | None = None

    def credit(self, request: IssueRequest, last_tids: Mapping[Owner, int]) -> tuple[IssuedToken, ...]:
        """Return the tokens of a credit: the set of an ordered key change first, the credit under the new key."""
        self._check_credit(request)
        now = then = self._issuer(request.meter)
        change: tuple[IssuedToken, ...] = ()
        if request.change_to is not None:
            then = self._moved(now, request.change_to)
            change = self._set(now, then, request.at, three_tokens=False)
        self._check_terms(then.key, request.at, request)
        order = CreditOrder(request.request_id, request.subclass, request.amount)
        rolled_over = then.key.base_date is not now.key.base_date
        known = self._last_tid(then, last_tids, _EMPTY_MEMORY if rolled_over else request.last_tid)
        return (*change, self._ordered(then, order, request.at, known))

    def management(self, request: ManagementRequest, last_tids: Mapping[Owner, int]) -> tuple[IssuedToken, ...]:
        """Return the token that sets or clears something."""
        issuer = self._issuer(request.meter)
        self._check_terms(issuer.key, request.at)
        order = ManagementOrder(request.request_id, request.subclass, request.value)
        return (self._ordered(issuer, order, request.at, self._last_tid(issuer, last_tids, request.last_tid)),)

    def key_change(self, request: KeyChangeRequest) -> tuple[IssuedToken, ...]:
        """Return the tokens of a key change; the key that is left may have expired, the new one may not."""
        issuer = self._issuer(request.meter)
        return self._set(issuer, self._moved(issuer, request.to), request.at, three_tokens=request.three_tokens)

    def read(self, meter: StsIdentity, digits: str) -> ReadToken | TokenFault:
        """Return what a token says to this meter."""
        plain = read_test(digits)
        if plain is not None:
            return plain
        issuer = self._issuer(meter)
        with our_words():
            cipher = cipher_of(issuer.meter.ea, decoder_key(issuer.key, issuer.meter), self.tables)
        try:
            said = _told(read_token(digits, cipher))
        except CodecError as error:
            return _FAULTS.get(error.code, TokenFault.OTHER)
        return said if isinstance(said, TokenFault) else _allowed(issuer.key, said)

    def _issuer(self, meter: StsIdentity) -> Issuer:
        with our_words():
            pan = parse_meter_number(meter.drn)
        key = self.keys.find(meter.sgc, meter.krn)
        if key is None:
            raise SecurityError(SecurityCode.UNKNOWN_KEY)
        if meter.ea not in tuple(Algorithm):
            raise SecurityError(SecurityCode.PERMISSION, "ea")
        with our_words():
            return Issuer(key, MeterConfig(pan, meter.ti, Algorithm(meter.ea)), tables=self.tables)

    def _moved(self, issuer: Issuer, to: MeterKey) -> Issuer:
        """Return who issues for the meter after a key change."""
        key = self.keys.find(to.sgc, to.krn)
        if key is None:
            raise SecurityError(SecurityCode.UNKNOWN_KEY)
        with our_words():
            return replace(issuer, key=key, meter=replace(issuer.meter, ti=to.ti))

    def _set(self, now: Issuer, then: Issuer, at: datetime, *, three_tokens: bool) -> tuple[IssuedToken, ...]:
        """Return a key change set. A key that could make no token now is no key to move to."""
        self._check_terms(then.key, at)
        with our_words():
            choose_tid(then.key, None, at, then.rules)
            change = lawful_change(now, then, three_tokens=three_tokens)
            digits = change_set(now, change)
        advice = KeyChanged(MeterKey(then.key.sgc, then.key.krn, then.meter.ti), then.key.ken, change.rollover)
        return tuple(
            IssuedToken(each, None, section.subclass, 0, TokenClass.MANAGEMENT, None if place else advice)
            for place, (each, section) in enumerate(zip(digits, sections_of(change), strict=True))
        )

    def _ordered(self, issuer: Issuer, order: TokenOrder, at: datetime, last_tid: int | None) -> IssuedToken:
        with our_words():
            token = issuer.issue(VendingState(last_tid), order, at, self.rnd())[1]
        token_class = TokenClass.CREDIT if isinstance(order, CreditOrder) else TokenClass.MANAGEMENT
        return IssuedToken(token.digits, token.tid, order.subclass, token.granted, token_class)

    def _last_tid(self, issuer: Issuer, last_tids: Mapping[Owner, int], theirs: int | None) -> int | None:
        """Return the newest TID of a meter: its memory outlives a key, unless the base date changes."""
        alike = (key for key in self.keys.vending if key.base_date is issuer.key.base_date)
        ours = (last_tids.get((issuer.meter.pan.drn, key.sgc, key.krn)) for key in alike)
        return max((tid for tid in (theirs, *ours) if tid is not None), default=None)

    def _check_credit(self, request: IssueRequest) -> None:
        if request.amount <= 0:
            raise SecurityError(SecurityCode.AMOUNT_RANGE)
        if request.subclass not in tuple(Credit):
            raise SecurityError(SecurityCode.PERMISSION, "subclass")

    def _check_terms(self, key: VendingKey, at: datetime, credit: IssueRequest | None = None) -> None:
        terms = self.keys.terms_of(key)
        if at.tzinfo is None:
            raise SecurityError(SecurityCode.CLOCK, "naive_time")
        if terms.active_from is not None and at < terms.active_from:
            raise SecurityError(SecurityCode.KEY_NOT_ACTIVE)
        if terms.issue_until is not None and at > terms.issue_until:
            raise SecurityError(SecurityCode.KEY_EXPIRED)
        if credit is not None:
            most = terms.most_currency if credit.subclass >= Credit.ELECTRICITY_CURRENCY else terms.most_units
            if most is not None and credit.amount > most:
                raise SecurityError(SecurityCode.AMOUNT_RANGE, "credit_limit")


def _told(token: AnyToken) -> ReadToken | TokenFault:
    match token:
        case CreditToken(subclass=subclass, tid=tid, amount=amount):
            return ReadToken(TokenClass.CREDIT, subclass, tid, amount)
        case ManagementToken(subclass=subclass, tid=tid, value=value):
            return ReadToken(TokenClass.MANAGEMENT, subclass, tid, value)
        case TestToken(subclass=subclass):
            return ReadToken(TokenClass.TEST, subclass, None, 0)
        case Opened():
            return TokenFault.OTHER
    return ReadToken(TokenClass.MANAGEMENT, token.subclass, None, 0)  # a key change: nothing of the key leaves


def _allowed(key: VendingKey, said: ReadToken) -> ReadToken | TokenFault:
    if said.token_class == TokenClass.CREDIT and key.kt is KeyType.DDTK:
        return TokenFault.DEFAULT_KEY_CREDIT
    if said.tid is not None and is_expired(said.tid, key.ken):
        return TokenFault.KEY_EXPIRED
    return said
