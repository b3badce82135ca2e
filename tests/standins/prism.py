"""A PrismToken module on loopback: passwords, access tokens, a cache of results by message id, real tokens, faults.

It behaves as the API's description says where that may hurt: a call that comes again makes a new token, a lost answer
can be fetched, an unknown message id is ECacheMiss. The tokens are real (meters_io.sts); one message at a time.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from secrets import token_hex
from typing import Any, TypeVar

import thriftpy2

import headend_client.prism
from meters_io.errors import CodecError
from meters_io.sts.anatomy import read_token
from meters_io.sts.ciphers import Algorithm, BlockCipher, cipher_of
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.displays import TestToken, encode_test
from meters_io.sts.key_change import KeyChange, change_between, encode_key_change, sections_of
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.management import ManagementToken
from meters_io.sts.pan import parse_meter_number
from meters_io.sts.tid import is_expired, is_reserved
from meters_io.sts.token import as_hex
from meters_io.sts.transfer import CreditToken
from meters_io.sts.vending import CreditOrder, Issuer, ManagementOrder, VendingState

T = TypeVar("T")
Struct = Any  # of Thrift's making, as prismtoken.thrift has it
IDL = thriftpy2.load(f"{headend_client.prism.__path__[0]}/prismtoken.thrift", module_name="prism_standin_thrift")
REALM, USER, PASSWORD = "local", "vendor", "a lamp in every window"
SM_ID = "600727-SM-1"
_PLACES = 5
_WINDOW_S = 3600
_ERRORS = {
    "meter_number": "ESts.DrnOrPan",
    "meter_check_digit": "ESts.DrnOrPan.CheckDigit",
    "key_expired": "ESts.VkExpired",
    "tid_before_base": "ESts.VkBeforeBdt",
}


class Fault(StrEnum):
    """What happens to the next issuing call. Those of the second group make the tokens all the same."""

    BUSY = "busy"
    LICENCE = "licence"
    CLOCK = "clock"
    STRANGE = "strange"
    HANGS_UP_BEFORE = "hangs_up_before"
    SLOW_TO_BEGIN = "slow_to_begin"

    HANGS_UP_AFTER = "hangs_up_after"
    GARBAGE = "garbage"
    HUGE = "huge"
    CUT = "cut"
    SLOW = "slow"
    OTHER_METER = "other_meter"
    OTHER_AMOUNT = "other_amount"
    OLD_TID = "old_tid"
    GIVES_UP = "gives_up"


class HangUp(Exception):
    """The line breaks; `raw` is said before."""

    def __init__(self, raw: bytes = b"") -> None:
        super().__init__()
        self.raw = raw


def trouble(code: str, text: str = "") -> Exception:
    """An ApiException."""
    return IDL.ApiException(eCode=code, eMsgEn=text)  # type: ignore[no-any-return]  # of Thrift's making


@dataclass
class PrismStandIn:
    """The module. `heard`: every call, as (method, message id). `open_up` lets slow calls go on; `asked` and `made`
    are set when somebody wants tokens and when they are there."""

    keys: tuple[VendingKey, ...]
    now: Callable[[], datetime]
    amounts_in_steps: bool = False
    alerts: tuple[tuple[str, str], ...] = ()
    counter: int = 1000
    faults: list[Fault] = field(default_factory=list)
    heard: list[tuple[str, str]] = field(default_factory=list)
    open_up: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    made: threading.Event = field(default_factory=threading.Event)
    _access: set[str] = field(default_factory=set)
    _results: dict[str, list[object]] = field(default_factory=dict)
    _tids: dict[tuple[str, int], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def end_sessions(self) -> None:
        """No access token is good any more."""
        self._access.clear()

    def forget_results(self) -> None:
        """Empty the cache that fetchTokenResult looks into."""
        self._results.clear()

    def calls(self, method: str) -> list[str]:
        """The message ids of the calls of one method."""
        return [message_id for name, message_id in self.heard if name == method]

    # The methods of prismtoken.thrift, called by Thrift's processor under their names there.

    def ping(self, sleep_ms: int, echo: str) -> str:
        """Answer."""
        self.heard.append(("ping", ""))
        return echo

    def signInWithPassword(  # noqa: N802
        self,
        message_id: str,
        realm: str,
        user: str,
        password: str,
        options: Struct,
    ) -> object:
        """Let somebody in."""
        self.heard.append(("signInWithPassword", message_id))
        if options.version != "1.1":
            raise trouble("ESignin.Version")
        if (realm, user, password) != (REALM, USER, PASSWORD):
            raise trouble("ESignin.Authentication", f"Sign-in failed for realm='{realm}' username='{user}'")
        access = token_hex(16)
        self._access.add(access)
        return IDL.SignInResult(accessToken=access)

    def getStatus(self, message_id: str, access: str) -> list[object]:  # noqa: N802
        """One node."""
        self._enter("getStatus", message_id, access)
        info = {"idSm": SM_ID, "transactionCounter": str(self.counter), "clock": self.now().isoformat()}
        alerts = [IDL.Alert(eCode=code, eMsgEn=text) for code, text in self.alerts]
        return [IDL.NodeStatus(info=info, alerts=alerts)]

    def issueCreditToken(  # noqa: N802
        self,
        message_id: str,
        access: str,
        meter: Struct,
        subclass: int,
        amount: float,
        at: int,
        flags: int,
    ) -> list[object]:
        """A credit."""
        self._enter("issueCreditToken", message_id, access)
        exact = Decimal(repr(amount))
        in_steps = exact if subclass < 4 or self.amounts_in_steps else exact.scaleb(_PLACES)
        if in_steps != in_steps.to_integral_value():
            raise trouble("EParamRange", "Parameter 'transferAmount' out of range")
        order = CreditOrder(message_id, subclass, int(in_steps))
        return self._issued(message_id, lambda: self._ordered(meter, order, at, flags))

    def issueMseToken(  # noqa: N802
        self,
        message_id: str,
        access: str,
        meter: Struct,
        subclass: int,
        amount: float,
        at: int,
        flags: int,
    ) -> list[object]:
        """A management token."""
        self._enter("issueMseToken", message_id, access)
        order = ManagementOrder(message_id, subclass, int(amount))
        return self._issued(message_id, lambda: self._ordered(meter, order, at, flags))

    def issueKeyChangeTokens(self, message_id: str, access: str, meter: Struct, to: Struct) -> list[object]:  # noqa: N802
        """A key change set."""
        self._enter("issueKeyChangeTokens", message_id, access)
        return self._issued(message_id, lambda: self._set(meter, to)[0])

    def issueMeterTestToken(  # noqa: N802
        self, message_id: str, access: str, subclass: int, control: int, mfrcode: int
    ) -> object:
        """A test token."""
        self._enter("issueMeterTestToken", message_id, access)
        digits = _words(lambda: encode_test(TestToken(subclass, control, mfrcode)))
        return IDL.MeterTestToken(
            drn="00000000000",
            pan="600727000000000009",
            tokenClass=1,
            subclass=subclass,
            control=control,
            mfrcode=mfrcode,
            description="InitiateMeterTest",
            tokenDec=digits,
            tokenHex=as_hex(digits),
        )

    def verifyToken(self, message_id: str, access: str, meter: Struct, digits: str) -> object:  # noqa: N802
        """Open a token."""
        self._enter("verifyToken", message_id, access)
        key = self._key(meter.sgc, meter.krn)
        config = _config(meter)
        try:
            said = read_token(digits, _cipher(key, config))
        except CodecError:
            return IDL.VerifyResult(validationResult="EVerify.Crc")
        if not isinstance(said, CreditToken | ManagementToken):
            return IDL.VerifyResult(validationResult="EVerify.Ok")
        if is_expired(said.tid, key.ken):
            return IDL.VerifyResult(validationResult="EVerify.KeyExpired")
        if isinstance(said, CreditToken) and key.kt is KeyType.DDTK:
            return IDL.VerifyResult(validationResult="EVerify.DdtkCredit")
        amount = said.amount if isinstance(said, CreditToken) else said.value
        token_class = 0 if isinstance(said, CreditToken) else 2
        token = self._struct(meter, key, digits, (token_class, said.subclass, said.tid, amount))
        return IDL.VerifyResult(validationResult="EVerify.Ok", token=token)

    def fetchTokenResult(self, message_id: str, access: str, wanted: str) -> list[object]:  # noqa: N802
        """What a message got."""
        self._enter("fetchTokenResult", message_id, access)
        if wanted not in self._results:
            raise trouble("ECacheMiss", "The requested entry was not found in the cache")
        return self._results[wanted]

    def _enter(self, method: str, message_id: str, access: str) -> None:
        self.heard.append((method, message_id))
        if access not in self._access:
            raise trouble("EAuthentication.Token", "Authentication failed (bad accessToken)")

    def _issued(self, message_id: str, make: Callable[[], list[object]]) -> list[object]:
        self.asked.set()
        fault = self.faults.pop(0) if self.faults else None
        self._refuse(fault)
        with self._lock:
            tokens = _words(make)
            self._results[message_id] = tokens
            self.counter -= 1
        self.made.set()
        return self._answered(fault, tokens)

    def _refuse(self, fault: Fault | None) -> None:
        if fault is Fault.BUSY:
            raise trouble("EService", "Unhandled exception 'Busy'")
        if fault is Fault.LICENCE or self.counter <= 0:
            raise trouble("ESm", "Security Module error '43': transaction counter")
        if fault is Fault.CLOCK:
            raise trouble("ESm", "Security Module error '42': clock")
        if fault is Fault.STRANGE:
            raise trouble("ENew.Thing", "never heard of")
        if fault is Fault.HANGS_UP_BEFORE:
            raise HangUp
        if fault is Fault.SLOW_TO_BEGIN:
            self.open_up.wait(10)

    def _answered(self, fault: Fault | None, tokens: list[object]) -> list[object]:
        if fault is Fault.HANGS_UP_AFTER:
            raise HangUp
        if fault is Fault.GARBAGE:
            raise HangUp(b"\x00\x00\x00\x08garbage!")
        if fault is Fault.HUGE:
            raise HangUp(b"\x7f\xff\xff\xff" + bytes(1000))
        if fault is Fault.CUT:
            raise HangUp(b"\x00\x00\x01\x00" + bytes(100))
        if fault is Fault.GIVES_UP:
            raise _GAVE_UP
        if fault is Fault.SLOW:
            self.open_up.wait(10)
        if fault is Fault.OTHER_METER:
            for token in tokens:
                token.drn, token.pan = "00000000000", "600727000000000009"  # type: ignore[attr-defined]
        if fault is Fault.OTHER_AMOUNT:
            tokens[-1].transferAmount *= 100_000  # type: ignore[attr-defined]
        if fault is Fault.OLD_TID:
            tokens[-1].tid -= 10  # type: ignore[attr-defined]
        return tokens

    def _ordered(self, meter: Struct, order: CreditOrder | ManagementOrder, at: int, flags: int) -> list[object]:
        if flags != 1 or abs(at - self.now().timestamp()) > _WINDOW_S:
            raise trouble("ESm", "Security Module error '42': TID window")
        change: list[object] = []
        config, key = _config(meter), self._key(meter.sgc, meter.krn)
        if meter.newConfig is not None:
            change, config, key = self._set(meter, meter.newConfig)
        place = config.pan.digits, int(key.base_date)
        issuer = Issuer(key, config, tables=SAMPLE_TABLES)
        moment = datetime.fromtimestamp(at, UTC)
        token = issuer.issue(VendingState(self._tids.get(place)), order, moment, 5)[1]
        self._tids[place] = token.tid
        token_class = 0 if isinstance(order, CreditOrder) else 2
        said = (token_class, order.subclass, token.tid, token.granted)
        return [*change, self._struct(meter, key, token.digits, said)]

    def _set(self, meter: Struct, to: Struct) -> tuple[list[object], MeterConfig, VendingKey]:
        old, new = self._key(meter.sgc, meter.krn), self._key(to.toSgc, to.toKrn)
        now = _config(meter)
        then = replace(now, ti=to.toTi)
        change = change_between(old, new, then, three_tokens=bool(meter.allow3Kct))
        digits = encode_key_change(_cipher(old, now), change)
        tokens = [
            self._struct(meter, old, each, (2, section.subclass, 0, 0))
            for each, section in zip(digits, sections_of(change), strict=True)
        ]
        tokens[0].newConfig = _advice(to, change)  # type: ignore[attr-defined]
        return tokens, then, new

    def _struct(self, meter: Struct, key: VendingKey, digits: str, said: tuple[int, int, int, int]) -> object:
        token_class, subclass, tid, amount = said
        in_currency = token_class == 0 and subclass >= 4 and not self.amounts_in_steps
        pan = parse_meter_number(meter.drn)
        return IDL.Token(
            drn=pan.drn,
            pan=pan.digits,
            ea=meter.ea,
            tct=meter.tct,
            sgc=int(key.sgc),
            krn=key.krn,
            ti=meter.ti,
            tokenClass=token_class,
            subclass=subclass,
            tid=tid,
            transferAmount=float(Decimal(amount).scaleb(-_PLACES)) if in_currency else float(amount),
            isReservedTid=is_reserved(tid),
            description="Token",
            stsUnitName="",
            scaledAmount="",
            scaledUnitName="",
            tokenDec=digits,
            tokenHex=as_hex(digits),
            idSm=SM_ID,
            vkKcv="000000",
        )

    def _key(self, sgc: int, krn: int) -> VendingKey:
        found = [key for key in self.keys if (int(key.sgc), key.krn) == (sgc, krn)]
        if not found:
            raise trouble("EKeystore.NotFound", f"Vending Key not available for SGC={sgc},KRN={krn}")
        return found[0]


_GAVE_UP = thriftpy2.thrift.TApplicationException(6, "internal error")


def _config(meter: Struct) -> MeterConfig:
    return _words(lambda: MeterConfig(parse_meter_number(meter.drn), meter.ti, Algorithm(meter.ea)))


def _cipher(key: VendingKey, config: MeterConfig) -> BlockCipher:
    return cipher_of(config.ea, decoder_key(key, config), SAMPLE_TABLES)


def _advice(to: Struct, change: KeyChange) -> object:
    return IDL.MeterConfigAdvice(
        toSgc=to.toSgc,
        toKrn=to.toKrn,
        toTi=to.toTi,
        toKen=change.ken,
        idRecord="",
        record2="",
        rollover=change.rollover,
        toVkKcv="000000",
    )


def _words(make: Callable[[], T]) -> T:
    """Say in the API's words what a codec raises."""
    try:
        return make()
    except CodecError as error:
        raise trouble(_ERRORS.get(error.code, "EParamRange"), str(error)) from None
