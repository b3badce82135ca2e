"""Runs a frame of DL/T 645-2007: decode, build again from the fields, compare the bytes, then field by field.

The files call fields by short names; here stands which of ours each of them is.
"""

from __future__ import annotations

from collections.abc import Callable

from meters_io.conformance.dlt645_words import ERR, KINDS, NEVER_TAKEN_APART, ORDERS, SERR
from meters_io.conformance.frames import Facts, bytes_in, compare_fields, decoded_in, failed, plain_facts, same_bytes
from meters_io.conformance.glosses import Judged, judge_bits, judge_word
from meters_io.conformance.shape import Entry, Json, JsonObject
from meters_io.conformance.trees import Leaf, Node, grow
from meters_io.conformance.verdict import Difference, Verdict
from meters_io.dlt645.dialects import STANDARD
from meters_io.dlt645.frame import Frame, decode, encode
from meters_io.dlt645.items import item_of
from meters_io.dlt645.message import Message, head_of, read_message, recognise, write_message
from meters_io.dlt645.misfit import Misfit, decode_misfit, encode_misfit
from meters_io.dlt645.names import MORE, REFUSED, REPLY, Control
from meters_io.errors import CodecError, RemoteError
from meters_io.layout import Hex, Unreadable

_GLOSSES = ("kind", "cmd", "bits")


def run_frame(entry: Entry) -> Verdict:
    """Return the verdict on one frame."""
    try:
        raw, said = bytes_in(entry), decoded_in(entry)
        frame, length = _decoded(raw)
        message = read_message(frame)
        rebuilt = write_message(head_of(frame), message)
        again = encode_misfit(Misfit(rebuilt, length))
    except CodecError as error:
        return failed(entry, error)
    wrong = same_bytes(raw, again)
    judged = _judged(said, rebuilt, message)
    dialect = recognise(frame)
    if dialect is not STANDARD:
        meant = read_message(frame, dialect)
        wrong += same_bytes(encode(frame), encode(write_message(head_of(frame), meant, dialect)))
        judged = min(judged, _judged(said, rebuilt, meant), key=lambda each: len(each.differences))
    return Verdict(entry.id, (*wrong, *judged.differences), tuple(judged.remarks))


def _decoded(raw: bytes) -> tuple[Frame, int]:
    """Return a frame and the length it gives itself: there are meters that put a wrong one into their answers."""
    try:
        frame = decode(raw)
    except RemoteError as error:
        if error.code != "bad_length":
            raise
        misfit = decode_misfit(raw)
        return misfit.frame, misfit.said
    return frame, len(frame.data)


def _judged(said: JsonObject, frame: Frame, message: Message) -> Judged:
    """Compare all that the file says of a frame with one way of reading it."""
    judged, facts = Judged(), facts_of(frame, message)
    if said.get("kind") == "other":
        facts["body"] = _hex(frame.data)
    compare_fields({name: each for name, each in said.items() if name not in _GLOSSES}, facts, {}, judged)
    _judge_kind(said, frame.control, judged)
    if "cmd" in said:
        _judge_order(said["cmd"], facts, judged)
    if "bits" in said:
        _judge_refusal(said["bits"], facts, judged)
    return judged


def _judge_order(said: Json, facts: Facts, judged: Judged) -> None:
    if "n1" not in facts:
        judged.differences.append(
            Difference("cmd", str(said), "no order, or an order that cannot be read (enciphered, short)")
        )
        return
    judge_word(said, int(_text(facts["n1"]), 16), ORDERS, "cmd", judged)


def _judge_refusal(said: Json, facts: Facts, judged: Judged) -> None:
    name = next((name for name in ("serr", "err") if name in facts), None)
    if name is None:
        judged.differences.append(Difference("bits", str(said), "no refusal"))
        return
    judge_bits(said, int(_text(facts[name]) or "0", 16), SERR if name == "serr" else ERR, "bits", judged)


def _judge_kind(said: JsonObject, control: int, judged: Judged) -> None:
    """The kind is a word for the control code; "other" is what a file calls a frame that it does not take apart."""
    kind = said.get("kind")
    if kind is None or (kind == "other" and set(said) <= _UNTAKEN):
        return
    meant = [word for word, controls in KINDS.items() if control in controls]
    if kind == "other" or kind in KINDS or meant or control in NEVER_TAKEN_APART:
        if kind not in meant:
            judged.differences.append(
                Difference("kind", str(kind), f"C = {control:02X}: {' or '.join(meant) or 'other'}")
            )
        return
    judged.remarks.append(f"kind: we do not know the word {kind!r} for C = {control:02X}")


