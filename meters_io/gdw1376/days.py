"""The straight way through a day of many points (0D F161 and F210): each point in a unit of its own.

A town's daily round is made of nothing else, and the general reader of messages takes twenty times as long for it.
Whatever is not laid out exactly so is None here: then the general reader decides, and says what is wrong with it.
"""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache

from meters_io.bits import bcd_to_bytes
from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.formats import DAY_LABEL, FORMAT_15, MISSING
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.meter_values import PurchaseInfo, Register
from meters_io.gdw1376.moments import day_from_digits, moment_from_digits, moment_to_digits
from meters_io.gdw1376.units import UNIT_BYTES, unit, unit_to_bytes
from meters_io.layout import Source

REGISTER, PURCHASE = 161, 210
_LABEL = 3
_DATA_AT = UNIT_BYTES + _LABEL
_EVENTS = 2  # EC, which ends a frame whose ACD is set
_READ, _ENERGY, _COUNT, _MONEY, _KWH = 5, 5, 2, 5, 4
_PURCHASE_BYTES = _READ + _COUNT + 2 * _MONEY + 6 * _KWH
_NO_KWH = bytes((MISSING,)) * 6 * _KWH  # of a meter that counts money
_TARIFFS = 4  # a register that is missing throughout is as long as one of so many
_MISSING_REGISTER = bytes((MISSING,)) * (_READ + 1 + _ENERGY * (1 + _TARIFFS))
_LONGEST_REGISTER = _READ + 1 + _ENERGY * (1 + MISSING)  # in which EE would be a count of tariffs
_FUNCTIONS = {unit_to_bytes(unit(1, number))[2:]: number for number in (REGISTER, PURCHASE)}
_KINDS = {number: raw for raw, number in _FUNCTIONS.items()}
_POINTS = {bytes((1 << place, group)): group * 8 - 7 + place for group in range(1, 256) for place in range(8)}
_UNITS = {point: raw for raw, point in _POINTS.items()}


@dataclass(frozen=True, slots=True)
class Day:
    """One function of some points, all of them of one day: as it was asked for, or as it was answered.

    `label`: the day's three bytes. `at`: where in the body the data of each point begin, behind the label.
    """

    function: int
    label: bytes
    points: tuple[int, ...]
    at: tuple[int, ...]


def body_of_question(function: int, points: tuple[int, ...], day: date) -> bytes | None:
    """Return the units that ask for a function of these points; None where the general writer has a word to say."""
    kind = _KINDS.get(function)
    if kind is None or not 2000 <= day.year <= 2099 or not points or not _UNITS.keys() >= set(points):
        return None
    rest = kind + bytes.fromhex(f"{day:%y%m%d}")[::-1]
    return b"".join([_UNITS[point] + rest for point in points])


def day_of(frame: Frame) -> Day | None:
    """Take apart the units of a question or an answer; None for anything else than a day in bulk."""
    up, end = frame.control.up, len(frame.body)
    if frame.afn != Afn.HISTORY or frame.seq.tagged:
        return None
    if up and frame.control.flag5:
        end -= _EVENTS
    function, label = _FUNCTIONS.get(frame.body[2:UNIT_BYTES]), frame.body[UNIT_BYTES:_DATA_AT]
    if function is None or end < _DATA_AT:
        return None
    return _walked(frame.body[:end], function, label, up=up)


@lru_cache(256)  # what is asked is masked, sent, and held against its answer; an answer is masked and read
def _walked(body: bytes, function: int, label: bytes, *, up: bool) -> Day | None:
    same, at, end = body[2:UNIT_BYTES] + label, 0, len(body)
    points, places = list[int](), list[int]()
    while at < end:
        point, start = _POINTS.get(body[at : at + 2]), at + _DATA_AT
        if point is None or body[at + 2 : start] != same:
            return None
        points.append(point)
        places.append(start)
        at = start if not up else start + _width(body, start, function)
    return Day(function, label, tuple(points), tuple(places)) if at == end else None


def _width(body: bytes, at: int, function: int) -> int:
    """Return how long the data at a place are; too long for the body where only the general reader can tell."""
    if function == PURCHASE:
        return _PURCHASE_BYTES
    tariffs = body[at + _READ] if at + _READ < len(body) else MISSING
    if tariffs != MISSING:
        return _READ + 1 + _ENERGY * (1 + tariffs)
    surely = len(body) - at < _LONGEST_REGISTER and body.startswith(_MISSING_REGISTER, at)
    return len(_MISSING_REGISTER) if surely else len(body) + 1


