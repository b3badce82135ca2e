"""The columns of a file that says how meters hang (SPEC H-15)."""

from collections.abc import Mapping

from app.csv_files import number_of
from app.domain.archive_file import RowFault
from app.domain.hanging_file import Wish
from app.services.archive import cells as cell
from app.services.archive.cells import NAMES, Wrong
from app.services.archive.sheet import Layout


def _wish(row: int, cells: Mapping[str, str]) -> Wish:
    typed = cells.get("meter", "")
    if not typed:
        raise Wrong(RowFault.NO_NUMBER, "meter")
    number = number_of(typed)
    if number is None:
        raise Wrong(RowFault.NUMBER_BAD, "meter", typed)
    return Wish(
        row,
        number,
        line=cell.line(cells),
        port=cell.port(cells),
        protocol=cell.protocol(cells),
        baud=cell.baud(cells),
        collector=cell.collector(cells),
        point=cell.point(cells),
    )


METERS = Layout(
    names={
        "meter": ("meter", "meter number", "meter_number", "meter no.", "电表", "表号", "电表号"),
        "line": ("line", "on what it hangs", "接入线路", "线路", "接入"),
        "port": NAMES["port"],
        "protocol": NAMES["protocol"],
        "baud": NAMES["baud"],
        "collector": ("collector", "collector or module", "采集器", "采集器或模块", "采集器或模块地址"),
        "point": NAMES["point"],
    },
    key="meter",
    wish=_wish,
)
