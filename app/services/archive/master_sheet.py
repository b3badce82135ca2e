"""The columns of a file of master meters (SPEC H-15)."""

from collections.abc import Mapping

from app.csv_files import number_of
from app.domain.archive import DIGITS
from app.domain.archive_file import RowFault
from app.domain.master_file import MasterRow, is_name, read_place
from app.services.archive import cells as cell
from app.services.archive.cells import NAMES, Wrong
from app.services.archive.sheet import Layout

_RISKY = ("'=", "'+", "'-", "'@")


def _wish(row: int, cells: Mapping[str, str]) -> MasterRow:
    return MasterRow(
        row,
        _address(cells.get("address", "")),
        concentrator=cell.cell(cells, "concentrator", _place),
        name=cell.cell(cells, "name", _name),
        port=cell.port(cells),
        protocol=cell.protocol(cells),
        baud=cell.baud(cells),
        point=cell.point(cells),
    )


def _address(typed: str) -> str:
    if not typed:
        raise Wrong(RowFault.NO_ADDRESS, "address")
    digits = number_of(typed)
    if digits is None or len(digits) > DIGITS:
        raise Wrong(RowFault.ADDRESS_BAD, "address", typed)
    return digits.zfill(DIGITS)  # spreadsheets drop what they take for needless zeros


def _place(typed: str) -> str:
    found = read_place(typed.strip("'\"= \t"))
    if found is None:
        raise Wrong(RowFault.CONCENTRATOR_BAD, "concentrator", typed)
    return found


def _name(typed: str) -> str:
    name = typed[1:] if typed.startswith(_RISKY) else typed  # as our own lists keep spreadsheets from reckoning
    if not is_name(name):
        raise Wrong(RowFault.NAME_BAD, "name", typed)
    return name


MASTERS = Layout(
    names={
        "concentrator": ("concentrator", "concentrator address", "集中器", "集中器地址"),
        "address": ("address", "address on the line", "通信地址", "电表地址", "表地址", "地址"),
        "name": ("name", "master meter", "名称", "总表", "总表名称"),
        "port": NAMES["port"],
        "protocol": NAMES["protocol"],
        "baud": NAMES["baud"],
        "point": NAMES["point"],
    },
    key="address",
    wish=_wish,
    given=frozenset({"concentrator"}),
)
