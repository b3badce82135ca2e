"""How many SMS a text takes (3GPP TS 23.038 6.2.1 and TS 23.040 9.2.3.24.1), and which characters make it dear.

A text of the GSM default alphabet holds 160 septets, or 153 in each part of a longer one. One other character, and it
is written in UCS-2: 70 units, or 67 a part.
"""

from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # each is an escape and a character: two septets
_PLAIN = {
    "\u00a0": " ",  # the space that does not break: formatted money brings it, and nobody sees it
    "\u202f": " ",
    "\u2007": " ",
    "\u2009": " ",
    "\u200b": "",
    "\ufeff": "",
    "\t": " ",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2013": "-",
    "\u2014": "-",
    "\u2212": "-",
    "\u2026": "...",
    "\u2022": "*",
    "`": "'",
    "\u00b4": "'",
    "\u00ab": '"',
    "\u00bb": '"',
}


class Alphabet(StrEnum):
    """How a text is written on the air."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


_HOLDS = {Alphabet.GSM7: (160, 153), Alphabet.UCS2: (70, 67)}  # alone, and in each part of several


@dataclass(frozen=True, slots=True)
class Dear:
    """A character that makes the whole text UCS-2. `plain`: what says the same without; None where nothing does."""

    character: str
    plain: str | None
    times: int


@dataclass(frozen=True, slots=True)
class Length:
    """`units`: septets or UCS-2 units. `left`: what the last part still holds. `dear`: empty in GSM-7."""

    alphabet: Alphabet
    units: int
    segments: int
    left: int
    dear: tuple[Dear, ...] = ()


def measure(text: str) -> Length:
    """Count the SMS that a text takes. No character is cut in two: an escape or a surrogate stays in one part."""
    dear = _dear(text)
    alphabet = Alphabet.UCS2 if dear else Alphabet.GSM7
    alone, part = _HOLDS[alphabet]
    widths = [_width(character, alphabet) for character in text]
    units = sum(widths)
    if units <= alone:
        return Length(alphabet, units, 1, alone - units, dear)
    segments, filled = 1, 0
    for width in widths:
        if filled + width > part:
            segments, filled = segments + 1, 0
        filled += width
    return Length(alphabet, units, segments, part - filled, dear)


def plain(text: str) -> str:
    """The text with every character that only costs replaced by the one that says the same."""
    return "".join(_PLAIN.get(character, character) for character in text)


def worth_plain(text: str) -> bool:
    """Would the plain characters make it fewer SMS? In Chinese they would not."""
    return measure(plain(text)).segments < measure(text).segments


def _width(character: str, alphabet: Alphabet) -> int:
    if alphabet is Alphabet.UCS2:
        return 2 if ord(character) > 0xFFFF else 1
    return 2 if character in _EXTENDED else 1


def _dear(text: str) -> tuple[Dear, ...]:
    found: dict[str, int] = {}
    for character in text:
        if character not in _BASIC and character not in _EXTENDED:
            found[character] = found.get(character, 0) + 1
    return tuple(Dear(character, _PLAIN.get(character), times) for character, times in found.items())
