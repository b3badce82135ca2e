"""Values that a form can hold, made from the form itself."""

import string
from collections.abc import Mapping
from decimal import Decimal

from hypothesis import strategies as st

from meters_io.gdw1376.formats import Clock, EnergyOrMoney, Scaled
from meters_io.gdw1376.functions.confirm import UnitName
from meters_io.gdw1376.functions.event_kinds import KINDS
from meters_io.gdw1376.functions.events import Event, Told
from meters_io.gdw1376.functions.forward import Route
from meters_io.gdw1376.functions.shapes import Absent, Address, ClockFirst, PerBit
from meters_io.layout import Binary, Bits, Block, Counted, Digits, Form, Hex, Many, Number, Plain, Record, Text

Known = Mapping[str, Plain]
_FEW = 4


@st.composite
def values(draw: st.DrawFn, form: Form, known: Known | None = None) -> Plain:
    """Draw a value of `form`; `known`: the record around it, as far as it is drawn."""
    known = known or {}
    match form:
        case ClockFirst():
            return {"meter_clock": {"time": "261120092530", "weekday": draw(st.integers(1, 7))}, "read": "2611200925"}
        case Record(fields):
            return _record(draw, fields)
        case Many(each, count, of, plus):
            length = _int(known[of]) + plus if of else count if count is not None else draw(st.integers(0, _FEW))
            return [draw(values(each, known)) for _ in range(length)]
        case PerBit(each, of):
            return [draw(values(each, known)) for _ in range(_int(known[of]).bit_count())]
        case Told():
            told = (_int(known["last"]) - _int(known["first"])) % 256
            return [draw(values(Event())) for _ in range(told)]
        case Counted(_, each):
            return [draw(values(each, known)) for _ in range(draw(st.integers(0, _FEW)))]
        case Block(_, each):
            return draw(values(each, known))
    return draw(_single(form))


def _record(draw: st.DrawFn, fields: tuple[tuple[str, Form], ...]) -> Plain:
    counts = {form.of for _, form in fields if isinstance(form, Many)}
    found: dict[str, Plain] = {}
    for name, form in fields:
        if name in counts:
            found[name] = draw(st.integers(0, _FEW))
        elif name == "last" and any(isinstance(each, Told) for _, each in fields):
            found[name] = (_int(found["first"]) + draw(st.integers(0, _FEW))) % 256
        else:
            found[name] = draw(values(form, found))
    return found


def _single(form: Form) -> st.SearchStrategy[Plain]:
    match form:
        case Binary(width):
            return st.integers(0, 256**width - 1)
        case Number():
            return st.none() | _numbers(form)
        case Digits(width):
            return st.none() | st.text(string.digits, min_size=2 * width, max_size=2 * width)
        case Text(width):
            return st.text(string.printable, max_size=width)
        case Hex(width):
            return st.binary(min_size=width or 0, max_size=6 if width is None else width).map(bytes.hex)
        case Bits(groups):
            return st.fixed_dictionaries({name: st.integers(0, 2**bits - 1) for name, bits in groups})
        case Clock():
            return st.none() | st.fixed_dictionaries({"time": _clock_digits(), "weekday": st.integers(0, 7)})
        case Scaled():
            return st.none() | st.fixed_dictionaries({"v": st.integers(-999, 999), "scale": st.integers(-3, 4)})
        case EnergyOrMoney():
            return st.none() | st.fixed_dictionaries(
                {"v": st.integers(-9_999_999, 9_999_999), "big": st.integers(0, 1)}
            )
        case Absent():
            return st.none()
        case Address():
            return st.tuples(*[st.integers(0, 255)] * 4).map(lambda four: ".".join(map(str, four)))
    return _of_protocol(form)


def _of_protocol(form: Form) -> st.SearchStrategy[Plain]:
    match form:
        case UnitName():
            return st.builds(_unit_name, st.integers(0, 2040), st.integers(1, 248))
        case Event():
            return st.sampled_from(sorted(KINDS)).flatmap(_event)
        case Route():
            return st.none() | st.lists(st.text(string.digits, min_size=12, max_size=12), max_size=_FEW)
    raise NotImplementedError(form)


def _event(erc: int) -> st.SearchStrategy[Plain]:
    contents = st.sampled_from(KINDS[erc].forms).flatmap(values)
    return contents.map(lambda content: {"erc": erc, "content": content})


def _numbers(form: Number) -> st.SearchStrategy[Plain]:
    top = (8 if form.signed else 10) * 10 ** (2 * form.width - 1) - 1
    steps = st.integers(-top if form.signed else 0, top)
    return steps.map(lambda number: Decimal(number).scaleb(-form.decimals) if form.decimals else number)


def _clock_digits() -> st.SearchStrategy[str]:
    digits = st.text(string.digits, min_size=12, max_size=12)
    return digits.map(lambda each: each[:2] + str(int(each[2]) % 2) + each[3:])


def _unit_name(point: int, function: int) -> Plain:
    return {"points": [point], "functions": [function]}


def _int(value: Plain) -> int:
    assert isinstance(value, int)
    return value
