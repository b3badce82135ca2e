"""What a text means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import inbound
from app.domain.inbound import Understood, may_answer, understand


@pytest.mark.parametrize(
    ("meaning", "texts"),
    [
        (
            Understood.STOP,
            "STOP|stop|Stop.|ＳＴＯＰ| stopall |Unsubscribe|CANCEL|End|quit|退订|TD|ｔｄ|T|“退订”|请退订谢谢",
        ),
        (Understood.STOP, "STOP sending me this|回复TD"),
        (Understood.START, "START|yes|UNSTOP|恢复订阅|恢复 订阅"),
        (Understood.HELP, "HELP|help me please|帮助|？|?"),
        (Understood.BALANCE, "BAL|Balance|余额|YE|ｙｅ|查询|查 余额|BAL 2010|我的余额是多少"),
        (Understood.STILL_OUT, "OUT|0|０|还没电|没电|我家还是没电|still out"),
        (Understood.ACKNOWLEDGED, "OK|ok!|收到|1|１|已收到。"),
        (Understood.UNCLEAR, "|   |你好|the end of the month|cancel my bill|10|https://x.test|👍|T恤"),
    ],
)
def test_words_are_understood_however_they_are_typed(meaning: Understood, texts: str) -> None:
    assert {text: understand(text) for text in texts.split("|")} == dict.fromkeys(texts.split("|"), meaning)


@given(st.text(max_size=2000))
def test_whatever_is_written_means_one_thing(body: str) -> None:
    assert understand(body) in Understood


def test_a_long_story_with_a_word_in_it_is_no_command() -> None:
    assert understand("昨天我们小区" * 10 + "退订") is Understood.UNCLEAR


def test_answers_to_one_number_run_out() -> None:
    assert may_answer(Understood.BALANCE, 9, 1)
    assert not may_answer(Understood.BALANCE, 10, 0)
    assert may_answer(Understood.UNCLEAR, 0, 0)
    assert not may_answer(Understood.UNCLEAR, 1, 1)


def test_a_stranger_is_answered_in_the_language_of_the_text() -> None:
    assert (inbound.language("余额"), inbound.language("BAL")) == ("zh", "en")
