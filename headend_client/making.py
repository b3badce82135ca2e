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
from meters_io.sts.ciphers import Algorithm, BlockCipher, cipher_of
from meters_io.sts.ciphers.sta import StaTables
from meters_io.sts.displays import TestToken, encode_test
from meters_io.sts.key_change import encode_key_change, sections_of
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.management import ManagementToken
from meters_io.sts.pan import parse_meter_number
from meters_io.sts.tid import is_expired, tid_at
from meters_io.sts.token import Opened, TokenClass, read_class
from meters_io.sts.transfer import Credit, CreditToken
from meters_io.sts.vending import CreditOrder, Issuer, ManagementOrder, VendingState
from meters_io.sts.vending_change import lawful_change

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
class _Seat:
    """A meter under one of the keys."""

    key: VendingKey
    meter: MeterConfig
    drn: str


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
        now = then = self._seat(request.meter)
        change: tuple[IssuedToken, ...] = ()
        if request.change_to is not None:
            then = self._moved(now, request.change_to)
            change = self._set(now, then, request.at, three_tokens=False)
        self._check_terms(then.key, request.at, request)
        order = CreditOrder(request.request_id, request.subclass, request.amount)
        rolled_over = then.key.base_date is not now.key.base_date
        known = self._last_tid(then, last_tids, None if rolled_over else request.last_tid)
        return (*change, self._ordered(then, order, request.at, known))

    def management(self, request: ManagementRequest, last_tids: Mapping[Owner, int]) -> tuple[IssuedToken, ...]:
        """Return the token that sets or clears something."""
        seat = self._seat(request.meter)
        self._check_terms(seat.key, request.at)
        order = ManagementOrder(request.request_id, request.subclass, request.value)
        return (self._ordered(seat, order, request.at, self._last_tid(seat, last_tids, request.last_tid)),)

    def key_change(self, request: KeyChangeRequest) -> tuple[IssuedToken, ...]:
        """Return the tokens of a key change; the key that is left may have expired, the new one may not."""
        seat = self._seat(request.meter)
        return self._set(seat, self._moved(seat, request.to), request.at, three_tokens=request.three_tokens)

    def read(self, meter: StsIdentity, digits: str) -> ReadToken | TokenFault:
        """Return what a token says to this meter."""
        plain = read_test(digits)
        if plain is not None:
            return plain
        seat = self._seat(meter)
        with our_words():
            cipher = self._cipher(seat)
        try:
            said = _told(read_token(digits, cipher))
        except CodecError as error:
            return _FAULTS.get(error.code, TokenFault.OTHER)
        return said if isinstance(said, TokenFault) else _allowed(seat.key, said)

    def _seat(self, meter: StsIdentity) -> _Seat:
        drn, key = drn_of(meter), self.keys.find(meter.sgc, meter.krn)
        if key is None:
            raise SecurityError(SecurityCode.UNKNOWN_KEY)
        if meter.ea not in tuple(Algorithm):
            raise SecurityError(SecurityCode.PERMISSION, "ea")
        with our_words():
            return _Seat(key, MeterConfig(parse_meter_number(meter.drn), meter.ti, Algorithm(meter.ea)), drn)

    def _moved(self, seat: _Seat, to: MeterKey) -> _Seat:
        """Return the meter as it is after a key change. Raises SecurityError(UNKNOWN_KEY)."""
        key = self.keys.find(to.sgc, to.krn)
        if key is None:
            raise SecurityError(SecurityCode.UNKNOWN_KEY)
        with our_words():
            return _Seat(key, replace(seat.meter, ti=to.ti), seat.drn)

    def _set(self, now: _Seat, then: _Seat, at: datetime, *, three_tokens: bool) -> tuple[IssuedToken, ...]:
        """Return a key change set."""
        self._check_terms(then.key, at)
        with our_words():
            if is_expired(tid_at(at, then.key.base_date), then.key.ken):
                raise SecurityError(SecurityCode.KEY_EXPIRED)
            change = lawful_change(self._issuer(now), self._issuer(then), three_tokens=three_tokens)
            digits = encode_key_change(self._cipher(now), change)
        advice = KeyChanged(MeterKey(then.key.sgc, then.key.krn, then.meter.ti), then.key.ken, change.rollover)
        return tuple(
            IssuedToken(each, None, section.subclass, 0, TokenClass.MANAGEMENT, None if place else advice)
            for place, (each, section) in enumerate(zip(digits, sections_of(change), strict=True))
        )

    def _ordered(
        self, seat: _Seat, order: CreditOrder | ManagementOrder, at: datetime, last_tid: int | None
    ) -> IssuedToken:
        with our_words():
            token = self._issuer(seat).issue(VendingState(last_tid), order, at, self.rnd())[1]
        token_class = TokenClass.CREDIT if isinstance(order, CreditOrder) else TokenClass.MANAGEMENT
        return IssuedToken(token.digits, token.tid, order.subclass, token.granted, token_class)

    def _issuer(self, seat: _Seat) -> Issuer:
        return Issuer(seat.key, seat.meter, tables=self.tables)

    def _cipher(self, seat: _Seat) -> BlockCipher:
        return cipher_of(seat.meter.ea, decoder_key(seat.key, seat.meter), self.tables)

    def _last_tid(self, seat: _Seat, last_tids: Mapping[Owner, int], theirs: int | None) -> int | None:
        """Return the newest TID of a meter: its memory outlives a key, unless the base date changes."""
        alike = (key for key in self.keys.vending if key.base_date is seat.key.base_date)
        ours = (last_tids.get((seat.drn, key.sgc, key.krn)) for key in alike)
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
