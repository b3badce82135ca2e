"""What the events of concentrators mean for us."""

from datetime import UTC, datetime

import pytest

from app.domain.device_event import DeviceEventKind
from app.domain.terminal_events import OF_CODE, OF_STATUS, Meaning, Told, meanings

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def words(third: int = 0, first: int = 0) -> tuple[int, ...]:
    return (first, 0, third, 0, 0, 0, 0)


@pytest.mark.parametrize(("erc", "kind"), OF_CODE.items())
def test_each_code_of_the_table_has_its_kind(erc: int, kind: DeviceEventKind) -> None:
    assert meanings(Told(erc, AT)) == (Meaning(kind, f"erc_{erc}"),)


def test_what_is_in_no_table_says_nothing() -> None:
    assert meanings(Told(1, AT)) == ()
    assert meanings(Told(200, AT)) == ()


def test_power_that_is_back_has_been_away_and_is_over() -> None:
    (meaning,) = meanings(Told(14, AT, began=True, over=True))
    assert (meaning.kind, meaning.began, meaning.over) == (DeviceEventKind.POWER_OFF, True, True)


def test_a_status_bit_that_is_set_begins_and_one_that_is_cleared_ends() -> None:
    low = Meaning(DeviceEventKind.LOW_BALANCE, "status_3_7", began=True, over=False)
    over = Meaning(DeviceEventKind.LOW_BALANCE, "status_3_7", began=False, over=True)
    assert meanings(Told(33, AT, 2, changed=words(0x80), words=words(0x80))) == (low,)
    assert meanings(Told(33, AT, 2, changed=words(0x80), words=words())) == (over,)
    assert meanings(Told(33, AT, 2, changed=words(), words=words(0x80))) == ()


def test_every_status_bit_is_one_that_a_word_has() -> None:
    assert all(1 <= word <= 7 and 0 <= bit <= 15 for word, bit in OF_STATUS)


def test_words_that_are_cut_short_say_nothing() -> None:
    assert meanings(Told(33, AT, 2, changed=(0x80,), words=(0x80,))) == ()
