"""What a row of a file of master meters means beside what is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.archive import FIRST_POINT, LAST_POINT, STANDARD, ArchiveTerms, Hanging, Line, Protocol
from app.domain.master_file import (
    MasterRow,
    MasterStanding,
    changed,
    is_name,
    made,
    read_master,
    read_place,
    spelled_place,
)

_ADDRESS = "999900000001"
_NOW = MasterStanding("3201-00001", "Lamp  Street 1", Hanging(_ADDRESS, Line.RS485, 2, Protocol.DLT645_1997, 2400), 9)


def test_a_new_one_is_as_usual_where_its_row_says_nothing() -> None:
    terms = ArchiveTerms(wired_ports=(3, 4), master_port=4)
    new = made(MasterRow(2, _ADDRESS), "3201-00001", "Lamp Street 1", terms)
    assert new.hanging == Hanging(_ADDRESS, Line.RS485, 4, Protocol.DLT645_2007, 0)
    assert new.point is None
    said = MasterRow(2, _ADDRESS, port=3, protocol=Protocol.DLT645_1997, baud=1200, point=7)
    assert made(said, "3201-00001", "A", STANDARD).spelled == "3201-00001 3 dlt645_1997 1200 7 A"


def test_of_one_that_is_there_what_its_row_does_not_say_stays() -> None:
    assert changed(MasterRow(2, _ADDRESS), _NOW) == _NOW
    new = changed(MasterRow(2, _ADDRESS, name="Main", baud=0), _NOW)
    assert new.spelled == "3201-00001 2 dlt645_1997 0 9 Main"


@given(
    name=st.text(min_size=1).filter(is_name),
    port=st.integers(1, 31),
    protocol=st.sampled_from(Protocol),
    point=st.none() | st.integers(FIRST_POINT, LAST_POINT),
)
def test_a_master_meter_reads_back_as_it_was_spelled(
    name: str, port: int, protocol: Protocol, point: int | None
) -> None:
    standing = MasterStanding("0101-65535", name, Hanging(_ADDRESS, Line.RS485, port, protocol, 0), point)
    assert read_master(_ADDRESS, standing.spelled) == standing


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("3201-00001", "3201-00001"),
        ("3201-1", "3201-00001"),
        ("320100001", "3201-00001"),
        ("10165535", "0101-65535"),
        ("3201-65536", None),
        ("3201-0", None),
        ("3201", None),
        ("Lamp Street 1", None),
        ("３２０１-1", None),
    ],
)
def test_the_address_of_a_concentrator_is_read_as_it_is_typed(typed: str, meant: str | None) -> None:
    assert read_place(typed) == meant


def test_a_concentrators_address_reads_back_as_it_is_spelled() -> None:
    assert read_place(spelled_place("0001", 7)) == "0001-00007"


def test_a_name_is_one_line_and_not_too_long() -> None:
    assert is_name("台区总表 1")
    assert not any(is_name(each) for each in ("", " a", "a\nb", "a" * 61, "\x00"))
