"""One SQLite file in the state folder, touched by one thread of its own. A commit is on the disk when it returns.

WAL and `synchronous = FULL`: with less, the last lines may be gone after a power cut, which is when they matter.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from kiosk.errors import StateDamaged

T = TypeVar("T")
FILE = "journal.db"

_SCHEMA = """
create table if not exists act (
  id integer primary key autoincrement, kind text not null, meter text, begun_at text not null, body text not null
) strict;
create table if not exists entry (
  id integer primary key autoincrement, act_id integer unique references act (id), kind text not null, meter text,
  happened_at text not null, body text not null
) strict;
create table if not exists mark (name text primary key, value text not null) strict;
create table if not exists held_token (
  act_id integer primary key references act (id), meter text not null, address text not null, digits text not null,
  purchase text
) strict;
create table if not exists kept_slip (ref text primary key, kept_at text not null, slip text not null) strict;
create trigger if not exists act_stays before update on act begin select raise(abort, 'append only'); end;
create trigger if not exists act_is_kept before delete on act begin select raise(abort, 'append only'); end;
create trigger if not exists entry_stays before update on entry begin select raise(abort, 'append only'); end;
create trigger if not exists entry_is_kept before delete on entry begin select raise(abort, 'append only'); end;
"""


class Store:
    """The open file. Every piece of work is one transaction."""

    def __init__(self, folder: Path) -> None:
        """Open or make the file. StateDamaged."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        try:
            self._db = self._thread.submit(_open, folder / FILE).result()
        except (sqlite3.Error, OSError) as wrong:
            self._thread.shutdown()
            raise StateDamaged(f"{folder / FILE}: {wrong}; mend or remove it, then enrol again") from None

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in one transaction; when this returns it is on the disk. StateDamaged if it cannot be."""
        done = self._thread.submit(self._in_transaction, work)
        try:
            return await asyncio.shield(asyncio.wrap_future(done))  # who is cancelled here must not undo a fact
        except sqlite3.Error as wrong:
            raise StateDamaged(f"{FILE}: {wrong}") from wrong

    async def scrub(self) -> None:
        """Leave nothing of what was deleted on the disk: the write-ahead file still has it."""
        done = self._thread.submit(lambda: self._db.execute("pragma wal_checkpoint(truncate)").fetchall())
        await asyncio.shield(asyncio.wrap_future(done))

    def close(self) -> None:
        """Close the file."""
        self._thread.submit(self._db.close).result()
        self._thread.shutdown()

    def _in_transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._db.execute("begin immediate")
        try:
            result = work(self._db)
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")
        return result


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    db.row_factory = sqlite3.Row
    for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on", "secure_delete = on"):
        db.execute(f"pragma {pragma}")
    db.executescript(_SCHEMA)
    return db
