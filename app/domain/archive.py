"""How meters hang at a concentrator, and how its archive writes that (SPEC H-15, AFN 04 F10).

Makers of concentrators number protocols and ports differently, so what a concentrator is told is made by rules that are
data: `ArchiveTerms`. What the standard says is the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

BAUDS = (0, 600, 1200, 2400, 4800, 7200, 9600, 19200)  # 0: the concentrator's own default
DIGITS = 12
NO_COLLECTOR = "0" * DIGITS
MOST_PORT, MOST_PROTOCOL = 31, 255
FIRST_POINT, LAST_POINT = 2, 2040  # point 1 is the terminal's own AC sampling, in the common order of an archive


class Line(StrEnum):
    """What leads from a concentrator to a meter: the mains (PLC), a pair of wires, or a radio module."""

    CARRIER = "carrier"
    RS485 = "rs485"
    ZIGBEE = "zigbee"


class Protocol(StrEnum):
    """What a meter speaks. A concentrator has a number for each, and not every one the same."""

    DLT645_2007 = "dlt645_2007"
    DLT645_1997 = "dlt645_1997"
    AC_SAMPLING = "ac_sampling"
    CARRIER_MODULE = "carrier_module"


STANDARD_NUMBERS: Mapping[Protocol, int] = MappingProxyType(
    {
        Protocol.DLT645_2007: 30,
        Protocol.DLT645_1997: 1,
        Protocol.AC_SAMPLING: 2,
        Protocol.CARRIER_MODULE: 31,
    }
)


def _are_digits(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit())


class BadHanging(ValueError):
    """What cannot hang so. `field` names what is wrong: line, port, protocol, baud, collector, address."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class ArchiveTerms:
    """How a make of concentrator wants its archive. Ports are numbers of F10: 1 AC sampling, 2..4 RS-485, 31 carrier.

    `master_port`: where master meters hang; the standard's RS-485 port 1 is number 2. `zigbee_prefix`: a ZigBee
    module's address is these digits and then the last ones of its meter's address, twelve in all; empty: the same.
    """

    numbers: Mapping[Protocol, int] = field(default_factory=lambda: STANDARD_NUMBERS)
    carrier_port: int = 31
    zigbee_port: int = 31
    wired_ports: tuple[int, ...] = (2, 3, 4)
    master_port: int = 2
    zigbee_prefix: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError with the name of the field that cannot hold."""
        if set(self.numbers) != set(Protocol) or not all(0 < each <= MOST_PROTOCOL for each in self.numbers.values()):
            raise ValueError("numbers")
        for name in ("carrier_port", "zigbee_port", "master_port"):
            if not 1 <= getattr(self, name) <= MOST_PORT:
                raise ValueError(name)
        ports = self.wired_ports
        if not ports or len(set(ports)) < len(ports) or not all(1 <= port <= MOST_PORT for port in ports):
            raise ValueError("wired_ports")
        if self.carrier_port in ports:
            raise ValueError("wired_ports")
        if self.master_port not in ports:
            raise ValueError("master_port")
        if not _are_digits(self.zigbee_prefix) or len(self.zigbee_prefix) > DIGITS:
            raise ValueError("zigbee_prefix")


STANDARD = ArchiveTerms()
"""What holds where no rules were made the usual ones."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """How a meter hangs. `address`: 12 digits. `collector`: of a module or collector in between, empty: by the rule."""

    address: str
    line: Line = Line.CARRIER
    port: int = 31
    protocol: Protocol = Protocol.DLT645_2007
    baud: int = 0
    collector: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What the archive says of a meter: numbers as the concentrator has them."""

    port: int
    protocol: int
    baud: int
    collector: str


def written(hanging: Hanging, terms: ArchiveTerms) -> Written:
    """Return what a concentrator with these terms is told of a meter. Raises BadHanging."""
    check(hanging, terms)
    return Written(hanging.port, terms.numbers[hanging.protocol], hanging.baud, _collector(hanging, terms))


def check(hanging: Hanging, terms: ArchiveTerms) -> None:
    """Raise BadHanging where a meter cannot hang so at a concentrator with these terms."""
    if len(hanging.address) != DIGITS or not _are_digits(hanging.address):
        raise BadHanging("address")
    if hanging.port not in ports_of(hanging.line, terms):
        raise BadHanging("port")
    if hanging.baud not in BAUDS or (hanging.baud and hanging.line is not Line.RS485):
        raise BadHanging("baud")
    if hanging.line is not Line.CARRIER and hanging.protocol is Protocol.CARRIER_MODULE:
        raise BadHanging("protocol")
    if hanging.protocol is Protocol.AC_SAMPLING and hanging.line is not Line.RS485:
        raise BadHanging("protocol")
    if hanging.collector and (len(hanging.collector) != DIGITS or not _are_digits(hanging.collector)):
        raise BadHanging("collector")


def check_master(hanging: Hanging, terms: ArchiveTerms) -> None:
    """Raise BadHanging for a master meter anywhere but on its port (总表: RS-485 port 1)."""
    check(hanging, terms)
    if hanging.line is not Line.RS485:
        raise BadHanging("line")
    if hanging.port != terms.master_port:
        raise BadHanging("port")


def ports_of(line: Line, terms: ArchiveTerms) -> tuple[int, ...]:
    """The ports that a meter on such a line can hang on."""
    match line:
        case Line.CARRIER:
            return (terms.carrier_port,)
        case Line.ZIGBEE:
            return (terms.zigbee_port,)
        case Line.RS485:
            return terms.wired_ports


def line_by_port(port: int, terms: ArchiveTerms) -> Line:
    """On what a meter hangs of which only the port is known."""
    return Line.RS485 if port in terms.wired_ports else Line.CARRIER


def module_address(address: str, terms: ArchiveTerms) -> str:
    """The address of the ZigBee module of a meter, by the rule."""
    prefix = terms.zigbee_prefix
    return prefix + address[len(prefix) :]


def _collector(hanging: Hanging, terms: ArchiveTerms) -> str:
    if hanging.collector:
        return hanging.collector
    return module_address(hanging.address, terms) if hanging.line is Line.ZIGBEE else NO_COLLECTOR
