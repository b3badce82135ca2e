"""Meters remember across the death of their process, and so do terminals: one file each, never half written."""

import json
from pathlib import Path
from typing import TypeVar

from headend_client.simulator.errors import WorldError
from headend_client.simulator.plain import from_plain, to_plain
from headend_client.simulator.state import MeterState
from headend_client.simulator.terminal.group_memory import KeptGroups

T = TypeVar("T")
_RETIRED = ("frozen_wh", "frozen_at")  # in older files; a meter freezes its midnight anew when it is seen


class Memory:
    """The files of the meters in the folder `home`, which is made on first use.

    A file is replaced in one step, so SIGKILL leaves the old one or the new one. Not flushed to the disk: a power cut
    of the whole machine may cost the latest of it, which no test of ours is about.
    """

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._home = home
        self._written: dict[str, str] = {}

    def load(self, address: str) -> MeterState | None:
        """Return what the meter remembers, None if it was never seen; WorldError for a file that is not ours."""
        return self._read(MeterState, address)

    def load_groups(self, terminal: str) -> KeptGroups | None:
        """Return what a terminal remembers of its groups, None if nothing; WorldError as `load`."""
        return self._read(KeptGroups, terminal)

    def _read(self, kind: type[T], name: str) -> T | None:
        path = self._path(name)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            return from_plain(kind, _without_retired(json.loads(text)))
        except WorldError as wrong:
            raise WorldError(f"{path.name} {wrong.path}", wrong.reason) from None
        except ValueError:
            raise WorldError(path.name, "this is no JSON") from None

    def save(self, address: str, state: MeterState | KeptGroups) -> None:
        """Write down what changed since the last time, if anything did. `address`: of a meter, or a terminal's name."""
        text = json.dumps(to_plain(state))
        if self._written.get(address) == text:
            return
        path = self._path(address)
        part = path.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
        self._written[address] = text

    def _path(self, address: str) -> Path:
        return self._home / f"{address}.json"


class NoMemory(Memory):
    """Keeps nothing beyond the process: for worlds of so many meters that their files would be in the way."""

    def __init__(self) -> None:
        self._written = {}

    def load(self, address: str) -> MeterState | None:
        """Return None: nobody was seen before."""
        return None

    def load_groups(self, terminal: str) -> KeptGroups | None:
        """Return None, as `load`."""
        return None

    def save(self, address: str, state: MeterState | KeptGroups) -> None:
        """Do nothing."""


def _without_retired(plain: object) -> object:
    if not isinstance(plain, dict):
        return plain
    return {name: value for name, value in plain.items() if name not in _RETIRED}
