"""The tracker, told: each fact's commit becomes an event that holds the changed part of the page.

A page looks by itself every second until its stream has spoken, and every twenty seconds after that. So whatever holds
a stream up (a proxy, a chat app's browser, a database that starts again), the page only gets slower.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.services.live import Subject, subject_of
from app.services.tracker import Tracker, tracker
from app.web.event_stream import PING, EventStream, event
from app.web.forms import ref_in_path
from app.web.live import Hub, TooManyWatchersError, Watcher, hub
from app.web.portal.records import track
from app.web.state import deps

_PING_S = 25.0  # proxies close what is silent for half a minute
_GATHER_S = 0.03  # facts of one moment are one event
_LASTS = timedelta(minutes=31)  # nobody's story is watched for longer (domain.tracker)
_AT_ONCE = asyncio.Semaphore(8)  # stories read at one time, so that a crowd leaves connections to others


@dataclass(frozen=True, slots=True)
class _Seat:
    """One reader in front of one story."""

    request: Request
    hub: Hub
    watcher: Watcher
    ref: str
    here: str
    until: datetime


async def stream(request: Request) -> Response:
    """GET /purchases/{ref}/live, /payments/{ref}/live?since=: events `pace`, `story`, and at the end `done`."""
    known, ref = deps(request), ref_in_path(request)
    async with known.begin() as db:
        subject = await subject_of(db, ref)
    if subject is None:
        raise HTTPException(404)
    listening = hub(request)
    over = known.now() - subject.begun_at > _LASTS
    if listening is None or over:
        return EventStream(_nothing)
    return EventStream(lambda: _watch(request, listening, subject))


async def _nothing() -> AsyncIterator[str]:
    yield event("done", "")


async def _watch(request: Request, listening: Hub, subject: Subject) -> AsyncIterator[str]:
    try:
        with listening.watch(str(subject.id)) as watcher:
            if subject.purchase_id is not None:
                listening.also(watcher, str(subject.purchase_id))
            if _moved(request, listening, watcher):
                watcher.moved.set()
            here = request.url.path.removesuffix("/live")
            seat = _Seat(request, listening, watcher, ref_in_path(request), here, subject.begun_at + _LASTS)
            yield event("pace", track.slow_pace(request, here, track.STREAMED_PACE_S))
            async for text in _told(seat):
                yield text
    except TooManyWatchersError:
        yield event("done", "")


def _moved(request: Request, listening: Hub, watcher: Watcher) -> bool:
    made_at = _made_at(request)
    return made_at is None or any(listening.moved_since(subject, made_at) for subject in watcher.subjects)


def _made_at(request: Request) -> datetime | None:
    """When the page, or the last event that it has seen, was made."""
    stated = request.headers.get("last-event-id") or request.query_params.get("since", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) <= 13):
        return None
    return datetime.fromtimestamp(int(stated) / 1000, UTC)


async def _told(seat: _Seat) -> AsyncIterator[str]:
    while True:
        try:
            async with asyncio.timeout(_PING_S):
                await seat.watcher.moved.wait()
        except TimeoutError:
            if deps(seat.request).now() > seat.until:
                yield event("done", "")
                return
            yield PING
            continue
        await asyncio.sleep(_GATHER_S)
        seat.watcher.moved.clear()
        read_at = deps(seat.request).now()
        story = await _read(seat)
        if story is None:
            return
        yield event("story", track.live_part(seat.request, story), int(read_at.timestamp() * 1000))
        if story.look_again_s is None:
            yield event("done", "")
            return


async def _read(seat: _Seat) -> Tracker | None:
    known = deps(seat.request)
    async with _AT_ONCE, known.begin() as db:
        story = await tracker(db, seat.ref, known.now())
    if story is not None and story.purchase_id is not None:
        _also(seat, story.purchase_id)
    return story


def _also(seat: _Seat, purchase_id: UUID) -> None:
    """What was a payment's story has become a purchase's."""
    seat.hub.also(seat.watcher, str(purchase_id))
