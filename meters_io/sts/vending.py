"""The vending side of a meter under one key, as a pure state machine: state, order and clock in; state and token out.

What keeps a fleet sound: no TID is given twice or goes back, no token is made under an expired key or by a clock
that has fallen behind, and a request that comes again gets the token it got before. Save the new state before the
token leaves the house. Locking, storage, the clock and the random bits are the caller's. A meter's way from key to key
is `vending_point`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from meters_io.errors import LocalError
from meters_io.sts.ciphers import cipher_of
from meters_io.sts.ciphers.sta import StaTables
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.management import encode_management, value_set
from meters_io.sts.tid import is_expired, next_free, reserved_of, tid_at
from meters_io.sts.transfer import encode_credit, granted

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class VendingRules:
    """How a supply group counts time.

    `clock_offset`: how far its TID clock runs ahead of UTC. `clock_tolerance`: how far our clock may lie behind the
    last TID before we take it for wrong; several tokens sold in one minute put the last TID ahead quite honestly.
    """

    clock_offset: timedelta = timedelta(0)
    clock_tolerance: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class CreditOrder:
    """One credit asked for. `request_id` is the caller's and stays the same when the order is repeated.

    `special`: under the TID of 00:01 of the day, which no other token carries and which there is once a day.
    """

    request_id: str
    subclass: int
    amount: int
    special: bool = False


@dataclass(frozen=True, slots=True)
class ManagementOrder:
    """One management token asked for: `subclass` and `value` as `encode_management` has them."""

    request_id: str
    subclass: int
    value: int
    special: bool = False


TokenOrder = CreditOrder | ManagementOrder


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token made for an order. `granted` is what the meter adds or sets, which may exceed what was asked."""

    order: TokenOrder
    tid: int
    granted: int
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VendingState:
    """What must be remembered for a meter and its base date: the last TID, the tokens by request, the last special TID.

    A key change without a roll-over leaves the meter's TID memory as it is, so the last TID outlives the key. A caller
    with a journal of its own may fill `issued` with no more than the request at hand.
    """

    last_tid: int | None = None
    issued: Mapping[str, IssuedToken] = field(default_factory=dict)
    last_special: int | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """Makes tokens for one meter. An EA07 meter needs the operator's `tables`."""

    key: VendingKey
    meter: MeterConfig
    rules: VendingRules = VendingRules()
    tables: StaTables | None = None

    def issue(
        self, state: VendingState, order: TokenOrder, now: datetime, rnd: int
    ) -> tuple[VendingState, IssuedToken]:
        """Return the state to save and the token of `order`: the earlier one if the request was served before.

        `rnd`: four bits from a cryptographic source. Raises LocalError: `request_reused` (same request, other
        order), `ddtk_credit`, those of `choose_tid`, `special_tid`, `decoder_key`, `encode_credit` and
        `encode_management`.
        """
        earlier = state.issued.get(order.request_id)
        if earlier is not None:
            return state, _same(earlier, order)
        if order.special:
            token = self._made(order, special_tid(self.key, state, now, self.rules), rnd)
            return VendingState(state.last_tid, _noted(state, token), token.tid), token
        token = self._made(order, choose_tid(self.key, state.last_tid, now, self.rules), rnd)
        return VendingState(token.tid, _noted(state, token), state.last_special), token

    def _made(self, order: TokenOrder, tid: int, rnd: int) -> IssuedToken:
        if isinstance(order, CreditOrder) and self.key.kt is KeyType.DDTK:
            raise LocalError("a default key may not carry credit", code="ddtk_credit", field="kt")
        cipher = cipher_of(self.meter.ea, decoder_key(self.key, self.meter), self.tables)
        if isinstance(order, ManagementOrder):
            digits = encode_management(cipher, order.subclass, order.value, tid, rnd)
            return IssuedToken(order, tid, value_set(order.subclass, order.value), digits)
        digits = encode_credit(cipher, order.subclass, order.amount, tid, rnd)
        return IssuedToken(order, tid, granted(order.subclass, order.amount), digits)


def choose_tid(key: VendingKey, last_tid: int | None, now: datetime, rules: VendingRules) -> int:
    """Return the TID of the next token of a meter.

    Raises LocalError: `clock_behind`, `key_expired`, `tid_before_base`, `tid_exhausted`, `naive_time`.
    """
    return _unexpired(next_free(_minute(key, last_tid, now, rules), last_tid), key)


def special_tid(key: VendingKey, state: VendingState, now: datetime, rules: VendingRules) -> int:
    """Return the TID of 00:01 of the day of `now`, in the days of the group's clock.

    Raises LocalError `special_taken` (there is one a day), and as `choose_tid` does.
    """
    tid = reserved_of(_minute(key, state.last_tid, now, rules))
    if state.last_special is not None and tid <= state.last_special:
        raise LocalError("the special token of this day is issued already", code="special_taken", field="special")
    return _unexpired(tid, key)


def _minute(key: VendingKey, last_tid: int | None, now: datetime, rules: VendingRules) -> int:
    current = tid_at(now, key.base_date, rules.clock_offset)
    if last_tid is not None and last_tid - current > rules.clock_tolerance // _MINUTE:
        # A clock that was ahead once has made every honest token since look old to the meter: a person decides.
        raise LocalError("the clock is behind the last token", code="clock_behind", field="now")
    return current


def _unexpired(tid: int, key: VendingKey) -> int:
    if is_expired(tid, key.ken):
        raise LocalError("the vending key has expired", code="key_expired", field="ken")
    return tid


def _noted(state: VendingState, token: IssuedToken) -> Mapping[str, IssuedToken]:
    return {**state.issued, token.order.request_id: token}


def _same(earlier: IssuedToken, order: TokenOrder) -> IssuedToken:
    if earlier.order != order:
        raise LocalError("this request was another order before", code="request_reused", field="request_id")
    return earlier
