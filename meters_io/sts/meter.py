"""The meter side: what a meter does with 20 digits from its keypad or its link (IEC 62055-41, 7.3).

Accepts credit tokens. Test tokens (class 1) and management tokens (class 2) are read and checked, and answered as
functions that this meter does not have.
"""

from bisect import insort
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.ciphers import cipher_of
from meters_io.sts.ciphers.sta import StaTables
from meters_io.sts.keys import KeyType
from meters_io.sts.meter_state import MeterState
from meters_io.sts.tid import is_expired
from meters_io.sts.token import Opened, TokenClass, open_token, read_class
from meters_io.sts.transfer import Credit, CreditToken, read_credit


class ResultCode(IntEnum):
    """What a meter answers, numbered as meters with a status register number it."""

    ACCEPT = 1
    FIRST_KCT = 2
    SECOND_KCT = 3
    OVERFLOW_ERROR = 4
    KEY_TYPE_ERROR = 5
    FORMAT_ERROR = 6
    RANGE_ERROR = 7
    FUNCTION_ERROR = 8
    OLD_ERROR = 9
    USED_ERROR = 10
    KEY_EXPIRED_ERROR = 11
    DDTK_ERROR = 12
    CRC_ERROR = 13
    MFR_CODE_ERROR = 14
    LOCKED_OUT = 15
    NOT_READY = 16


@dataclass(frozen=True, slots=True)
class Result:
    """The meter's answer; the other three are known once a credit token has deciphered well.

    `amount` is what was added (or would have been), in the unit of `subclass`.
    """

    code: ResultCode
    tid: int | None = None
    amount: int | None = None
    subclass: int | None = None


@dataclass(frozen=True, slots=True)
class MeterRules:
    """What differs between models of meter.

    `subclasses`: credit it understands. `units_max`, `currency_max`: what a register may hold, either way, in 0.1
    units and in 0.00001 of the currency. After `free_tries` tokens with a bad CRC the meter turns deaf for
    `first_wait`, twice as long after each further one, `longest_wait` at most.
    """

    subclasses: frozenset[Credit] = frozenset({Credit.ELECTRICITY, Credit.ELECTRICITY_CURRENCY})
    units_max: int = 9_999_999
    currency_max: int = 99_999_999_999
    honours_key_expiry: bool = True
    free_tries: int = 3
    first_wait: timedelta = timedelta(seconds=10)
    longest_wait: timedelta = timedelta(seconds=1280)


class Meter:
    """A meter over its state. Raises LocalError as `cipher_of` does (EA07 needs tables)."""

    def __init__(self, state: MeterState, rules: MeterRules = MeterRules(), tables: StaTables | None = None) -> None:
        self.state = state
        self.rules = rules
        self._cipher = cipher_of(state.ea, state.key, tables)

    def enter(self, digits: str, now: datetime) -> Result:
        """Take a token in; only an accepted one changes registers and TID memory.

        Never raises for what stands in `digits`. Raises LocalError `naive_time`.
        """
        if now.tzinfo is None:
            raise LocalError("a meter needs an aware time", code="naive_time", field="now")
        try:
            token_class = read_class(digits)
        except RemoteError:
            return Result(ResultCode.FORMAT_ERROR)
        if token_class is TokenClass.RESERVED:
            return Result(ResultCode.FUNCTION_ERROR)
        if token_class is not TokenClass.TEST and self._is_locked(now):
            return Result(ResultCode.LOCKED_OUT)
        return self._opened(digits, token_class, now)

    def power_cycled(self) -> None:
        """Forget the lock-out, as a meter does that was without supply."""
        self._unlock()

    def _opened(self, digits: str, token_class: TokenClass, now: datetime) -> Result:
        try:
            opened = open_token(digits, self._cipher)
        except RemoteError:
            if token_class is not TokenClass.TEST:
                self._count_wrong_token(now)
            return Result(ResultCode.CRC_ERROR)
        if token_class is not TokenClass.CREDIT or opened.subclass not in self.rules.subclasses:
            return Result(ResultCode.FUNCTION_ERROR)
        return self._credited(opened)

    def _credited(self, opened: Opened) -> Result:
        token = read_credit(opened)
        code = self._judged(token)
        if code is ResultCode.ACCEPT:
            self.state.credit[token.subclass] += token.amount
            self._remember(token.tid)
            self._unlock()
        return Result(code, token.tid, token.amount, token.subclass)

    def _judged(self, token: CreditToken) -> ResultCode:
        """Return what becomes of a sound token. The order of old, used, expired and DDTK is not public."""
        state = self.state
        if token.tid < state.tids[0]:
            return ResultCode.OLD_ERROR
        if token.tid in state.tids:
            return ResultCode.USED_ERROR
        if self.rules.honours_key_expiry and is_expired(token.tid, state.ken):
            return ResultCode.KEY_EXPIRED_ERROR
        if state.kt is KeyType.DDTK:
            return ResultCode.DDTK_ERROR
        return ResultCode.ACCEPT if self._has_room(token) else ResultCode.OVERFLOW_ERROR

    def _has_room(self, token: CreditToken) -> bool:
        in_currency = token.subclass >= Credit.ELECTRICITY_CURRENCY
        limit = self.rules.currency_max if in_currency else self.rules.units_max
        return -limit <= self.state.credit[token.subclass] + token.amount <= limit

    def _remember(self, tid: int) -> None:
        """Put the TID in the place of the smallest one, so that the memory keeps its size."""
        del self.state.tids[0]
        insort(self.state.tids, tid)

    def _is_locked(self, now: datetime) -> bool:
        until = self.state.locked_until
        return until is not None and now < until

    def _count_wrong_token(self, now: datetime) -> None:
        state, rules = self.state, self.rules
        state.wrong_tokens += 1
        beyond = state.wrong_tokens - rules.free_tries
        if beyond >= 0:
            doublings = min(beyond, 30)  # a longer shift than any wait needs would only grow the number
            state.locked_until = now + min(rules.first_wait * (1 << doublings), rules.longest_wait)

    def _unlock(self) -> None:
        self.state.wrong_tokens = 0
        self.state.locked_until = None
