"""The command around the runner: two files in, lines and an exit code out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from meters_io.conformance.frames import bytes_in
from meters_io.conformance.runner import run
from meters_io.conformance.shape import Entry, Family, parse
from meters_io.conformance.verdict import lines
from meters_io.dlt645 import frame as dlt645
from meters_io.errors import CodecError, RemoteError
from meters_io.gdw1376 import frame as gdw1376
from meters_io.sts.ciphers.sta import StaTables, parse_tables

_Say = Callable[[str], None]


def conform(family: Family, file: Path, sta_tables: Path | None, say: _Say) -> int:
    """Run a file and say what became of it, line by line. Return the exit code."""
    try:
        tables = None if sta_tables is None else _tables_in(sta_tables)
        entries = parse(_read(file), family)
        _check_family(entries, family)
    except CodecError as error:
        say(f"{error.field or file}: {error}")
        return 2
    verdicts = tuple(run(entries, family, tables))
    for line in lines(verdicts):
        say(line)
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise RemoteError(f"cannot be read: {error.strerror or error}", code="bad_file", field=str(file)) from None


def _tables_in(file: Path) -> StaTables:
    try:
        return parse_tables(_read(file).decode())
    except UnicodeDecodeError:
        raise RemoteError("these are no tables: not even text", code="sta_tables", field=str(file)) from None
    except CodecError as error:
        error.field = str(file)
        raise


def _check_family(entries: tuple[Entry, ...], family: Family) -> None:
    """Say so at once where a whole file is about the other of the two frame protocols."""
    decoders: dict[Family, Callable[[bytes], object]] = {
        Family.DLT645: dlt645.decode,
        Family.GDW1376: gdw1376.decode,
    }
    if family not in decoders or any(_is_read(entry, decoders[family]) for entry in entries):
        return
    for other, decode in decoders.items():
        if other is not family and all(_is_read(entry, decode) for entry in entries):
            raise RemoteError(f"these are frames of {other}, not of {family}", code="bad_file")


def _is_read(entry: Entry, decode: Callable[[bytes], object]) -> bool:
    try:
        decode(bytes_in(entry))
    except CodecError:
        return False
    return True
