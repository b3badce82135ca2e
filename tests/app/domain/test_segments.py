"""How many SMS a text takes, and what makes it dear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.segments import Alphabet, Dear, measure, plain, worth_plain

GSM = "abcXYZ 0129@£¥èàñ?!\n"


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "segments", "left"),
    [
        ("", Alphabet.GSM7, 0, 1, 160),
        ("a" * 160, Alphabet.GSM7, 160, 1, 0),
        ("a" * 161, Alphabet.GSM7, 161, 2, 145),
        ("a" * 306, Alphabet.GSM7, 306, 2, 0),
        ("a" * 307, Alphabet.GSM7, 307, 3, 152),
        ("€" * 80, Alphabet.GSM7, 160, 1, 0),
        ("€" * 81, Alphabet.GSM7, 162, 2, 143),
        ("电" * 70, Alphabet.UCS2, 70, 1, 0),
        ("电" * 71, Alphabet.UCS2, 71, 2, 63),
        ("电" * 134, Alphabet.UCS2, 134, 2, 0),
        ("💡" * 35, Alphabet.UCS2, 70, 1, 0),
        ("💡" * 36, Alphabet.UCS2, 72, 2, 61),
    ],
)
def test_a_text_takes_as_many_sms(text: str, alphabet: Alphabet, units: int, segments: int, left: int) -> None:
    found = measure(text)
    assert (found.alphabet, found.units, found.segments, found.left) == (alphabet, units, segments, left)


def test_an_escape_is_not_cut_in_two() -> None:
    """152 septets, then one that takes two: it moves to the next part whole."""
    assert measure("a" * 152 + "€" + "a" * 152).segments == 3


def test_a_surrogate_pair_is_not_cut_in_two() -> None:
    assert measure("电" * 66 + "💡" + "电" * 66).segments == 3


def test_a_space_that_does_not_break_costs_a_second_sms_and_is_named() -> None:
    text = "Balance 1\u00a0234.50. " + "x" * 100
    found = measure(text)
    assert (found.alphabet, found.segments, found.dear) == (Alphabet.UCS2, 2, (Dear("\u00a0", " ", 1),))
    assert measure(plain(text)).segments == 1
    assert worth_plain(text)


def test_typographers_characters_have_plain_ones() -> None:
    assert plain("\u201cIt\u2019s off\u201d \u2014 wait\u2026") == '"It\'s off" - wait...'


def test_chinese_gains_nothing_by_plain_characters() -> None:
    assert not worth_plain("停电\u2014\u2014请稍候")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_parts_hold_what_they_are_said_to_hold(text: str) -> None:
    found = measure(text)
    alone, part = (160, 153) if found.alphabet is Alphabet.GSM7 else (70, 67)
    assert 0 <= found.left <= (alone if found.segments == 1 else part)
    assert found.segments == 1 or (found.segments - 1) * (part - 1) < found.units <= found.segments * part
    assert (found.alphabet is Alphabet.UCS2) == bool(found.dear)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200), st.text(alphabet=GSM, max_size=200))
def test_more_text_never_takes_fewer_sms(text: str, more: str) -> None:
    assert measure(text + more).segments >= measure(text).segments


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_plain_characters_never_bring_a_text_from_one_alphabet_to_the_dearer(text: str) -> None:
    if measure(text).alphabet is Alphabet.GSM7:
        assert measure(plain(text)).alphabet is Alphabet.GSM7
