"""Registers by name: what goes into an item comes out of it in the same words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend_client.registers import REGISTERS, from_item, register_of, to_item
from headend_client.spelling import AsItIs, Pairs, Row, Said, Scaled, Steps, Words
from meters_io.dlt645.items import item_of
from meters_io.errors import LocalError
from meters_io.layout import Plain, Unreadable, read_all, write_all
from tests.each import each

SAMPLES: dict[type, st.SearchStrategy[Said]] = {
    Scaled: st.integers(0, 99),
    Row: st.lists(st.integers(0, 9999), min_size=1, max_size=4).map(lambda row: ",".join(map(str, row))),
    Pairs: st.lists(
        st.tuples(st.sampled_from(["0101", "0701", "1231"]), st.integers(1, 8)), min_size=1, max_size=8
    ).map(lambda rows: ",".join(f"{begins}={number}" for begins, number in rows)),
    Steps: st.lists(st.integers(1, 9999), max_size=4).map(
        lambda limits: ";".join(
            (
                ",".join(str(each * 1000) for each in limits),
                ",".join("5283" for _ in range(len(limits) + 1)),
                "010100,040100,070100,100100",
            )
        )
    ),
}
DIGITS = {"date": "26030201", "time": "090000", "clock": "26030201090000"}
WRITABLE = sorted(name for name, register in REGISTERS.items() if register.writable)


@given(st.data(), st.sampled_from(WRITABLE))
def test_what_is_written_reads_the_same(data: st.DataObject, name: str) -> None:
    register, item = register_of(name), item_of(register_of(name).di)
    assert item is not None
    if isinstance(register.spelling, AsItIs):
        said: Said = DIGITS.get(name, "2701010000")
    else:
        said = data.draw(SAMPLES[type(register.spelling)])
    raw = write_all(item.form, to_item(register, said))
    assert from_item(register, read_all(item.form, raw)) == said


def test_every_register_is_an_item_that_is_known() -> None:
    assert [name for name in REGISTERS if item_of(register_of(name).di) is None] == []


@each(sorted(REGISTERS))
def test_a_register_that_is_not_available_says_nothing_and_breaks_nothing(name: str) -> None:
    nothing: tuple[Plain, ...] = (None, Unreadable(b"\xff"), [])
    for value in nothing:
        assert from_item(REGISTERS[name], value) in (None, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alarm_1_minor", "20.00"),
        ("alarm_1_minor", None),
        ("alarm_1_minor", -1),
        ("alarm_1_minor", 10**8),
        ("prices_backup_e4", 5283),
        ("prices_backup_e4", "5283,-1"),
        ("prices_backup_e4", "5283;4000"),
        ("prices_switch_at", "26-03-02"),
        ("prices_switch_at", 2603020000),
        ("zones", "0101"),
        ("zones", "0101=one"),
        ("zones", "①101=1"),
        ("days_1", "0000=1,"),
        ("steps_backup", "1000;5283"),
        ("steps_backup", "1001;5283,6000;010100,040100,070100,100100"),
        ("steps_backup", "1000;5283;010100,040100,070100,100100"),
    ],
)
def test_what_a_register_cannot_hold_is_refused(name: str, value: Plain) -> None:
    with pytest.raises(LocalError):
        to_item(register_of(name), value)


def test_units_are_ours() -> None:
    assert from_item(REGISTERS["balance_minor"], Decimal("198.56")) == 19_856
    assert from_item(REGISTERS["energy_wh"], Decimal("12.34")) == 12_340
    assert from_item(REGISTERS["current_a_ma"], Decimal("-0.250")) == -250
    assert from_item(REGISTERS["prices_e4"], [Decimal("0.5283"), None]) == "5283,"
    assert from_item(REGISTERS["status_1"], ["overdraft", "clock_error"]) == "overdraft,clock_error"


def test_a_word_says_its_parts_or_one_of_them() -> None:
    word: Plain = {"relay": "open", "alarm": "no"}
    assert Words().say(word) == "relay=open,alarm=no"
    assert Words("relay").say(word) == "open"


def test_a_register_that_nobody_knows_is_named() -> None:
    with pytest.raises(LocalError, match="moon_phase"):
        register_of("moon_phase")
