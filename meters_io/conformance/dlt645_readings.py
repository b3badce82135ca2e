"""In which ways a frame of DL/T 645 may lawfully be read, each as facts; a file chose one of them for a whole frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from meters_io.conformance.dlt645_facts import facts_of
from meters_io.conformance.frames import Facts
from meters_io.conformance.trees import Leaf
from meters_io.dlt645.dialects import STANDARD, Dialect
from meters_io.dlt645.forms import FirstThatFits, Moment
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.items import item_of
from meters_io.dlt645.message import Message, read_message
from meters_io.dlt645.names import FUNCTION, MORE, REPLY, Control
from meters_io.layout import Digits, Unreadable

_PARTS = (Control.READ | REPLY | MORE, Control.READ_MORE | REPLY, Control.READ_MORE | REPLY | MORE)
_COMMAND = 8  # bytes: identifier and operator
_RANGES = {
    "MM": range(1, 13),
    "DD": range(1, 32),
    "WW": range(7),
    "hh": range(24),
    "mm": range(60),
    "ss": range(60),
}
_MONEY = ("amount", "balance")
_CHIP = (
    *("mac", "mac1", "mac2", "amount_mac", "balance_mac", "count_mac"),
    *("cipher", "cipher1", "cipher2", "random1", "random2", "diversifier"),
    *("esam_serial", "serial", "key_info", "key", "operator"),
)


def readings_of(frame: Frame, message: Message, dialect: Dialect) -> Iterator[Facts]:
    """Yield the facts of a frame: as the standard means it, as its dialect does, and each of these in other units."""
    for meant in (message, *_other_messages(frame, dialect)):
        facts = facts_of(frame, meant)
        yield facts
        turned, yuan = _turned(facts), _in_yuan(facts)
        for other in (turned, yuan, {**turned, **yuan}, _as_bytes(facts, meant), _short(frame)):
            if other:
                yield {**facts, **other}


def _other_messages(frame: Frame, dialect: Dialect) -> Iterator[Message]:
    if dialect is not STANDARD:
        yield read_message(frame, dialect)
    if frame.control in _PARTS:  # a part of a long answer may be a value in itself
        end = -1 if frame.control & FUNCTION == Control.READ_MORE else None
        whole = read_message(replace(frame, control=Control.READ | REPLY, data=frame.data[:end]))
        if whole.trouble is None and "value" in whole.fields:
            yield whole


def _short(frame: Frame) -> Facts:
    """A command that is too short to have an operator carries what stands behind its identifier."""
    if frame.control != Control.SECURITY or len(frame.data) >= _COMMAND:
        return {}
    return {"op": Leaf("", b""), "body": Leaf(frame.data[4:].hex(), frame.data[4:])}


def _turned(facts: Facts) -> Facts:
    """What a security chip made stands highest byte first here; a file may have it in the order of the wire."""
    found: Facts = {}
    for name in _CHIP:
        leaf = facts.get(name)
        if isinstance(leaf, Leaf) and isinstance(leaf.value, str):
            found[name] = Leaf(bytes.fromhex(leaf.value)[::-1].hex())
    inside = facts.get("value")
    if isinstance(inside, dict) and "operator" in inside:
        found["value"] = {**inside, **_turned({"operator": inside["operator"]})}
    return found


def _in_yuan(facts: Facts) -> Facts:
    """Money in commands is cents on the wire; a file may say yuan."""
    found: Facts = {}
    for name in _MONEY:
        leaf = facts.get(name)
        if isinstance(leaf, Leaf) and isinstance(leaf.value, int):
            found[name] = Leaf(Decimal(leaf.value).scaleb(-2))
    return found


def _as_bytes(facts: Facts, message: Message) -> Facts:
    """A moment may be given as its bytes where these, read as digits, are none: then nobody can have meant digits.

    Digits that are none may be given as if they were some, highest first.
    """
    leaf, di = facts.get("value"), message.fields.get("di")
    item = item_of(int(di, 16)) if isinstance(di, str) else None
    if item is None or not isinstance(leaf, Leaf) or not leaf.raw:
        return {}
    forms = item.form.forms if isinstance(item.form, FirstThatFits) else (item.form,)
    wire = leaf.raw.hex()
    for form in forms:
        if isinstance(leaf.value, Unreadable) and isinstance(form, Moment | Digits) and form.width == len(leaf.raw):
            return {"value": Leaf(leaf.raw[::-1].hex(), leaf.raw)}
        if isinstance(leaf.value, str) and isinstance(form, Moment) and form.width == len(leaf.raw):
            return {} if _is_moment(wire, form.template) else {"value": Leaf(wire, leaf.raw)}
    return {}


def _is_moment(digits: str, template: str) -> bool:
    pairs = ((template[at : at + 2], int(digits[at : at + 2])) for at in range(0, len(digits), 2))
    return all(pair not in _RANGES or number in _RANGES[pair] for pair, number in pairs)
