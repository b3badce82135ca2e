"""Reading an item (C = 11), both sides. Whoever wants the value typed uses a `Register`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from meters_io.bits import digits_from_bytes, digits_to_bytes
from meters_io.dlt645.addresses import check_request
from meters_io.dlt645.frame import ANY_METER, Frame
from meters_io.dlt645.names import MORE, REPLY, Control, Item
from meters_io.dlt645.refusals import Refusal
from meters_io.dlt645.replies import check_di, check_reply, di_to_bytes, take_di
from meters_io.dlt645.status import StatusWord3, status_from_bytes, status_to_bytes
from meters_io.dlt645.values import (
    energy_from_bytes,
    energy_to_bytes,
    money_from_bytes,
    money_to_bytes,
    number_from_bytes,
    number_to_bytes,
)
from meters_io.errors import RemoteError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What a master asks for; `rest` is the block count and start time that load curves add, mostly
    empty.
    """

    di: int
    rest: bytes = b""


@dataclass(frozen=True, slots=True)
class ReadData:
    """The data of an item as they came, low byte first. `more`: further frames follow (ask with C = 12)."""

    di: int
    data: bytes
    more: bool = False


@dataclass(frozen=True, slots=True)
class Register(Generic[T]):
    """An item whose form is known, and its value both ways."""

    di: int
    from_bytes: Callable[[bytes], T]
    to_bytes: Callable[[T], bytes]


def _count_from_bytes(raw: bytes) -> int | None:
    return number_from_bytes(raw, 2)


def _count_to_bytes(count: int | None) -> bytes:
    return number_to_bytes(count, 2)


def _price_from_bytes(raw: bytes) -> int | None:
    return number_from_bytes(raw, 4)


def _price_to_bytes(price: int | None) -> bytes:
    return number_to_bytes(price, 4)


def _money(di: Item) -> Register[int | None]:
    return Register(di, money_from_bytes, money_to_bytes)


BALANCE = _money(Item.BALANCE)  # cents
OVERDRAFT = _money(Item.OVERDRAFT)  # cents
ALARM_1 = _money(Item.ALARM_1)
ALARM_2 = _money(Item.ALARM_2)
OVERDRAFT_LIMIT = _money(Item.OVERDRAFT_LIMIT)
HOARD_LIMIT = _money(Item.HOARD_LIMIT)
RECLOSE_BALANCE = _money(Item.RECLOSE_BALANCE)
PURCHASE_AMOUNT = _money(Item.PURCHASE_AMOUNT)
PURCHASED_IN_ALL = _money(Item.PURCHASED_IN_ALL)
PURCHASE_COUNT: Register[int | None] = Register(Item.PURCHASE_COUNT, _count_from_bytes, _count_to_bytes)
PRICE_NOW: Register[int | None] = Register(Item.PRICE_NOW, _price_from_bytes, _price_to_bytes)  # yuan/10000
ENERGY: Register[int | None] = Register(Item.ENERGY, energy_from_bytes, energy_to_bytes)  # Wh
STATUS_3: Register[StatusWord3] = Register(Item.STATUS_3, status_from_bytes, status_to_bytes)


def build_read(address: str, di: int) -> Frame:
    """Ask meter `address` for the item `di`."""
    return check_request(Frame(address, Control.READ, di_to_bytes(di)))


def parse_read_request(request: Frame) -> ReadRequest:
    """Read, as a meter, what a C = 11 frame asks for."""
    if request.control != Control.READ:
        raise RemoteError("this is not a read request", code="wrong_control", field="control")
    return ReadRequest(take_di(request), request.data[4:])


def build_read_reply(address: str, di: int, data: bytes, *, more: bool = False) -> Frame:
    """Answer, as a meter, with the data of an item."""
    return Frame(address, Control.READ | REPLY | (MORE if more else 0), di_to_bytes(di) + data)


def parse_read_reply(reply: Frame, address: str, di: int) -> ReadData | Refusal:
    """Read the answer of meter `address` about `di`; RemoteError if it is somebody else's or about
    something else.
    """
    refused = check_reply(reply, address, Control.READ)
    if refused is not None:
        return refused
    return ReadData(di, check_di(reply, di), more=bool(reply.control & MORE))


def parse_register(reply: Frame, address: str, register: Register[T]) -> T | Refusal:
    """Read the value of `register` out of the answer of meter `address`; RemoteError also when its form is
    wrong.
    """
    answer = parse_read_reply(reply, address, register.di)
    if isinstance(answer, Refusal):
        return answer
    if answer.more:
        raise RemoteError("a single register came in parts", code="unexpected_more", field="control")
    return register.from_bytes(answer.data)


def build_address_query(address: str = ANY_METER) -> Frame:
    """Ask whoever is on the line for its address (C = 13); for a line with a single meter."""
    return Frame(address, Control.READ_ADDRESS)


def build_address_reply(address: str) -> Frame:
    """Answer, as a meter, with the own address."""
    return Frame(address, Control.READ_ADDRESS | REPLY, digits_to_bytes(address, 6))


def parse_address_reply(reply: Frame) -> str:
    """Read the address of the meter that answered; the one in the data must be the one that sent it."""
    if check_reply(reply, ANY_METER, Control.READ_ADDRESS) is not None or len(reply.data) != 6:
        raise RemoteError("an address reply has 6 bytes", code="bad_length", field="data")
    if digits_from_bytes(reply.data) != reply.address:
        raise RemoteError("the reply names another address", code="wrong_address", field="data")
    return reply.address


def build_register(address: str, register: Register[T], value: T) -> Frame:
    """Answer, as a meter, with the value of `register`."""
    return build_read_reply(address, register.di, register.to_bytes(value))
