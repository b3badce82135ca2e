"""What the events that concentrators count mean for us: ERC of Q/GDW 1376.1 (AFN 0E) to our own kinds, one table.

Codes up to 35 are those of the 2009 edition, those above of the 2013 one. What is in no table is kept and told nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.device_event import DeviceEventKind

_K = DeviceEventKind
OF_CODE: dict[int, DeviceEventKind] = {
    2: _K.TERMINAL_FAULT,  # parameters lost
    7: _K.LOW_BALANCE,  # tripped by energy control
    9: _K.METER_FAULT,  # current loop abnormal
    10: _K.METER_FAULT,  # voltage loop abnormal
    11: _K.METER_FAULT,  # phase order abnormal
    12: _K.CLOCK_WRONG,
    13: _K.METER_FAULT,
    14: _K.POWER_OFF,
    20: _K.TAMPER,  # wrong password
    21: _K.TERMINAL_FAULT,
    23: _K.LOW_BALANCE,  # energy control alarm
    27: _K.METER_FAULT,  # reading went down
    28: _K.METER_FAULT,  # reading deviates
    29: _K.METER_FAULT,  # meter runs away
    30: _K.METER_FAULT,  # meter stopped
    31: _K.METER_FAULT,  # meter not readable
    34: _K.METER_FAULT,  # current transformer abnormal
    37: _K.TAMPER,  # meter cover opened
    38: _K.TAMPER,  # terminal cover of the meter opened
    39: _K.METER_FAULT,  # catch-up reading failed
    40: _K.TAMPER,  # magnetic field
    45: _K.TERMINAL_FAULT,  # terminal battery empty
}
STATUS_CHANGED = 33
OF_STATUS: dict[tuple[int, int], DeviceEventKind] = {
    (1, 2): _K.METER_FAULT,  # clock battery
    (1, 3): _K.METER_FAULT,  # battery for readings without power
    (3, 7): _K.LOW_BALANCE,
}
"""Bits of a meter's status words, (word 1..7, bit), that ERC 33 tells of (DL/T 645-2007, appendix A.5.1)."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it was told. `began`, `over`: the trouble has come, has ended; a loss of power may be told as both.

    `address`: of the meter that it is about, where it names one by its address instead of its point. `changed`,
    `words`: status words, of ERC 33 only.
    """

    erc: int
    at: datetime | None
    point: int | None = None
    began: bool = True
    over: bool = False
    address: str = ""
    changed: Sequence[int] = ()
    words: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one event says of one device. `detail` names the trouble, so that its end ends it and no other."""

    kind: DeviceEventKind
    detail: str
    began: bool = True
    over: bool = False


def meanings(told: Told) -> tuple[Meaning, ...]:
    """What an event says; none: it is on record, and that is all."""
    if told.erc == STATUS_CHANGED:
        return tuple(
            _of_bit(kind, told.words, word, bit)
            for (word, bit), kind in OF_STATUS.items()
            if _is_set(told.changed, word, bit)
        )
    kind = OF_CODE.get(told.erc)
    return () if kind is None else (Meaning(kind, f"erc_{told.erc}", told.began, told.over),)


def _of_bit(kind: DeviceEventKind, words: Sequence[int], word: int, bit: int) -> Meaning:
    is_set = _is_set(words, word, bit)
    return Meaning(kind, f"status_{word}_{bit}", began=is_set, over=not is_set)


def _is_set(words: Sequence[int], word: int, bit: int) -> bool:
    return len(words) >= word and bool(words[word - 1] >> bit & 1)
