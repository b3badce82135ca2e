"""Frames as they are kept: built by the codecs, masked as the head end masks them."""

from datetime import datetime
from uuid import UUID

from app.models import Exchange
from headend_client.masking import masked
from meters_io.dlt645 import frame as dlt645
from meters_io.dlt645.frame import Frame as MeterFrame
from meters_io.dlt645.names import Item
from meters_io.dlt645.purchase import Purchase, PurchaseKind, build_purchase, build_purchase_reply
from meters_io.dlt645.reads import BALANCE, build_read, build_register
from meters_io.gdw1376.frame import Frame, Terminal, encode
from meters_io.gdw1376.passage import Passage, Route, build_passage, build_passed

_TERMINAL = Terminal("3201", 1)


def passage(inner: MeterFrame) -> Frame:
    """A meter's frame on its way down through a concentrator."""
    return build_passage(Route(_TERMINAL, 5), Passage(31, dlt645.encode(inner)))


def passed(inner: MeterFrame | None) -> Frame:
    """What a concentrator brings back; None: the meter stayed silent."""
    asked = passage(build_read("000000000001", Item.BALANCE))
    return build_passed(asked, 31, dlt645.encode(inner) if inner else b"")


def kept(frame: Frame, purchase_id: UUID | None, at: datetime) -> Exchange:
    """The row that is left of a frame."""
    shown = masked(encode(frame))
    return Exchange(
        purchase_id=purchase_id,
        verb="download",
        direction="up" if frame.control.up else "down",
        outer_hex=shown.outer_hex,
        inner_hex=shown.inner_hex,
        at=at,
    )


def recharge(address: str, amount_cents: int, count: int) -> Frame:
    """A recharge with its MACs, on its way down."""
    credit = Purchase(amount_cents, count, "000000320017", mac1=b"\xa1\xa2\xa3\xa4", mac2=b"\xb1\xb2\xb3\xb4")
    return passage(build_purchase(address, PurchaseKind.RECHARGE, credit))


def recharged(address: str) -> Frame:
    """The meter's yes."""
    return passed(build_purchase_reply(address, PurchaseKind.RECHARGE))


def balance(address: str, cents: int) -> Frame:
    """What the meter answers when it is asked for its balance."""
    return passed(build_register(address, BALANCE, cents))
