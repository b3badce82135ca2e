"""A file that says how meters hang: what a row of it means beside what is known (SPEC H-15)."""

from dataclasses import dataclass, replace

from app.domain.archive import ArchiveTerms, Hanging, Line, Protocol, ports_of

_NONE = "-"


@dataclass(frozen=True, slots=True)
class Wish:
    """One row: what it wants of a meter. None: that stays as it is. `collector` "": there is none in between."""

    row: int
    number: str
    line: Line | None = None
    port: int | None = None
    protocol: Protocol | None = None
    baud: int | None = None
    collector: str | None = None
    point: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a meter hangs, and under which measuring point; None: it has none yet."""

    hanging: Hanging
    point: int | None = None

    @property
    def spelled(self) -> str:
        """Six words: line, port, protocol, speed, collector, point."""
        h = self.hanging
        return f"{h.line} {h.port} {h.protocol} {h.baud} {h.collector or _NONE} {self.point or _NONE}"


def read_standing(address: str, spelled: str) -> Standing:
    """The other way round. Raises ValueError for words of another kind."""
    line, port, protocol, baud, collector, point = spelled.split()
    hanging = Hanging(
        address, Line(line), int(port), Protocol(protocol), int(baud), "" if collector == _NONE else collector
    )
    return Standing(hanging, None if point == _NONE else int(point))


def meant(wish: Wish, now: Standing, terms: ArchiveTerms) -> Standing:
    """What a meter is to hang as: what the row leaves open stays, where it can on such a line.

    Who names only another line means its port, where it has one port only, and no speed where none can be set.
    """
    hanging = now.hanging
    line = wish.line or hanging.line
    port, ports = wish.port or hanging.port, ports_of(line, terms)
    if wish.port is None and port not in ports and len(ports) == 1:
        port = ports[0]
    baud = hanging.baud if wish.baud is None else wish.baud
    if wish.baud is None and line is not Line.RS485:
        baud = 0
    new = replace(
        hanging,
        line=line,
        port=port,
        protocol=wish.protocol or hanging.protocol,
        baud=baud,
        collector=hanging.collector if wish.collector is None else wish.collector,
    )
    return Standing(new, now.point if wish.point is None else wish.point)
