"""What stands in the DATA of every control code, both directions, as data (DL/T 645-2007 section 5.2.4 and 7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from meters_io.dlt645.commands import MAC, NOTHING
from meters_io.dlt645.dialects import Dialect
from meters_io.dlt645.forms import Among, Flags, Identifier, Moment, Within, Words, highest_first
from meters_io.dlt645.names import FUNCTION, MORE, REFUSED, REPLY, Control
from meters_io.dlt645.refusals import ERR_WORDS, RELAY_WORDS, SERR_WORDS, VENDOR_WORDS, Wording
from meters_io.dlt645.relay import CIPHER_BYTES, EXECUTED_WORDS, RelayAction
from meters_io.layout import Binary, Digits, Form, Hex, Record, record


@dataclass(frozen=True, slots=True)
class Layout:
    """The shapes one message may have. `kind`: what it is called.

    `whole`: the shapes that say everything; the first that takes all bytes is meant. `partial`: what can be said of a
    message of which no shape takes all bytes. No two shapes of a layout have the same names: a message tells its own.
    """

    kind: str
    whole: tuple[Record, ...]
    partial: tuple[Record, ...] = ()


BODY = record(body=Hex())
OTHER = Layout("other", (BODY,))
_LEVEL = Hex(1)
_SECRET = highest_first(3)
_OPERATOR = highest_first(4)
_CONTROLS_1997 = (0x01, 0x81, 0xA1, 0xC1)
_FUNCTIONS = frozenset(int(function) for function in Control)
_ESAM_LEVEL, _MAC_LEVEL = "98", "99"
_PLAIN_LEVEL = Among(_LEVEL, never=(_ESAM_LEVEL, _MAC_LEVEL))

_BAUD_RATES = Flags(1, {1: "600", 2: "1200", 3: "2400", 4: "4800", 5: "9600", 6: "19200"})
_OUTPUTS = Words({0: "second_pulse", 1: "demand_period", 2: "period_switch"})
_ACTIONS = Words({action: action.name.lower() for action in RelayAction})
_EXECUTED = Flags(2, EXECUTED_WORDS)
_AUTHORITY = record(level=_LEVEL, password=_SECRET, operator=_OPERATOR)


def joined(*records: Record) -> Record:
    """Return one record with the fields of all, in this order."""
    return Record(tuple(named for one in records for named in one.fields))


_ESAM = record(level=Among(_LEVEL, (_ESAM_LEVEL,)), password=_SECRET, operator=_OPERATOR)
_SEALED = joined(_ESAM, record(cipher=Within(highest_first(), 4), mac=MAC))


def di_width(control: int, dialect: Dialect) -> int:
    """Return how many bytes an identifier takes under this control code."""
    return 2 if dialect.edition == 1997 and control in _CONTROLS_1997 else 4


@lru_cache(1024)
def layout_of(control: int, di: int | None, dialect: Dialect) -> Layout:
    """Return how the data of a frame with this control code, about the item or command `di`, are laid out."""
    if di_width(control, dialect) == 2:
        return _layout_1997(control, di, dialect)
    maker = _MAKERS.get(control)
    if maker is not None:
        return maker(di, dialect)
    if control & ~FUNCTION == REPLY | REFUSED and control & FUNCTION in _FUNCTIONS:
        return _refusal(control & FUNCTION, dialect)
    return _FIXED.get(control, OTHER)


_FIXED: Mapping[int, Layout] = {
    Control.BROADCAST_TIME: Layout("set_time", (record(time=Moment("YYMMDDhhmmss")),)),
    Control.READ: Layout(
        "read",
        (
            record(di=Identifier()),
            record(di=Identifier(), blocks=Binary(1)),  # load curves
            record(di=Identifier(), blocks=Binary(1), start=Moment("YYMMDDhhmm")),
        ),
        (record(di=Identifier(), body=Hex()),),
    ),
    Control.READ | REPLY | MORE: Layout("read_reply", (record(di=Identifier(), part=Hex()),)),
    Control.READ_MORE: Layout("read_more", (record(di=Identifier(), seq=Binary(1)),)),
    Control.READ_MORE | REPLY: Layout(
        "read_more_reply", (record(di=Identifier(), part=Within(Hex(), 1), seq=Binary(1)),)
    ),
    Control.READ_MORE | REPLY | MORE: Layout(
        "read_more_reply", (record(di=Identifier(), part=Within(Hex(), 1), seq=Binary(1)),)
    ),
    Control.READ_ADDRESS | REPLY: Layout("read_address_reply", (record(address=Digits(6)),)),
    Control.WRITE | REPLY: Layout("write_reply", (NOTHING,)),
    Control.WRITE_ADDRESS: Layout("write_address", (record(address=Digits(6)),)),
    Control.WRITE_ADDRESS | REPLY: Layout("write_address_reply", (NOTHING,)),
    Control.FREEZE: Layout("freeze", (record(at=Moment("MMDDhhmm")),)),
    Control.FREEZE | REPLY: Layout("freeze_reply", (NOTHING,)),
    Control.BAUD: Layout("set_baud", (record(rates=_BAUD_RATES),)),
    Control.BAUD | REPLY: Layout("set_baud_reply", (record(rates=_BAUD_RATES),)),
    Control.PASSWORD: Layout(
        "set_password",
        (record(di=Identifier(), level=_LEVEL, password=_SECRET, new_level=_LEVEL, new_password=_SECRET),),
    ),
    Control.PASSWORD | REPLY: Layout("set_password_reply", (NOTHING, record(new_level=_LEVEL, new_password=_SECRET))),
    Control.CLEAR_DEMAND: Layout("clear_demand", (_AUTHORITY, _SEALED)),
    Control.CLEAR_DEMAND | REPLY: Layout("clear_demand_reply", (NOTHING,)),
    Control.CLEAR_METER: Layout("clear_meter", (_AUTHORITY, _SEALED)),
    Control.CLEAR_METER | REPLY: Layout("clear_meter_reply", (NOTHING,)),
    Control.CLEAR_EVENTS: Layout("clear_events", (joined(_AUTHORITY, record(di=Identifier())), _SEALED)),
    Control.CLEAR_EVENTS | REPLY: Layout("clear_events_reply", (NOTHING,)),
    Control.RELAY | REPLY: Layout(
        "relay_reply",
        (
            NOTHING,
            record(executed=_EXECUTED),
            record(executed=_EXECUTED, error_word=Flags(2, RELAY_WORDS)),
        ),
    ),
    Control.OUTPUT: Layout("set_output", (record(output=_OUTPUTS),)),
    Control.OUTPUT | REPLY: Layout("set_output_reply", (NOTHING, record(output=_OUTPUTS))),
}


def _read_reply(di: int | None, dialect: Dialect) -> Layout:
    head = record(di=Identifier())
    return Layout("read_reply", (joined(head, record(value=_value(di, dialect))),), (joined(head, BODY),))


def _read_address(di: int | None, dialect: Dialect) -> Layout:
    return Layout("read_address", (record(search=Hex(dialect.search_bytes)) if dialect.search_bytes else NOTHING,))


def _value(di: int | None, dialect: Dialect) -> Form:
    item = None if di is None else dialect.item(di)
    return item.form if item else Hex()


def _write(di: int | None, dialect: Dialect) -> Layout:
    head, value = record(di=Identifier()), _value(di, dialect)
    authority = record(password=_SECRET, operator=_OPERATOR)
    with_mac = joined(head, record(level=Among(_LEVEL, (_MAC_LEVEL,))), authority)
    return Layout(
        "write",
        (
            joined(with_mac, record(value=Within(value, 4), mac=MAC)),
            joined(head, _SEALED),
            joined(head, record(level=_PLAIN_LEVEL), authority, record(value=value)),
        ),
        (joined(head, _AUTHORITY, BODY),),
    )


def _relay(di: int | None, dialect: Dialect) -> Layout:
    authority = record(password=_SECRET, operator=_OPERATOR)
    order = record(action=_ACTIONS, delay=Binary(1), expires=dialect.expiry)
    plain = _LEVEL if dialect.plain_98 else Among(_LEVEL, never=(_ESAM_LEVEL,))
    sealed = joined(_ESAM, record(cipher=highest_first(CIPHER_BYTES), mac=MAC))
    return Layout(
        "relay",
        (
            joined(record(level=plain), authority, order),
            sealed,
        ),
        (joined(_AUTHORITY, BODY),),
    )


def _security(di: int | None, dialect: Dialect) -> Layout:
    head = record(di=Identifier(), operator=_OPERATOR)
    command = None if di is None else dialect.command(di)
    shapes = command.request if command else (record(payload=Hex()),)
    partial = (joined(head, BODY), joined(record(di=Identifier()), BODY))
    return Layout("security", tuple(joined(head, shape) for shape in shapes), partial)


def _security_reply(di: int | None, dialect: Dialect) -> Layout:
    head = record(di=Identifier())
    command = None if di is None else dialect.command(di)
    shapes = command.reply if command else (record(payload=Hex()),)
    return Layout("security_reply", (NOTHING, head, *(joined(head, shape) for shape in shapes)), (joined(head, BODY),))


_MAKERS: Mapping[int, Callable[[int | None, Dialect], Layout]] = {
    Control.READ | REPLY: _read_reply,
    Control.READ_ADDRESS: _read_address,
    Control.WRITE: _write,
    Control.RELAY: _relay,
    Control.SECURITY: _security,
    Control.SECURITY | REPLY: _security_reply,
}


def _refusal(function: int, dialect: Dialect) -> Layout:
    byte = record(error_byte=Flags(1, ERR_WORDS))
    if function == Control.RELAY:
        word = Flags(2, RELAY_WORDS)
        return Layout("refusal", (byte, record(error_word=word), record(executed=_EXECUTED, error_word=word)))
    if function != Control.SECURITY:
        return Layout("refusal", (byte,))
    if dialect.wording is Wording.CODES:
        return Layout("refusal", (record(error_code=Words(VENDOR_WORDS)),))
    short, long = record(error_byte=Flags(1, SERR_WORDS)), record(error_word=Flags(2, SERR_WORDS))
    return Layout("refusal", (short, long) if dialect.refusal_bytes == 2 else (short,))


def _layout_1997(control: int, di: int | None, dialect: Dialect) -> Layout:
    head = record(di=Identifier(2))
    if control == 0xC1:
        return Layout("refusal", (record(error_byte=Flags(1, ERR_WORDS | {0: "illegal_data", 3: "bit_3"})),))
    if control == 0x01:
        return Layout("read", (head,))
    if control == 0xA1:
        return Layout("read_reply", (joined(head, record(part=Hex())),))
    value = record(value=_value(di, dialect))
    return Layout("read_reply", (joined(head, value),), (joined(head, BODY),))
