"""Where somebody responsible says that they have an event in hand, by the link of a message to them (SPEC N-7).

Looking does nothing: mail programs open links by themselves. The button does.
"""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.domain.proving import message_of_event_word
from app.services import event_log, responsible
from app.services.event_log import Line
from app.services.responsible import InHand
from app.web.pages import page, see_other
from app.web.state import deps

_LONGEST_WORD = 64
_MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What a message told: its events, and how many of them still wait for somebody."""

    lines: list[Line]
    waiting: int
    count: int


async def show(request: Request) -> Response:
    """GET /e/{word}."""
    known = deps(request)
    async with known.begin() as db:
        told = await _told(db, _message(request))
    if told is None:
        raise HTTPException(404)
    answer = page(request, "portal/public/in_hand.html", {"told": told})
    answer.headers["cache-control"] = "no-store"
    return answer


async def take(request: Request) -> Response:
    """POST /e/{word}: everything that the message told, as far as nobody has it yet."""
    known, message_id = deps(request), _message(request)
    async with known.begin() as db:
        person, alarms = await responsible.alarms_of_message(db, message_id)
        if not alarms:
            raise HTTPException(404)
        for alarm in alarms:
            await responsible.acknowledge(db, alarm.id, InHand(person), known.now())
    return see_other(request.url.path)


async def _told(db: AsyncSession, message_id: UUID) -> Told | None:
    _, alarms = await responsible.alarms_of_message(db, message_id)
    found = [await event_log.event_of(db, alarm.event_id) for alarm in alarms[:_MOST_SHOWN]]
    lines = [line for line in found if line is not None]
    waiting = sum(1 for alarm in alarms if alarm.acknowledged_at is None)
    over = all(line.ended_at is not None for line in lines)
    if alarms:
        return Told(lines, 0 if over else waiting, len(alarms))
    return Told([], 0, 0) if await responsible.is_gathered(db, message_id) else None


def _message(request: Request) -> UUID:
    word = str(request.path_params["word"])
    key = deps(request).settings.session_secret.get_secret_value()
    found = message_of_event_word(key, word) if word.isascii() and len(word) <= _LONGEST_WORD else None
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return found


ROUTES: list[BaseRoute] = [
    Route("/e/{word}", show, methods=["GET"]),
    Route("/e/{word}", take, methods=["POST"]),
]
