"""Which head end leads where, and which of them answer: looked at every few seconds, told to an observer.

registry.head_ends() --> lines --> standing? --> registry.answered (its places are ours, what waits is due)
                                           \\--> registry.in_trouble (after two misses: its places wait)
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from headend_client.ami.line import Line, LineError
from headend_client.ami.shapes import AmiTiming, HeadEndPlace, Standing
from headend_client.clock import Clock
from headend_client.target import ConcentratorAddress

log = logging.getLogger(__name__)
MISSES = 2


class Registry(Protocol):
    """Knows which head ends there are, and is told how they are."""

    async def head_ends(self) -> Iterable[HeadEndPlace]:
        """Return those that are enabled."""

    async def answered(self, head_end: UUID, standing: Standing) -> Iterable[ConcentratorAddress]:
        """A head end answers; return the places behind it that are ours to work for."""

    async def in_trouble(self, head_end: UUID, code: str, *, gone: bool) -> None:
        """A head end gave no answer that proves itself. `gone`: not for the first time, so nothing is sent there."""


@dataclass(slots=True)
class _Known:
    line: Line
    misses: int = 0


class Desk:
    """The head ends of this process. `put` is for those who need no registry."""

    def __init__(self, timing: AmiTiming, now: Clock) -> None:
        self.timing, self._now = timing, now
        self._known: dict[UUID, _Known] = {}
        self._leads: dict[ConcentratorAddress, UUID] = {}

    def find(self, address: ConcentratorAddress) -> Line | None:
        """Return the line that leads to a place, if this process works for it."""
        head_end = self._leads.get(address)
        known = self._known.get(head_end) if head_end else None
        return known.line if known else None

    def put(self, place: HeadEndPlace, addresses: Iterable[ConcentratorAddress]) -> Line:
        """Let these places be reached through a head end."""
        self._lead(place.id, addresses)
        return self._line_to(place)

    async def run(self, registry: Registry) -> None:
        """Look after all head ends until cancelled, then hang up."""
        try:
            while True:
                try:
                    await self.look(registry)
                except Exception as error:  # whatever a registry raises: its database is away, and comes back
                    log.warning("head ends: %s", type(error).__name__)
                await asyncio.sleep(self.timing.probe_s)
        finally:
            await self.aclose()

    async def look(self, registry: Registry) -> None:
        """Look once at each; one that is slow keeps no other waiting."""
        places = {place.id: place for place in await registry.head_ends()}
        await self._agree_with(places)
        async with asyncio.TaskGroup() as group:
            for head_end in places:
                group.create_task(self._probe(head_end, registry))

    async def aclose(self) -> None:
        """Hang up on all."""
        known, self._known, self._leads = self._known, {}, {}
        for each in known.values():
            await each.line.aclose()

    async def _agree_with(self, places: Mapping[UUID, HeadEndPlace]) -> None:
        """Drop lines to what is not enabled any more, or has moved or changed its secret; open new ones."""
        for head_end, known in list(self._known.items()):
            if places.get(head_end) != known.line.place:
                del self._known[head_end]
                self._lead(head_end, ())
                await known.line.aclose()
        for place in places.values():
            self._line_to(place)

    def _line_to(self, place: HeadEndPlace) -> Line:
        if place.id not in self._known:
            self._known[place.id] = _Known(Line(place, self.timing, self._now))
        return self._known[place.id].line

    async def _probe(self, head_end: UUID, registry: Registry) -> None:
        known = self._known[head_end]
        try:
            standing = await known.line.standing()
        except LineError as error:
            known.misses += 1
            gone = known.misses >= MISSES
            if gone:
                self._lead(head_end, ())
            await registry.in_trouble(head_end, error.code, gone=gone)
            return
        known.misses = 0
        self._lead(head_end, await registry.answered(head_end, standing))

    def _lead(self, head_end: UUID, addresses: Iterable[ConcentratorAddress]) -> None:
        kept = {address: leads for address, leads in self._leads.items() if leads != head_end}
        self._leads = kept | dict.fromkeys(addresses, head_end)
