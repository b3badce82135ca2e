"""The words that the files put beside a number, and the numbers they stand for.

The number is what counts, and it is compared exactly. A word that we know for another number fails. A word that we do
not know fails where the published files have a word for that number, and draws a remark where they have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from meters_io.conformance.shape import Json
from meters_io.conformance.verdict import Difference


@dataclass(frozen=True, slots=True)
class Glossary:
    """`words`: where each leads, letters and digits only. `settled`: the numbers that the published files word."""

    words: Mapping[str, frozenset[int]]
    settled: frozenset[int]


@dataclass(slots=True)
class Judged:
    """What a comparison has found so far."""

    differences: list[Difference] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def glossary(settled: Iterable[int], *tables: Mapping[int, str | Iterable[str]]) -> Glossary:
    """Return the words of the tables (number: its words)."""
    found: dict[str, set[int]] = {}
    for table in tables:
        for number, words in table.items():
            for word in (words,) if isinstance(words, str) else words:
                found.setdefault(plainly(word), set()).add(number)
    return Glossary({word: frozenset(numbers) for word, numbers in found.items()}, frozenset(settled))


def plainly(word: str) -> str:
    """Return letters and digits of a word alone, small."""
    return "".join(char for char in word.lower() if char.isalnum())


def judge_word(said: Json, number: int, known: Glossary, at: str, judged: Judged) -> None:
    """Judge one word that stands beside `number`; null says that there is none."""
    if said is None and not any(number in meant for meant in known.words.values()):
        return
    if not isinstance(said, str):
        judged.differences.append(Difference(at, str(said), f"a word for {number}"))
        return
    meant = known.words.get(plainly(said))
    if meant is None and number in known.settled:
        judged.differences.append(Difference(at, said, f"{number}, which has other words"))
    elif meant is None:
        judged.remarks.append(f"{at}: we do not know the word {said!r} for {number}")
    elif number not in meant:
        judged.differences.append(Difference(at, f"{said} ({_numbers(meant)})", f"{number}"))


def judge_bits(said: Json, word: int, known: Glossary, at: str, judged: Judged) -> None:
    """Judge words that name the bits of `word`: as many as are set, and those that we know name set ones."""
    places = [place for place in range(word.bit_length()) if word >> place & 1]
    if not isinstance(said, list) or len(said) != len(places):
        judged.differences.append(Difference(at, str(said), f"bits {_numbers(places) or 'none'}"))
        return
    for place, each in zip(places, said, strict=True):
        judge_word(each, place, known, at, judged)


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
