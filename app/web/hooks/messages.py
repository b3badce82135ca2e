"""The door for what providers of messages tell us of one that they took: sent, delivered, failed."""

import asyncio
import logging
from dataclasses import dataclass
from uuid import UUID

from asyncpg import CannotConnectNowError, PostgresConnectionError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.context import Deps
from app.domain.notice import Delivery
from app.ports import CallbackRejected, CallReader, CallTurn, StatusReader
from app.services.calls import aloud
from app.services.messages import record_delivery
from app.web.hooks.body import BODY_S
from app.web.state import deps

log = logging.getLogger(__name__)

_MOST_FIELDS = 100
AWAY = (SQLAlchemyError, PostgresConnectionError, CannotConnectNowError, OSError, TimeoutError)


async def receive(request: Request) -> Response:
    """Verify a word about one message outside of any transaction, then record it. The address names the message."""
    found = deps(request)
    reader = (found.carriers or {}).get(request.path_params["carrier"])
    if not isinstance(reader, StatusReader):
        return refuse(404, "unknown_carrier")
    try:
        word = reader.read_status(public_url(found, request), request.headers, await _form(request))
    except CallbackRejected as error:
        log.warning("status from %s rejected: %s", reader.name, error.code)
        return refuse(401 if error.code == "bad_signature" else 400, error.code)
    except (TimeoutError, ClientDisconnect, HTTPException):
        return refuse(400, "unreadable")
    return await _record(found, request.path_params["message_id"], word)


def public_url(found: Deps, request: Request) -> str:
    """The address as the provider was told it, whatever a proxy made of it: signatures are over that one."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{found.settings.public_url}{request.url.path}{query}"


async def _form(request: Request) -> dict[str, str]:
    async with asyncio.timeout(BODY_S):
        form = await request.form(max_fields=_MOST_FIELDS, max_files=0)
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def turn(request: Request) -> Response:
    """A key was pressed in a call: record the proof, or read the words again. The answer is what the call says next."""
    found = deps(request)
    reader = (found.carriers or {}).get(request.path_params["carrier"])
    if not isinstance(reader, CallReader):
        return refuse(404, "unknown_carrier")
    url = public_url(found, request)
    try:
        pressed = reader.read_turn(url, request.headers, await _form(request))
    except CallbackRejected as error:
        log.warning("key in a call of %s rejected: %s", reader.name, error.code)
        return refuse(401 if error.code == "bad_signature" else 400, error.code)
    except (TimeoutError, ClientDisconnect, HTTPException):
        return refuse(400, "unreadable")
    return await _say_next(found, reader, pressed, Said(request.path_params["message_id"], url))


@dataclass(frozen=True, slots=True)
class Said:
    """A message that is being read aloud, and where the next key is told."""

    message_id: UUID
    url: str


async def _say_next(found: Deps, reader: CallReader, pressed: CallTurn, said: Said) -> Response:
    try:
        async with found.begin() as db:
            spoken = await aloud(db, said.message_id)
            if spoken is not None and pressed.delivery is not None:
                await record_delivery(db, said.message_id, pressed.delivery, found.now())
    except AWAY as error:
        log.warning("call of message %s: the database is away: %s", said.message_id, type(error).__name__)
        return refuse(503, "try_again")
    if spoken is None:
        return refuse(404, "unknown_message")
    return Response(reader.answer(pressed, spoken.words, spoken.locale, said.url), media_type="text/xml")


async def _record(found: Deps, message_id: UUID, word: Delivery) -> Response:
    try:
        async with found.begin() as db:
            known = await record_delivery(db, message_id, word, found.now())
    except AWAY as error:
        log.warning("status of message %s not recorded, the database is away: %s", message_id, type(error).__name__)
        return refuse(503, "try_again")
    return Response(status_code=204) if known else refuse(404, "unknown_message")


def refuse(status: int, code: str) -> Response:
    return JSONResponse({"code": code}, status)


ROUTES: list[BaseRoute] = [
    Route("/hooks/messages/{carrier}/{message_id:uuid}", receive, methods=["POST"]),
    Route("/hooks/messages/{carrier}/{message_id:uuid}/heard", turn, methods=["POST"]),
]
