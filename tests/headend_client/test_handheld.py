"""Hand-held files on the disk: the library's own files both ways, and files that lie."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dbf
import pytest

from headend_client.handheld import import_results, read_commands, read_rows, write_commands, write_results
from meters_io.errors import CodecError, LocalError, RemoteError
from meters_io.handheld.columns import MAX_ROWS, RESULTS
from meters_io.handheld.commands import Act, Command, OverdraftLimit, Purchase, Tokens
from meters_io.handheld.results import Result, State
from tests.meters_io.samples import CHINA

METER = "201000000012"
LATER = datetime(2026, 12, 1, tzinfo=UTC)
COMMANDS = [
    Command("C-1", METER, Act.TRIP, "东区3栋2单元", LATER),
    Command("C-2", METER, Act.KEEP_POWER),
    Command("C-3", METER, OverdraftLimit(2_000)),
    Command("C-4", METER, Purchase(8, 5_000, "000000001234"), "西区"),
    Command("C-5", "01234567890", Tokens(("58625789986991357486", "42334201269947232996"))),
]
ISSUED = {command.id: command.meter for command in COMMANDS}
RESULT_ROWS = [
    Result("C-1", METER, State.DONE, LATER, "", 9_900, 8),
    Result("C-4", METER, State.REFUSED, LATER, "0020"),
    Result("C-5", "01234567890", State.NO_ANSWER),
]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "back.dbf"
    write_results(path, RESULT_ROWS, CHINA)
    return path


def test_commands_are_read_from_the_file_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "out.dbf"
    assert write_commands(path, COMMANDS, CHINA) == 5
    assert read_commands(path, CHINA) == COMMANDS
    assert [file.name for file in tmp_path.iterdir()] == ["out.dbf"]  # and nothing beside it


def test_a_file_says_that_its_chinese_is_gbk(tmp_path: Path) -> None:
    path = tmp_path / "out.dbf"
    write_commands(path, COMMANDS, CHINA)
    raw = path.read_bytes()
    assert raw[0] == 3  # dBASE III without memos
    assert raw[29] == 0x4D  # GBK
    assert "东区3栋2单元".encode("gbk") in raw


def test_results_are_imported_and_a_wrong_row_hurts_no_other(results: Path) -> None:
    assert import_results(results, ISSUED, CHINA).results == tuple(RESULT_ROWS)
    without_first = {name: meter for name, meter in ISSUED.items() if name != "C-1"}
    found = import_results(results, without_first, CHINA)
    assert found.results == tuple(RESULT_ROWS[1:])
    assert [(fault.row, fault.field, fault.code) for fault in found.faults] == [(1, "CMD_ID", "unknown_command")]


def test_a_number_that_is_none_is_named_by_row_and_column(results: Path) -> None:
    raw = results.read_bytes()
    results.write_bytes(raw.replace(b"     99.00", b"     9x.00"))
    found = import_results(results, ISSUED, CHINA)
    assert [(fault.row, fault.field, fault.code) for fault in found.faults] == [(1, "BALANCE", "bad_number")]
    assert len(found.results) == 2


def test_a_row_that_was_deleted_in_the_hand_held_does_not_count(results: Path) -> None:
    raw = bytearray(results.read_bytes())
    raw[int.from_bytes(raw[8:10], "little")] = ord("*")
    results.write_bytes(raw)
    assert import_results(results, ISSUED, CHINA).results == tuple(RESULT_ROWS[1:])


def _with(place: int, new: bytes) -> Callable[[bytes], bytes]:
    return lambda raw: raw[:place] + new + raw[place + len(new) :]


@pytest.mark.parametrize(
    "harm",
    [
        lambda raw: b"",
        lambda raw: raw[:20],
        lambda raw: raw[:60],
        lambda raw: raw[:-20],
        lambda raw: raw + raw,
        lambda raw: b"PK\x03\x04" + raw[4:],
        _with(0, b"\x83"),  # announces memos
        _with(4, (10**6).to_bytes(4, "little")),
        _with(4, (2).to_bytes(4, "little")),
        _with(8, (60_000).to_bytes(2, "little")),
        _with(8, (0).to_bytes(2, "little")),
        _with(10, (0).to_bytes(2, "little")),
        _with(10, (3).to_bytes(2, "little")),
        _with(32 + 11, b"M"),
        _with(32 + 11, b"Z"),
        _with(32, b"CMD_IX"),
        _with(32, b"METER\0"),  # twice
        _with(32 + 16, b"\0"),
    ],
    ids=range(18),
)
def test_a_file_that_lies_is_refused_as_a_whole(results: Path, harm: Callable[[bytes], bytes]) -> None:
    results.write_bytes(harm(results.read_bytes()))
    with pytest.raises(RemoteError) as caught:
        import_results(results, ISSUED, CHINA)
    assert caught.value.code == "bad_file"


def test_a_file_cut_or_changed_anywhere_is_read_or_refused_and_nothing_else(results: Path) -> None:
    raw = results.read_bytes()
    for place in range(0, len(raw), 3):
        for harmed in (raw[:place], raw[:place] + bytes((raw[place] ^ 0xA5,)) + raw[place + 1 :]):
            results.write_bytes(harmed)
            try:
                found = import_results(results, ISSUED, CHINA)
            except CodecError:
                continue
            assert len(found.results) + len(found.faults) <= len(RESULT_ROWS)


def test_a_column_of_another_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.dbf"
    specs = [f"{column.name} C(20)" for column in RESULTS]
    dbf.Table(str(path), specs, dbf_type="db3").open(dbf.READ_WRITE).close()
    with pytest.raises(RemoteError) as caught:
        import_results(path, ISSUED, CHINA)
    assert (caught.value.code, caught.value.field) == ("bad_file", "BALANCE")


def test_more_rows_than_a_file_may_have_are_refused_before_they_are_read(results: Path) -> None:
    raw = results.read_bytes()
    start, width = (int.from_bytes(raw[a : a + 2], "little") for a in (8, 10))
    rows = MAX_ROWS + 1
    head = raw[:4] + rows.to_bytes(4, "little") + raw[8:start]
    results.write_bytes(head + raw[start : start + width] * rows + b"\x1a")
    with pytest.raises(RemoteError, match="at most 100,000 rows"):
        next(iter(read_rows(results, RESULTS)))


def test_two_commands_of_one_number_are_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "out.dbf"
    write_commands(path, COMMANDS[:1], CHINA)
    with pytest.raises(LocalError) as caught:
        write_commands(path, [COMMANDS[1], COMMANDS[1]], CHINA)
    assert caught.value.code == "same_command"
    assert read_commands(path, CHINA) == COMMANDS[:1]


def test_more_commands_than_a_file_may_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError) as caught:
        write_results(tmp_path / "out.dbf", (RESULT_ROWS[0] for _ in range(MAX_ROWS + 1)), CHINA)
    assert caught.value.code == "too_many"


def test_a_file_that_is_not_there_is_no_codec_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        import_results(tmp_path / "none.dbf", ISSUED, CHINA)
