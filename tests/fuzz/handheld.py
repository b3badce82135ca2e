"""Files of hand-held readers: any bytes are rows or a `CodecError`; a row is a result, a fault, or no row at all."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from headend_client.handheld import import_results, read_commands, write_commands, write_results
from meters_io.errors import CodecError
from meters_io.handheld.columns import COMMANDS, RESULTS
from meters_io.handheld.commands import Act, Command, Order, Purchase, Tokens, command_from_row, command_to_row
from meters_io.handheld.results import Result, State, read_results
from tests.meters_io.samples import CHINA

METER = "201000000012"
_ISSUED = {"C-1": METER, "C-2": METER}
_LATER = datetime(2026, 12, 1, tzinfo=UTC)
_ORDERS: tuple[Order, ...] = (Act.TRIP, Purchase(8, 5_000, "000000001234"), Tokens(("58625789986991357486",)))


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="fuzz-handheld-")  # goes with the process


def check_file(raw: bytes) -> None:
    """Any file is imported or refused; each command counts once at most."""
    path = Path(_folder().name) / "file.dbf"
    path.write_bytes(raw)
    with suppress(CodecError):
        read_commands(path, CHINA)
    with suppress(CodecError):
        found = import_results(path, _ISSUED, CHINA)
        assert len({result.command for result in found.results}) == len(found.results) <= len(_ISSUED)


def check_rows(raw: bytes) -> None:
    """Any text in the cells is a row or a fault; a command that can be read is written as it can be read again."""
    cells = raw.decode("gbk", "replace").split("|")
    results = dict(zip((column.name for column in RESULTS), cells, strict=False))
    found = read_results([results, results], _ISSUED, CHINA)
    assert len(found.results) + len(found.faults) == 2
    with suppress(CodecError):
        command = command_from_row(dict(zip((column.name for column in COMMANDS), cells, strict=False)), CHINA)
        with suppress(CodecError):  # a place may hold what GBK cannot say
            assert command_from_row(command_to_row(command, CHINA), CHINA) == command


def files() -> list[bytes]:
    """Return one file of each kind."""
    path = Path(_folder().name) / "seed.dbf"
    write_results(path, [Result("C-1", METER, State.DONE, _LATER, "", 9_900, 8)], CHINA)
    results = path.read_bytes()
    write_commands(path, [Command(f"C-{number}", METER, order) for number, order in enumerate(_ORDERS)], CHINA)
    return [results, path.read_bytes()]


def rows() -> list[bytes]:
    """Return rows of both files, their cells between bars."""
    commands = [Command("C-1", METER, order, "东区3栋", _LATER) for order in _ORDERS]
    lines = ["|".join(command_to_row(command, CHINA).values()) for command in commands]
    return [line.encode("gbk") for line in (*lines, f"C-1|{METER}|1|20261121110000||99.00|8")]
