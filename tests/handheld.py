"""Somebody with a hand-held reader: takes a file along, stands before each meter, brings a file of results back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from headend_client.handheld import (
    Act,
    Command,
    OverdraftLimit,
    Purchase,
    Result,
    State,
    Tokens,
    read_commands,
    write_results,
)
from tests.fakes import Bench

ZONE = ZoneInfo("Asia/Shanghai")
_KEEP, _COMMAND, _OPEN = 1 << 12, 1 << 6, 1 << 4


def commands_in(data: bytes) -> list[Command]:
    """What stands in a file of commands."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "out.dbf"
        path.write_bytes(data)
        return read_commands(path, ZONE)


def results_file(results: list[Result]) -> bytes:
    """A file of results."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "back.dbf"
        write_results(path, results, ZONE)
        return path.read_bytes()


def carry_out(command: Command, meter: Bench, at: datetime) -> Result:
    """Stand before a meter with one order; read afterwards what can be read."""
    if command.not_after is not None and at > command.not_after:
        return Result(command.id, command.meter, State.NOT_TRIED)
    refusal = "0008" if meter.refuses else _obey(command, meter)
    word = _KEEP * meter.keep_power | (_COMMAND | _OPEN) * meter.relay_open
    limit = meter.registers.get("overdraft_limit_minor")
    return Result(
        command.id,
        command.meter,
        State.REFUSED if refusal else State.DONE,
        at,
        refusal,
        meter.balance,
        meter.count if meter.counts else None,
        word,
        limit if isinstance(limit, int) else None,
        meter.credits[-1] if meter.credits else None,
    )


def _obey(command: Command, meter: Bench) -> str:
    """Do it; return the error word, empty: done."""
    match command.order:
        case Purchase(number=number, amount_minor=amount):
            if number != meter.count + 1:
                return "0020"
            meter.count, meter.balance = number, meter.balance + amount
            meter.credits.append(amount)
        case Tokens(tokens=tokens):
            fresh = [digits for digits in tokens if digits not in meter.used]
            meter.used |= set(fresh)
            meter.balance += 5000 * len(fresh)
            meter.credits += [5000] * len(fresh)
        case OverdraftLimit(limit_minor=limit):
            meter.registers["overdraft_limit_minor"] = limit
        case Act.KEEP_POWER | Act.END_KEEP_POWER:
            meter.keep_power = command.order is Act.KEEP_POWER
        case Act.TRIP:
            if meter.keep_power:
                return "0020"
            meter.relay_open = True
        case _:
            meter.relay_open = False
    return ""


def walk(data: bytes, meters: Mapping[str, Bench], now: Callable[[], datetime]) -> bytes:
    """Walk to every meter of a file; those that are not there do not answer."""
    results = []
    for command in commands_in(data):
        meter = meters.get(command.meter)
        if meter is None:
            results.append(Result(command.id, command.meter, State.NO_ANSWER))
        else:
            results.append(carry_out(command, meter, now()))
    return results_file(results)
