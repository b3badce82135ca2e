"""The meter archive: entries are added, changed, deleted, asked for and answered."""

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.archive import (
    ArchiveEntry,
    build_archive,
    build_archive_answer,
    build_archive_query,
    changed,
    deletion,
    parse_archive,
    parse_archive_answer,
    parse_archive_query,
)
from meters_io.gdw1376.link import build_denial
from meters_io.gdw1376.message import read_message, write_message
from meters_io.gdw1376.passage import Route
from tests.meters_io.gdw1376.asked import ROUTE, TAGGED, TERMINAL, over_the_wire, published

_DIGITS = st.text(string.digits, min_size=12, max_size=12)
_HALF = st.integers(0, 15)
_BYTE = st.integers(0, 255)
ENTRIES = st.builds(
    ArchiveEntry,
    sequence=st.integers(1, 2040),
    point=st.integers(0, 2040),
    address=_DIGITS,
    port=st.integers(0, 31),
    baud=st.sampled_from([0, 600, 1200, 2400, 4800, 7200, 9600, 19200]),
    protocol=_BYTE,
    password=st.binary(min_size=6, max_size=6),
    tariffs=_BYTE,
    whole_digits=st.integers(4, 7),
    decimals=st.integers(1, 4),
    collector=st.none() | _DIGITS,
    user_class=_HALF,
    sub_class=_HALF,
)
TWO = (
    ArchiveEntry(2, 2, "201000000012", user_class=5, sub_class=1),
    ArchiveEntry(3, 3, "151230011061", user_class=5, sub_class=1),
)


def test_the_published_order_is_built_and_read() -> None:
    sample = published("c-F10-two")
    assert parse_archive(sample) == TWO
    assert build_archive(Route(TERMINAL, 3, tail=TAGGED), TWO) == sample


@given(st.lists(ENTRIES, max_size=6).map(tuple))
def test_any_entries_arrive_as_they_were_sent(entries: tuple[ArchiveEntry, ...]) -> None:
    assert parse_archive(over_the_wire(build_archive(ROUTE, entries))) == entries


@given(st.lists(ENTRIES, max_size=6).map(tuple))
def test_any_archive_is_answered_as_it_is(entries: tuple[ArchiveEntry, ...]) -> None:
    asked = over_the_wire(build_archive_query(ROUTE, [entry.sequence for entry in entries]))
    assert parse_archive_query(asked) == tuple(entry.sequence for entry in entries)
    assert parse_archive_answer(over_the_wire(build_archive_answer(asked, entries)), asked) == entries


def test_an_entry_is_added_changed_and_deleted() -> None:
    archive = changed({}, TWO)
    assert list(archive) == [2, 3]
    moved = replace(TWO[0], port=2, baud=2400)
    assert changed(archive, [moved])[2] == moved
    assert changed(archive, [deletion(TWO[0])]) == {3: TWO[1]}
    assert changed(archive, [deletion(ArchiveEntry(9, 9, "0" * 12))]) == archive


def test_the_password_of_a_meter_is_not_shown() -> None:
    assert "secret" not in repr(ArchiveEntry(1, 1, "0" * 12, password=b"secret"))


def test_a_terminal_without_entries_denies() -> None:
    asked = build_archive_query(ROUTE, [7])
    assert parse_archive_answer(build_denial(asked), asked) == ()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"baud": 300}, "entries.1.baud"),
        ({"port": 32}, "entries.1.port"),
        ({"whole_digits": 3}, "entries.1.whole_digits"),
        ({"decimals": 5}, "entries.1.decimals"),
        ({"user_class": 16}, "entries.1.user_class"),
        ({"address": "12"}, "units.0.1.address"),
        ({"tariffs": 256}, "units.0.1.tariffs"),
    ],
)
def test_what_an_entry_cannot_hold_is_named(wrong: dict[str, int], field: str) -> None:
    with pytest.raises(LocalError) as caught:
        build_archive(ROUTE, [TWO[0], replace(TWO[1], **wrong)])  # type: ignore[arg-type]
    assert caught.value.field == field


def test_an_address_that_is_no_number_is_named() -> None:
    message = read_message(published("c-F10-two"))
    entries = message.units[0].value
    assert isinstance(entries, list)
    first = entries[0]
    assert isinstance(first, dict)
    first["address"] = None
    with pytest.raises(RemoteError) as caught:
        parse_archive(write_message(message))
    assert (caught.value.code, caught.value.field) == ("not_bcd", "entries.0.address")
