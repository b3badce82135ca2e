"""What an STS meter remembers, in a form that can be saved (IEC 62055-41, 7.3)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict

from meters_io.errors import LocalError
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.key_change import Section, read_section
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.tid import tid_at
from meters_io.sts.token import Opened, TokenClass

_REGISTERS = 8
_NO_OFFSET = timedelta(0)


class PlainSettings(TypedDict):
    """What management tokens have set; `extended` and `flags` are pairs of number and value."""

    power_limit_w: int | None
    unbalance_limit_w: int | None
    tariff_rate: int | None
    water_factor: int | None
    extended: list[list[int]]
    flags: list[list[int]]


class PlainSection(TypedDict):
    """A section of a key change that waits for the others: its 48 bits in hex, and when it came."""

    data48: str
    at: str


class PlainMeterState(TypedDict):
    """A meter's state in JSON's own types. It holds the decoder key: keep it as one keeps keys.

    States that were saved before meters took management tokens and key changes lack what is not required.
    """

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
    sgc: NotRequired[str | None]
    drn: NotRequired[str | None]
    tampered: NotRequired[bool]
    settings: NotRequired[PlainSettings]
    sections: NotRequired[list[PlainSection]]


@dataclass(slots=True)
class Settings:
    """What management tokens have set, None where none has. `extended`: data by index; `flags`: by number."""

    power_limit_w: int | None = None
    unbalance_limit_w: int | None = None
    tariff_rate: int | None = None
    water_factor: int | None = None
    extended: dict[int, int] = field(default_factory=dict)
    flags: dict[int, bool] = field(default_factory=dict)

    def to_plain(self) -> PlainSettings:
        """Return the settings as plain values."""
        return PlainSettings(
            power_limit_w=self.power_limit_w,
            unbalance_limit_w=self.unbalance_limit_w,
            tariff_rate=self.tariff_rate,
            water_factor=self.water_factor,
            extended=[[index, data] for index, data in self.extended.items()],
            flags=[[flag, int(on)] for flag, on in self.flags.items()],
        )

    @classmethod
    def from_plain(cls, plain: PlainSettings) -> "Settings":
        """Return the settings that `to_plain` gave away. Raises ValueError or KeyError."""
        return cls(
            plain["power_limit_w"],
            plain["unbalance_limit_w"],
            plain["tariff_rate"],
            plain["water_factor"],
            {pair[0]: pair[1] for pair in plain["extended"]},
            {pair[0]: bool(pair[1]) for pair in plain["flags"]},
        )


@dataclass(frozen=True, slots=True)
class StagedSection:
    """A section of a key change that waits for the others, and when it came."""

    section: Section
    at: datetime

    def to_plain(self) -> PlainSection:
        """Return the section as plain values; there is half a key in it."""
        data48 = self.section.subclass << 44 | self.section.data44
        return PlainSection(data48=f"{data48:012x}", at=self.at.isoformat())

    @classmethod
    def from_plain(cls, plain: PlainSection) -> "StagedSection":
        """Return the section that `to_plain` gave away. Raises ValueError or KeyError."""
        opened = Opened(TokenClass.MANAGEMENT, int(plain["data48"], 16))
        return cls(read_section(opened), datetime.fromisoformat(plain["at"]))


@dataclass(slots=True)
class Figures:
    """What other parts of the meter tell for its displays; they set it, no token does, and it is not saved.

    `energy_wh`: used since ever; `power_w`: drawn now; `load_closed`: the load switch. While it is not `ready`, as
    when it starts, the meter takes no token.
    """

    energy_wh: int = 0
    power_w: int = 0
    load_closed: bool = True
    ready: bool = True


@dataclass(slots=True)
class MeterState:
    """The state of a meter; only `Meter` and the meter's own use of energy change it.

    `tids` is sorted and always of one length, the size of the memory. `credit` has a register for each subclass
    of credit token, in its unit (0.1 kWh ..., 0.00001 of the currency ...). `sgc` and `drn` where the meter was told
    them; `tampered` is set by what guards its case. Raises LocalError `meter_state`.
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
    sgc: str | None = None
    drn: str | None = None
    tampered: bool = False
    settings: Settings = field(default_factory=Settings)
    sections: list[StagedSection] = field(default_factory=list, repr=False)
    figures: Figures = field(default_factory=Figures, compare=False)

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
            sgc=self.sgc,
            drn=self.drn,
            tampered=self.tampered,
            settings=self.settings.to_plain(),
            sections=[staged.to_plain() for staged in self.sections],
        )

    @classmethod
    def from_plain(cls, plain: PlainMeterState) -> "MeterState":
        """Return the state that `to_plain` gave away, older ones included.

        Raises LocalError `meter_state`, ValueError or KeyError.
        """
        until, settings = plain["locked_until"], plain.get("settings")
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
            sgc=plain.get("sgc"),
            drn=plain.get("drn"),
            tampered=plain.get("tampered", False),
            settings=Settings() if settings is None else Settings.from_plain(settings),
            sections=[StagedSection.from_plain(section) for section in plain.get("sections", [])],
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
    state = MeterState(decoder_key(key, meter), meter.ea, key.kt, key.krn, meter.ti, key.ken, memory)
    state.sgc, state.drn = key.sgc, meter.pan.drn
    return state
