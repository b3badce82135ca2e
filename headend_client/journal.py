"""Which tokens answered which request: an append-only file that the processes of one machine share.

One JSON object a line (see `entries`). A line is on the disk before its tokens leave the module, so a request that
comes again gets the tokens it got before, whoever asks and whoever died in between. A last line without its end was
never handed out and is cut off. The digits stand in it as they do in the database: whoever may read neither is a matter
of file rights.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from headend_client.entries import Entry, Owner, read_line, write_line
from headend_client.errors import KeyFileError
from headend_client.keyfile import sync_folder
from headend_client.security import SecurityCode, SecurityError

JOURNAL_BUSY = "journal"
_LOCK_S = 5.0
_LOOK_AGAIN_S = 0.005


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the journal knows that matters for a request: its own entry, and the newest TID of every meter and key."""

    entry: Entry | None
    last_tids: Mapping[Owner, int]


Make = Callable[[Remembered], Entry]


class TokenJournal:
    """The file at `path`, made when it is first needed. Every call blocks: not for an event loop.

    Every call raises SecurityError(BUSY) when another process keeps the file for too long, KeyFileError when the file
    is damaged, OSError when it cannot be read or written. Memory: some 150 bytes a token, for what stands where.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()  # a file lock does not keep the threads of one process apart
        self._inode = 0
        self._read_to = 0
        self._places: dict[str, int] = {}
        self._last_tid: dict[Owner, int] = {}

    def issue(self, request_id: str, make: Make) -> Entry:
        """Return the entry that `make` makes of what is known, written down for good if it is new.

        Raises whatever `make` raises, and then nothing is written.
        """
        with self._alone() as file:
            known = Remembered(self._entry_of(file, request_id), self._last_tid)
            entry = make(known)
            if entry != known.entry:
                self._append(file, entry)
            return entry

    def find(self, request_id: str) -> Entry | None:
        """Return what stands for a request."""
        with self._alone() as file:
            return self._entry_of(file, request_id)

    def begin(self, entry: Entry) -> Entry | None:
        """Return what stands for the request of `entry`; or write `entry` down, which has no answer yet: None."""
        with self._alone() as file:
            earlier = self._entry_of(file, entry.request_id)
            if earlier is None:
                self._append(file, entry)
            return earlier

    def take_up(self, old: Entry, new: Entry) -> bool:
        """Write `new`, which has no answer yet either, where `old` stands; False: another process was faster."""
        with self._alone() as file:
            if self._entry_of(file, old.request_id) != old:
                return False
            self._append(file, new)
            return True

    def settle(self, old: Entry, new: Entry) -> Entry | None:
        """Write down how a request ended that stood as `old`; return what stands then, None: it was given up.

        The first tokens that a request got are the ones it has. Whoever comes late gives up nothing that another
        process has taken up.
        """
        with self._alone() as file:
            stands = self._entry_of(file, old.request_id)
            if stands is not None and stands.tokens:
                return stands
            if new.tokens or stands == old:
                self._append(file, new)
            return self._entry_of(file, old.request_id)

    def count(self) -> int:
        """Return how many requests stand in it; no file is made for that."""
        if not self._path.exists():
            return 0
        with self._alone():
            return len(self._places)

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Hold the mutex and the file lock; yield the open file, read to its end."""
        until = time.monotonic() + _LOCK_S
        if not self._mutex.acquire(timeout=_LOCK_S):
            raise SecurityError(SecurityCode.BUSY, JOURNAL_BUSY)
        try:
            file = self._open()
            try:
                _lock(file, until)
                self._catch_up(file)
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
        self._places[entry.request_id] = self._read_to
        if entry.tokens == ():
            del self._places[entry.request_id]
        if entry.last_tid is not None:
            self._last_tid[entry.owner] = max(entry.last_tid, self._last_tid.get(entry.owner, -1))
        self._read_to += size

    def _entry_of(self, file: int, request_id: str) -> Entry | None:
        place = self._places.get(request_id)
        if place is None:
            return None
        with os.fdopen(os.dup(file), "rb") as lines:
            lines.seek(place)
            return self._parse(lines.readline())

    def _append(self, file: int, entry: Entry) -> None:
        line = write_line(entry)
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
            return read_line(line)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise KeyFileError(
                f"the token journal {self._path} is damaged; no token is issued until it is mended"
            ) from None


def _lock(file: int, until: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise SecurityError(SecurityCode.BUSY, JOURNAL_BUSY) from None
            time.sleep(_LOOK_AGAIN_S)
        else:
            return
