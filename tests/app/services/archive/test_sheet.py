"""A file that says how meters hang is read as spreadsheets write it; a row that cannot be used harms no other."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.archive import Line, Protocol
from app.domain.archive_file import RowFault
from app.domain.hanging_file import Wish
from app.services.archive import sheet
from app.services.archive.meter_sheet import METERS
from app.services.archive.sheet import Sheet, SheetRefused, SheetTrouble


def read(data: bytes) -> Sheet[Wish]:
    """Read a file that says how meters hang."""
    return sheet.read(data, METERS)


def test_it_is_read_in_either_language_and_with_any_order_of_columns() -> None:
    english = (
        b"port,meter,line,protocol,speed,collector,point,concentrator\n"
        b"2,201000000012,RS-485,DL/T 645-1997,2400,9,17,north\n"
    )
    chinese = (
        "端口;表号;接入线路;规约;波特率;采集器;测量点\n2;'201000000012;485;DL/T 645-1997 规约;2400;000000000009;17\n"
    ).encode("gb18030")
    wanted = Wish(2, "201000000012", Line.RS485, 2, Protocol.DLT645_1997, 2400, "000000000009", 17)
    for data in (english, chinese, english.decode().encode("utf-16")):
        assert read(data).wishes == [wanted]


def test_an_empty_cell_says_nothing_and_a_dash_takes_the_collector_away() -> None:
    found = read(b"meter,line,collector\n201000000012,,-\n201000000020,,\n").wishes
    assert found == [Wish(2, "201000000012", collector=""), Wish(3, "201000000020")]


def test_what_cannot_be_used_is_named_with_its_row_its_column_and_what_stood_there() -> None:
    data = b"meter,line,port,point\n,carrier,,\n12x4,,,\n2010,pigeon,,\n2011,,99,\n2012,,,1\n2013,,,\n2013,,,\n"
    broken = [(each.row, each.code, each.column, each.value) for each in read(data).broken]
    assert broken == [
        (2, RowFault.NO_NUMBER, "meter", ""),
        (3, RowFault.NUMBER_BAD, "meter", "12x4"),
        (4, RowFault.CELL_BAD, "line", "pigeon"),
        (5, RowFault.CELL_BAD, "port", "99"),
        (6, RowFault.POINT_BAD, "point", "1"),
        (8, RowFault.DUPLICATE, "meter", "7"),
    ]


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b" \n", SheetTrouble.EMPTY),
        (b"\x00\xff\x00", SheetTrouble.NOT_TEXT),
        (b"line,port\ncarrier,31\n", SheetTrouble.NO_COLUMNS),
        (b"meter\n201000000012\n", SheetTrouble.NO_COLUMNS),
        (b"meter,line\n" + b"x" * sheet.MOST_BYTES, SheetTrouble.TOO_LARGE),
        (b"meter,line\n" + b"1,\n" * (sheet.MOST_ROWS + 1), SheetTrouble.TOO_MANY),
    ],
    ids=["empty", "no text", "no meters", "nothing said", "too large", "too many"],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(data: bytes, trouble: SheetTrouble) -> None:
    with pytest.raises(SheetRefused) as refused:
        read(data)
    assert refused.value.trouble is trouble


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with suppress(SheetRefused):
        read(b"meter,line,port,protocol,baud,collector,point\n" + data)
