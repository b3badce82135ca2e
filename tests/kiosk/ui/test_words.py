"""Every code that a screen can say has words, in both languages, that fit a display of eight lines."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kiosk
from app.domain.darkness import Cause
from app.domain.tracker import Headline, Step
from app.services.brake import Hold
from kiosk.answers import PrintEnd, Source
from kiosk.ui import eight_lines
from kiosk.ui.screens import Choice, Entry, Say, Screen
from kiosk.ui.words import LANGUAGES, WORDS, sentence
from tests.each import each

SOURCES = sorted(Path(kiosk.__file__).parent.joinpath("ui").rglob("*.py"))
SAID = re.compile(r'Say\("([a-z_]+)"')
FROM_THE_PLATFORM = [
    *(f"track_{each}{more}" for each in Headline for more in ("", "_more")),
    *(f"step_{each}" for each in Step),
    *(f"hold_{each}" for each in Hold),
    *(f"dark_{each}" for each in Cause),
    *(f"source_{each}" for each in Source),
    *(f"print_{each}" for each in PrintEnd),
]


@each(sorted({c for path in SOURCES for c in SAID.findall(path.read_text())}))
def test_each_code_in_the_program_has_words(code: str) -> None:
    assert code in WORDS


@each(FROM_THE_PLATFORM)
def test_each_code_that_the_platform_sends_has_words(code: str) -> None:
    assert code in WORDS


@each(sorted(WORDS))
def test_both_languages_say_the_same_things(code: str) -> None:
    chinese, english = WORDS[code]
    assert chinese.strip()
    assert english.strip()
    assert fields(chinese) == fields(english)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", ["refused_never_heard_of", "trouble_teapot", "trouble_teapot_more", "step_x", "zzz"])
def test_a_code_nobody_knows_is_said_in_words_and_never_shown(code: str) -> None:
    for language in LANGUAGES:
        assert code not in sentence(Say(code), language)


def drawn(screen: Screen, language: str) -> list[list[str]]:
    return eight_lines.pages(screen, lambda say: sentence(say, language))


@each(LANGUAGES)
@each(sorted(WORDS))
def test_every_sentence_fits_eight_lines_of_twenty_cells(code: str, language: str) -> None:
    facts = dict.fromkeys(fields(WORDS[code][0]), "1234 5678 9012")
    for page in drawn(Screen("x", Say(code, facts), (Say(code, facts),)), language):
        assert len(page) == eight_lines.LINES
        assert all(eight_lines.cells(line) <= eight_lines.CELLS for line in page)


@given(st.text(alphabet="abc 中文。", max_size=300), st.integers(0, 8))
def test_nothing_of_a_long_text_is_lost_over_the_pages(text: str, count: int) -> None:
    choices = tuple(Choice("a", Say("stop")) for _ in range(count))
    pages = drawn(Screen("x", Say("verbatim", {"text": text}), choices=choices), "en")
    shown = "".join("".join(page[:-1]) for page in pages)
    left = "".join(shown.split()).replace("Finish", "")
    assert "".join(text.split()) == "".join(c for c in left if not c.isdigit())
    assert sum(line.endswith("Finish") for page in pages for line in page) == count


def test_a_code_stands_in_blocks_and_shows_what_is_missing() -> None:
    assert Entry("1234567", Say("token_label"), full=20).blocks == ("1234", "567·", "····", "····", "····")
