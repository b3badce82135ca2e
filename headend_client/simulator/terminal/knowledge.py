"""AFN 0A, 0C, 0D and 0E: what a terminal answers to questions. Of what it does not have it says nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from headend_client.simulator.answers import Answerer
from headend_client.simulator.state import FrozenDay
from headend_client.simulator.terminal.curves import CURVES, curve
from headend_client.simulator.terminal.group_data import (
    PARAMETERS_OF_GROUPS,
    REMAINING,
    control_states,
    controls,
    group_parameter,
    remaining,
)
from headend_client.simulator.terminal.meter_data import MeterData
from headend_client.simulator.terminal.state import TerminalState
from meters_io.gdw1376.archive import ArchiveEntry, build_archive_answer
from meters_io.gdw1376.asking import Piece, fields_of, only, pieces_of, pieces_of_request
from meters_io.gdw1376.days import date_of, day_of, unit_of_answer
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.meter_values import (
    PurchaseInfo,
    Register,
    RelayState,
    StatusWords,
    Value,
    purchase_to_fields,
    register_to_fields,
    relay_to_fields,
    status_to_fields,
)
from meters_io.gdw1376.moments import clock_to_plain, day_from_digits, month_from_digits
from meters_io.gdw1376.reports import build_events, parse_events_request
from meters_io.gdw1376.units import ALL_POINTS
from meters_io.layout import Plain

Fields = dict[str, Plain]
HasRead = Callable[[str, date], bool]
_ARCHIVE = 10
_CURRENT: dict[int, Callable[[MeterData], Value | None]] = {
    28: MeterData.status,
    129: MeterData.register,
    161: MeterData.relay,
    167: MeterData.purchase,
}
_FROZEN: dict[int, Callable[[MeterData, FrozenDay], Value]] = {
    161: MeterData.frozen_register,
    177: MeterData.frozen_register,
    209: MeterData.frozen_relay,
    210: MeterData.frozen_purchase,
    215: MeterData.frozen_purchase,
}
_NO_PURCHASE = PurchaseInfo(None, None, None, None)
_MISSED: dict[int, Value] = {  # EE; registers have a form of their own for it
    209: RelayState(None, None, None, None),
    210: _NO_PURCHASE,
    215: _NO_PURCHASE,
}


@dataclass(slots=True)
class Knowledge:
    """What one terminal knows `now` (true time); `meter` and `has_read` as its desk has them."""

    state: TerminalState
    meter: Callable[[str], Answerer | None]
    has_read: HasRead
    now: datetime
    zone: tzinfo
    points: dict[int, ArchiveEntry] = field(init=False)

    def __post_init__(self) -> None:
        self.points = self.state.points()

    def parameters(self, asked: Frame) -> list[Piece]:
        """AFN 0A; the archive may be asked for in whole."""
        found = [(piece, self._parameter(asked, piece)) for piece in pieces_of_request(asked, Afn.QUERY)]
        return [Piece(piece.point, piece.function, value) for piece, value in found if value is not None]

    def current(self, asked: Frame) -> list[Piece]:
        """AFN 0C."""
        pieces = self._each(pieces_of_request(asked, Afn.CURRENT))
        return [found for piece in pieces if (found := self._current(piece)) is not None]

    def history(self, asked: Frame) -> list[Piece]:
        """AFN 0D."""
        pieces = self._each(pieces_of_request(asked, Afn.HISTORY))
        return [found for piece in pieces if (found := self._frozen(piece)) is not None]

    def day_in_bulk(self, asked: Frame) -> list[bytes]:
        """AFN 0D for a day of many points, the straight way: its units; none where `history` has to answer."""
        wanted = day_of(asked)
        day = date_of(wanted.label) if wanted else None
        if wanted is None or day is None:
            return []
        function, units = wanted.function, list[bytes]()
        for point in wanted.points:
            data = self._data(point)
            if data is not None:
                value = self._value(data, function, day)
                told = value if isinstance(value, Register | PurchaseInfo) else None
                units.append(unit_of_answer(function, wanted.label, point, told, self.zone))
        return units

    def events(self, asked: Frame) -> list[Piece]:
        """AFN 0E."""
        report = self.state.events.tell(parse_events_request(asked))
        return list(pieces_of(build_events(asked, report, self.zone))) if report else []

    def _parameter(self, asked: Frame, piece: Piece) -> Plain:
        if piece.function in PARAMETERS_OF_GROUPS:
            return group_parameter(self.state.groups, piece)
        if piece.function != _ARCHIVE:
            return self.state.parameters.get((piece.point, piece.function))
        entries = [entry for place, entry in sorted(self.state.archive.items()) if _is_asked(place, piece)]
        return only(pieces_of(build_archive_answer(asked, entries)), _ARCHIVE).value if entries else None

    def _each(self, pieces: tuple[Piece, ...]) -> Iterator[Piece]:
        """Take "all points" for each of them."""
        for piece in pieces:
            if piece.point != ALL_POINTS:
                yield piece
                continue
            yield from (Piece(point, piece.function, piece.value) for point in sorted(self.points))

    def _current(self, piece: Piece) -> Piece | None:
        if piece.point == 0:
            value = self._own(piece.function)
        elif piece.function == REMAINING:
            value = remaining(self.state.groups, piece.point)
        else:
            data, read = self._data(piece.point), _CURRENT.get(piece.function)
            value = _fields(read(data), self.zone) if data and read else None
        return None if value is None else Piece(piece.point, piece.function, value)

    def _own(self, function: int) -> Fields | None:
        """Answer for the terminal itself: its clock, whether it may report, its counters, the reading of its ports."""
        state = self.state
        important, normal = state.events.counters
        match function:
            case 2:
                return {"clock": clock_to_plain(self.now + timedelta(seconds=state.ahead_s), self.zone)}
            case 4:
                return {"allowed": 1 if state.may_report else 2}
            case 7:
                return {"important": important, "normal": normal}
            case 5 if state.groups.by_number:
                return controls(state.groups, keeps_power=state.keeps_power)
            case 6 if state.groups.by_number:
                return control_states(state.groups, self.now)
        return None

    def _frozen(self, piece: Piece) -> Piece | None:
        """Return a frozen day or month; in the form of one that was missed (EE) where the meter has it not."""
        if piece.function in CURVES:
            return self._curve(piece)
        data = self._data(piece.point) if piece.function in _FROZEN else None
        if data is None:
            return None
        label = fields_of(piece.value, "label")
        fields = _fields(self._value(data, piece.function, _day(label)), self.zone)
        return Piece(piece.point, piece.function, label | (fields or {"values": None}))

    def _value(self, data: MeterData, function: int, day: date) -> Value | None:
        """What the meter froze; what stands there for one that it has not, as far as the function has a word for it."""
        address = data.answerer.meter.spec.address
        kept = data.frozen(day) if self._kept(day) and self.has_read(address, day) else None
        return _FROZEN[function](data, kept) if kept else _MISSED.get(function)

    def _curve(self, piece: Piece) -> Piece | None:
        """Return a curve of a master meter, where it hangs on the port that the archive says."""
        entry = self.points.get(piece.point)
        here = (entry.address, entry.port) if entry else None
        master = next((each for each in self.state.spec.masters if (each.address, each.port) == here), None)
        if master is None:
            return None
        value = curve(master, piece.function, fields_of(piece.value, "label"), self.now, self.zone)
        return None if value is None else Piece(piece.point, piece.function, value)

    def _kept(self, day: date) -> bool:
        since = self.state.history_from
        return since is None or day >= since.astimezone(self.zone).date()

    def _data(self, point: int) -> MeterData | None:
        entry = self.points.get(point)
        answerer = self.meter(entry.address) if entry else None
        return MeterData(answerer, self.now, self.zone) if answerer else None


def _fields(value: Value | None, zone: tzinfo) -> Fields | None:
    match value:
        case StatusWords():
            return status_to_fields(value, zone)
        case Register():
            return register_to_fields(value, zone)
        case RelayState():
            return relay_to_fields(value, zone)
        case PurchaseInfo():
            return purchase_to_fields(value, zone)
    return None


def _is_asked(place: int, piece: Piece) -> bool:
    """Tell whether an entry is asked for; who names none, asks for all."""
    return not piece.value or (isinstance(piece.value, list) and place in piece.value)


def _day(label: Fields) -> date:
    """Return the day of a label; of a month it is the last one."""
    if "day" in label:
        return day_from_digits(label["day"], "day")
    first = month_from_digits(label.get("month"), "month")
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
