"""The meter side: what a meter does with 20 digits from its keypad or its link (IEC 62055-41, 7.3).

The order of checks is the standard's as far as it is public: form, class, lock-out, CRC, function, range, TID, key
expiry, default key, overflow. Only what passes all of them changes registers and the TID memory.
"""

from bisect import insort
from datetime import datetime

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.ciphers import cipher_of
from meters_io.sts.ciphers.sta import StaTables
from meters_io.sts.displays import read_test
from meters_io.sts.key_change import read_section
from meters_io.sts.keys import KeyType
from meters_io.sts.lockout import count_wrong_token, is_locked, unlock
from meters_io.sts.management import KEY_CHANGE_SUBCLASSES, read_management
from meters_io.sts.meter_actions import act, is_in_range
from meters_io.sts.meter_displays import shown_by
from meters_io.sts.meter_key_change import take_section
from meters_io.sts.meter_rules import MeterRules
from meters_io.sts.meter_state import MeterState
from meters_io.sts.results import Result, ResultCode
from meters_io.sts.tid import is_expired
from meters_io.sts.token import Opened, TokenClass, open_test, open_token, read_class
from meters_io.sts.transfer import Credit, CreditToken, read_credit

__all__ = ["Meter", "MeterRules", "Result", "ResultCode"]

_FIRST_PROPRIETARY_TEST = 6
_USUAL = MeterRules()


class Meter:
    """A meter over its state. Raises LocalError as `cipher_of` does (EA07 needs tables)."""

    def __init__(self, state: MeterState, rules: MeterRules = _USUAL, tables: StaTables | None = None) -> None:
        self.state = state
        self.rules = rules
        self._tables = tables
        self._cipher = cipher_of(state.ea, state.key, tables)

    def enter(self, digits: str, now: datetime) -> Result:
        """Take a token in; only an accepted one changes registers and TID memory.

        Never raises for what stands in `digits`. Raises LocalError `naive_time`.
        """
        if now.tzinfo is None:
            raise LocalError("a meter needs an aware time", code="naive_time", field="now")
        if not self.state.figures.ready:
            return Result(ResultCode.NOT_READY)
        try:
            token_class = read_class(digits)
        except RemoteError:
            return Result(ResultCode.FORMAT_ERROR)
        if token_class is TokenClass.RESERVED:
            return Result(ResultCode.FUNCTION_ERROR)
        if token_class is TokenClass.TEST:
            return self._tested(digits)
        return Result(ResultCode.LOCKED_OUT) if is_locked(self.state, now) else self._opened(digits, now)

    def power_cycled(self) -> None:
        """Forget the lock-out, as a meter does that was without supply."""
        unlock(self.state)

    def _tested(self, digits: str) -> Result:
        try:
            opened = open_test(digits)
        except RemoteError:
            return Result(ResultCode.CRC_ERROR)
        try:
            token = read_test(opened)
        except RemoteError:
            return Result(ResultCode.FUNCTION_ERROR)
        proprietary = token.subclass >= _FIRST_PROPRIETARY_TEST
        if token.index is None and token.mfr != (self.rules.mfr_code if proprietary else 0):
            return Result(ResultCode.MFR_CODE_ERROR)
        shown = () if proprietary else shown_by(token, self.state, self.rules)
        return Result(ResultCode.ACCEPT if shown else ResultCode.FUNCTION_ERROR, shown=shown)

    def _opened(self, digits: str, now: datetime) -> Result:
        try:
            opened = open_token(digits, self._cipher)
        except RemoteError:
            count_wrong_token(self.state, self.rules, now)
            return Result(ResultCode.CRC_ERROR)
        if opened.token_class is TokenClass.CREDIT:
            return self._credited(opened)
        return self._changed(opened, now) if opened.subclass in KEY_CHANGE_SUBCLASSES else self._managed(opened)

    def _credited(self, opened: Opened) -> Result:
        if opened.subclass not in self.rules.subclasses:
            return Result(ResultCode.FUNCTION_ERROR)
        token = read_credit(opened)
        code = self._judged_credit(token)
        if code is ResultCode.ACCEPT:
            self.state.credit[token.subclass] += token.amount
            self._accepted(token.tid)
        return Result(code, token.tid, token.amount, token.subclass)

    def _managed(self, opened: Opened) -> Result:
        if opened.subclass not in self.rules.management:
            return Result(ResultCode.FUNCTION_ERROR)
        token = read_management(opened)
        code = self._judged(token.tid) if is_in_range(token, self.rules) else ResultCode.RANGE_ERROR
        if code is ResultCode.ACCEPT:
            act(token, self.state)
            self._accepted(token.tid)
        return Result(code, token.tid, managed=token)

    def _changed(self, opened: Opened, now: datetime) -> Result:
        result = take_section(read_section(opened), self.state, self.rules, now)
        if result.code is ResultCode.ACCEPT:
            self._cipher = cipher_of(self.state.ea, self.state.key, self._tables)
            unlock(self.state)
        return result

    def _judged(self, tid: int) -> ResultCode:
        """Return what becomes of a sound token's TID. The order of old, used and expired is not public."""
        if tid < self.state.tids[0]:
            return ResultCode.OLD_ERROR
        if tid in self.state.tids:
            return ResultCode.USED_ERROR
        if self.rules.honours_key_expiry and is_expired(tid, self.state.ken):
            return ResultCode.KEY_EXPIRED_ERROR
        return ResultCode.ACCEPT

    def _judged_credit(self, token: CreditToken) -> ResultCode:
        code = self._judged(token.tid)
        if code is not ResultCode.ACCEPT:
            return code
        if self.state.kt is KeyType.DDTK:
            return ResultCode.DDTK_ERROR
        return ResultCode.ACCEPT if self._has_room(token) else ResultCode.OVERFLOW_ERROR

    def _has_room(self, token: CreditToken) -> bool:
        in_currency = token.subclass >= Credit.ELECTRICITY_CURRENCY
        limit = self.rules.currency_max if in_currency else self.rules.units_max
        return -limit <= self.state.credit[token.subclass] + token.amount <= limit

    def _accepted(self, tid: int) -> None:
        """Put the TID in the place of the smallest one, so that the memory keeps its size; forgive mistakes."""
        del self.state.tids[0]
        insort(self.state.tids, tid)
        unlock(self.state)
