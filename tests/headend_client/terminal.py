"""A concentrator that can be asked and ordered, as small as it can be, and badly behaved on demand. Independent of the
simulator."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from meters_io.errors import RemoteError
from meters_io.gdw1376.archive import (
    ArchiveEntry,
    build_archive_answer,
    changed,
    parse_archive,
    parse_archive_query,
)
from meters_io.gdw1376.asking import Piece, answer_with, build_answer, pieces_of_request
from meters_io.gdw1376.events import OtherEvent, TerminalEvent
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.joining import split_message
from meters_io.gdw1376.link import Unauthenticated as NotAuthenticated
from meters_io.gdw1376.link import UnitResult, build_confirm, build_denial, build_per_unit, build_unauthenticated
from meters_io.gdw1376.message import read_message
from meters_io.gdw1376.meter_values import PurchaseInfo, Register, TerminalClock
from meters_io.gdw1376.moments import clock_from_plain
from meters_io.gdw1376.readings import Item, Reading, build_readings, parse_readings_request
from meters_io.gdw1376.reports import Report, build_events, parse_events_request
from meters_io.gdw1376.units import unit
from meters_io.layout import Plain
from tests.clocks import Clock
from tests.headend_client.meters import SHANGHAI
from tests.headend_client.peer import Peer

MOST_TOLD = 5


@dataclass
class Terminal:
    """Keeps an archive, parameters, a clock and events.

    `silent`, `denies`: AFNs that it does not answer, or denies. `skips`: which of the frames that it hears are lost.
    `forgets`: confirms orders and does nothing.
    `mute`: does what it is told and never says so. `unauthenticated`: refuses whoever cannot prove himself.
    """

    clock: Clock
    ahead: timedelta = timedelta()
    archive: dict[int, ArchiveEntry] = field(default_factory=dict)
    parameters: dict[tuple[int, int], Plain] = field(default_factory=dict)
    important: list[TerminalEvent] = field(default_factory=list)
    normal: list[TerminalEvent] = field(default_factory=list)
    begun: tuple[int, int] = (0, 0)
    lost: int = 0
    points: tuple[int, ...] = ()
    syncs_meters: bool | None = None
    data_deleted: bool = False
    silent: set[int] = field(default_factory=set)
    denies: set[int] = field(default_factory=set)
    skips: set[int] = field(default_factory=set)
    refused_functions: set[int] = field(default_factory=set)
    garbled: set[int] = field(default_factory=set)
    forgets: bool = False
    mute: bool = False
    unauthenticated: bool = False
    most_bytes: int = 0
    heard: list[Frame] = field(default_factory=list)

    def answer(self, asked: Frame) -> tuple[Frame, ...]:
        """Answer one frame; nothing at all where it keeps silent."""
        self.heard.append(asked)
        if asked.afn in self.silent or len(self.heard) in self.skips:
            return ()
        if self.unauthenticated:
            return (build_unauthenticated(asked, NotAuthenticated(3)),)
        if asked.afn in self.denies:
            return (build_denial(asked),)
        if asked.afn in (Afn.SET, Afn.CONTROL, Afn.RESET):
            said = build_confirm(asked) if self.forgets else self._obey(asked)
            return () if self.mute else (said,)
        whole = self._tell(asked)
        return split_message(read_message(whole), self.most_bytes) if self.most_bytes else (whole,)

    def _obey(self, asked: Frame) -> Frame:
        pieces = pieces_of_request(asked, asked.afn)
        results = [UnitResult(unit(each.point, each.function), int(not self._do(asked, each))) for each in pieces]
        return build_per_unit(asked, results) if any(one.error for one in results) else build_confirm(asked)

    def _do(self, asked: Frame, piece: Piece) -> bool:
        if piece.function in self.refused_functions:
            return False
        match asked.afn, piece.function, piece.value:
            case Afn.RESET, _, _:
                self.data_deleted = True
            case Afn.SET, 10, _:
                self.archive = changed(self.archive, parse_archive(asked))
            case Afn.SET, function, value:
                self.parameters[piece.point, function] = value
            case Afn.CONTROL, 30, {"on": int(on)}:
                self.syncs_meters = bool(on)
            case Afn.CONTROL, 31, {"clock": clock}:
                shown = clock_from_plain(clock, SHANGHAI, "clock")
                assert shown is not None
                self.ahead = shown - self.clock()
        return True

    def _tell(self, asked: Frame) -> Frame:
        match asked.afn:
            case Afn.QUERY:
                return self._tell_parameters(asked)
            case Afn.CURRENT:
                return self._tell_itself(asked)
            case Afn.HISTORY:
                return self._tell_day(asked)
            case _:
                return self._tell_events(asked)

    def _tell_parameters(self, asked: Frame) -> Frame:
        try:
            places = parse_archive_query(asked) or tuple(sorted(self.archive))
        except RemoteError:
            return answer_with(asked, lambda piece: self.parameters.get((piece.point, piece.function)))
        found = [self.archive[place] for place in places if place in self.archive]
        return build_archive_answer(asked, found) if found else build_denial(asked)

    def _tell_itself(self, asked: Frame) -> Frame:
        if any(piece.function == 7 for piece in pieces_of_request(asked, Afn.CURRENT)):
            counted = (self.begun[0] + len(self.important)) % 256, (self.begun[1] + len(self.normal)) % 256
            return build_answer(asked, [Piece(0, 7, {"important": counted[0], "normal": counted[1]})])
        shown = TerminalClock(self.clock() + self.ahead)
        return build_readings(asked, Item.TERMINAL_CLOCK, [Reading(0, None, shown)], SHANGHAI)

    def _tell_day(self, asked: Frame) -> Frame:
        """It has F210 of all its points, F161 of the odd ones."""
        for item, has in ((Item.DAILY_PURCHASE, lambda _: True), (Item.DAILY_REGISTER, lambda point: point % 2)):
            wanted = [one for one in parse_readings_request(asked, item) if one[0] in self.points and has(one[0])]
            if wanted:
                return build_readings(asked, item, [_frozen(item, *one) for one in wanted], SHANGHAI)
        return build_denial(asked)

    def _tell_events(self, asked: Frame) -> Frame:
        """At most five of them, and not the `lost` oldest ones."""
        wanted = parse_events_request(asked)
        events, begun = (self.important, self.begun[0]) if wanted.important else (self.normal, self.begun[1])
        first = max((wanted.first - begun) % 256, self.lost if wanted.important else 0)
        last = min((wanted.last - begun) % 256, first + MOST_TOLD)
        if first >= last:
            return build_denial(asked)
        pointers = type(wanted)((begun + first) % 256, (begun + last) % 256, wanted.important)
        whole = build_events(asked, Report(pointers, (0, 0), tuple(events[first:last])), SHANGHAI)
        hidden = wanted.important and any(first <= place < last for place in self.garbled)
        return whole._replace(body=whole.body[:-1]) if hidden else whole


def _frozen(item: Item, point: int, day: date | None) -> Reading:
    at = datetime(2026, 3, 2, 0, 5, tzinfo=SHANGHAI)
    value = (
        PurchaseInfo(at, point, Decimal(point), Decimal(0))
        if item is Item.DAILY_PURCHASE
        else Register(at, Decimal(point), (Decimal(0),) * 4)
    )
    return Reading(point, day, value)


def events(count: int, erc: int = 2) -> list[TerminalEvent]:
    """So many events that differ."""
    times = [datetime(2026, 3, 2, place // 60, place % 60, tzinfo=SHANGHAI) for place in range(count)]
    return [OtherEvent(erc, at, None, {"time": f"{at:%y%m%d%H%M}", "rest": ""}) for at in times]


@asynccontextmanager
async def standing(port: int, terminal: Terminal) -> AsyncIterator[Terminal]:
    """Log in and answer for the length of the block."""
    async with await Peer.logged_in(port) as peer:
        serving = asyncio.create_task(_serve(peer, terminal))
        try:
            yield terminal
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def _serve(peer: Peer, terminal: Terminal) -> None:
    while True:
        await _send(peer, terminal.answer(await peer.next_frame()))


async def _send(peer: Peer, frames: Iterable[Frame]) -> None:
    for frame in frames:
        await peer.send(frame)
