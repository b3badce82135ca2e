"""A file of master meters (总表): what a row of it means beside what is known (SPEC H-15)."""

import re
from dataclasses import dataclass, replace

from app.domain.archive import ArchiveTerms, Hanging, Line, Protocol

WORDS = ("concentrator", "port", "protocol", "baud", "point", "name")
"""What a master meter's standing says, in this order; the name is last, for it may have spaces."""

LONGEST_NAME = 60
_NONE = "-"
_PLACE = re.compile(r"([0-9]{4})-([0-9]{1,5})")
_DIGITS = re.compile(r"[0-9]{8,9}")  # a spreadsheet drops the first zero of a region
_LONGEST = 9
_MOST_TERMINAL = 65_535


def is_name(name: str) -> bool:
    """Can a master meter be called so?"""
    return 0 < len(name) <= LONGEST_NAME and name == name.strip() and name.isprintable()


def spelled_place(region: str, terminal: int) -> str:
    """The address of a concentrator as people read it: "3201-00001"."""
    return f"{region}-{terminal:05d}"


def read_place(typed: str) -> str | None:
    """The same from what somebody typed, with the hyphen or without; None: no concentrator has such an address."""
    found = _PLACE.fullmatch(typed)
    if found is None and _DIGITS.fullmatch(typed):
        digits = typed.zfill(_LONGEST)
        found = _PLACE.fullmatch(f"{digits[:4]}-{digits[4:]}")
    if found is None or not 1 <= int(found[2]) <= _MOST_TERMINAL:
        return None
    return spelled_place(found[1], int(found[2]))


@dataclass(frozen=True, slots=True)
class MasterRow:
    """One row. `number`: the address on the line, twelve digits. None: not said, as usual or as it is.

    `concentrator`: its address as `read_place` returns it.
    """

    row: int
    number: str
    concentrator: str | None = None
    name: str | None = None
    port: int | None = None
    protocol: Protocol | None = None
    baud: int | None = None
    point: int | None = None


@dataclass(frozen=True, slots=True)
class MasterStanding:
    """A master meter as it is, or is to be. `point` None: the lowest that is left."""

    concentrator: str
    name: str
    hanging: Hanging
    point: int | None = None

    @property
    def spelled(self) -> str:
        """Its words, as `WORDS` names them."""
        h = self.hanging
        return f"{self.concentrator} {h.port} {h.protocol} {h.baud} {self.point or _NONE} {self.name}"


def read_master(address: str, spelled: str) -> MasterStanding:
    """The other way round. Raises ValueError for words of another kind."""
    concentrator, port, protocol, baud, point, name = spelled.split(" ", len(WORDS) - 1)
    hanging = Hanging(address, Line.RS485, int(port), Protocol(protocol), int(baud))
    return MasterStanding(concentrator, name, hanging, None if point == _NONE else int(point))


def made(row: MasterRow, concentrator: str, name: str, terms: ArchiveTerms) -> MasterStanding:
    """A new one: what its row does not say is as usual at its concentrator."""
    port = terms.master_port if row.port is None else row.port
    hanging = Hanging(row.number, Line.RS485, port, row.protocol or Protocol.DLT645_2007, row.baud or 0)
    return MasterStanding(concentrator, name, hanging, row.point)


def changed(row: MasterRow, now: MasterStanding) -> MasterStanding:
    """One that is there already: what its row does not say stays, and so do its concentrator and its point."""
    hanging = replace(
        now.hanging,
        port=now.hanging.port if row.port is None else row.port,
        protocol=row.protocol or now.hanging.protocol,
        baud=now.hanging.baud if row.baud is None else row.baud,
    )
    return replace(now, name=row.name or now.name, hanging=hanging)
