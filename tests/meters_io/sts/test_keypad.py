"""A keypad: digits one at a time, and what happens when nobody goes on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError
from meters_io.sts.keypad import BACKSPACE, KeypadRules, Typed, press

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TOKEN = "58625789986991357486"
PATIENT = KeypadRules()


def type_in(keys: str, pauses_s: float = 1, rules: KeypadRules = PATIENT) -> tuple[Typed, list[str]]:
    typed, whole, now = Typed(), [], NOW
    for key in keys:
        typed, token = press(typed, key, now, rules)
        whole += [token] if token else []
        now += timedelta(seconds=pauses_s)
    return typed, whole


def test_twenty_digits_make_a_token_and_leave_the_display_empty() -> None:
    assert type_in(TOKEN) == (Typed(), [TOKEN])


def test_the_next_token_may_follow_at_once() -> None:
    assert type_in(TOKEN + TOKEN[::-1]) == (Typed(), [TOKEN, TOKEN[::-1]])


def test_twenty_seconds_between_digits_are_granted() -> None:
    assert type_in(TOKEN, pauses_s=20)[1] == [TOKEN]


def test_after_more_than_twenty_seconds_what_stood_there_is_forgotten() -> None:
    typed, _ = type_in(TOKEN[:19])
    late = NOW + timedelta(seconds=18 + 20.5)
    assert press(typed, TOKEN[19], late) == (Typed(TOKEN[19], late), None)


def test_how_long_is_granted_is_the_models_affair() -> None:
    assert type_in(TOKEN, 3, KeypadRules(timedelta(seconds=2)))[1] == []
    assert type_in(TOKEN, 3, KeypadRules(timedelta(seconds=3)))[1] == [TOKEN]


def test_a_wrong_digit_can_be_taken_back() -> None:
    assert type_in(TOKEN[:7] + "99" + BACKSPACE * 2 + TOKEN[7:])[1] == [TOKEN]
    assert type_in(BACKSPACE * 3 + TOKEN)[1] == [TOKEN]


def test_taking_back_is_no_answer_to_a_display_that_has_gone_dark() -> None:
    typed, _ = type_in("12345")
    late = NOW + timedelta(minutes=1)
    assert press(typed, BACKSPACE, late) == (Typed("", late), None)


def test_the_display_does_not_show_the_token_in_a_log() -> None:
    assert TOKEN[:5] not in repr(type_in(TOKEN[:10])[0])


@pytest.mark.parametrize("key", ["", "x", "12", "²", " "])
def test_there_are_no_other_keys(key: str) -> None:
    with pytest.raises(LocalError) as refusal:
        press(Typed(), key, NOW)
    assert (refusal.value.code, refusal.value.field) == ("keypad_key", "key")


def test_a_keypad_needs_an_aware_clock() -> None:
    with pytest.raises(LocalError) as refusal:
        press(Typed(), "1", NOW.replace(tzinfo=None))
    assert refusal.value.code == "naive_time"


@given(st.lists(st.tuples(st.sampled_from("0123456789<"), st.integers(0, 25)), max_size=120))
def test_fewer_than_twenty_digits_ever_stand_there(presses: list[tuple[str, int]]) -> None:
    typed, now = Typed(), NOW
    for key, seconds in presses:
        now += timedelta(seconds=seconds)
        typed, token = press(typed, key, now)
        assert len(typed.digits) < 20
        assert token is None or len(token) == 20
