"""The lines of the token journal: what is written is read, and what was written years ago is read too."""

import json

import pytest

from headend_client.entries import Entry, read_line, write_line
from headend_client.security import IssuedToken, KeyChanged, MeterKey

CHANGE = KeyChanged(MeterKey("201458", 2, 3), 255, rollover=True)
SET = (
    IssuedToken("1" * 20, None, 3, 0, 2, CHANGE),
    IssuedToken("2" * 20, None, 4, 0, 2),
    IssuedToken("3" * 20, 77, 4, 5_000_624),
)
FIRST_FORM = {
    "request_id": "one",
    "drn": "07000000018",
    "sgc": "201457",
    "krn": 1,
    "subclass": 4,
    "amount": 5000000,
    "tid": 6398220,
    "granted": 5000384,
    "digits": "12345678901234567890",
    "at": "2026-03-02T01:00:00+00:00",
}


def entry(tokens: tuple[IssuedToken, ...] | None) -> Entry:
    """An entry with these tokens."""
    return Entry("one", "07000000018", "201458", 2, "credit 07000000018 4 5000000", "2026-03-02T01:00:00+00:00", tokens)


@pytest.mark.parametrize("tokens", [None, (), SET])
def test_what_is_written_is_read(tokens: tuple[IssuedToken, ...] | None) -> None:
    line = write_line(entry(tokens))
    assert line.count(b"\n") == 1
    assert read_line(line) == entry(tokens)


def test_a_line_of_the_first_form_is_one_credit_token() -> None:
    read = read_line(json.dumps(FIRST_FORM).encode())
    assert read.tokens == (IssuedToken("12345678901234567890", 6398220, 4, 5000384),)
    assert (read.owner, read.last_tid, read.asked) == (
        ("07000000018", "201457", 1),
        6398220,
        "credit 07000000018 4 5000000",
    )


def test_only_tokens_with_an_identifier_count_for_the_newest() -> None:
    assert entry(SET).last_tid == 77
    assert entry(SET[:2]).last_tid is None
    assert entry(None).last_tid is None


def test_digits_do_not_show_in_a_log_line() -> None:
    assert "111" not in repr(entry(SET))


@pytest.mark.parametrize("line", ["[]", "{}", "null", '{"v": 3}', '{"v": 2}', '{"v": 2, "tokens": [{}]}', "x"])
def test_what_is_no_entry_is_not_taken_for_one(line: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        read_line(line.encode())
