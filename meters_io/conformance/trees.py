"""Our values as a tree whose leaves know their bytes, so that a file may give either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from meters_io.dlt645.forms import Among, FirstThatFits
from meters_io.errors import CodecError
from meters_io.layout import Block, Counted, Form, Many, Plain, Record


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of ours, and its bytes on the wire where we can tell them."""

    value: Plain
    raw: bytes | None = None


Node = Leaf | dict[str, "Node"] | list["Node"]


def grow(form: Form | None, value: Plain, known: Mapping[str, Plain] | None = None) -> Node:
    """Return `value` as a tree, as far as `form` tells; `known`: the record it is part of."""
    around = known or {}
    match form, value:
        case Record(fields), dict():
            return {name: grow(each, value[name], value) for name, each in fields}
        case ((Many(inner) | Counted(_, inner)), list()):
            return [grow(inner, each, around) for each in value]
        case ((Among(inner) | Block(_, inner)), _):
            return grow(inner, value, around)
        case FirstThatFits(forms), _:
            return grow(
                next((each for each in forms if _bytes_of(each, value, around) is not None), None), value, around
            )
    return Leaf(value, None if form is None else _bytes_of(form, value, around))


def branches(node: Node) -> Node:
    """Return the tree inside a leaf whose value has parts (bits of a word, say); without bytes, but with names."""
    match node:
        case Leaf(dict() as value):
            return {name: Leaf(each) for name, each in value.items()}
        case Leaf(list() as value):
            return [Leaf(each) for each in value]
    return node


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield all values, in the order of the wire."""
    match node:
        case Leaf():
            yield node
        case dict():
            for each in node.values():
                yield from leaves(each)
        case list():
            for each in node:
                yield from leaves(each)


def raw_of(node: Node) -> bytes | None:
    """Return the bytes of a whole tree; None where they are not known, or where a list counts itself."""
    parts = [leaf.raw for leaf in leaves(node)]
    known = [part for part in parts if part is not None]
    return b"".join(known) if len(known) == len(parts) else None


def shown(node: Node) -> str:
    """Return a tree as people read it."""
    match node:
        case Leaf(value, raw):
            return f"{value}" if value is not None else f"nothing ({(raw or b'').hex()})"
        case dict():
            return "{" + ", ".join(f"{name}: {shown(each)}" for name, each in node.items()) + "}"
    return "[" + ", ".join(map(shown, node)) + "]"


def _bytes_of(form: Form, value: Plain, known: Mapping[str, Plain]) -> bytes | None:
    try:
        return form.write(value, known)
    except CodecError:
        return None
