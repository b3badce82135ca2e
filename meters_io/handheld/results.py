"""What a hand-held brings back: what became of each order, and which rows cannot be believed, and why.

A wrong row hurts no other. Two rows about one command count once where they say the same, and not at all where they
do not: which of them is true, only the meter knows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from meters_io.errors import CodecError, RemoteError
from meters_io.handheld import columns as c
from meters_io.handheld.cells import (
    Row,
    digits_in,
    empty_row,
    moment_for,
    moment_in,
    steps_for,
    steps_in,
    text_for,
    text_in,
)
from meters_io.handheld.commands import METER_DIGITS


class State(StrEnum):
    """What became of an order, as the hand-held says."""

    NOT_TRIED = "0"
    DONE = "1"
    REFUSED = "2"
    NO_ANSWER = "3"


_TOLD = frozenset({State.DONE, State.REFUSED})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one order. `at`: aware UTC, always there when the meter answered. `refusal`: its error word, hex.

    What the meter said afterwards, None where it was not asked: `balance_minor` (cents, below zero by what is
    overdrawn), `count`, `status_3` (status word 3 of DL/T 645-2007, 04000503), `limit_minor` (overdraft limit, cents),
    `newest_minor` (sum of the newest purchase in its record, 0333, cents).
    """

    command: str
    meter: str
    state: State
    at: datetime | None = None
    refusal: str = ""
    balance_minor: int | None = None
    count: int | None = None
    status_3: int | None = None
    limit_minor: int | None = None
    newest_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is not believed: its number from 1, the column, a stable code and a sentence."""

    row: int
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Import:
    """All that a file says: one result a command at most, and the rows that are wrong, in the order of the file.

    `rows`: of each result the row that it stands in, from 1.
    """

    results: tuple[Result, ...]
    faults: tuple[Fault, ...]
    rows: tuple[int, ...] = ()


def read_results(rows: Iterable[Row], issued: Mapping[str, str], zone: tzinfo) -> Import:
    """Read result rows; `issued` gives the meter of each command that we handed out. Raises nothing.

    Codes of faults: `unknown_command`, `wrong_meter`, `bad_state`, `bad_date`, `bad_number`, `not_digits`, `not_hex`,
    `too_long`, `no_column`, `answered_twice` (the same again), `contradicts` (two rows, two answers).
    """
    said: dict[str, list[tuple[int, Result]]] = {}
    faults: list[Fault] = []
    for number, row in enumerate(rows, 1):
        try:
            result = _checked(result_from_row(row, zone), issued)
        except CodecError as error:
            faults.append(Fault(number, error.field or "", error.code, str(error)))
            continue
        said.setdefault(result.command, []).append((number, result))
    believed = [rows_of[0] for rows_of in said.values() if _agree(rows_of)]
    results, numbers = tuple(result for _, result in believed), tuple(number for number, _ in believed)
    for rows_of in said.values():
        faults += _repeated(rows_of)
    faults.sort(key=lambda fault: fault.row)
    return Import(results, tuple(faults), numbers)


def result_from_row(row: Row, zone: tzinfo) -> Result:
    """Read one result row. Raises RemoteError with the column in `field`."""
    word = text_in(row, c.STATE)
    if word not in set(State):
        raise RemoteError(f"{word!r} is no state", code="bad_state", field=c.STATE.name)
    state, at = State(word), moment_in(row, c.AT, zone)
    if state in _TOLD and at is None:
        raise RemoteError("an answer has its moment", code="bad_date", field=c.AT.name)
    return Result(
        text_in(row, c.CMD_ID),
        digits_in(row, c.METER, METER_DIGITS),
        state,
        at,
        _hex_in(row, c.REFUSAL),
        steps_in(row, c.BALANCE, signed=True),
        steps_in(row, c.COUNT),
        _word_in(row, c.RELAY),
        steps_in(row, c.LIMIT),
        steps_in(row, c.NEWEST),
    )


def result_to_row(result: Result, zone: tzinfo) -> dict[str, str]:
    """Return the row of a result, as a hand-held writes it. Raises LocalError with the column in `field`."""
    return empty_row(c.RESULTS) | {
        c.CMD_ID.name: text_for(c.CMD_ID, result.command),
        c.METER.name: text_for(c.METER, result.meter),
        c.STATE.name: result.state.value,
        c.AT.name: moment_for(c.AT, result.at, zone),
        c.REFUSAL.name: text_for(c.REFUSAL, result.refusal),
        c.BALANCE.name: steps_for(c.BALANCE, result.balance_minor, signed=True),
        c.COUNT.name: steps_for(c.COUNT, result.count),
        c.RELAY.name: "" if result.status_3 is None else text_for(c.RELAY, f"{result.status_3:04X}"),
        c.LIMIT.name: steps_for(c.LIMIT, result.limit_minor),
        c.NEWEST.name: steps_for(c.NEWEST, result.newest_minor),
    }


def _checked(result: Result, issued: Mapping[str, str]) -> Result:
    meter = issued.get(result.command)
    if meter is None:
        raise RemoteError(f"{result.command!r} is no command of ours", code="unknown_command", field=c.CMD_ID.name)
    if meter != result.meter:
        raise RemoteError(f"the command was for meter {meter}", code="wrong_meter", field=c.METER.name)
    return result


def _hex_in(row: Row, column: c.Column) -> str:
    word = text_in(row, column).upper()
    if not set(word) <= set("0123456789ABCDEF"):
        raise RemoteError(f"{word!r} is not hex", code="not_hex", field=column.name)
    return word


def _word_in(row: Row, column: c.Column) -> int | None:
    word = _hex_in(row, column)
    return int(word, 16) if word else None


def _agree(rows: list[tuple[int, Result]]) -> bool:
    return all(result == rows[0][1] for _, result in rows)


def _repeated(rows: list[tuple[int, Result]]) -> list[Fault]:
    """Return the faults of several rows about one command: the later ones if they agree, else all."""
    if _agree(rows):
        return [_fault(number, "answered_twice", f"as row {rows[0][0]}") for number, _ in rows[1:]]
    others = ", ".join(str(number) for number, _ in rows[:5])
    return [_fault(number, "contradicts", f"rows {others} say different things") for number, _ in rows]


def _fault(number: int, code: str, message: str) -> Fault:
    return Fault(number, c.CMD_ID.name, code, message)
