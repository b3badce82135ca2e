"""The purchases that a meter itself wrote down (DL/T 645, 0333): which number, which sum, when. No database here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.domain.download import RECORDS, Record, places_of
from app.ports import Gateway, Read, Readings, Refused, Target, Trace, Unknown, Unreachable


def names_of(place: int) -> tuple[str, str]:
    """The registers of the record at `place`, 1 the newest: its count, its sum."""
    return f"purchase_{place}_count", f"purchase_{place}_minor"


async def of_number(gateway: Gateway, target: Target, number: int, count: int, trace: Trace) -> Record | None:
    """What the meter, counting `count`, wrote down under `number`; None: it keeps no such record.

    Raises Unreachable where it could not be read: nothing may be concluded from that.
    """
    record = None
    for place in places_of(number, count):
        record = await _at(gateway, target, place, trace)
        if record is None or record.count == number:
            return record
    return record


async def newest_down_to(gateway: Gateway, target: Target, number: int, count: int, trace: Trace) -> tuple[Record, ...]:
    """What the meter, counting `count`, wrote down from the newest to `number`, ten at most; none: it keeps none.

    Raises Unreachable.
    """
    found: list[Record] = []
    farthest = max(places_of(number, count), default=RECORDS)
    for place in range(1, farthest + 1):
        record = await _at(gateway, target, place, trace)
        if record is None:
            break
        found.append(record)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a meter wrote a record down, and what its clock shows now: digits as it says them, of its local time."""

    recorded: str
    clock: str

    def read(self, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """Both as instants; None where it says what is no moment."""
        try:
            return _instant(self.recorded, "%y%m%d%H%M", zone), _instant(self.clock, "%y%m%d%H%M%S", zone)
        except ValueError:
            return None


def _instant(digits: str, form: str, zone: ZoneInfo) -> datetime:
    return datetime.strptime(digits, form).replace(tzinfo=zone)


async def moment_of(gateway: Gateway, target: Target, place: int, trace: Trace) -> Moment | None:
    """When the record at `place` was written; None: the meter does not tell. Raises Unreachable."""
    name = f"purchase_{place}_at"
    match await gateway.operate(target, Read((name, "date", "time")), trace):
        case Readings(values={"date": str(day), "time": str(time)} as values):
            recorded = values.get(name)
            return Moment(recorded, day[:6] + time) if isinstance(recorded, str) else None
        case Unknown(reason=reason):
            raise Unreachable(reason)
    return None


async def _at(gateway: Gateway, target: Target, place: int, trace: Trace) -> Record | None:
    match await gateway.operate(target, Read(names_of(place)), trace):
        case Readings(values=values):
            return _record(values, place)
        case Refused():
            return None
        case Unknown(reason=reason):
            raise Unreachable(reason)


def _record(values: Mapping[str, int | str | None], place: int) -> Record | None:
    """An empty place counts nothing."""
    count, amount = (values.get(name) for name in names_of(place))
    return Record(count, amount) if isinstance(count, int) and isinstance(amount, int) and count > 0 else None


def as_values(records: Iterable[Record]) -> dict[str, int | str | None]:
    """Records as the readings of an item keep them."""
    values: dict[str, int | str | None] = {}
    for place, record in enumerate(records, 1):
        values |= dict(zip(names_of(place), (record.count, record.amount_minor), strict=True))
    return values


def from_values(values: Mapping[str, int | str | None]) -> tuple[Record, ...]:
    """The records that the readings of an item hold."""
    found = (_record(values, place) for place in range(1, RECORDS + 1))
    return tuple(record for record in found if record is not None)
