"""Events of a terminal (AFN 0E): asked for by their pointers, or reported by the terminal itself.

A low balance of a flat's own meter is not among them: poll the third status word (F28), or watch ERC 33.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from meters_io.bits import set_places
from meters_io.errors import CodecError, LocalError, RemoteError
from meters_io.gdw1376.amounts import Amount, amount_from_plain, amount_to_plain
from meters_io.gdw1376.asking import decimal_in, number_in, numbers_in
from meters_io.gdw1376.functions.events import title_of
from meters_io.gdw1376.moments import moment_from_digits, moment_to_digits
from meters_io.layout import Plain

Fields = dict[str, Plain]


@dataclass(frozen=True, slots=True)
class PowerLost:
    """ERC 14: the terminal lost its supply. `restored_at` None: it is still off, and this was its last word."""

    lost_at: datetime | None
    restored_at: datetime | None


@dataclass(frozen=True, slots=True)
class EnergyControl:
    """ERC 23 (`tripped` false): the energy control of a group warns; ERC 7: it opened these rounds (1..8).

    `by_purchase`: what was bought runs out, else the limit of the month is reached. `value`: what is left, or was used.
    """

    at: datetime | None
    group: int
    rounds: tuple[int, ...]
    by_purchase: bool
    value: Amount | None
    limit: Amount | None
    tripped: bool = False


@dataclass(frozen=True, slots=True)
class NotReadable:
    """ERC 31, or 39 (`catching_up`): a meter does not answer, or (`began` false) answers again."""

    at: datetime | None
    point: int
    began: bool
    last_read: datetime | None
    active_kwh: Decimal | None
    reactive_kvarh: Decimal | None
    catching_up: bool = False


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """ERC 33: bits of the seven status words of a meter changed. `changed`, `words`: seven numbers of 16 bits each."""

    at: datetime | None
    point: int
    began: bool
    changed: tuple[int, ...]
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """Any other ERC. `at` and `point` where it has them; `content`: its fields, or hex where nobody knows them."""

    erc: int
    at: datetime | None
    point: int | None
    content: Plain

    @property
    def title(self) -> str:
        """What it is called."""
        return title_of(self.erc)


TerminalEvent = PowerLost | EnergyControl | NotReadable | StatusChanged | OtherEvent


def event_from_plain(value: Plain, zone: tzinfo) -> TerminalEvent:
    """Read one event of a tree. RemoteError names the field; an event in a form of its own is an OtherEvent."""
    match value:
        case {"erc": int(erc), "content": content}:
            known = isinstance(content, dict) and "rest" not in content
            if known and erc in _READERS and isinstance(content, dict):
                return _READERS[erc](erc, content, zone)
            return _other(erc, content, zone)
    raise RemoteError("this is no event", code="no_value", field="events")


def event_to_plain(event: TerminalEvent, zone: tzinfo) -> Plain:
    """Return an event as a tree. Raises LocalError."""
    match event:
        case PowerLost(lost_at, restored_at):
            lost, restored = (moment_to_digits(each, zone) for each in (lost_at, restored_at))
            return {"erc": 14, "content": {"lost": lost, "restored": restored}}
        case EnergyControl():
            return {"erc": 7 if event.tripped else 23, "content": _energy_fields(event, zone)}
        case NotReadable():
            return {"erc": 39 if event.catching_up else 31, "content": _not_readable_fields(event, zone)}
        case StatusChanged():
            words: Fields = {"changed": list(event.changed), "words": list(event.words)}
            return {"erc": 33, "content": _at_point(event, zone) | words}
        case OtherEvent():
            return {"erc": event.erc, "content": event.content}


def _power_lost(erc: int, fields: Fields, zone: tzinfo) -> TerminalEvent:
    lost, restored = (moment_from_digits(fields[name], zone, name) for name in ("lost", "restored"))
    return PowerLost(lost, restored)


def _energy_control(erc: int, fields: Fields, zone: tzinfo) -> TerminalEvent:
    control = number_in(fields, "control")
    if control & 3 == 0:
        raise RemoteError("no control is named", code="out_of_range", field="control")
    return EnergyControl(
        at=moment_from_digits(fields["time"], zone, "time"),
        group=number_in(fields, "group"),
        rounds=tuple(place + 1 for place in set_places(number_in(fields, "rounds"))),
        by_purchase=control & 2 != 0,
        value=amount_from_plain(fields["value"], "value"),
        limit=amount_from_plain(fields["limit"], "limit"),
        tripped=erc == 7,
    )


def _energy_fields(event: EnergyControl, zone: tzinfo) -> Fields:
    if not all(1 <= number <= 8 for number in event.rounds):
        raise LocalError("there are eight rounds", code="out_of_range", field="rounds")
    return {
        "time": moment_to_digits(event.at, zone),
        "group": event.group,
        "rounds": sum({1 << number - 1 for number in event.rounds}),
        "control": 2 if event.by_purchase else 1,
        "value": amount_to_plain(event.value),
        "limit": amount_to_plain(event.limit),
    }


def _not_readable(erc: int, fields: Fields, zone: tzinfo) -> TerminalEvent:
    point, began = _point(fields)
    at, last = (moment_from_digits(fields[name], zone, name) for name in ("time", "last_read"))
    active, reactive = (decimal_in(fields, name) for name in ("active", "reactive"))
    return NotReadable(at, point, began, last, active, reactive, erc == 39)


def _not_readable_fields(event: NotReadable, zone: tzinfo) -> Fields:
    last = moment_to_digits(event.last_read, zone)
    registers: Fields = {"last_read": last, "active": event.active_kwh, "reactive": event.reactive_kvarh}
    return _at_point(event, zone) | registers


def _status_changed(erc: int, fields: Fields, zone: tzinfo) -> TerminalEvent:
    point, began = _point(fields)
    at = moment_from_digits(fields["time"], zone, "time")
    return StatusChanged(at, point, began, numbers_in(fields, "changed"), numbers_in(fields, "words"))


def _other(erc: int, content: Plain, zone: tzinfo) -> OtherEvent:
    """Say when and where, as far as the content tells; a time that is none is left in the content."""
    fields = content if isinstance(content, dict) else {}
    point = fields.get("point")
    number = point.get("number") if isinstance(point, dict) else point
    try:
        at = moment_from_digits(fields.get("time"), zone, "time")
    except CodecError:
        at = None
    return OtherEvent(erc, at, number if isinstance(number, int) else None, content)


_READERS: dict[int, Callable[[int, Fields, tzinfo], TerminalEvent]] = {
    7: _energy_control,
    14: _power_lost,
    23: _energy_control,
    31: _not_readable,
    33: _status_changed,
    39: _not_readable,
}


def _at_point(event: NotReadable | StatusChanged, zone: tzinfo) -> Fields:
    return {"time": moment_to_digits(event.at, zone), "point": {"number": event.point, "began": int(event.began)}}


def _point(fields: Fields) -> tuple[int, bool]:
    match fields["point"]:
        case {"number": int(number), "began": int(began)} if number > 0:
            return number, began == 1
    raise RemoteError("measuring points count from 1", code="out_of_range", field="point")
