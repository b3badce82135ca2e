"""Which token answered which request: an append-only file that the processes of one machine share.

One JSON object a line. A line is on the disk before its token leaves the module, so a request that comes again gets
the token it got before, whoever asks and whoever died in between. A last line without its end was never handed out
and is cut off. The digits stand in it as they do in the database: whoever may read neither is a matter of file rights.
"""

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from headend_client.errors import KeyFileError
from headend_client.keyfile import sync_folder
from headend_client.security import SecurityCode, SecurityError

_LOCK_S = 5.0
_LOOK_AGAIN_S = 0.005


@dataclass(frozen=True, slots=True)
class Entry:
    """One issued token. `granted`: what the digits decode to. `at`: ISO 8601."""

    request_id: str
    drn: str
    sgc: str
    krn: int
    subclass: int
    amount: int
    tid: int
    granted: int
    digits: str = field(repr=False)
    at: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the journal knows that matters for a request: its own entry, or the newest TID of its meter and key."""

    entry: Entry | None
    last_tid: int | None


Owner = tuple[str, str, int]
Make = Callable[[Remembered], Entry]


class TokenJournal:
    """The file at `path`, made when it is first needed. Every call blocks: not for an event loop.

    Memory: some 150 bytes a token, for what stands where.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()  # a file lock does not keep the threads of one process apart
        self._inode = 0
        self._read_to = 0
        self._places: dict[str, int] = {}
        self._last_tid: dict[Owner, int] = {}

    def issue(self, request_id: str, owner: Owner, make: Make) -> Entry:
        """Return the entry that `make` makes of what is known, written down for good if it is new.

        Raises SecurityError(BUSY) when another process keeps the file for too long, KeyFileError when the file is
        damaged, OSError when it cannot be written; whatever `make` raises.
        """
        with self._alone() as file:
            self._catch_up(file)
            known = Remembered(self._entry_of(file, request_id), self._last_tid.get(owner))
            entry = make(known)
            if entry != known.entry:
                self._append(file, entry)
            return entry

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Hold the mutex and the file lock; yield the open file."""
        until = time.monotonic() + _LOCK_S
        if not self._mutex.acquire(timeout=_LOCK_S):
            raise SecurityError(SecurityCode.BUSY)
        try:
            file = self._open()
            try:
                _lock(file, until)
                yield file
            finally:
                os.close(file)  # and with it the lock
        finally:
            self._mutex.release()

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            sync_folder(self._path.parent)
            return file

    def _catch_up(self, file: int) -> None:
        """Read what other processes have written since."""
        status = os.fstat(file)
        if status.st_ino != self._inode or status.st_size < self._read_to:
            self._inode, self._read_to = status.st_ino, 0
            self._places, self._last_tid = {}, {}
        with os.fdopen(os.dup(file), "rb") as lines:
            lines.seek(self._read_to)
            for line in lines:
                if not line.endswith(b"\n"):
                    os.ftruncate(file, self._read_to)  # whoever wrote it died before it was handed out
                    return
                self._learn(self._parse(line), len(line))

    def _learn(self, entry: Entry, size: int) -> None:
        owner = entry.drn, entry.sgc, entry.krn
        self._places[entry.request_id] = self._read_to
        self._last_tid[owner] = max(entry.tid, self._last_tid.get(owner, -1))
        self._read_to += size

    def _entry_of(self, file: int, request_id: str) -> Entry | None:
        place = self._places.get(request_id)
        if place is None:
            return None
        with os.fdopen(os.dup(file), "rb") as lines:
            lines.seek(place)
            return self._parse(lines.readline())

    def _append(self, file: int, entry: Entry) -> None:
        line = json.dumps(asdict(entry)).encode() + b"\n"
        try:
            if os.write(file, line) != len(line):
                raise OSError(f"{self._path}: the disk took only part of a line")
            os.fsync(file)
        except OSError:
            os.ftruncate(file, self._read_to)
            raise
        self._learn(entry, len(line))

    def _parse(self, line: bytes) -> Entry:
        try:
            return Entry(**json.loads(line))
        except (ValueError, TypeError):
            raise KeyFileError(
                f"the token journal {self._path} is damaged; no token is issued until it is mended"
            ) from None


def _lock(file: int, until: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise SecurityError(SecurityCode.BUSY) from None
            time.sleep(_LOOK_AGAIN_S)
        else:
            return
