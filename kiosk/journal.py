"""The journal: what was to be done, written before a wire or the network is tried; what came of it, written after.

An *act* is the intent, an *entry* the fact that is told to the platform, once each. Neither can be changed or deleted:
triggers refuse. A token's digits stand beside the act only until its fate is known, and are never told to anybody.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kiosk.store import Store

Body = Mapping[str, str | int | bool | None]


class Kind(StrEnum):
    """What an entry tells of (version 1 of the contract)."""

    STARTED = "started"
    TOKEN_ENTERED = "token_entered"
    RELAY_CLOSED = "relay_closed"
    BALANCE_READ = "balance_read"
    PRINTED = "printed"
    PRINT_FAILED = "print_failed"
    DOOR_OPENED = "door_opened"
    DOOR_CLOSED = "door_closed"
    UNIT_FAULT = "unit_fault"
    LINE_FAULT = "line_fault"
    STAFF_BADGE = "staff_badge"
    STILL_OUT = "still_out"
    PAYMENT = "payment"  # an act only: the platform knows its own payments


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact. `number`: its place in the journal, which makes telling it twice harmless."""

    number: int
    kind: str
    meter: str | None
    happened_at: str
    body: Body


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A token whose fate is not known yet: it may or may not have reached the meter."""

    act: int
    meter: str
    address: str
    digits: str = field(repr=False)
    purchase: str | None = None


class Journal:
    """Acts, entries and marks over the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, kind: Kind, now: datetime, meter: str | None = None, body: Body | None = None) -> int:
        """Write a fact that needs no intent before it; return its number."""
        row = (None, kind.value, meter, now.isoformat(), json.dumps(dict(body or {})))
        return await self._store.do(lambda db: _add_entry(db, row))

    async def begin(self, kind: Kind, now: datetime, meter: str | None = None) -> int:
        """Write that something will be tried; return the act's number."""
        return await self._store.do(lambda db: _add_act(db, kind, now, meter))

    async def begin_token(self, token: HeldToken, now: datetime) -> HeldToken:
        """Write that a token will be carried to its meter, and hold its digits; the result has its act's number.

        A token that is held already goes on under its first act: typed twice, it is one fact.
        """

        def work(db: sqlite3.Connection) -> int:
            same = "select act_id from held_token where digits = ? and address = ?"
            held_before = db.execute(same, (token.digits, token.address)).fetchone()
            if held_before is not None:
                return int(held_before["act_id"])
            act = _add_act(db, Kind.TOKEN_ENTERED, now, token.meter)
            held = (act, token.meter, token.address, token.digits, token.purchase)
            db.execute("insert into held_token values (?, ?, ?, ?, ?)", held)
            return act

        return HeldToken(await self._store.do(work), token.meter, token.address, token.digits, token.purchase)

    async def end(self, act: int, now: datetime, body: Body, *, settled: bool = True) -> int | None:
        """Write what came of an act, once; None if that is written already. A `kind` in `body` replaces the act's.

        `settled` lets go of the token that was held for it. An unsettled end writes an entry under no act, so that
        the act may end again.
        """

        def work(db: sqlite3.Connection) -> int | None:
            kind, meter, ended = db.execute(
                "select kind, meter, exists(select 1 from entry where act_id = act.id) from act where id = ?", (act,)
            ).fetchone()
            if settled:
                db.execute("delete from held_token where act_id = ?", (act,))
            said = {name: value for name, value in body.items() if name != "kind"}
            row = (act if settled else None, str(body.get("kind", kind)), meter, now.isoformat(), json.dumps(said))
            return None if ended else _add_entry(db, row)

        return await self._store.do(work)

    async def held_tokens(self) -> list[HeldToken]:
        """The tokens whose fate is open, oldest first."""
        rows = await self._store.do(lambda db: db.execute("select * from held_token order by act_id").fetchall())
        return [HeldToken(row["act_id"], row["meter"], row["address"], row["digits"], row["purchase"]) for row in rows]

    async def drop_tokens(self) -> None:
        """Forget every held token: this terminal was revoked."""
        await self._store.do(lambda db: db.execute("delete from held_token"))

    async def untold(self, most: int) -> list[Entry]:
        """The oldest facts that the platform has not confirmed."""

        def work(db: sqlite3.Connection) -> list[sqlite3.Row]:
            told = int(_get(db, "told_to") or 0)
            return db.execute("select * from entry where id > ? order by id limit ?", (told, most)).fetchall()

        return [_entry(row) for row in await self._store.do(work)]

    async def told(self, to: int) -> None:
        """Remember that the platform has every fact up to `to`."""
        await self._store.do(lambda db: _set(db, "told_to", str(max(to, int(_get(db, "told_to") or 0)))))

    async def begin_after(self, number: int) -> None:
        """Number facts from `number` + 1 on at the earliest: a new unit's facts are no repeats of the old unit's."""

        def work(db: sqlite3.Connection) -> None:
            last = db.execute("select coalesce(max(seq), 0) from sqlite_sequence where name = 'entry'").fetchone()[0]
            if last < number:
                db.execute("delete from sqlite_sequence where name = 'entry'")
                db.execute("insert into sqlite_sequence (name, seq) values ('entry', ?)", (number,))

        await self._store.do(work)

    async def queue(self) -> tuple[int, int]:
        """How many facts are untold, and the number of the newest fact."""

        def work(db: sqlite3.Connection) -> tuple[int, int]:
            last = db.execute("select coalesce(max(id), 0) from entry").fetchone()[0]
            told = int(_get(db, "told_to") or 0)
            count = db.execute("select count(*) from entry where id > ?", (told,)).fetchone()[0]
            return count, last

        return await self._store.do(work)

    async def next_sequence(self, step: int = 1) -> int:
        """The number of the next signed request: greater than any given out before, also before a power cut."""

        def work(db: sqlite3.Connection) -> int:
            number = int(_get(db, "sequence") or 0) + step
            _set(db, "sequence", str(number))
            return number

        return await self._store.do(work)

    async def mark(self, name: str) -> str | None:
        """Return a remembered value."""
        return await self._store.do(lambda db: _get(db, name))

    async def remember(self, name: str, value: str | None) -> None:
        """Remember a value, or forget it."""
        await self._store.do(lambda db: _set(db, name, value))


def _add_act(db: sqlite3.Connection, kind: Kind, now: datetime, meter: str | None) -> int:
    row = (kind.value, meter, now.isoformat(), "{}")
    added = db.execute("insert into act (kind, meter, begun_at, body) values (?, ?, ?, ?)", row)
    return int(added.lastrowid or 0)


def _add_entry(db: sqlite3.Connection, row: tuple[int | None, str, str | None, str, str]) -> int:
    added = db.execute("insert into entry (act_id, kind, meter, happened_at, body) values (?, ?, ?, ?, ?)", row)
    return int(added.lastrowid or 0)


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(row["id"], row["kind"], row["meter"], row["happened_at"], json.loads(row["body"]))


def _get(db: sqlite3.Connection, name: str) -> str | None:
    found = db.execute("select value from mark where name = ?", (name,)).fetchone()
    return str(found["value"]) if found else None


def _set(db: sqlite3.Connection, name: str, value: str | None) -> None:
    if value is None:
        db.execute("delete from mark where name = ?", (name,))
        return
    db.execute("insert into mark values (?, ?) on conflict (name) do update set value = excluded.value", (name, value))
