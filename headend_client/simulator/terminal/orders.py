"""AFN 01, 04 and 05: what a terminal does when it is told to, and what it says to that."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from headend_client.simulator.terminal.factory import POINTS_OF_A_METER
from headend_client.simulator.terminal.state import TerminalState
from meters_io.errors import CodecError
from meters_io.gdw1376.archive import ArchiveEntry, changed, parse_archive
from meters_io.gdw1376.asking import Piece, build_request, fields_of, number_in, pieces_of_request
from meters_io.gdw1376.events import OtherEvent
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.functions.parameters import PARAMETERS
from meters_io.gdw1376.link import UnitResult, build_confirm, build_denial, build_per_unit
from meters_io.gdw1376.moments import clock_from_plain, moment_to_digits
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.purchase_control import parse_purchase
from meters_io.gdw1376.tail import Tail
from meters_io.gdw1376.units import Unit, unit

MOST_METERS = 2040
_ARCHIVE, _COMMUNICATION = 10, 1
_PURCHASE, _ROUNDS = 47, 48
_TRIP = 1
_NOTHING_TO_DO = {26, 27, 28, 32, 34, 35, 36, 38, 49, 50, 51, 52, 58}  # of AFN 05: said yes to, no more


class After(StrEnum):
    """What follows once the answer is sent."""

    NOTHING = "nothing"
    REDIAL = "redial"


@dataclass(frozen=True, slots=True)
class Obeyed:
    """The confirmation, and what follows."""

    frame: Frame
    after: After = After.NOTHING


@dataclass(slots=True)
class Orders:
    """Orders to one terminal. `now`: true time; `zone`: local time of its clock."""

    state: TerminalState
    now: datetime
    zone: tzinfo

    def reset(self, asked: Frame, tail: Tail) -> Obeyed:
        """AFN 01: F1 starts it again; F2 deletes what it read; F3 and F4 its parameters, and so the archive, too."""
        functions = {piece.function for piece in pieces_of_request(asked, Afn.RESET)}
        if not functions <= {1, 2, 3, 4}:
            return Obeyed(build_denial(asked, tail))
        if functions & {2, 3, 4}:
            self.state.history_from = self.now
            self.state.events.clear()
        if functions & {3, 4}:
            self.state.begin_anew()
            self._note(1, {"flags": 1, "before": "V1.0", "after": "V1.0"})
        return Obeyed(build_confirm(asked, tail), After.REDIAL if functions & {1, 3} else After.NOTHING)

    def set(self, asked: Frame, tail: Tail) -> Obeyed:
        """AFN 04: what can be set is set, and each unit that cannot be is refused."""
        pieces = pieces_of_request(asked, Afn.SET)
        units: list[Unit] = [unit(piece.point, piece.function) for piece in pieces]
        errors = [int(not self._set(asked, piece)) for piece in pieces]
        done = [each for each, error in zip(units, errors, strict=True) if not error]
        if done:
            names = [{"points": list(each.points), "functions": list(each.functions)} for each in done]
            self._note(3, {"master": asked.master, "units": names})
        if not any(errors):
            return Obeyed(build_confirm(asked, tail))
        if all(errors):
            return Obeyed(build_denial(asked, tail))
        results = [UnitResult(each, error) for each, error in zip(units, errors, strict=True)]
        return Obeyed(build_per_unit(asked, results, tail))

    def control(self, asked: Frame, tail: Tail) -> Obeyed:
        """AFN 05: all of it or nothing."""
        pieces = pieces_of_request(asked, Afn.CONTROL)
        known = _NOTHING_TO_DO | set(_DEEDS)
        if not pieces or any(piece.function not in known or self._forbids(piece) for piece in pieces):
            return Obeyed(build_denial(asked, tail))
        for piece in pieces:
            if piece.function in _DEEDS:
                _DEEDS[piece.function](self, piece)
        hangs_up = any(piece.function == 39 for piece in pieces)
        return Obeyed(build_confirm(asked, tail), After.REDIAL if hangs_up else After.NOTHING)

    def _set(self, asked: Frame, piece: Piece) -> bool:
        if piece.function == _ARCHIVE:
            return self._change_archive(asked, piece)
        if piece.function in (_PURCHASE, _ROUNDS):
            return self._set_group(asked, piece)
        if piece.function not in PARAMETERS or (piece.point != 0) != (piece.function in POINTS_OF_A_METER):
            return False
        self.state.parameters[piece.point, piece.function] = piece.value
        if piece.function == _COMMUNICATION:
            self.state.heartbeat_s = 60.0 * max(number_in(fields_of(piece.value, "value"), "heartbeat_min"), 1)
        return True

    def _change_archive(self, asked: Frame, piece: Piece) -> bool:
        """A measuring point belongs to one meter: who takes another's, is refused, and with him the whole unit."""
        alone = build_request(Route(asked.terminal, asked.seq.number), Afn.SET, [piece])
        try:
            entries = parse_archive(alone)
        except CodecError:
            return False
        archive = changed(self.state.archive, entries)
        points = [entry.point for entry in archive.values()]
        if len(set(points)) < len(points) or any(not _fits(entry) for entry in entries):
            return False
        self.state.archive = archive
        return True

    def _set_group(self, asked: Frame, piece: Piece) -> bool:
        """F47: a purchase, once; F48: which rounds take part."""
        group = self.state.groups.by_number.get(piece.point)
        if group is None:
            return False
        if piece.function == _ROUNDS:
            group.rounds = number_in(fields_of(piece.value, "value"), "rounds")
            return True
        try:
            group.take(parse_purchase(build_request(Route(asked.terminal, asked.seq.number), Afn.SET, [piece])).order)
        except CodecError:
            return False
        return True

    def _forbids(self, piece: Piece) -> bool:
        """A terminal that keeps power opens nothing; nobody controls a group that is not there."""
        if piece.function == _TRIP:
            return self.state.keeps_power
        return piece.function in (16, 24) and piece.point not in self.state.groups.by_number

    def _trip(self, piece: Piece) -> None:
        self.state.groups.tripped |= 1 << piece.point - 1

    def _allow(self, piece: Piece) -> None:
        self.state.groups.tripped &= ~(1 << piece.point - 1)

    def _control_purchases(self, piece: Piece) -> None:
        self.state.groups.by_number[piece.point].controlled = piece.function == 16

    def _keep_power(self, piece: Piece) -> None:
        self.state.keeps_power = piece.function == 25

    def _set_clock(self, piece: Piece) -> None:
        shown = clock_from_plain(fields_of(piece.value, "clock")["clock"], self.zone, "clock")
        if shown is not None:
            self.state.ahead_s = (shown - self.now).total_seconds()

    def _tell_meters_the_time(self, piece: Piece) -> None:
        self.state.sets_meter_clocks = number_in(fields_of(piece.value, "clock"), "on") != 0

    def _may_report(self, piece: Piece) -> None:
        self.state.may_report = piece.function == 29

    def _forget_meters(self, piece: Piece) -> None:
        """F53: the meters of a port, or all; what was read of them is kept."""
        port = piece.value.get("port") if isinstance(piece.value, dict) else None
        archive = self.state.archive
        self.state.archive = {place: entry for place, entry in archive.items() if port not in (None, entry.port)}

    def _forget_events(self, piece: Piece) -> None:
        self.state.events.clear()

    def _note(self, erc: int, fields: dict[str, object]) -> None:
        at = moment_to_digits(self.now, self.zone)
        self.state.happened(OtherEvent(erc, self.now, None, {"time": at, **fields}))  # type: ignore[dict-item]


_DEEDS = {
    _TRIP: Orders._trip,
    2: Orders._allow,
    16: Orders._control_purchases,
    24: Orders._control_purchases,
    25: Orders._keep_power,
    29: Orders._may_report,
    30: Orders._tell_meters_the_time,
    31: Orders._set_clock,
    33: Orders._keep_power,
    37: Orders._may_report,
    39: lambda _orders, _piece: None,
    53: Orders._forget_meters,
    57: Orders._forget_events,
}


def _fits(entry: ArchiveEntry) -> bool:
    return 1 <= entry.sequence <= MOST_METERS and entry.point <= MOST_METERS
