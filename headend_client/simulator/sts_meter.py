"""The token entry of an STS meter behind DL/T 645 (`meters_io.dlt645.token`), and its plain relay orders."""

from datetime import datetime
from typing import cast

from headend_client.simulator.meter import Meter
from headend_client.simulator.state import E5_PER_CENT, CreditKind, Paid, TokenMemory
from headend_client.simulator.world import StsKeys
from headend_client.simulator.writes import WriteRequest
from meters_io.bits import uint_from_bytes
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import Security
from meters_io.dlt645.purchase import security_di
from meters_io.dlt645.refusals import RefusalCode, build_refusal
from meters_io.dlt645.relay import PlainRequest, RelayOrder, SealedOrder
from meters_io.dlt645.status import StatusWord3
from meters_io.dlt645.token import TokenResult, build_token_reply, parse_token
from meters_io.sts import meter as sts
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.keys import KeyType
from meters_io.sts.meter_state import Figures, PlainMeterState
from meters_io.sts.meter_state import MeterState as StsState
from meters_io.sts.transfer import Credit

_CURRENCY = frozenset({Credit.ELECTRICITY_CURRENCY})
_MANAGED = (sts.ResultCode.ACCEPT, sts.ResultCode.FIRST_KCT, sts.ResultCode.SECOND_KCT)


class TokenEntry:
    """What stands where the keypad is. Tokens for money only: the meter counts down money, not energy."""

    __slots__ = ("_keys", "_memory", "_meter")

    def __init__(self, meter: Meter, keys: StsKeys) -> None:
        self._meter = meter
        self._keys = keys
        if meter.state.tokens is None:
            meter.state.tokens = TokenMemory([keys.first_tid] * keys.memory_size)
        self._memory = meter.state.tokens

    def answer(self, request: Frame, now: datetime) -> Frame:
        """Answer a security command (C = 03). RemoteError for bytes that are none."""
        if security_di(request) != Security.TOKEN:
            return build_refusal(request, RefusalCode.OTHER)
        result = self._enter(parse_token(request).digits, now)
        return build_token_reply(request.address, TokenResult(result.code, result.tid or 0))

    def believe(self, asked: PlainRequest | SealedOrder, now: datetime) -> RelayOrder | RefusalCode:
        """Return the order if its password is ours. This meter has no chip, so no sealed orders."""
        if isinstance(asked, SealedOrder) or not self._is_ours(asked.password.level, asked.password.secret):
            return RefusalCode.PASSWORD
        return asked.order

    def admit(self, asked: WriteRequest, now: datetime) -> bytes | RefusalCode:
        """Return the value of a write under our password."""
        return asked.body if self._is_ours(asked.level, asked.secret) else RefusalCode.PASSWORD

    def status(self, now: datetime) -> StatusWord3:
        """Return status word 3."""
        return self._meter.status()

    def minutes_left(self, now: datetime) -> int | None:
        """Item 02800022: there is nothing to authenticate here."""
        return None

    def _is_ours(self, level: int, secret: int) -> bool:
        password = self._meter.spec.relay_password_hex
        own = b"" if password is None else bytes.fromhex(password)
        return password is not None and (level, secret) == (own[0], uint_from_bytes(own[1:]))

    def _enter(self, digits: str, now: datetime) -> sts.Result:
        state, memory = self._state(), self._memory
        result = sts.Meter(state, self._rules()).enter(digits, now)
        memory.tids, memory.wrong_tokens, memory.locked_until = state.tids, state.wrong_tokens, state.locked_until
        if result.code is sts.ResultCode.ACCEPT and result.amount is not None:
            self._meter.credit(Paid(CreditKind.TOKEN, result.amount, tid=result.tid), now)
        elif result.code in _MANAGED:
            self._managed(state)
        return result

    def _managed(self, state: StsState) -> None:
        """Keep what a management token or a section of a key change did; cleared credit is no credit."""
        plain = state.to_plain()
        if state.key == bytes.fromhex(self._keys.decoder_key_hex):
            plain["key"] = ""  # as the world file has it; only a key that came by tokens has no other place
        self._memory.meter = cast(dict[str, object], plain)
        self._meter.state.money_e5 = state.credit[Credit.ELECTRICITY_CURRENCY]
        self._meter.settle()

    def _state(self) -> StsState:
        memory, meter = self._memory, self._meter
        state = self._from_world() if memory.meter is None else self._from_memory(memory.meter)
        state.tids, state.wrong_tokens, state.locked_until = list(memory.tids), memory.wrong_tokens, memory.locked_until
        # Both sides count in 0.00001 of the currency, so our money is the register that may overflow.
        state.credit[Credit.ELECTRICITY_CURRENCY] = meter.state.money_e5
        state.figures = Figures(meter.energy_wh, load_closed=not meter.state.relay.is_open)
        return state

    def _from_world(self) -> StsState:
        keys = self._keys
        return StsState(
            bytes.fromhex(keys.decoder_key_hex), Algorithm.MISTY1, KeyType(keys.kt), keys.krn, keys.ti, keys.ken,
            list(self._memory.tids),
        )  # fmt: skip

    def _from_memory(self, saved: dict[str, object]) -> StsState:
        plain = cast(PlainMeterState, saved)
        return StsState.from_plain({**plain, "key": plain["key"] or self._keys.decoder_key_hex})

    def _rules(self) -> sts.MeterRules:
        limit = self._meter.hoard_cents * E5_PER_CENT
        return sts.MeterRules(_CURRENCY, currency_max=limit) if limit else sts.MeterRules(_CURRENCY)
