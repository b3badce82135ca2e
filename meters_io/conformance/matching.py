"""Compares what a file says with our tree.

A name that we know must be right under that name. Names that we do not know are matched in the order in which they
stand, which is that of the wire: as many as we have left, each value equal. Where the two nest their fields in another
way, all values are compared in the order of the wire. What the file does not give is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from meters_io.conformance.scalars import is_raw, same_scalar
from meters_io.conformance.shape import Json
from meters_io.conformance.trees import Leaf, Node, branches, leaves, raw_of, shown
from meters_io.conformance.verdict import Difference

Names = Mapping[str, tuple[str, ...]]  # what the files call a field: what we call it
Found = list[Difference]


def compare(said: Json, node: Node, at: str, names: Names) -> Found:
    """Return where file and tree part; `at` is the place, for the reader."""
    if _is_same(said, node) or (said is None and _is_empty(node)) or _is_nothing(said, node):
        return []
    inside = branches(node)
    if isinstance(said, str) and not isinstance(inside, Leaf) and _are_words(said, node):
        return []
    match said, inside:
        case dict(), dict():
            return _records(said, inside, at, names)
        case list(), list() if len(said) == len(inside):
            return _alike(said, node, _each(zip(said, inside, strict=True), at, names))
        case _, dict() if len(inside) == 1:
            return compare(said, next(iter(inside.values())), at, names)
        case dict(), _ if len(said) == 1:
            name, only = next(iter(said.items()))
            return compare(only, node, f"{at}.{name}", names)
    return _alike(said, node, [Difference(at, _said(said), shown(node))])


def _is_same(said: Json, node: Node) -> bool:
    if isinstance(node, Leaf):
        return same_scalar(said, node.value, node.raw)
    whole = raw_of(node) if isinstance(said, str) else None
    return isinstance(said, str) and whole is not None and is_raw(said, whole, bare=True)


def _are_words(said: str, node: Node) -> bool:
    """Tell whether a text is the values of a list or record with blanks between them."""
    words: list[Json] = [*said.split()]
    return len(words) > 1 and not _alike(words, node, [Difference("", "", "")])


def _is_nothing(said: Json, node: Node) -> bool:
    """Tell whether a file says field by field that one value of ours is missing: {"v": null, "big": null}."""
    fields = [*said.values()] if isinstance(said, dict) else []
    return fields == [None] * len(fields) != [] and isinstance(node, Leaf) and node.value is None


def _is_empty(node: Node) -> bool:
    return all(leaf.value is None for leaf in leaves(node))


def _each(pairs: Iterator[tuple[Json, Node]], at: str, names: Names) -> Found:
    return [found for place, (said, node) in enumerate(pairs) for found in compare(said, node, f"{at}.{place}", names)]


def _alike(said: Json, node: Node, otherwise: Found) -> Found:
    """Compare value by value in the order of the wire, where lists and records are nested in another way.

    A file may give the length of a list beside the list, or not.
    """
    flat = [*_flat(said)]
    for counts, deep in product((False, True), repeat=2):
        ours = [*leaves(node, counts=counts, deep=deep)]
        if len(flat) == len(ours) and all(_is_same(one, two) for one, two in zip(flat, ours, strict=True)):
            return []
    return otherwise


def _records(said: dict[str, Json], node: dict[str, Node], at: str, names: Names) -> Found:
    named = {name: ours for name, each in said.items() if (ours := _ours(name, each, node, names)) is not None}
    strange = [name for name in said if name not in named]
    left = [name for name in node if name not in named.values()]
    found = [each for name, ours in named.items() for each in compare(said[name], node[ours], f"{at}.{name}", names)]
    if not strange:
        return found
    if len(strange) != len(left):
        opened = _opened(node, left)
        if opened is not None:
            inside = _records(said, opened, at, names)
            strict = found or all(_ours(name, each, opened, names) for name, each in said.items())
            return inside if strict or not inside else _alike(said, node, inside)
        wanting = Difference(at, f"fields {', '.join(strange)}", f"left over here: {', '.join(left) or 'none'}")
        return found or _alike(said, node, [wanting])
    unnamed = [(name, said[name]) for name in strange]
    return found + min((_in_order(unnamed, each, at, names) for each in _orders(node, left)), key=len)


def _in_order(said: list[tuple[str, Json]], ours: list[Node], at: str, names: Names) -> Found:
    pairs = zip(said, ours, strict=True)
    return [found for (name, each), node in pairs for found in compare(each, node, f"{at}.{name}", names)]


def _orders(node: dict[str, Node], left: list[str]) -> Iterator[list[Node]]:
    """Yield the orders in which fields may be given: groups of bits have none that everybody shares."""
    ours = [node[name] for name in left]
    yield ours
    if len(ours) > 1 and all(isinstance(each, Leaf) and each.raw is None for each in ours):
        yield ours[::-1]


def _opened(node: dict[str, Node], left: list[str]) -> dict[str, Node] | None:
    """Return the record with its own records opened, as far as nobody has named them; None where that tells no more."""
    pairs: list[tuple[str, Node]] = []
    for name, each in node.items():
        inside = branches(each) if name in left else each
        pairs += inside.items() if name in left and isinstance(inside, dict) else [(name, each)]
    found = dict(pairs)
    return found if len(found) == len(pairs) and found.keys() != node.keys() else None


def _ours(name: str, said: Json, node: dict[str, Node], names: Names) -> str | None:
    """Return what we call a field of the file, where we know it; not where it holds a record and ours is one value."""
    known = (name, *names.get(name, ()))
    found = next((each for each in known if each in node), None)
    if found is None or not (isinstance(said, dict | list) and len(said) > 1):
        return found
    return None if isinstance(branches(node[found]), Leaf) and not _is_same(said, node[found]) else found


def _flat(said: Json) -> Iterator[Json]:
    match said:
        case dict():
            for each in said.values():
                yield from _flat(each)
        case list():
            for each in said:
                yield from _flat(each)
        case _:
            yield said


def _said(said: Json) -> str:
    return "nothing" if said is None else str(said)
