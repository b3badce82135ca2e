"""What is kept for the time when the platform cannot be asked, in memory and on the disk, each thing with its age.

What a meter said on the line is newer than what the platform knows, until the platform says something later.
"""

import json
import logging
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from kiosk.errors import BadAnswer
from kiosk.plain import read, to_json
from kiosk.shapes import Announcement, BoxMeter, Kept, Posted, Remote, Slip, Undelivered
from kiosk.store import Store

T = TypeVar("T")
log = logging.getLogger(__name__)
FROM_LINE = "line"
FROM_LEDGER = "ledger"  # the platform holds the money: what the meter's wallet says is nobody's balance


@dataclass(frozen=True, slots=True)
class KeptSlip:
    """A slip that could not be printed."""

    ref: str
    kept_at: datetime
    slip: Slip


@dataclass(frozen=True, slots=True)
class Seen:
    """What a meter said of itself on the line. None: it was not asked that."""

    at: datetime
    balance_minor: int | None = None
    supply: str | None = None


class Cache:
    """Meters, undelivered tokens, announcements and the remote settings. `kept` is None before the first fetch."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.kept: Kept | None = None
        self.tag = ""
        self.board_tag = ""
        self.remote = Remote()
        self._inside: set[str] = set()

    async def load(self) -> None:
        """Take up what was kept before the restart; what cannot be read is fetched anew."""
        self.kept = await self._load("kept", Kept)
        self.remote = await self._load("remote", Remote) or Remote()

    def meter(self, number: str) -> BoxMeter | None:
        """The meter of this box with that number."""
        return next((meter for meter in self.meters if meter.number == number), None)

    @property
    def meters(self) -> tuple[BoxMeter, ...]:
        """The meters of this box."""
        return self.kept.meters if self.kept else ()

    @property
    def announcements(self) -> tuple[Announcement, ...]:
        """What is on the board."""
        return self.kept.announcements if self.kept else ()

    def undelivered(self, number: str) -> tuple[Undelivered, ...]:
        """The tokens that wait for that meter, in the order to be entered."""
        waiting = self.kept.undelivered if self.kept else ()
        return tuple(each for each in waiting if each.meter == number and each.digits not in self._inside)

    def inbox(self, number: str) -> tuple[Posted, ...]:
        """What lay in the inbox of that meter when the platform was heard last."""
        return tuple(each for each in self.kept.inbox if each.meter == number) if self.kept else ()

    def purchase_of(self, digits: str) -> str | None:
        """The purchase that a token belongs to, where we know it."""
        waiting = self.kept.undelivered if self.kept else ()
        return next((each.purchase for each in waiting if each.digits == digits), None)

    async def put(self, kept: Kept, tag: str) -> None:
        """Keep what the platform says, and what meters said since."""
        newer = tuple(self._newer(meter) for meter in kept.meters)
        self._inside &= {each.digits for each in kept.undelivered}
        self.kept, self.tag = replace(kept, meters=newer), tag
        await self._save("kept", self.kept)

    async def put_board(self, announcements: tuple[Announcement, ...], tag: str, now: datetime) -> None:
        """Keep the newest announcements."""
        self.kept = replace(self.kept or Kept(now), announcements=announcements)
        self.board_tag = tag
        await self._save("kept", self.kept)

    async def put_remote(self, remote: Remote) -> None:
        """Keep what staff set."""
        if remote != self.remote:
            self.remote = remote
            await self._save("remote", remote)

    async def saw(self, number: str, seen: Seen) -> None:
        """Keep what a meter said of itself."""
        if self.kept is None or self.meter(number) is None:
            return
        meters = tuple(_with(meter, seen) if meter.number == number else meter for meter in self.kept.meters)
        self.kept = replace(self.kept, meters=meters)
        await self._save("kept", self.kept)

    def is_inside(self, digits: str) -> None:
        """Remember that a token is in its meter, before the platform knows."""
        self._inside.add(digits)

    async def forget(self) -> None:
        """Forget meters, tokens, announcements and slips: this terminal was revoked."""
        self.kept, self.tag, self.board_tag = None, "", ""
        self._inside.clear()

        def work(db: sqlite3.Connection) -> None:
            db.execute("delete from mark where name = 'kept'")
            db.execute("delete from kept_slip")

        await self._store.do(work)
        await self._store.scrub()

    async def keep_slip(self, ref: str, slip: Slip, now: datetime) -> None:
        """Keep a slip until it is printed."""
        row = (ref, now.isoformat(), json.dumps(to_json(slip)))
        await self._store.do(lambda db: db.execute("insert or replace into kept_slip values (?, ?, ?)", row))

    async def drop_slip(self, ref: str) -> None:
        """Let go of a slip."""
        await self._store.do(lambda db: db.execute("delete from kept_slip where ref = ?", (ref,)))

    async def drop_old_slips(self, before: datetime) -> None:
        """Let go of slips that nobody has fetched."""
        await self._store.do(lambda db: db.execute("delete from kept_slip where kept_at < ?", (before.isoformat(),)))

    async def slips(self) -> list[KeptSlip]:
        """The slips that wait for paper, oldest first."""
        rows = await self._store.do(lambda db: db.execute("select * from kept_slip order by kept_at").fetchall())
        return [KeptSlip(row["ref"], datetime.fromisoformat(row["kept_at"]), _slip(row["slip"])) for row in rows]

    def _newer(self, told: BoxMeter) -> BoxMeter:
        ours = self.meter(told.number)
        if ours is None or ours.source != FROM_LINE or ours.read_at is None:
            return told
        if told.read_at is not None and told.read_at >= ours.read_at:
            return told
        return _with(told, Seen(ours.read_at, ours.balance_minor, ours.supply))

    async def _load(self, name: str, kind: type[T]) -> T | None:
        row = await self._store.do(lambda db: db.execute("select value from mark where name = ?", (name,)).fetchone())
        try:
            return read(kind, json.loads(row["value"])) if row else None
        except (ValueError, BadAnswer) as wrong:
            log.warning("what was kept cannot be read: %s", wrong)
            return None

    async def _save(self, name: str, value: object) -> None:
        text = json.dumps(to_json(value))
        kept = "insert into mark values (?, ?) on conflict (name) do update set value = excluded.value"
        await self._store.do(lambda db: db.execute(kept, (name, text)))


def _with(meter: BoxMeter, seen: Seen) -> BoxMeter:
    supply = seen.supply or meter.supply
    if seen.balance_minor is None or meter.source == FROM_LEDGER:
        return replace(meter, supply=supply)
    return replace(meter, balance_minor=seen.balance_minor, read_at=seen.at, source=FROM_LINE, supply=supply)


def _slip(text: str) -> Slip:
    return read(Slip, json.loads(text))
