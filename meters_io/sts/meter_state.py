"""What an STS meter remembers, in a form that can be saved (IEC 62055-41, 7.3)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict

from meters_io.errors import LocalError
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.tid import tid_at

_REGISTERS = 8
_NO_OFFSET = timedelta(0)


class PlainMeterState(TypedDict):
    """A meter's state in JSON's own types. It holds the decoder key: keep it as one keeps keys."""

    key: str
    ea: int
    kt: int
    krn: int
    ti: int
    ken: int
    tids: list[int]
    credit: list[int]
    wrong_tokens: int
    locked_until: str | None


@dataclass(slots=True)
class MeterState:
    """The state of a meter; only `Meter` and the meter's own use of energy change it.

    `tids` is sorted and always of one length, the size of the memory. `credit` has a register for each subclass
    of credit token, in its unit (0.1 kWh ..., 0.00001 of the currency ...). Raises LocalError `meter_state`.
    """

    key: bytes = field(repr=False)
    ea: Algorithm
    kt: KeyType
    krn: int
    ti: int
    ken: int
    tids: list[int]
    credit: list[int] = field(default_factory=lambda: [0] * _REGISTERS)
    wrong_tokens: int = 0
    locked_until: datetime | None = None

    def __post_init__(self) -> None:
        if not self.tids or self.tids != sorted(self.tids):
            raise LocalError("the TID memory is empty or unsorted", code="meter_state", field="tids")
        if len(self.credit) != _REGISTERS:
            raise LocalError("there are eight credit registers", code="meter_state", field="credit")

    def to_plain(self) -> PlainMeterState:
        """Return the state as plain values."""
        return PlainMeterState(
            key=self.key.hex(),
            ea=int(self.ea),
            kt=int(self.kt),
            krn=self.krn,
            ti=self.ti,
            ken=self.ken,
            tids=list(self.tids),
            credit=list(self.credit),
            wrong_tokens=self.wrong_tokens,
            locked_until=None if self.locked_until is None else self.locked_until.isoformat(),
        )

    @classmethod
    def from_plain(cls, plain: PlainMeterState) -> "MeterState":
        """Return the state that `to_plain` gave away. Raises LocalError `meter_state`, ValueError or KeyError."""
        until = plain["locked_until"]
        return cls(
            key=bytes.fromhex(plain["key"]),
            ea=Algorithm(plain["ea"]),
            kt=KeyType(plain["kt"]),
            krn=plain["krn"],
            ti=plain["ti"],
            ken=plain["ken"],
            tids=list(plain["tids"]),
            credit=list(plain["credit"]),
            wrong_tokens=plain["wrong_tokens"],
            locked_until=None if until is None else datetime.fromisoformat(until),
        )


def manufactured(
    key: VendingKey,
    meter: MeterConfig,
    made_at: datetime,
    memory_size: int = 50,
    clock_offset: timedelta = _NO_OFFSET,
) -> MeterState:
    """Return a meter fresh from the factory under this vending key.

    Its TID memory is full of the minute it was made, so a token older than the meter is refused. The standard's
    size of that memory is not public; 50 is what manuals quote. Raises LocalError as `decoder_key` and `tid_at` do.
    """
    memory = [tid_at(made_at, key.base_date, clock_offset)] * memory_size
    return MeterState(decoder_key(key, meter), meter.ea, key.kt, key.krn, meter.ti, key.ken, memory)
