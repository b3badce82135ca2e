"""A terminal: types a command as a person does, and keeps what was printed."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import pytest

from app.fieldwork import doors
from app.fieldwork.arguments import Command, add_commands


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    def row(self, name: str) -> str:
        """Return what stands behind a name, the first time it stands at the left of a line."""
        for line in self.out.splitlines():
            if line.strip().startswith(f"{name}  "):
                return line.strip().removeprefix(name).strip()
        raise AssertionError(f"no line {name!r} in:\n{self.out}")


def type_in(capsys: pytest.CaptureFixture[str], *words: str) -> Said:
    """Run `relight` with these words."""
    parser = argparse.ArgumentParser("relight")
    commands = parser.add_subparsers(required=True)

    def add(name: str, run: Command, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words)
        made.set_defaults(run=run)
        return made

    add_commands(add, doors.conformance, doors.token, doors.frame)
    asked = parser.parse_args(words)
    code = asked.run(asked)
    said = capsys.readouterr()
    return Said(code, said.out, said.err)
