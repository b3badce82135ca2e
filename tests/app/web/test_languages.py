"""Two languages, both whole (SPEC R-11)."""

import re
from enum import StrEnum

import pytest

from app.domain.relay import Supply
from app.domain.tracker import Headline, Step
from app.domain.wallet import BalanceSource
from app.i18n import Locale, catalogues, preferred
from app.settings import Settings
from app.web.words import SENTENCES
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.sentences import Sentence, spoken, translated

HOLE = re.compile(r"%\(\w+\)s")


def test_every_sentence_is_translated() -> None:
    known = dict(translated(Locale.ZH))

    missing = [f"{place}: {sentence!r}" for sentence, place in spoken().items() if not _all(known.get(sentence))]

    assert missing == []


def test_no_translation_has_outlived_its_sentence() -> None:
    said = spoken()

    assert [sentence for sentence, _ in translated(Locale.ZH) if sentence not in said] == []


def test_one_sentence_has_one_translation() -> None:
    found: dict[Sentence, set[Sentence]] = {}
    for sentence, translation in translated(Locale.ZH):
        found.setdefault(sentence, set()).add(translation)

    assert {sentence: words for sentence, words in found.items() if len(words) > 1} == {}


def test_every_translation_fills_the_same_holes() -> None:
    for sentence, translation in translated(Locale.ZH):
        assert _holes(translation) == _holes(sentence)


def test_no_translation_is_in_doubt() -> None:
    assert [message.id for catalogue in catalogues(Locale.ZH) for message in catalogue if message.fuzzy] in ([], [""])


def _all(translation: Sentence | None) -> bool:
    return bool(translation) and all(translation if isinstance(translation, tuple) else [translation])


def _holes(sentence: Sentence) -> set[str]:
    """English says "one day" without a figure; where a plural has it, so must the translation."""
    return set(HOLE.findall(sentence if isinstance(sentence, str) else sentence[-1]))


@pytest.mark.parametrize(
    ("prefix", "words"),
    [("track_", Headline), ("step_", Step), ("supply_", Supply), ("source_", BalanceSource)],
)
def test_every_code_has_a_sentence(prefix: str, words: type[StrEnum]) -> None:
    assert [word for word in words if prefix + word not in SENTENCES] == []


def test_every_headline_says_what_to_do() -> None:
    assert [word for word in Headline if f"track_{word}_more" not in SENTENCES] == []


def test_every_offered_provider_has_a_name() -> None:
    default = Settings.model_fields["providers"].default
    assert [name for name in default.split(",") if f"provider_{name}" not in SENTENCES] == []


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", Locale.ZH),
        ("zh-CN,zh;q=0.9,en;q=0.8", Locale.ZH),
        ("en-US,en;q=0.5", Locale.EN),
        ("fr, en;q=0.3, zh;q=0.7", Locale.ZH),
        ("fr;q=1, de", Locale.ZH),
        ("en;q=0", Locale.ZH),
        ("en;q=x, , ;;;q=", Locale.ZH),
        ("*", Locale.ZH),
    ],
)
def test_the_browser_is_heard(header: str, locale: Locale) -> None:
    assert preferred(header) is locale


async def test_a_choice_is_one_link_and_is_remembered(browser: Browser, utility: build.Utility) -> None:
    path = f"/m/{utility.esam.number}"
    english = await browser.open(path)
    chinese = await browser.open(f"{path}?lang=zh")
    later = await browser.open(path)

    assert 'href="?lang=zh"' in english.text
    assert '<html lang="en">' in english.text
    assert '<html lang="zh-Hans">' in chinese.text
    assert "余额" in later.text


async def test_a_switch_keeps_what_was_asked(browser: Browser) -> None:
    answer = await browser.open("/?number=abc")

    assert 'href="?number=abc&amp;lang=zh"' in answer.text


@pytest.mark.parametrize("word", ["fr", "../zh", "", "ZH", "zh_Hans"])
async def test_a_language_that_we_do_not_speak_changes_nothing(browser: Browser, word: str) -> None:
    answer = await browser.client.get("/", params={"lang": word})

    assert '<html lang="en">' in answer.text
    assert not any(cookie.startswith("lang=") for cookie in answer.headers.get_list("set-cookie"))


async def test_errors_speak_the_readers_language(browser: Browser, utility: build.Utility) -> None:
    await browser.open("/?lang=zh")

    lost = await browser.open("/nowhere")
    wrong = await browser.open("/?number=201000000010")

    assert "没有这个页面" in lost.text
    assert "有一位数字不对" in wrong.text
