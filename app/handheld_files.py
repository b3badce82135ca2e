"""Files of hand-held readers, as bytes that a browser sends and gets: orders written, results read.

The words of the codec end here; what a row means for us is `app.domain.handheld`'s.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from app.domain.handheld import Said, SaidState
from app.domain.operation import OperationKind
from app.ports import Clearance
from headend_client.handheld import (
    Act,
    Command,
    OverdraftLimit,
    Purchase,
    RemoteError,
    Result,
    State,
    Tokens,
    read_result_rows,
    read_results,
    write_commands,
)

Rows = Sequence[Mapping[str, str]]
_PLACE_BYTES = 60
_CODE = "CMD_ID"
_ACTS = {
    OperationKind.ALLOW_CLOSE: Act.ALLOW_CLOSE,
    OperationKind.CLOSE: Act.CLOSE,
    OperationKind.KEEP_POWER_ON: Act.KEEP_POWER,
    OperationKind.KEEP_POWER_OFF: Act.END_KEEP_POWER,
}
_SAID = {
    State.NOT_TRIED: SaidState.NOT_TRIED,
    State.DONE: SaidState.DONE,
    State.REFUSED: SaidState.REFUSED,
    State.NO_ANSWER: SaidState.NO_ANSWER,
}


class BadFile(Exception):
    """A file that cannot be read as a whole. Its text says what is wrong, for whoever knows the format."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order as it goes into a file. `code`: its number there; `place`: for whoever walks there; money in minor
    units. Of a purchase: `number` and `customer`, or its `tokens` in the order of their entry."""

    code: str
    address: str
    kind: OperationKind
    place: str
    not_after: datetime
    amount_minor: int = 0
    number: int | None = None
    customer: str = ""
    tokens: tuple[str, ...] = ()
    clearance: Clearance | None = None


class _File:
    """What will stand in a file."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def tell(self, command: Command) -> None:
        self.commands.append(command)


def write(orders: Iterable[Order], zone: ZoneInfo, now: Callable[[], datetime]) -> bytes:
    """Return a file of commands. Of a cut whose clearance does not hold any more nothing is written.

    Raises LocalError (headend_client) for what no column can hold: a bug of ours.
    """
    file = _File()
    for order in orders:
        if order.clearance is not None:
            _add_cut(file, order, order.clearance, now())
        else:
            file.tell(_command(order, _act_of(order)))
    with TemporaryDirectory(prefix="relight-handheld-") as folder:
        path = Path(folder) / "out.dbf"
        write_commands(path, file.commands, zone)
        return path.read_bytes()


def _add_cut(file: _File, order: Order, clearance: Clearance, now: datetime) -> None:
    """The one place where a cut goes into a file: asked for the last time."""
    if not clearance.holds(order.address, now):
        return
    file.tell(_command(order, Act.TRIP))


def _command(order: Order, act: Act | OverdraftLimit | Purchase | Tokens) -> Command:
    return Command(order.code, order.address, act, _fitting(order.place), order.not_after)


def _act_of(order: Order) -> Act | OverdraftLimit | Purchase | Tokens:
    if order.kind is OperationKind.SET_LIMITS:
        return OverdraftLimit(order.amount_minor)
    if order.kind is not OperationKind.DOWNLOAD:
        return _ACTS[order.kind]
    if order.number is None:
        return Tokens(order.tokens)
    return Purchase(order.number, order.amount_minor, order.customer)


def _fitting(place: str) -> str:
    """A place as the column holds it: so many bytes of GBK, no half a character, and what GBK has not as "?"."""
    raw = " ".join(place.split()).encode("gbk", "replace")[:_PLACE_BYTES]
    return raw.decode("gbk", "ignore").strip()


def read(data: bytes) -> Rows:
    """Return the rows of a file of results, text as it stands. Raises BadFile."""
    with TemporaryDirectory(prefix="relight-handheld-") as folder:
        path = Path(folder) / "back.dbf"
        path.write_bytes(data)
        try:
            return read_result_rows(path)
        except RemoteError as error:
            raise BadFile(f"{error.field}: {error}" if error.field else str(error)) from error


def codes_in(rows: Rows) -> list[str]:
    """What stands in each row for the number of the order, as far as it can be one."""
    return [row.get(_CODE, "").strip(" \0")[:20] for row in rows]


@dataclass(frozen=True, slots=True)
class Told:
    """A row that can be read: its number from 1, the order it is about, and what it says."""

    row: int
    code: str
    said: Said


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be believed: its number from 1, the column, and a stable code."""

    row: int
    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Read:
    """All that a file says."""

    told: tuple[Told, ...]
    faults: tuple[Fault, ...]


def judge(rows: Rows, issued: Mapping[str, str], zone: ZoneInfo) -> Read:
    """Check each row; `issued`: the meter's address of each order that was handed out. Raises nothing."""
    found = read_results(rows, issued, zone)
    told = [Told(row, result.command, _said(result)) for row, result in zip(found.rows, found.results, strict=True)]
    return Read(tuple(told), tuple(Fault(each.row, each.field, each.code) for each in found.faults))


def _said(result: Result) -> Said:
    return Said(
        _SAID[result.state],
        result.at,
        result.refusal,
        result.balance_minor,
        result.count,
        result.status_3,
        result.limit_minor,
        result.newest_minor,
    )
