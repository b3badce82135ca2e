"""What to doubt in an answer whose sum is right: the sum lets some four in a hundred double errors through.

Echo of the address, the function, the item and the part; digits; dates and ranges; counts and registers that only rise.
Each raises RemoteError, which says in `field` where the fault lies.
"""

from calendar import monthrange
from decimal import Decimal

from meters_io.dlt645.dialects import STANDARD, Dialect
from meters_io.dlt645.forms import FirstThatFits, Moment, Turned, Within
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.items import DataItem
from meters_io.dlt645.items.prices import StepTable, table_of
from meters_io.dlt645.misfit import as_answer
from meters_io.dlt645.names import FUNCTION, MORE, Control
from meters_io.dlt645.refusals import Refusal
from meters_io.dlt645.replies import check_di, check_reply, take_di
from meters_io.errors import CodecError, LocalError, RemoteError
from meters_io.layout import Form, Many, Plain, Record, Unreadable, at_field, read_all

Limits = tuple[Decimal, Decimal]
REGISTER_WRAPS_AT = Decimal(1_000_000)  # XXXXXX.XX

_ECHOING = frozenset((Control.READ, Control.READ_MORE))
_PAIRS = {"MM": (1, 12), "DD": (1, 31), "hh": (0, 23), "mm": (0, 59), "ss": (0, 59), "WW": (0, 6)}


def check_echo(request: Frame, reply: Frame, dialect: Dialect = STANDARD) -> Refusal | None:
    """Return None for a good answer to `request`, or the refusal.

    RemoteError `wrong_address`, `wrong_control`, `wrong_di` or `wrong_seq` for what answers something else.
    """
    function = request.control & FUNCTION
    refused = check_reply(as_answer(reply, dialect), request.address, function, dialect.wording)
    if refused is not None or function not in _ECHOING:
        return refused
    body = check_di(reply, take_di(request))
    if function == Control.READ_MORE and body[-1:] != request.data[4:5]:
        raise RemoteError("the reply is another part", code="wrong_seq", field="seq")
    return None


def read_checked(request: Frame, reply: Frame, dialect: Dialect = STANDARD) -> Plain | Refusal:
    """Return the value that `reply` gives the item that `request` asks for, everything checked.

    RemoteError of `check_echo` and `value_of`; `unexpected_more` where it comes in parts, which are for
    `meters_io.dlt645.longread`.
    """
    refused = check_echo(request, reply, dialect)
    if refused is not None:
        return refused
    if reply.control & MORE:
        raise RemoteError("this is a part of a value", code="unexpected_more", field="control")
    return value_of(take_di(reply), reply.data[4:], dialect)


def value_of(di: int, data: bytes, dialect: Dialect = STANDARD) -> Plain:
    """Return the value that all the `data` of an item hold, checked: of one reply, or of a `LongRead` that is done.

    An item that is not known is hex. RemoteError `bad_length` and those of `check_value`.
    """
    item = dialect.item(di)
    if item is None:
        return data.hex()
    with at_field("value"):
        value = read_all(item.form, data)
        check_value(item, value)
    return value


def check_value(item: DataItem, value: Plain) -> None:
    """Raise RemoteError `not_bcd`, `bad_date` or `out_of_range` for what no meter can mean by `item`."""
    _check(item.form, value, item.limits)


def check_count(last: int, now: int) -> None:
    """Raise RemoteError `count_jumped` unless a purchase count stayed or rose by one."""
    if now not in (last, last + 1):
        raise RemoteError(f"the count went from {last} to {now}", code="count_jumped", field="count")


def check_rise(last: Decimal, now: Decimal, most: Decimal, field: str = "energy") -> None:
    """Raise RemoteError unless a register rose, and by no more than `most`; past its last digit it begins at zero.

    Codes: `register_fell`, `register_jumped`.
    """
    rise = now - last if now >= last else now - last + REGISTER_WRAPS_AT
    if rise > most:
        code = "register_jumped" if now >= last else "register_fell"
        raise RemoteError(f"the register went from {last} to {now}", code=code, field=field)


def check_moment(template: str, digits: str) -> None:
    """Raise RemoteError `bad_date` unless `digits` are a moment. All zero is none yet, and good."""
    if not int(digits):
        return
    pairs = {template[at : at + 2]: int(digits[at : at + 2]) for at in range(0, len(template), 2)}
    for name, number in pairs.items():
        low, high = _PAIRS.get(name, (0, 99))
        if not low <= number <= high:
            raise RemoteError(f"{digits} is no {template}", code="bad_date", field=name)
    if {"YY", "MM", "DD"} <= pairs.keys() and pairs["DD"] > monthrange(2000 + pairs["YY"], pairs["MM"])[1]:
        raise RemoteError(f"{digits} is no {template}", code="bad_date", field="DD")


def _check(form: Form, value: Plain, limits: Limits | None) -> None:
    match form, value:
        case _, Unreadable():
            raise RemoteError(f"{value.raw.hex()} is no value", code="not_bcd")
        case Turned(inner) | Within(inner), _:
            _check(inner, value, limits)
        case FirstThatFits(forms), _:
            _check(_meant(forms, value), value, limits)
        case StepTable(), {"steps": list(steps)}:
            _check(table_of(len(steps)), value, limits)
        case Record(fields), dict():
            for name, inner in fields:
                with at_field(name):
                    _check(inner, value[name], limits)
        case Many(inner), list():
            for at, each in enumerate(value):
                with at_field(str(at)):
                    _check(inner, each, limits)
        case Moment(template), str():
            check_moment(template, value)
        case _, int() | Decimal() if limits is not None and not limits[0] <= value <= limits[1]:
            raise RemoteError(f"{value} is not between {limits[0]} and {limits[1]}", code="out_of_range")


def _meant(forms: tuple[Form, ...], value: Plain) -> Form:
    for form in forms:
        try:
            form.write(value, {})
        except CodecError:
            continue
        return form
    raise LocalError("this is no value of the item", code="wrong_fields")
