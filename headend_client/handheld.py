"""Files of hand-held readers: dBASE III, Chinese text in GBK, written and read with the `dbf` library.

What stands in them is `meters_io.handheld`'s. A file that cannot be read as a whole is refused with RemoteError
`bad_file`; of one that can, each wrong row is named and the others count.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import dbf

from meters_io.errors import LocalError, RemoteError
from meters_io.handheld.cells import Row
from meters_io.handheld.columns import COMMANDS, MAX_ROWS, RESULTS, Column, Kind
from meters_io.handheld.commands import (
    Act,
    Command,
    OverdraftLimit,
    Purchase,
    Tokens,
    command_from_row,
    command_to_row,
)
from meters_io.handheld.results import Import, Result, State, read_results, result_to_row

__all__ = [  # the words of the rows come through here
    "Act",
    "Command",
    "OverdraftLimit",
    "Purchase",
    "RemoteError",
    "Result",
    "State",
    "Tokens",
    "import_results",
    "read_commands",
    "read_result_rows",
    "read_results",
    "read_rows",
    "write_commands",
    "write_results",
]

T = TypeVar("T")
MAX_BYTES = 64 << 20
_GBK = "cp936"  # the name of its Windows form, which is what the header of the file can say
_DBASE_3 = 3
_HEADER_BYTES = 32  # and as many for each column
_END_OF_COLUMNS = 0x0D


def write_commands(path: Path, commands: Iterable[Command], zone: tzinfo) -> int:
    """Write a file of commands, whole or not at all, over one that is there; return how many stand in it.

    Raises LocalError: `too_many`, `same_command` (one id twice), and as `command_to_row`.
    """
    rows = [command_to_row(command, zone) for command in _limited(commands)]
    if len({row["CMD_ID"] for row in rows}) != len(rows):
        raise LocalError("two commands have one number", code="same_command", field="CMD_ID")
    return _write(path, COMMANDS, rows)


def read_commands(path: Path, zone: tzinfo) -> list[Command]:
    """Read a file of commands, as a hand-held does. Raises RemoteError, of a wrong row too."""
    return [command_from_row(row, zone) for row in read_rows(path, COMMANDS)]


def write_results(path: Path, results: Iterable[Result], zone: tzinfo) -> int:
    """Write a file of results, as a hand-held does. Raises LocalError."""
    return _write(path, RESULTS, [result_to_row(result, zone) for result in _limited(results)])


def import_results(path: Path, issued: Mapping[str, str], zone: tzinfo) -> Import:
    """Read a file of results; `issued` gives the meter of each command that was handed out.

    Raises RemoteError `bad_file`: no dBASE III file, cut off, another length than its header says, a wrong column, or
    more than 100,000 rows.
    """
    return read_results(read_rows(path, RESULTS), issued, zone)


def read_result_rows(path: Path) -> list[Row]:
    """Return the rows of a file of results, text as it stands. Raises RemoteError `bad_file`."""
    return list(read_rows(path, RESULTS))


def read_rows(path: Path, columns: tuple[Column, ...]) -> Iterator[Row]:
    """Yield the rows of a file that has at least these columns, those marked as deleted left out; text as it stands.

    A character that is not GBK comes as U+FFFD. Raises RemoteError `bad_file`.
    """
    with _understood():
        _check_header(path)
        table = dbf.Table(
            os.fspath(path), codepage=_GBK, unicode_errors="replace", default_data_types={"N": _as_it_stands}
        )
        with closing(table.open(dbf.READ_ONLY)):  # `with table` would open it again, for writing
            _check_columns(table, columns)
            for record in table:
                if not dbf.is_deleted(record):
                    yield {column.name: str(record[column.name]) for column in columns}


def _check_header(path: Path) -> None:
    """Refuse a file whose size is not what its header says, before anybody believes the header."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(0xFFFF)
    if len(head) < _HEADER_BYTES or head[0] != _DBASE_3:
        raise RemoteError("this is no dBASE III file without memos", code="bad_file")
    rows, start, width = (int.from_bytes(head[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    if rows > MAX_ROWS or size > MAX_BYTES:
        raise RemoteError(f"a file has at most {MAX_ROWS:,} rows", code="bad_file")
    if size - start - rows * width not in (0, 1):  # 1AH may end it
        raise RemoteError(f"{rows} rows are announced, and the file has another length", code="bad_file")
    if start % _HEADER_BYTES != 1 or head[start - 1] != _END_OF_COLUMNS:
        raise RemoteError("the list of columns does not end where it should", code="bad_file")


def _check_columns(table: dbf.Table, columns: tuple[Column, ...]) -> None:
    names = list(table.field_names)
    if len(set(names)) != len(names):
        raise RemoteError("a column is there twice", code="bad_file")
    for column in columns:
        if column.name not in names:
            raise RemoteError("the column is missing", code="bad_file", field=column.name)
        if chr(table.field_info(column.name).field_type) != column.kind:
            raise RemoteError(f"the column is not of type {column.kind}", code="bad_file", field=column.name)


def _write(path: Path, columns: tuple[Column, ...], rows: list[dict[str, str]]) -> int:
    """Write beside `path` and put it into its place when it is whole."""
    with TemporaryDirectory(dir=path.parent, prefix=".handheld-") as folder:
        new = Path(folder) / "new.dbf"
        table = dbf.Table(os.fspath(new), [_spec(column) for column in columns], codepage=_GBK, dbf_type="db3")
        with closing(table.open(dbf.READ_WRITE)):
            for row in rows:
                table.append({column.name: _value(column, row[column.name]) for column in columns})
        new.replace(path)
    return len(rows)


def _spec(column: Column) -> str:
    size = f"{column.width},{column.decimals}" if column.kind is Kind.NUMBER else f"{column.width}"
    return f"{column.name} {column.kind}({size})"


def _value(column: Column, text: str) -> str | Decimal | None:
    if column.kind is Kind.TEXT:
        return text
    return Decimal(text) if text else None


def _limited(things: Iterable[T]) -> Iterator[T]:
    for number, thing in enumerate(things, 1):
        if number > MAX_ROWS:
            raise LocalError(f"a file has at most {MAX_ROWS:,} rows", code="too_many")
        yield thing


def _as_it_stands(raw: bytes = b"") -> str:
    """Return a number as the file has it: what is none is for the reader of the row to name."""
    return raw.decode("ascii", "replace").strip()


@contextmanager
def _understood() -> Iterator[None]:
    """Turn whatever the library stumbles over into one error."""
    try:
        yield
    except (RemoteError, OSError):
        raise
    except (dbf.DbfError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
        raise RemoteError(f"this file cannot be read: {error}", code="bad_file") from error
