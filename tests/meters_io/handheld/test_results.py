"""What a hand-held brings back: each wrong row is named and hurts no other."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.handheld.results import Fault, Result, State, read_results, result_from_row, result_to_row
from tests.meters_io.handheld import strategies
from tests.meters_io.samples import CHINA

METER, OTHER = "201000000012", "201000000099"
ISSUED = {"C-1": METER, "C-2": OTHER, "C-3": METER}
DONE = Result("C-1", METER, State.DONE, datetime(2026, 11, 21, 3, 0, tzinfo=UTC), "", 9_900, 8)
ROW = result_to_row(DONE, CHINA)
SILENT = result_to_row(Result("C-2", OTHER, State.NO_ANSWER), CHINA)


@given(strategies.RESULTS)
def test_every_result_is_read_as_it_was_written(result: Result) -> None:
    assert result_from_row(result_to_row(result, CHINA), CHINA) == result


def test_a_result_is_a_row_that_people_can_read() -> None:
    assert ROW == {
        "CMD_ID": "C-1",
        "METER": METER,
        "STATE": "1",
        "AT": "20261121110000",
        "REFUSAL": "",
        "BALANCE": "99.00",
        "COUNT": "8",
        "RELAY": "",
        "LIMIT": "",
        "NEWEST": "",
    }


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"CMD_ID": "C-9"}, "unknown_command", "CMD_ID"),
        ({"CMD_ID": ""}, "unknown_command", "CMD_ID"),
        ({"METER": OTHER}, "wrong_meter", "METER"),
        ({"METER": "meter"}, "not_digits", "METER"),
        ({"STATE": "7"}, "bad_state", "STATE"),
        ({"STATE": ""}, "bad_state", "STATE"),
        ({"AT": ""}, "bad_date", "AT"),
        ({"AT": "20260230000000"}, "bad_date", "AT"),
        ({"REFUSAL": "oops"}, "not_hex", "REFUSAL"),
        ({"BALANCE": "much"}, "bad_number", "BALANCE"),
        ({"RELAY": "0G50"}, "not_hex", "RELAY"),
        ({"LIMIT": "-1"}, "bad_number", "LIMIT"),
        ({"COUNT": "8.5"}, "bad_number", "COUNT"),
        ({"COUNT": "１"}, "bad_number", "COUNT"),
    ],
)
def test_a_wrong_row_is_named_with_its_column_and_the_others_count(
    changed: dict[str, str], code: str, field: str
) -> None:
    found = read_results([SILENT, {**ROW, **changed}, ROW], ISSUED, CHINA)
    assert [result.command for result in found.results] == ["C-2", "C-1"]
    assert [(fault.row, fault.code, fault.field) for fault in found.faults] == [(2, code, field)]


def test_a_row_without_a_column_is_named() -> None:
    found = read_results([{"CMD_ID": "C-1"}, SILENT], ISSUED, CHINA)
    assert [(fault.row, fault.code, fault.field) for fault in found.faults] == [(1, "no_column", "STATE")]
    assert len(found.results) == 1


def test_the_same_answer_twice_counts_once() -> None:
    found = read_results([ROW, SILENT, ROW], ISSUED, CHINA)
    assert found.results == (DONE, Result("C-2", OTHER, State.NO_ANSWER))
    assert found.faults == (Fault(3, "CMD_ID", "answered_twice", "as row 1"),)


def test_two_answers_that_differ_do_not_count_at_all() -> None:
    found = read_results([ROW, SILENT, {**ROW, "STATE": "2"}], ISSUED, CHINA)
    assert [result.command for result in found.results] == ["C-2"]
    assert [(fault.row, fault.code) for fault in found.faults] == [(1, "contradicts"), (3, "contradicts")]


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(list(ROW)),
            st.text(max_size=20) | st.sampled_from(["C-1", "C-2", METER, "1", "20261121110000"]),
        ).map(lambda changed: {**ROW, **changed}),
        max_size=8,
    )
)
def test_every_row_is_a_result_or_a_fault_and_each_command_counts_once(rows: list[dict[str, str]]) -> None:
    found = read_results(rows, ISSUED, CHINA)
    assert len({result.command for result in found.results}) == len(found.results) == len(set(found.rows))
    assert all(
        rows[row - 1]["CMD_ID"].strip(" \0") == result.command
        for row, result in zip(found.rows, found.results, strict=True)
    )
    assert len(found.results) + len(found.faults) == len(rows)
    assert [fault.row for fault in found.faults] == sorted({fault.row for fault in found.faults})
