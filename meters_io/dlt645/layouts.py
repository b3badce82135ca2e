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


_LEVEL = Hex(1)
_SECRET = highest_first(3)
_OPERATOR = highest_first(4)
_ESAM_LEVEL = Among(_LEVEL, ("98",))
_MAC_LEVEL = Among(_LEVEL, ("99",))
_PLAIN_LEVEL = Among(_LEVEL, never=("98", "99"))
_CONTROLS_1997 = (0x01, 0x81, 0xA1, 0xC1)
_FUNCTIONS = frozenset(int(function) for function in Control)
_BAUD_RATES = Flags(1, {1: "600", 2: "1200", 3: "2400", 4: "4800", 5: "9600", 6: "19200"})
_OUTPUTS = Words({0: "second_pulse", 1: "demand_period", 2: "period_switch"})
_ACTIONS = Words({action: action.name.lower() for action in RelayAction})
_EXECUTED = Flags(2, EXECUTED_WORDS)


def joined(*records: Record) -> Record:
    """Return one record with the fields of all, in this order."""
    return Record(tuple(named for one in records for named in one.fields))


def _authority(level: Form) -> Record:
    return record(level=level, password=_SECRET, operator=_OPERATOR)


BODY = record(body=Hex())
OTHER = Layout("other", (BODY,))
_DI = record(di=Identifier())
_AUTHORITY = _authority(_LEVEL)
_SEALED = joined(_authority(_ESAM_LEVEL), record(cipher=Within(highest_first(), 4), mac=MAC))
_NEW_PASSWORD = record(new_level=_LEVEL, new_password=_SECRET)
_PART = Layout("read_more_reply", (joined(_DI, record(part=Within(Hex(), 1), seq=Binary(1))),))


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
            _DI,
            joined(_DI, record(blocks=Binary(1))),  # load curves
            joined(_DI, record(blocks=Binary(1), start=Moment("YYMMDDhhmm"))),
        ),
        (joined(_DI, BODY),),
    ),
    Control.READ | REPLY | MORE: Layout("read_reply", (joined(_DI, record(part=Hex())),)),
    Control.READ_MORE: Layout("read_more", (joined(_DI, record(seq=Binary(1))),)),
    Control.READ_MORE | REPLY: _PART,
    Control.READ_MORE | REPLY | MORE: _PART,
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
        (joined(_DI, record(level=_LEVEL, password=_SECRET), _NEW_PASSWORD),),
    ),
    Control.PASSWORD | REPLY: Layout("set_password_reply", (NOTHING, _NEW_PASSWORD)),
    Control.CLEAR_DEMAND: Layout("clear_demand", (_AUTHORITY, _SEALED)),
    Control.CLEAR_DEMAND | REPLY: Layout("clear_demand_reply", (NOTHING,)),
    Control.CLEAR_METER: Layout("clear_meter", (_AUTHORITY, _SEALED)),
    Control.CLEAR_METER | REPLY: Layout("clear_meter_reply", (NOTHING,)),
    Control.CLEAR_EVENTS: Layout("clear_events", (joined(_AUTHORITY, _DI), _SEALED)),
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
    return Layout("read_reply", (joined(_DI, record(value=_value(di, dialect))),), (joined(_DI, BODY),))


def _read_address(di: int | None, dialect: Dialect) -> Layout:
    return Layout("read_address", (record(search=Hex(dialect.search_bytes)) if dialect.search_bytes else NOTHING,))


def _value(di: int | None, dialect: Dialect) -> Form:
    item = None if di is None else dialect.item(di)
    return item.form if item else Hex()


def _write(di: int | None, dialect: Dialect) -> Layout:
    value = _value(di, dialect)
    with_mac = joined(_DI, _authority(_MAC_LEVEL), record(value=Within(value, 4), mac=MAC))
    plain = joined(_DI, _authority(_PLAIN_LEVEL), record(value=value))
    return Layout("write", (with_mac, joined(_DI, _SEALED), plain), (joined(_DI, _AUTHORITY, BODY),))


def _relay(di: int | None, dialect: Dialect) -> Layout:
    order = record(action=_ACTIONS, delay=Binary(1), expires=dialect.expiry)
    plain = joined(_AUTHORITY if dialect.plain_98 else _authority(Among(_LEVEL, never=("98",))), order)
    sealed = joined(_authority(_ESAM_LEVEL), record(cipher=highest_first(CIPHER_BYTES), mac=MAC))
    return Layout("relay", (plain, sealed), (joined(_AUTHORITY, BODY),))


def _security(di: int | None, dialect: Dialect) -> Layout:
    head = joined(_DI, record(operator=_OPERATOR))
    command = None if di is None else dialect.command(di)
    shapes = command.request if command else (record(payload=Hex()),)
    partial = (joined(head, BODY), joined(_DI, BODY))
    return Layout("security", tuple(joined(head, shape) for shape in shapes), partial)


def _security_reply(di: int | None, dialect: Dialect) -> Layout:
    command = None if di is None else dialect.command(di)
    shapes = command.reply if command else (record(payload=Hex()),)
    return Layout("security_reply", (NOTHING, _DI, *(joined(_DI, shape) for shape in shapes)), (joined(_DI, BODY),))


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
