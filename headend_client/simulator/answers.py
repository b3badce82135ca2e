"""What a meter answers to a frame on its line, and what its script makes of that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from headend_client.simulator.errors import WorldError
from headend_client.simulator.esam import Esam
from headend_client.simulator.faults import Script
from headend_client.simulator.meter import Meter
from headend_client.simulator.orders import executed, obey
from headend_client.simulator.registers import read
from headend_client.simulator.sts_meter import TokenEntry
from headend_client.simulator.view import Gate, View
from headend_client.simulator.words import is_changing, is_credit
from headend_client.simulator.world import Profile
from headend_client.simulator.writes import WriteRequest, hear_time, parse_write, take_value
from meters_io.bits import digits_to_bytes
from meters_io.dlt645.frame import BROADCAST, Frame
from meters_io.dlt645.names import REPLY, Control
from meters_io.dlt645.reads import build_read_reply, parse_read_request
from meters_io.dlt645.refusals import RefusalCode, build_refusal
from meters_io.dlt645.relay import PlainRequest, RelayOrder, SealedOrder, build_relay_reply, parse_relay
from meters_io.dlt645.replies import address_matches
from meters_io.errors import RemoteError

_ANSWERS_ANYBODY = (Control.READ, Control.READ_ADDRESS)
_PREAMBLE = 4
_NEW_STYLE = 1  # top byte of the operator code that asks for results of two bytes


class Fate(StrEnum):
    """What becomes of an answer."""

    ANSWERED = "answered"
    SILENT = "silent"  # there is none
    LOST = "lost"  # the meter obeyed and nobody hears of it
    LATE = "late"  # it comes when nobody waits any more
    CUT = "cut"  # the link breaks amid it


@dataclass(frozen=True, slots=True)
class Answer:
    """`frame` is None where nothing comes. `seconds`: how long the meter takes, or how late it comes (`LATE`)."""

    fate: Fate
    frame: Frame | None = None
    seconds: float = 0.0


class CreditGate(Gate, Protocol):
    """How a meter takes credit and whose orders it believes."""

    def answer(self, request: Frame, now: datetime) -> Frame: ...

    def believe(self, asked: PlainRequest | SealedOrder, now: datetime) -> RelayOrder | RefusalCode: ...

    def admit(self, asked: WriteRequest, now: datetime) -> bytes | RefusalCode: ...


class Answerer:
    """One meter on its line. `save` is called with every change before the answer leaves."""

    __slots__ = ("_gate", "_save", "meter")

    def __init__(self, meter: Meter, save: Callable[[], None]) -> None:
        self.meter = meter
        self._gate = _gate_of(meter)
        self._save = save

    def ask(self, request: Frame, now: datetime) -> Answer:
        """Let the meter hear `request`, and say what becomes of its answer."""
        if self.meter.behaviour.script is Script.DEAD:
            return Answer(Fate.SILENT)
        if request.control == Control.BROADCAST_TIME:
            self._hear_time(request, now)
            return Answer(Fate.SILENT)
        if not self._is_meant(request):
            return Answer(Fate.SILENT)
        self.meter.advance(now)
        own = self._answer(Frame(self.meter.spec.address, request.control, request.data), now)
        answer = Answer(Fate.SILENT) if own is None else self._by_script(request, own)
        if is_changing(request):  # what a read finds changed is time's doing, and saved as time goes on
            self._save()
        return answer

    def _hear_time(self, request: Frame, now: datetime) -> None:
        """Listen to what is never answered."""
        if request.address != BROADCAST and not address_matches(request.address, self.meter.spec.address):
            return
        self.meter.advance(now)
        hear_time(self.meter, request.data, now)
        self._save()

    def _is_meant(self, request: Frame) -> bool:
        if request.control & REPLY or request.address == BROADCAST:
            return False
        if request.address == self.meter.spec.address:
            return True
        return request.control in _ANSWERS_ANYBODY and address_matches(request.address, self.meter.spec.address)

    def _by_script(self, request: Frame, own: Frame) -> Answer:
        frame = Frame(own.address, own.control, own.data, _PREAMBLE)
        meter, seconds = self.meter, self.meter.behaviour.figures.seconds
        match meter.behaviour.script:
            case Script.SLOW:
                return Answer(Fate.ANSWERED, frame, seconds)
            case Script.DEAF if is_changing(request) and meter.has_its_way():
                return Answer(Fate.LOST)
            case Script.DROPS_LINK if is_credit(request) and meter.has_its_way():
                return Answer(Fate.CUT, frame)
            case Script.LATE_ANSWER if is_changing(request) and meter.has_its_way():
                return Answer(Fate.LATE, frame, seconds)
        return Answer(Fate.ANSWERED, frame)

    def _answer(self, request: Frame, now: datetime) -> Frame | None:
        try:
            match request.control:
                case Control.READ:
                    return self._read(request, now)
                case Control.READ_ADDRESS:
                    own = digits_to_bytes(request.address, 6)
                    return Frame(request.address, Control.READ_ADDRESS | REPLY, own)
                case Control.SECURITY:
                    return self._gate.answer(request, now)
                case Control.RELAY:
                    return self._order(request, now)
                case Control.WRITE:
                    return self._write(request, now)
        except RemoteError:
            return build_refusal(request, RefusalCode.OTHER)
        return None  # a function that this meter never heard of

    def _read(self, request: Frame, now: datetime) -> Frame:
        di = parse_read_request(request).di
        data = read(View(self.meter, self._gate, now), di)
        return (
            build_refusal(request, RefusalCode.NO_DATA) if data is None else build_read_reply(request.address, di, data)
        )

    def _write(self, request: Frame, now: datetime) -> Frame:
        asked = parse_write(request)
        value = self._gate.admit(asked, now)
        if isinstance(value, RefusalCode):
            return build_refusal(request, RefusalCode.PASSWORD)  # the one bit there is for all that is not believed
        refusal = take_value(self.meter, asked.di, value, now)
        return Frame(request.address, Control.WRITE | REPLY) if refusal is None else build_refusal(request, refusal)

    def _order(self, request: Frame, now: datetime) -> Frame:
        asked = parse_relay(request, self.meter.around.zone)
        operator = asked.operator if isinstance(asked, SealedOrder) else asked.password.operator
        new_style = isinstance(asked, SealedOrder) and operator >> 24 == _NEW_STYLE
        order = self._gate.believe(asked, now)
        refusal = order if isinstance(order, RefusalCode) else obey(self.meter, order, now)
        if refusal is not None:
            return _refuse_order(request, refusal, new_style=new_style)
        results = executed(self.meter, order) if new_style and isinstance(order, RelayOrder) else None
        return build_relay_reply(request.address, results)


def _refuse_order(request: Frame, code: RefusalCode, *, new_style: bool) -> Frame:
    if new_style:
        return build_refusal(request, code, 2)
    unbelieved = code in (RefusalCode.NOT_AUTHENTICATED, RefusalCode.MAC, RefusalCode.PASSWORD)
    return build_refusal(request, RefusalCode.PASSWORD if unbelieved else RefusalCode.OTHER)


def _gate_of(meter: Meter) -> CreditGate:
    spec = meter.spec
    if spec.esam is not None and spec.profile is not Profile.STS:
        return Esam(meter, bytes.fromhex(spec.esam.meter_key_hex))
    if spec.sts is not None:
        return TokenEntry(meter, spec.sts)
    raise WorldError(spec.profile.value, "this meter needs these keys")
