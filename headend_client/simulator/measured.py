"""What a single-phase meter measures now (02...), its energy by tariff (00...) and its status words (040005...).

Voltage and frequency wander a little with address and minute, the same for whoever asks; current, power and power
factor belong together. Phases that are not there show FFH, as single-phase meters do.
"""

from binascii import crc32
from math import isqrt

from headend_client.simulator.state import Level, TokenMemory
from headend_client.simulator.tariffs import TARIFFS
from headend_client.simulator.view import Register, View, energy
from meters_io.bits import uint_from_bytes
from meters_io.dlt645.names import Item
from meters_io.dlt645.status import status_to_bytes
from meters_io.dlt645.values import number_to_bytes, signed_to_bytes

_ALL_PHASES = 0xFF
_FACTOR = 950  # thousandths, of a household that draws something
_MAX_W, _MAX_MA = 79_999, 799_999
_OVER_MA = 60_000
_OVERDRAFT = 1 << 14
_OVER_CURRENT, _OVERLOAD = 1 << 4, 1 << 5
_DAYS_SET, _ZONES_SET = 1 << 0, 1 << 5
_WORDS = range(1, 8)


def voltage_dv(view: View) -> int:
    """Return the voltage, 0.1 V: about 220 V, less under load."""
    return 2_205 + _wander(view, "voltage", 45) - min(view.meter.power_w // 500, 60)


def factor(view: View) -> int:
    """Return the power factor in thousandths; nothing drawn is no shift."""
    return _FACTOR if view.meter.power_w else 1_000


def current_ma(view: View) -> int:
    """Return the current that power, voltage and power factor make."""
    return min(view.meter.power_w * 10_000_000 // (voltage_dv(view) * factor(view)), _MAX_MA)


def status_word(view: View, number: int) -> int:
    """Return a status word, 1 to 7."""
    raised = view.meter.state.raised
    own = _OWN_WORDS[number](view) if number in _OWN_WORDS else 0
    return own | (raised[number - 1] if raised else 0)


def _word_1(view: View) -> int:
    return _OVERDRAFT if view.meter.state.level in (Level.OVERDRAFT, Level.OFF) else 0


def _word_3(view: View) -> int:
    tariffs = view.meter.tariffs
    word = uint_from_bytes(status_to_bytes(view.gate.status(view.now)))
    return word | (_DAYS_SET if tariffs.days_of else 0) | (_ZONES_SET if tariffs.zones_of else 0)


def _word_4(view: View) -> int:
    limit_w = _power_limit_w(view.meter.state.tokens)
    over = _OVERLOAD if limit_w is not None and view.meter.power_w > limit_w else 0
    return over | (_OVER_CURRENT if current_ma(view) > _OVER_MA else 0)


_OWN_WORDS = {1: _word_1, 3: _word_3, 4: _word_4}


def _power_limit_w(tokens: TokenMemory | None) -> int | None:
    """Return the limit that a management token has set."""
    settings = tokens.meter.get("settings") if tokens is not None and tokens.meter is not None else None
    limit = settings.get("power_limit_w") if isinstance(settings, dict) else None
    return limit if isinstance(limit, int) else None


def _wander(view: View, what: str, span: int) -> int:
    """Return a number from -span to span."""
    minute = int(view.now.timestamp()) // 60
    return crc32(f"{view.meter.spec.address} {what} {minute}".encode()) % (2 * span + 1) - span


def _shown_w(view: View) -> int:
    return min(view.meter.power_w, _MAX_W)


def _power(power_w: int) -> bytes:
    return signed_to_bytes(power_w * 10, 3)


def _apparent(view: View) -> int:
    return min(_shown_w(view) * 1_000 // factor(view), _MAX_W)


def _reactive(view: View) -> int:
    return isqrt(max(_apparent(view) ** 2 - _shown_w(view) ** 2, 0))


def _phases(high: int, register: Register, width: int, first: int = 1) -> dict[int, Register]:
    """Return an item of three phases, of which one is there; with a total (`first` 0) that one is all of it."""
    none = b"\xff" * width
    present = range(first, 2)
    rows: dict[int, Register] = {high | phase << 8: register for phase in present}
    rows |= {high | phase << 8: lambda _view: none for phase in (2, 3)}
    rows[high | _ALL_PHASES << 8] = lambda view: register(view) * len(present) + none * 2
    return rows


def _energies(high: int, *, used: bool) -> dict[int, Register]:
    """Return a register of energy in total (tt = 00) and by tariff, and all of them (FF)."""

    def one(place: int) -> Register:
        return lambda view: energy(view.meter.energies_wh[place] if used else 0)

    rows = {high | place << 8: one(place) for place in range(TARIFFS + 1)}
    block = tuple(rows.values())
    return rows | {high | 0xFF00: lambda view: b"".join(register(view) for register in block)}


def _month_wh(view: View) -> int:
    """Return what was used since the first of the month, or since the oldest day that the meter knows."""
    first = view.meter.local(view.now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    known = [day for day in view.meter.state.frozen if day.at <= first] or view.meter.state.frozen[:1]
    return view.meter.energy_wh - known[-1].energies_wh[0]


def _word(number: int) -> Register:
    return lambda view: status_word(view, number).to_bytes(2, "little")


MEASURED: dict[int, Register] = {
    **_energies(0x00000000, used=True),
    **_energies(0x00010000, used=True),
    **_energies(0x00020000, used=False),
    0x000C0000: lambda view: energy(_month_wh(view)),
    **_phases(0x02010000, lambda view: number_to_bytes(voltage_dv(view), 2), 2),
    **_phases(0x02020000, lambda view: signed_to_bytes(current_ma(view), 3), 3),
    **_phases(0x02030000, lambda view: _power(_shown_w(view)), 3, first=0),
    **_phases(0x02040000, lambda view: _power(_reactive(view)), 3, first=0),
    **_phases(0x02050000, lambda view: _power(_apparent(view)), 3, first=0),
    **_phases(0x02060000, lambda view: signed_to_bytes(factor(view), 2), 2, first=0),
    0x02800001: lambda view: signed_to_bytes(current_ma(view), 3),
    0x02800002: lambda view: number_to_bytes(5_000 + _wander(view, "frequency", 3), 2),
    0x02800003: lambda view: _power(_shown_w(view)),
    0x02800007: lambda view: signed_to_bytes(253 + _wander(view, "temperature", 20), 2),
    0x02800008: lambda _view: number_to_bytes(365, 2),
    0x02800009: lambda _view: number_to_bytes(604, 2),
    0x02800021: lambda view: number_to_bytes(view.meter.price_e4(view.now), 4),
    Item.PRICE_NOW: lambda view: number_to_bytes(view.meter.price_e4(view.now), 4),
    **{0x04000500 | number: _word(number) for number in _WORDS},
}
