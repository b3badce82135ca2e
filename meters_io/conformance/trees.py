"""Our values as a tree whose leaves know their bytes, so that a file may give either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from meters_io.dlt645.forms import Among, FirstThatFits
from meters_io.dlt645.items.prices import StepTable, table_of
from meters_io.errors import CodecError
from meters_io.layout import Block, Form, Many, Plain, Record
from meters_io.layout import Counted as CountedForm


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of ours, and its bytes on the wire where we can tell them. `length`: it travels behind this number."""

    value: Plain
    raw: bytes | None = None
    length: int | None = None


class Counted(list["Node"]):
    """A list that travels behind its own length."""


class Measured(dict[str, "Node"]):
    """A record that travels behind its length in bytes."""

    length: int = 0


Node = Leaf | dict[str, "Node"] | list["Node"]


def grow(form: Form | None, value: Plain, known: Mapping[str, Plain] | None = None) -> Node:
    """Return `value` as a tree, as far as `form` tells; `known`: the record it is part of."""
    around = known or {}
    match form, value:
        case Record(fields), dict():
            return {name: grow(each, value[name], value) for name, each in fields}
        case Many(inner), list():
            return [grow(inner, each, around) for each in value]
        case CountedForm(_, inner), list():
            return Counted(grow(inner, each, around) for each in value)
        case Among(inner), _:
            return grow(inner, value, around)
        case StepTable(), dict():
            return _step_table(value)
        case Block(_, inner), _:
            return _measured(grow(inner, value, around), len(_bytes_of(inner, value, around) or b""))
        case FirstThatFits(forms), _:
            return grow(
                next((each for each in forms if _bytes_of(each, value, around) is not None), None), value, around
            )
    return Leaf(value, None if form is None else _bytes_of(form, value, around))


def _step_table(value: dict[str, Plain]) -> Node:
    """Return a step table; how many steps it has does not travel, but a file may say it in front of them."""
    steps = value["steps"]
    table = grow(table_of(len(steps) if isinstance(steps, list) else 0), value)
    inside = table["steps"] if isinstance(table, dict) else None
    return {**table, "steps": Counted(inside)} if isinstance(table, dict) and isinstance(inside, list) else table


def _measured(node: Node, length: int) -> Node:
    if isinstance(node, Leaf):
        return Leaf(node.value, node.raw, length)
    if not isinstance(node, dict):
        return node
    found = Measured(node)
    found.length = length
    return found


def branches(node: Node) -> Node:
    """Return the tree inside a leaf whose value has parts (bits of a word, say); without bytes, but with names."""
    match node:
        case Leaf(dict() as value):
            return {name: Leaf(each) for name, each in value.items()}
        case Leaf(list() as value):
            return [Leaf(each) for each in value]
    return node


def leaves(node: Node, *, counts: bool = False, deep: bool = False) -> Iterator[Leaf]:
    """Yield all values, in the order of the wire.

    `counts`: and the lengths of what travels behind its length. `deep`: and the parts of values that have some.
    """
    if counts and isinstance(node, Counted):
        yield Leaf(len(node))
    if counts and isinstance(node, Leaf | Measured) and node.length is not None:
        yield Leaf(node.length)
    inside = branches(node) if deep else node
    match inside:
        case Leaf():
            yield inside
        case dict():
            for each in inside.values():
                yield from leaves(each, counts=counts, deep=deep)
        case list():
            for each in inside:
                yield from leaves(each, counts=counts, deep=deep)


def raw_of(node: Node) -> bytes | None:
    """Return the bytes of a whole tree but for the lengths in it; None where they are not known."""
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
