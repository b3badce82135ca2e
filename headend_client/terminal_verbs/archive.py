"""Which meters a concentrator reads: its archive (F10), asked for, changed and deleted."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from headend_client.errors import Unreachable
from headend_client.orders import ChangeArchive, ClearArchive, ReadArchive
from headend_client.outcome import Done, Readings, Refused, Unknown
from headend_client.terminal_verbs.call import DENIED, Build, TerminalCall
from headend_client.terminal_verbs.proving import proved, tell_all
from meters_io.gdw1376.archive import (
    ArchiveEntry,
    build_archive,
    build_archive_query,
    deletion,
    parse_archive_answer,
)
from meters_io.gdw1376.asking import Piece, build_request
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.units import TERMINAL_POINT

T = TypeVar("T")

_AT_ONCE = 32  # entries of 27 bytes: below the kilobyte that small terminals take
_DELETE_DATA = 2  # AFN 01: what was read; the parameters stay


async def read_archive(call: TerminalCall, order: ReadArchive) -> Readings | Refused | Unknown:
    """Read the entries in some places, or all. Refused("denied") from a concentrator that says it has none."""
    if not order.sequences:
        return await _ask(call, ())
    found: list[ArchiveEntry] = []
    refused: Refused | None = None
    for places in _slices(order.sequences):
        said = await _ask(call, places)
        if isinstance(said, Unknown) or (isinstance(said, Refused) and said != DENIED):
            return said
        if isinstance(said, Readings):
            found += said.archive
        else:
            refused = said
    return Readings({}, archive=tuple(found)) if found or refused is None else refused


async def change_archive(call: TerminalCall, order: ChangeArchive) -> Readings | Refused | Unknown:
    """Add, change or delete entries; what is then in their places is read."""
    places = tuple(sorted({entry.sequence for entry in order.entries}))
    told = await tell_all(call, _orders(order.entries))
    wanted = {entry.sequence: _key(entry) for entry in order.entries}  # the last word on a place holds
    left = {place: key for place, key in wanted.items() if key is not None}

    def holds(seen: Readings) -> bool:
        return {entry.sequence: _key(entry) for entry in seen.archive} == left

    return await proved(told, lambda: _look(call, ReadArchive(places)), holds)


async def clear_archive(call: TerminalCall, order: ClearArchive) -> Readings | Refused | Unknown:
    """Delete every meter that it says it has; then what was read of them, if that is wanted too."""
    there = await _look(call, ReadArchive())
    if not isinstance(there, Readings):
        return there
    told = await tell_all(call, _orders([deletion(entry) for entry in there.archive]))
    seen = await proved(told, lambda: _look(call, ReadArchive()), lambda found: not found.archive)
    return await _forget(call, seen) if order.history and isinstance(seen, Readings) else seen


async def _forget(call: TerminalCall, seen: Readings) -> Readings | Refused | Unknown:
    """Delete what was read of the meters that are gone. No function reads that back."""
    try:
        told = await call.tell(_delete_data)
    except Unreachable as error:
        return Unknown(str(error))
    match told:
        case Done():
            return seen
        case Refused():
            return Refused("denied_in_part")
        case _:
            return told


def _delete_data(route: Route) -> Frame:
    return build_request(route, Afn.RESET, [Piece(TERMINAL_POINT, _DELETE_DATA, {})])


async def _ask(call: TerminalCall, places: tuple[int, ...]) -> Readings | Refused | Unknown:
    said = await call.ask(lambda route: build_archive_query(route, places), parse_archive_answer)
    return said if isinstance(said, Refused | Unknown) else Readings({}, archive=said)


async def _look(call: TerminalCall, order: ReadArchive) -> Readings | Refused | Unknown:
    """As `read_archive`; whoever denies to have such entries has none."""
    said = await read_archive(call, order)
    return Readings({}) if said == DENIED else said


def _orders(entries: Iterable[ArchiveEntry]) -> list[Build]:
    return [_order(some) for some in _slices(tuple(entries))]


def _order(entries: Sequence[ArchiveEntry]) -> Build:
    return lambda route: build_archive(route, entries)


def _slices(values: Sequence[T]) -> Iterator[tuple[T, ...]]:
    for first in range(0, len(values), _AT_ONCE):
        yield tuple(values[first : first + _AT_ONCE])


def _key(entry: ArchiveEntry) -> tuple[int, str, int, int] | None:
    """What of an entry matters; None where it deletes. A terminal may keep the password to itself."""
    return (entry.point, entry.address, entry.port, entry.protocol) if entry.point else None
