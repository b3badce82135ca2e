"""A screen as eight lines of twenty cells, for displays with a keypad: digits choose, enter confirms, back goes back.

A Chinese character takes two cells. Choices bear their numbers; what does not fit is told on the next page (key 0).
"""

import unicodedata
from collections.abc import Callable, Sequence

from kiosk.ui.screens import Choice, Say, Screen

LINES = 8
CELLS = 20
_PAGE_KEY = "0"


def pages(screen: Screen, words: Callable[[Say], str]) -> list[list[str]]:
    """The pages of a screen, each of eight lines; the last line says which keys there are."""
    body = [*_wrap(words(screen.title)), *([screen.figure] if screen.figure else [])]
    for say in screen.text:
        body += _wrap(words(say))
    if screen.entry:
        body += _wrap(" ".join(screen.entry.blocks) or "_")
    for line in screen.lines:
        mark = {"done": "+", "now": ">", "late": "!", "stuck": "!"}.get(line.mark, " ")
        body.append(_cut(f"{mark}{words(line.what)} {line.when}"))
    for digits in screen.codes:
        body += _wrap(" ".join(digits[at : at + 4] for at in range(0, len(digits), 4)))
    choices = [_cut(f"{key} {words(choice.label)}") for key, choice in numbered(screen.choices)]
    return _fill(body, choices, words(Say("keypad_keys")))


def numbered(choices: Sequence[Choice]) -> list[tuple[str, Choice]]:
    """Choices and the keys that make them: 1, 2, 3 ..."""
    return [(str(place), choice) for place, choice in enumerate(choices, start=1)]


def _fill(body: list[str], choices: list[str], keys: str) -> list[list[str]]:
    """Text first; the choices stand on every page that has room for them, and on one of their own where none has."""
    room = LINES - 1
    if len(body) + len(choices) <= room:
        return [_page(body + choices, keys)]
    texts = [body[at : at + room] for at in range(0, len(body), room)] or [[]]
    if len(texts[-1]) + len(choices) <= room:
        texts[-1] = texts[-1] + choices
    else:
        texts += [choices[at : at + room] for at in range(0, len(choices), room)]
    return [_page(text, f"{_PAGE_KEY} > {place}/{len(texts)}") for place, text in enumerate(texts, start=1)]


def _page(lines: list[str], last: str) -> list[str]:
    return [*lines, *[""] * (LINES - 1 - len(lines)), _cut(last)]


def cells(text: str) -> int:
    """How many cells a text takes; what may be wide or narrow is wide in the fonts that have Chinese."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def _wrap(text: str) -> list[str]:
    """Break at spaces where there are any, else where the line is full."""
    found, line = [], ""
    for piece in _pieces(text):
        if cells(line) + cells(piece.rstrip()) > CELLS and line:
            found.append(line.rstrip())
            line = ""
        line += piece
    return [*found, line.rstrip()] if line.strip() else found


def _pieces(text: str) -> list[str]:
    """Words with the space behind them; Chinese characters one by one; words longer than a line in parts."""
    found: list[str] = []
    for word in text.replace(" ", " \0").split("\0"):
        if cells(word) > CELLS or any(unicodedata.east_asian_width(c) in "WF" for c in word):
            found += list(word)
        else:
            found.append(word)
    return found


def _cut(text: str) -> str:
    kept = ""
    for c in text:
        if cells(kept + c) > CELLS:
            return kept
        kept += c
    return kept.rstrip()
