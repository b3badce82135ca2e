"""The door for existing head ends that tell the end of a task. What its own secret does not prove is kept nowhere."""

import logging
from uuid import UUID

from asyncpg import CannotConnectNowError, PostgresConnectionError
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.context import Deps
from app.ports import CallbackRejected
from app.services.head_ends.calls import Called, secret_of
from app.services.head_ends.tasks import Ended, record_call
from app.web.hooks.body import TooMuch, read_body
from app.web.state import deps

log = logging.getLogger(__name__)

MOST_BYTES = 256 * 1024
_AWAY = (SQLAlchemyError, PostgresConnectionError, CannotConnectNowError, OSError, TimeoutError)


async def receive(request: Request) -> Response:
    """Verify a call back outside of any transaction, record it in one, and confirm it only after the commit."""
    found, head_end_id = deps(request), request.path_params["head_end_id"]
    try:
        body = await read_body(request, MOST_BYTES)
        called = await _called(found, head_end_id, request, body)
    except TooMuch:
        return _refuse(413, "too_large")
    except (TimeoutError, ClientDisconnect):
        return _refuse(408, "incomplete")
    except _AWAY:
        return _refuse(503, "try_again")
    if called is None or found.ends is None:
        return _refuse(401, "bad_signature")  # as to a stranger: who is there is told nobody
    try:
        end = found.ends.read(called, found.now())
    except CallbackRejected as error:
        log.warning("call back of head end %s rejected: %s", head_end_id, error.code)
        return _refuse(400 if error.code == "unreadable" else 401, error.code)
    return await _record(found, head_end_id, end) if end else Response(status_code=204)


async def _called(found: Deps, head_end_id: UUID, request: Request, body: bytes) -> Called | None:
    key = found.settings.session_secret.get_secret_value()
    async with found.begin() as db:
        known = await secret_of(db, head_end_id, key)
    return Called(*known, path=request.url.path, headers=request.headers, body=body) if known else None


async def _record(found: Deps, head_end_id: UUID, end: Ended) -> Response:
    try:
        async with found.begin() as db:
            ours = await record_call(db, head_end_id, end, found.now())
    except _AWAY as error:
        log.warning("end of task %s not recorded, the database is away: %s", end.id, type(error).__name__)
        return _refuse(503, "try_again")
    if not ours:
        return _refuse(404, "unknown_task")
    return Response(status_code=204, background=BackgroundTask(found.bell.ring_quietly))


def _refuse(status: int, code: str) -> Response:
    return JSONResponse({"code": code}, status)


ROUTES: list[BaseRoute] = [Route("/hooks/ami/{head_end_id:uuid}", receive, methods=["POST"])]