def facts_of(frame: Frame, message: Message) -> Facts:
    """Return all that can be said of a frame, under the names of the files and under ours."""
    control, data = frame.control, frame.data
    facts: Facts = {
        **plain_facts(message.fields),
        **plain_facts({"fe": frame.preamble, "addr": frame.address, "c": f"{control:02X}", "n": len(data)}),
        "body": Leaf(data.hex(), data),
    }
    maker = _MAKERS.get(control, _refusal if control & REFUSED else None)
    if maker is not None:
        facts |= maker(frame, message)
    return facts


def _read(frame: Frame, message: Message) -> Facts:
    return {"rest": _hex(frame.data[4:]), "body": _hex(frame.data[4:])}


def _data(frame: Frame, message: Message) -> Facts:
    body = frame.data[4:]
    return {"value": _value(message, body), "more": Leaf(int(bool(frame.control & MORE))), "body": _hex(body)}


def _value(message: Message, body: bytes) -> Node:
    """Return the value of an item as a tree; bytes where they are no value of it."""
    di = message.fields.get("di")
    item = item_of(int(di, 16)) if isinstance(di, str) else None
    if "value" in message.fields:
        return grow(item.form if item else Hex(), message.fields["value"])
    return _hex(body) if item is None or "part" in message.fields else Leaf(Unreadable(body), body)


def _follow_data(frame: Frame, message: Message) -> Facts:
    return {"body": _hex(frame.data[4:-1]), "more": Leaf(int(bool(frame.control & MORE)))}


def _address(frame: Frame, message: Message) -> Facts:
    data = frame.data
    return {"value": Leaf(data[::-1].hex().upper() if len(data) == 6 else data.hex(), None)}


def _time(frame: Frame, message: Message) -> Facts:
    return {"value": Leaf(message.fields.get("time"), frame.data)}


def _write(frame: Frame, message: Message) -> Facts:
    found = {**_authority(message), "body": _hex(frame.data[12:])}
    if "value" in message.fields:
        found["value"] = _value(message, b"")
    return found


def _relay(frame: Frame, message: Message) -> Facts:
    found = {**_authority(message), "body": _hex(frame.data[8:])}
    if "action" in message.fields:
        found |= {"n1": Leaf(f"{frame.data[8]:02X}"), "n2": Leaf(message.fields["delay"])}
        found["expiry"] = Leaf(message.fields["expires"], frame.data[10:])
    return found


def _authority(message: Message) -> Facts:
    """Level, password and operator; the files have them in the order of the wire."""
    fields = message.fields
    return {
        "pa": Leaf(fields.get("level")),
        "pw": _hex(_turned(fields.get("password"))),
        "op": _hex(_turned(fields.get("operator"))),
    }


def _security(frame: Frame, message: Message) -> Facts:
    return {"op": _hex(_turned(message.fields.get("operator"))), "body": _hex(frame.data[8:])}


def _security_reply(frame: Frame, message: Message) -> Facts:
    return {"di": Leaf(message.fields.get("di")), "body": _hex(frame.data[4:])}


def _security_refusal(frame: Frame, message: Message) -> Facts:
    return {"serr": _word(frame.data)}


def _refusal(frame: Frame, message: Message) -> Facts:
    return {"err": _word(frame.data)}


def _word(data: bytes) -> Leaf:
    return Leaf(data[::-1].hex().upper())


def _hex(raw: bytes) -> Leaf:
    return Leaf(raw.hex(), raw)


def _turned(text: object) -> bytes:
    return bytes.fromhex(text)[::-1] if isinstance(text, str) else b""


def _text(node: Node) -> str:
    return str(node.value) if isinstance(node, Leaf) else ""


_UNTAKEN = frozenset({"fe", "addr", "c", "kind", "body"})
_Maker = Callable[[Frame, Message], Facts]
_MAKERS: dict[int, _Maker] = {
    Control.READ: _read,
    Control.READ | REPLY: _data,
    Control.READ | REPLY | MORE: _data,
    Control.READ_MORE | REPLY: _follow_data,
    Control.READ_MORE | REPLY | MORE: _follow_data,
    Control.READ_ADDRESS: _address,
    Control.READ_ADDRESS | REPLY: _address,
    Control.BROADCAST_TIME: _time,
    Control.WRITE: _write,
    Control.RELAY: _relay,
    Control.SECURITY: _security,
    Control.SECURITY | REPLY: _security_reply,
    Control.SECURITY | REPLY | REFUSED: _security_refusal,
}
