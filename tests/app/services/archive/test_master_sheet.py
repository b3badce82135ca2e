"""A file of master meters is read as spreadsheets write it; what was not filled in says nothing."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from app.domain.archive import Protocol
from app.domain.archive_file import RowFault
from app.domain.master_file import MasterRow
from app.services.archive import sheet
from app.services.archive.master_sheet import MASTERS
from app.services.archive.sheet import Sheet, SheetRefused


def read(data: bytes) -> Sheet[MasterRow]:
    """Read a file of master meters."""
    return sheet.read(data, MASTERS)


def test_it_is_read_in_either_language_and_a_spreadsheets_lost_zeros_come_back() -> None:
    english = b"name,address,concentrator,port,protocol,baud,point,area\nLamp,99000001,10100001,2,1997,2400,7,North\n"
    chinese = "名称;地址;集中器;端口;规约;波特率;测量点\nLamp;'99000001;0101-1;2;DL/T 645-1997 规约;2400;7\n"
    wanted = MasterRow(2, "000099000001", "0101-00001", "Lamp", 2, Protocol.DLT645_1997, 2400, 7)
    for data in (english, chinese.encode("gb18030")):
        assert read(data).wishes == [wanted]


def test_a_row_of_the_template_that_was_not_filled_in_says_nothing() -> None:
    head = b"concentrator,address,name,port,protocol,baud,point,concentrator name,area\n"
    found = read(head + b"3201-00001,,,,,,,Lamp Street 1,Lamp Street\n3201-00002,,Second,,,,,Lamp Street 2,x\n,,,\n")
    assert (found.wishes, found.count) == ([], 1)
    assert [(each.row, each.code) for each in found.broken] == [(3, RowFault.NO_ADDRESS)]


def test_a_quote_that_keeps_a_spreadsheet_from_reckoning_is_none_of_the_name() -> None:
    found = read(b"address,name\n999900000001,'=A1\n999900000002,'A\n").wishes
    assert [each.name for each in found] == ["=A1", "'A"]


def test_what_cannot_be_used_is_named_with_its_row_its_column_and_what_stood_there() -> None:
    data = (
        b"address,name,concentrator,point\n12x4,A,,\n9999000000012,A,,\n999900000001,A,north,\n"
        b'999900000001,"A\nB",,\n999900000001,A,,1\n999900000001,A,,\n999900000001,A,,\n'
    )
    assert [(each.row, each.code, each.column, each.value) for each in read(data).broken] == [
        (2, RowFault.ADDRESS_BAD, "address", "12x4"),
        (3, RowFault.ADDRESS_BAD, "address", "9999000000012"),
        (4, RowFault.CONCENTRATOR_BAD, "concentrator", "north"),
        (5, RowFault.NAME_BAD, "name", "A\nB"),
        (7, RowFault.POINT_BAD, "point", "1"),
        (9, RowFault.DUPLICATE, "address", "8"),
    ]


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with suppress(SheetRefused):
        read(b"concentrator,address,name,port,protocol,baud,point\n" + data)
