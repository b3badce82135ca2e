"""What the rehearsal bank remembers: orders, what happened to them, money given back. One SQLite file, fully synced."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

_TABLES = """
create table if not exists orders (
    ref text primary key, amount_minor integer not null, currency text not null, subject text not null,
    expires_at real not null, return_url text not null, notify_url text not null, closed_at real);
create table if not exists events (
    event_id text primary key, ref text not null, succeeded integer not null, amount_minor integer not null,
    currency text not null, occurs_at real not null, due_at real, tries integer not null default 0);
create index if not exists events_of on events (ref);
create index if not exists events_due on events (due_at) where due_at is not null;
create table if not exists refunds (
    refund_ref text primary key, ref text not null, amount_minor integer not null);
create table if not exists slow_refunds (refund_ref text primary key, done_at real not null);
create table if not exists reversals (ref text primary key, at real not null);
create table if not exists agreements (
    ref text primary key, most_minor integer not null, return_url text not null,
    name text unique, ended_at real);
create table if not exists switches (name text primary key);
"""


@dataclass(frozen=True, slots=True)
class BankOrder:
    """What a shop asked the bank to collect. Instants are Unix seconds."""

    ref: str
    amount_minor: int
    currency: str
    subject: str
    expires_at: float
    return_url: str
    notify_url: str
    closed_at: float | None = None


@dataclass(frozen=True, slots=True)
class BankEvent:
    """One thing that happens to an order, perhaps only later. `due_at`: when the shop is told next; None: never."""

    event_id: str
    ref: str
    succeeded: bool
    amount_minor: int
    currency: str
    occurs_at: float
    due_at: float | None
    tries: int = 0

    @property
    def happens(self) -> datetime:
        """When it happens, UTC."""
        return datetime.fromtimestamp(self.occurs_at, UTC)


@dataclass(frozen=True, slots=True)
class BankAgreement:
    """A payer's consent to be charged up to `most_minor` a time. `name`: the bank's name of it once it is signed."""

    ref: str
    most_minor: int
    return_url: str
    name: str | None = None
    ended_at: float | None = None

    @property
    def in_force(self) -> bool:
        """May money be taken by it?"""
        return self.name is not None and self.ended_at is None


def new_event(order: BankOrder, amount_minor: int, at: datetime, *, succeeded: bool, told: bool) -> BankEvent:
    """An event of an order at `at`; `told`: the shop will hear of it."""
    moment = at.timestamp()
    due_at = moment if told else None
    return BankEvent(f"ev_{uuid4().hex}", order.ref, succeeded, amount_minor, order.currency, moment, due_at)


class Book:
    """The bank's memory. Each writing call is one transaction that is on the disk when the call returns.

    Calls block for as long as the disk takes, a few milliseconds: a rehearsal bank has one customer.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=5)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(_TABLES)

    def shut(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Look and write as one step: nobody writes in between."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def open_order(self, order: BankOrder) -> None:
        """Keep a new order; one that is known stays as it is."""
        self._db.execute(f"insert or ignore into orders values ({_marks(BankOrder)})", asdict(order))  # noqa: S608  (our own names)

    def order(self, ref: str) -> BankOrder | None:
        """Find an order."""
        row = self._db.execute("select * from orders where ref = ?", (ref,)).fetchone()
        return BankOrder(**dict(row)) if row else None

    def close_order(self, ref: str, at: datetime) -> None:
        """Mark an order closed; the first close counts."""
        change = "update orders set closed_at = ? where ref = ? and closed_at is null"
        self._db.execute(change, (at.timestamp(), ref))

    def add_event(self, event: BankEvent) -> None:
        """Keep what happens to an order."""
        self._db.execute(f"insert into events values ({_marks(BankEvent)})", asdict(event))  # noqa: S608  (our own names)

    def events(self, ref: str) -> list[BankEvent]:
        """All events of an order, also those still to come, in the order of time."""
        return self._events("select * from events where ref = ? order by occurs_at, rowid", (ref,))

    def successes(self, since: datetime, until: datetime, now: datetime) -> list[BankEvent]:
        """Money that has come by now in a span of time, `until` excluded."""
        span = (since.timestamp(), until.timestamp(), now.timestamp())
        wanted = "select * from events where succeeded and occurs_at >= ? and occurs_at < ? and occurs_at <= ?"
        kept = "and ref not in (select ref from reversals)"
        return self._events(f"{wanted} {kept} order by occurs_at, rowid", span)

    def due(self, now: datetime) -> list[BankEvent]:
        """Events that shops must be told of by now."""
        return self._events("select * from events where due_at <= ? order by due_at limit 200", (now.timestamp(),))

    def told(self, event_id: str) -> None:
        """A shop has confirmed an event."""
        self._db.execute("update events set due_at = null, tries = tries + 1 where event_id = ?", (event_id,))

    def tell_again(self, event_id: str, at: float) -> None:
        """A shop has not confirmed an event."""
        self._db.execute("update events set due_at = ?, tries = tries + 1 where event_id = ?", (at, event_id))

    def refunded(self, ref: str) -> dict[str, int]:
        """What was given back for an order, by refund number, minor units."""
        rows = self._db.execute("select refund_ref, amount_minor from refunds where ref = ?", (ref,))
        return {row["refund_ref"]: row["amount_minor"] for row in rows}

    def add_refund(self, ref: str, refund_ref: str, amount_minor: int, done_at: datetime) -> None:
        """Give money back, once for each refund number; the payer has it at `done_at`."""
        self._db.execute("insert or ignore into refunds values (?, ?, ?)", (refund_ref, ref, amount_minor))
        self._db.execute("insert or ignore into slow_refunds values (?, ?)", (refund_ref, done_at.timestamp()))

    def refund_done(self, refund_ref: str, now: datetime) -> bool:
        """Does the payer have the money of a refund?"""
        found = self._db.execute("select done_at from slow_refunds where refund_ref = ?", (refund_ref,)).fetchone()
        return found is None or found["done_at"] <= now.timestamp()

    def reverse(self, ref: str, at: datetime) -> None:
        """Mark an order as given back; also one that is not known: it takes no money afterwards."""
        self._db.execute("insert or ignore into reversals values (?, ?)", (ref, at.timestamp()))

    def reversed(self, ref: str) -> bool:
        """Was an order given back?"""
        return self._db.execute("select 1 from reversals where ref = ?", (ref,)).fetchone() is not None

    def offer_agreement(self, ref: str, most_minor: int, return_url: str) -> None:
        """Keep an agreement that a payer may sign; one that is known stays as it is."""
        new = "insert or ignore into agreements (ref, most_minor, return_url) values (?, ?, ?)"
        self._db.execute(new, (ref, most_minor, return_url))

    def agreement(self, ref: str) -> BankAgreement | None:
        """Find an agreement."""
        row = self._db.execute("select * from agreements where ref = ?", (ref,)).fetchone()
        return BankAgreement(**dict(row)) if row else None

    def sign_agreement(self, ref: str) -> None:
        """The payer signs; the first signature counts."""
        change = "update agreements set name = ? where ref = ? and name is null and ended_at is null"
        self._db.execute(change, (f"ag_{uuid4().hex}", ref))

    def end_agreement(self, ref: str, at: datetime) -> None:
        """Nothing more is taken by an agreement."""
        self._db.execute("update agreements set ended_at = ? where ref = ? and ended_at is null", (at.timestamp(), ref))

    def agreed_most(self, name: str) -> int | None:
        """The most that may be taken by an agreement of that name; None: there is none in force."""
        wanted = "select most_minor from agreements where name = ? and ended_at is null"
        row = self._db.execute(wanted, (name,)).fetchone()
        return int(row["most_minor"]) if row else None

    def switched(self, name: str) -> bool:
        """Is a fault switched on?"""
        return name in self.switches()

    def switches(self) -> set[str]:
        """The faults that are switched on."""
        return {row["name"] for row in self._db.execute("select name from switches")}

    def switch(self, name: str, *, on: bool) -> None:
        """Switch a fault."""
        change = "insert or ignore into switches values (?)" if on else "delete from switches where name = ?"
        self._db.execute(change, (name,))

    def _events(self, query: str, values: tuple[str | float, ...]) -> list[BankEvent]:
        rows = (dict(row) for row in self._db.execute(query, values))
        return [BankEvent(**(row | {"succeeded": bool(row["succeeded"])})) for row in rows]


def _marks(shape: type[BankOrder] | type[BankEvent]) -> str:
    return ", ".join(f":{field.name}" for field in fields(shape))
