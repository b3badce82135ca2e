"""How words differ from those in use, word by word."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_PIECES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\n|[A-Za-z0-9_'’-]+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that stayed (`same`), came (`new`) or went (`gone`)."""

    what: str
    text: str


def pieces(before: str, after: str) -> list[Piece]:
    """What became of `before`; empty where nothing changed."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    if old == new:
        return []
    found: list[Piece] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Piece("same", "".join(old[a:b])))
            continue
        found += [Piece("gone", "".join(old[a:b]))] if b > a else []
        found += [Piece("new", "".join(new[c:d]))] if d > c else []
    return found