def values_of(day: Day, body: bytes, zone: tzinfo) -> list[Register | PurchaseInfo | None] | None:
    """Return what is there for each point, None for a register that is missing; None in all where not all is BCD."""
    try:
        if day.function == PURCHASE:
            return [_purchase(body, at, zone) for at in day.at]
        return [_register(body, at, zone) for at in day.at]
    except RemoteError:
        return None


def unit_of_answer(
    function: int, label: bytes, point: int, value: Register | PurchaseInfo | None, zone: tzinfo
) -> bytes:
    """Return the unit with which a terminal tells of one point; `value` None: its register is missing throughout.

    Raises LocalError.
    """
    head, kind = _UNITS.get(point), _KINDS.get(function)
    if head is None or kind is None:
        raise LocalError("only days of one point go the straight way", code="out_of_range", field="point")
    match value:
        case Register() if function == REGISTER:
            return head + kind + label + _register_bytes(value, zone)
        case PurchaseInfo() if function == PURCHASE:
            return head + kind + label + _purchase_bytes(value, zone)
        case None if function == REGISTER:
            return head + kind + label + _MISSING_REGISTER
    raise LocalError("this is not what the function carries", code="wrong_fields")


@lru_cache
def date_of(label: bytes) -> date | None:
    """Return the day of a label; None where there is no such day."""
    try:
        return day_from_digits(DAY_LABEL.read(Source(label)), "day")
    except RemoteError:
        return None


@lru_cache(1024)
def _moment(raw: bytes, zone: tzinfo) -> datetime | None:
    return moment_from_digits(FORMAT_15.read(Source(raw)), zone, "read")


def _register(body: bytes, at: int, zone: tzinfo) -> Register | None:
    tariffs, first = body[at + _READ], at + _READ + 1
    if tariffs == MISSING:
        return None
    total, *rest = [_number(body[first + place * _ENERGY :][:_ENERGY], 4) for place in range(1 + tariffs)]
    return Register(_moment(body[at : at + _READ], zone), total, tuple(rest))


def _purchase(body: bytes, at: int, zone: tzinfo) -> PurchaseInfo:
    read, count, money = body[at : at + _READ], body[at + _READ :][:_COUNT], at + _READ + _COUNT
    balance, bought = _number(body[money : money + _MONEY], 4), _number(body[money + _MONEY :][:_MONEY], 4)
    rest = body[money + 2 * _MONEY : at + _PURCHASE_BYTES]
    kwh = () if rest == _NO_KWH else [_number(rest[place : place + _KWH], 2) for place in range(0, len(rest), _KWH)]
    times = _number(count, 0)
    return PurchaseInfo(_moment(read, zone), None if times is None else int(times), balance, bought, *kwh)


def _number(raw: bytes, decimals: int) -> Decimal | None:
    digits = raw[::-1].hex()
    if digits.isdecimal():
        return Decimal(f"{digits}E-{decimals}")
    if raw.count(MISSING) == len(raw):
        return None
    raise RemoteError("this is no BCD", code="not_bcd")


def _register_bytes(value: Register, zone: tzinfo) -> bytes:
    energies = (value.total_kwh, *value.tariffs_kwh)
    if len(energies) > MISSING:
        raise LocalError("so many tariffs cannot be counted", code="out_of_range", field="tariffs")
    told = b"".join([_bcd(each, _ENERGY, 4) for each in energies])
    return _moment_bytes(value.read_at, zone) + bytes((len(energies) - 1,)) + told


def _purchase_bytes(value: PurchaseInfo, zone: tzinfo) -> bytes:
    kwh = [value.remaining_kwh, value.overdrawn_kwh, value.purchased_kwh]
    kwh += [value.credit_kwh, value.alarm_kwh, value.fault_kwh]
    money = _bcd(value.balance_yuan, _MONEY, 4) + _bcd(value.purchased_yuan, _MONEY, 4)
    rest = _NO_KWH if kwh == [None] * 6 else b"".join([_bcd(each, _KWH, 2) for each in kwh])
    return _moment_bytes(value.read_at, zone) + _bcd(value.count, _COUNT, 0) + money + rest


def _moment_bytes(moment: datetime | None, zone: tzinfo) -> bytes:
    digits = moment_to_digits(moment, zone)
    return bytes((MISSING,)) * _READ if digits is None else bytes.fromhex(digits)[::-1]


def _bcd(value: Decimal | int | None, width: int, decimals: int) -> bytes:
    if value is None:
        return bytes((MISSING,)) * width
    steps = value * 10**decimals
    whole = int(steps)
    if whole != steps:
        raise LocalError("the number has more decimals than its field", code="inexact")
    return bcd_to_bytes(whole, width)
