"""What the bytes of each item mean, and that they are written as they were read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.bits import bcd_to_bytes
from meters_io.dlt645 import reads
from meters_io.dlt645.commands import COMMANDS
from meters_io.dlt645.items import ITEMS, item_of
from meters_io.dlt645.items.shape import PLACES
from meters_io.dlt645.names import Item, Security
from meters_io.dlt645.reads import Register
from meters_io.dlt645.status import status_from_bytes
from meters_io.errors import CodecError, LocalError, RemoteError
from meters_io.layout import Plain, Unreadable, read_all, write_all
from tests.meters_io.dlt645.strategies import identifiers


def read(di: int, hexed: str) -> Plain:
    item = item_of(di)
    assert item is not None
    raw = bytes.fromhex(hexed)
    value = read_all(item.form, raw)
    assert write_all(item.form, value) == raw
    return value


@pytest.mark.parametrize(
    ("di", "raw", "value"),
    [
        (0x00010000, "56341200", Decimal("1234.56")),
        (0x00000000, "56341280", Decimal("-1234.56")),
        (0x0001FF00, "5634120011111100ffffffff", [Decimal("1234.56"), Decimal("1111.11"), None]),
        (0x0001020C, "00000000", Decimal("0.00")),
        (0x00900200, "56980100", Decimal("198.56")),
        (0x009001FF, "5698010000000000", [Decimal("198.56"), Decimal("0.00")]),
        (0x009002FF, "5698010000000000", [Decimal("198.56"), Decimal("0.00")]),
        (0x000B00FF, "0100000002000000", [Decimal("0.01"), Decimal("0.02")]),
        (0x000B0001, "01000000", Decimal("0.01")),
        (0x02010100, "0110", Decimal("100.1")),
        (0x0201FF00, "0110ffffffff", [Decimal("100.1"), None, None]),
        (0x02020100, "563482", Decimal("-23.456")),
        (0x0203FF00, "563412" * 4, [Decimal("12.3456")] * 4),
        (0x02060300, "0090", Decimal("-1.000")),
        (0x02800001, "341200", Decimal("1.234")),
        (0x02800002, "0050", Decimal("50.00")),
        (0x02800007, "3582", Decimal("-23.5")),
        (0x02800020, "53560000", Decimal("0.5653")),
        (0x02800022, "0500", 5),
        (0x04000101, "05201126", "26112005"),
        (0x0400010C, "56341205201126", "26112005123456"),
        (0x04000108, "0000010127", "2701010000"),
        (0x04000204, "04", 4),
        (0x04000306, "010000", 1),
        (0x04000404, "56302e303232", "220.0V"),
        (0x04000404, "ffffffffffff", None),
        (0x04000407, "00302e31", "1.0"),
        (0x04000409, "001200", 1200),
        (0x04000508, "01020304", "04030201"),
        (0x04000FFF, "0020000000050000", [Decimal("20.00"), Decimal("5.00")]),
        (0x04001004, "00002000", Decimal("2000.00")),
        (0x040010FF, "0020000000050000ffffffff", [Decimal("20.00"), Decimal("5.00"), None]),
        (0x04001401, "1000", 10),
        (0x04001402, "000030", Decimal("300.000")),
        (0x04001404, "30", 30),
        (0x040501FF, "53560000" * 2, [Decimal("0.5653")] * 2),
        (0x050601FF, "00010000", [Decimal("1.00")]),
        (0x05060001, "0000091015", "1510090000"),
        (0x0506013E, "56341200", [Decimal("1234.56")]),
        (0x03330201, "0200", 2),
        (0x1D000001, "120000", 12),
        (0x1E000102, "563412201126", "261120123456"),
        (0x03300D00, "030000", 3),
    ],
)
def test_items_read_as_the_table_says(di: int, raw: str, value: Plain) -> None:
    assert read(di, raw) == value


def test_the_whole_purchase_record_has_23_bytes() -> None:
    raw = "3009201126" + "0200" + "00500000" + "99990000" + "99490100" + "00500100"
    assert read(0x0333FF01, raw) == {
        "at": "2611200930",
        "count": 2,
        "amount": Decimal("50.00"),
        "before": Decimal("99.99"),
        "after": Decimal("149.99"),
        "in_all": Decimal("150.00"),
    }


def test_the_step_table_says_by_its_length_how_many_steps_it_has() -> None:
    raw = "00200100" + "00400000" + "00500000" + "000101" * 4
    assert read(0x040604FF, raw) == {
        "steps": [Decimal("120.00")],
        "prices": [Decimal("0.4000"), Decimal("0.5000")],
        "settled_on": ["010100"] * 4,
    }


def test_the_whole_daily_freeze_is_told_apart_by_its_length() -> None:
    one, other = "00100000", "00200000"
    assert read(0x0506FF01, "0000091015" + one * 2 + other * 2) == {
        "at": "1510090000",
        "forward": [Decimal("10.00")] * 2,
        "reverse": [Decimal("20.00")] * 2,
    }
    whole = read(0x0506FF01, "0000091015" + one * 16 + ("000010" + "0000091015") * 4 + "000010" * 8)
    assert isinstance(whole, dict)
    assert whole["quadrant_4"] == [Decimal("10.00")] * 2
    assert whole["reverse_demand"] == [{"demand": Decimal("10.0000"), "at": "1510090000"}] * 2
    assert whole["powers"] == [Decimal("10.0000")] * 8
    assert read(0x0506FF01, "0000091015" + "aa" * 7) == {"at": "1510090000", "registers": "aa" * 7}


def test_the_frozen_balance_is_told_apart_by_its_length() -> None:
    short = read(0x05080201, "0200" + "9949010000")
    assert short == {"count": 2, "money": Decimal("149.99")}
    long = read(0x05080201, "0200" + "99490100" + "00000000")
    assert long == {"count": 2, "balance": Decimal("149.99"), "overdraft": Decimal("0.00")}


def test_a_trip_is_a_moment_or_the_whole_record() -> None:
    assert read(0x1D000101, "000030091126") == "261109300000"
    whole = read(0x1D000101, "000030091126" + "01000000" + "00100000")
    assert whole == {"at": "261109300000", "operator": "00000001", "registers": [Decimal("10.00")]}


def test_records_of_openings_and_programmings_are_read() -> None:
    opening = read(0x03300D01, "000030091126" * 2 + "00100000" * 12)
    assert isinstance(opening, dict)
    assert opening["before"] == opening["after"] == [Decimal("10.00")] * 6
    programming = read(0x03300001, "000030091126" + "01000000" + "01100004" * 10)
    assert isinstance(programming, dict)
    assert programming["items"] == ["04001001"] * 10


@pytest.mark.parametrize(
    ("di", "raw", "words"),
    [
        (0x04000501, "0440", ["clock_battery_low", "overdraft"]),
        (0x04000502, "0800", ["bit_3"]),
        (0x04000504, "8101", ["voltage_loss", "phase_break", "current_break"]),
        (0x04000507, "0006", ["cover_open", "terminal_cover_open"]),
    ],
)
def test_status_words_name_the_bits_that_are_set(di: int, raw: str, words: list[Plain]) -> None:
    assert read(di, raw) == words


def test_status_word_3_says_relay_and_credit() -> None:
    word = read(0x04000503, "d0b2")
    assert isinstance(word, dict)
    assert (word["relay"], word["relay_command"], word["alarm"], word["prepay"]) == ("open", "open", "yes", "money")
    assert (word["keep_power"], word["authenticated"], word["local_account"]) == ("yes", "yes", "opened")
    assert word["remote_account"] == "not_opened"


def test_all_seven_status_words_come_in_one_block() -> None:
    block = read(0x040005FF, "0000" * 2 + "5000" + "0000" * 4)
    assert isinstance(block, dict)
    assert list(block) == [f"word_{number}" for number in range(1, 8)]


def test_digits_that_are_none_are_kept_and_not_guessed_at() -> None:
    assert read(0x00010000, "00000e00") == Unreadable(bytes.fromhex("00000e00"))


@pytest.mark.parametrize(
    ("di", "title"),
    [
        (0x02010100, "voltage, phase A"),
        (0x0203FF00, "active power, total and every phase"),
        (0x00010000, "forward active energy, total"),
        (0x00010203, "forward active energy, tariff 2, 3 settlements ago"),
        (0x0001FF00, "forward active energy, total and every tariff"),
        (0x03330201, "purchase of money: count after it, the newest"),
    ],
)
def test_titles_speak_of_the_one_item(di: int, title: str) -> None:
    item = item_of(di)
    assert item is not None
    assert item.title == title


@pytest.mark.parametrize("di", [0x02010400, 0x0333020B, 0x00014000, 0x0001000D, 0x05060140, 0x12345678, 0x40000000])
def test_what_is_not_in_the_table_is_not_known(di: int) -> None:
    assert item_of(di) is None


def test_whatever_the_typed_verbs_use_is_in_the_tables() -> None:
    assert [item.name for item in Item if item_of(item) is None] == []
    assert [command.name for command in Security if command not in COMMANDS] == []


@given(st.integers(0, 0xFFFF))
def test_the_typed_status_word_says_what_the_table_says(number: int) -> None:
    raw = number.to_bytes(2, "little")
    typed, word = status_from_bytes(raw), read(Item.STATUS_3, raw.hex())
    assert isinstance(word, dict)
    assert (typed.relay_open, typed.relay_command_open) == (word["relay"] == "open", word["relay_command"] == "open")
    assert (typed.alarm, typed.keep_power) == (word["alarm"] == "yes", word["keep_power"] == "yes")
    assert typed.prepay_kind == (word["prepay"] if isinstance(word["prepay"], str) else "unknown")
    assert typed.authenticated == (word["authenticated"] == "yes")
    assert typed.local_account_opened == (word["local_account"] == "opened")
    assert typed.remote_account_opened == (word["remote_account"] == "opened")


@pytest.mark.parametrize(
    "register", [reads.BALANCE, reads.ALARM_1, reads.HOARD_LIMIT, reads.PURCHASE_AMOUNT, reads.PRICE_NOW, reads.ENERGY]
)
@given(number=st.integers(0, 99_999_999))
def test_the_typed_registers_read_what_the_table_reads(register: Register[int | None], number: int) -> None:
    raw = bcd_to_bytes(number, 4)
    steps = {reads.PRICE_NOW: 10_000, reads.ENERGY: 1_000}.get(register, 100)
    typed = register.from_bytes(raw)
    assert typed is not None
    assert Decimal(typed) / steps == read(register.di, raw.hex())


def test_patterns_are_eight_places_and_no_two_are_alike() -> None:
    assert len({item.pattern for item in ITEMS}) == len(ITEMS)
    for item in ITEMS:
        pairs = [item.pattern[at : at + 2] for at in range(0, 8, 2)]
        assert all(pair in PLACES or pair == f"{int(pair, 16):02X}" for pair in pairs), item.pattern


@given(identifiers(), st.binary(max_size=70))
def test_whatever_an_item_reads_is_written_as_it_came(di: int, raw: bytes) -> None:
    item = item_of(di)
    assert item is not None
    try:
        value = read_all(item.form, raw)
    except CodecError as error:
        assert isinstance(error, RemoteError)
        return
    assert write_all(item.form, value) == raw


NONSENSE: st.SearchStrategy[Plain] = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.decimals() | st.builds(Unreadable, st.binary(max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["at", "steps", "count"]), inner),
)


@given(identifiers(), NONSENSE)
def test_what_is_no_value_of_an_item_is_our_error(di: int, value: Plain) -> None:
    item = item_of(di)
    assert item is not None
    try:
        raw = write_all(item.form, value)
    except CodecError as error:
        assert isinstance(error, LocalError)
        return
    assert write_all(item.form, read_all(item.form, raw)) == raw
