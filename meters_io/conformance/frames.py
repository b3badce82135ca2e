"""What the runs of both kinds of frames share: bytes first, then every field that the file gives."""

from __future__ import annotations

from collections.abc import Mapping

from meters_io.conformance.glosses import Judged
from meters_io.conformance.inputs import compact
from meters_io.conformance.matching import Names, compare
from meters_io.conformance.shape import Entry, JsonObject
from meters_io.conformance.trees import Leaf, Node
from meters_io.conformance.verdict import Difference, Verdict
from meters_io.errors import CodecError, RemoteError
from meters_io.layout import Plain

Facts = dict[str, Node]


def bytes_in(entry: Entry) -> bytes:
    """Return the bytes of a frame, however its hex is grouped. Raises RemoteError `bad_entry`."""
    said = entry.said.get("hex")
    try:
        return bytes.fromhex(compact(said if isinstance(said, str) else "none"))
    except ValueError:
        raise RemoteError("hex holds no hex digits", code="bad_entry", field="hex") from None


def decoded_in(entry: Entry) -> JsonObject:
    """Return the fields that the file gives. Raises RemoteError `bad_entry`."""
    said = entry.said.get("decoded")
    if not isinstance(said, dict):
        raise RemoteError("the entry does not say what the frame decodes to", code="bad_entry", field="decoded")
    return said


def failed(entry: Entry, error: CodecError) -> Verdict:
    """Return the verdict on a frame that cannot be read, unless that is what the file says of it."""
    said = entry.said.get("decoded")
    if error.code != "bad_entry" and isinstance(said, dict) and said.get("error"):
        return Verdict(entry.id, (), (f"refused as {error.code}; the file says {said['error']}",))
    return Verdict(entry.id, (Difference("hex", "a frame", f"{error.code}: {error}"),))


def same_bytes(raw: bytes, rebuilt: bytes) -> list[Difference]:
    """Compare a frame with the one that was built again from its fields."""
    return [] if raw == rebuilt else [Difference("rebuilt", raw.hex().upper(), rebuilt.hex().upper())]


def compare_fields(said: JsonObject, facts: Facts, names: Names, judged: Judged) -> None:
    """Compare all fields that the file gives; one that we have nothing for is a difference."""
    for name, each in said.items():
        if name not in facts:
            judged.differences.append(Difference(name, str(each), "nothing of this name"))
            continue
        judged.differences += compare(each, facts[name], name, names)


def plain_facts(values: Mapping[str, Plain]) -> Facts:
    """Return facts of which only the value is known."""
    return {name: Leaf(value) for name, value in values.items()}
