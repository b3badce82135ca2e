"""What is before the scanner: told apart by kind and length, and a token is never taken for money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.codes import Code, CodeKind, blocks, luhn_holds, route
from kiosk.scanner import LineReader
from kiosk.wedge import RULE, Burst, for_script
from tests.headend_client.simulator.bench import STS_NUMBER

OURS = frozenset({"relight.example", "127.0.0.1:8600"})
ACCOUNT = "1000000008"


@pytest.mark.parametrize(
    ("raw", "kind", "text"),
    [
        (STS_NUMBER, CodeKind.METER, STS_NUMBER),
        (" 1234 5678 903\r\n", CodeKind.METER, STS_NUMBER),
        ("１２３４５６７８９０３", CodeKind.METER, STS_NUMBER),
        ("12345678904", CodeKind.UNKNOWN, "12345678904"),
        (ACCOUNT, CodeKind.ACCOUNT, ACCOUNT),
        ("https://relight.example/m/12345678903", CodeKind.METER, STS_NUMBER),
        ("HTTP://RELIGHT.example/m/12345678903/", CodeKind.METER, STS_NUMBER),
        ("http://127.0.0.1:8600/m/12345678903", CodeKind.METER, STS_NUMBER),
        ("https://relight.example/m/12345678904", CodeKind.UNKNOWN, "https://relight.example/m/12345678904"),
        ("https://relight.example/purchases/abcdef12", CodeKind.PURCHASE, "abcdef12"),
        ("1234-5678-9012-3456-7890", CodeKind.TOKEN, "12345678901234567890"),
        ("13" + "0" * 16, CodeKind.PAYER, "13" + "0" * 16),
        ("28" + "0" * 14, CodeKind.PAYER, "28" + "0" * 14),
        ("30" + "0" * 22, CodeKind.PAYER, "30" + "0" * 22),
        ("62" + "0" * 17, CodeKind.PAYER, "62" + "0" * 17),
        ("99" + "0" * 16, CodeKind.PAYER, "99" + "0" * 16),
        ("16" + "0" * 16, CodeKind.UNKNOWN, "16" + "0" * 16),
        ("31" + "0" * 16, CodeKind.UNKNOWN, "31" + "0" * 16),
        ("20260302-ABCDEF12", CodeKind.RECEIPT, "20260302-ABCDEF12"),
        ("20260302-12345678", CodeKind.RECEIPT, "20260302-12345678"),
        ("20261302-ABCDEF12", CodeKind.UNKNOWN, "20261302-ABCDEF12"),
        ("b-k7f3q9", CodeKind.BADGE, "B-K7F3Q9"),
        ("", CodeKind.UNKNOWN, ""),
        ("hello", CodeKind.UNKNOWN, "HELLO"),
    ],
)
def test_a_code_is_known_by_its_form(raw: str, kind: CodeKind, text: str) -> None:
    assert route(raw, OURS) == Code(kind, text)


@pytest.mark.parametrize(
    "raw",
    [
        "https://evil.example/m/12345678903",
        "https://relight.example.evil.example/m/12345678903",
        "https://relight.example@evil.example/m/12345678903",
        "https://evil.example@relight.example/m/12345678903",
        "https://relight.example:444/m/12345678903",
        "javascript:alert(1)",
        "weixin://wxpay/bizpayurl?pr=abc",
        "https://[",
    ],
)
def test_a_link_to_anywhere_else_is_not_followed(raw: str) -> None:
    assert route(raw, OURS).kind is CodeKind.ELSEWHERE


@given(st.from_regex(r"[0-9]{20}", fullmatch=True))
def test_twenty_digits_are_a_token_whatever_they_begin_with(digits: str) -> None:
    assert route(digits, OURS) == Code(CodeKind.TOKEN, digits)


@given(st.text(max_size=2_000))
def test_whatever_is_scanned_is_something(raw: str) -> None:
    code = route(raw, OURS)
    if code.kind is CodeKind.METER:
        assert luhn_holds(code.text)


def test_secrets_are_not_in_the_representation() -> None:
    assert "12345" not in repr(route("12345678901234567890", OURS))


def test_long_numbers_are_read_in_fours() -> None:
    assert blocks("12345678901234567890") == ("1234", "5678", "9012", "3456", "7890")


def typed(keys: str, gap_ms: float, *, prefix: bool = True) -> str | None:
    """Feed a text as a burst with the same gap between all keys."""
    burst, found = Burst(), None
    pressed = [*([RULE.prefix] if prefix else []), *keys, RULE.suffix]
    for place, key in enumerate(pressed):
        found = burst.feed(key, place * gap_ms) or found
    return found


def test_a_scanners_burst_is_one_text() -> None:
    assert typed("12345678901234567890", 8) == "12345678901234567890"


def test_a_person_is_too_slow_to_be_a_scanner() -> None:
    assert typed("12345678901234567890", 50) is None


def test_a_burst_needs_its_prefix() -> None:
    assert typed("1234", 8, prefix=False) is None


def test_one_slow_key_spoils_the_burst_and_the_next_one_counts() -> None:
    burst = Burst()
    for key, at in ((RULE.prefix, 0), ("1", 8), ("2", 100), (RULE.suffix, 108)):
        assert burst.feed(key, at) is None
    for key, at in ((RULE.prefix, 200), ("Shift", 204), ("A", 208)):
        assert burst.feed(key, at) is None
    assert burst.feed(RULE.suffix, 216) == "A"


def test_the_screens_script_goes_by_the_same_numbers() -> None:
    assert for_script() == {"prefix": "F13", "suffix": "Enter", "gap_ms": 50, "longest": 512}


@given(st.lists(st.integers(1, 9)))
def test_a_serial_scanners_bytes_may_be_cut_anywhere(cuts: list[int]) -> None:
    raw, reader, found = b"\x02one\r\ntwo\r\r\n\x02three\n", LineReader(), []
    for size in cuts:
        found += reader.feed(raw[:size])
        raw = raw[size:]
    assert [*found, *reader.feed(raw)] == ["one", "two", "three"]


def test_a_line_without_an_end_is_given_up() -> None:
    reader = LineReader()
    assert reader.feed(b"x" * 5_000) == []
    assert reader.feed(b"12345678903\r") == ["12345678903"]
