"""The door that payment providers knock at. What is not signed is kept nowhere; what is signed is never lost."""

import logging

from asyncpg import CannotConnectNowError, PostgresConnectionError
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.context import Deps
from app.domain.payment import CallbackFact
from app.ports import CallbackRejected, PaymentProvider
from app.services.payments import record_callback
from app.web.hooks.body import TooMuch, read_body
from app.web.state import deps

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
_REJECTED = {"bad_signature": 401, "too_old": 401}
_AWAY = (SQLAlchemyError, PostgresConnectionError, CannotConnectNowError, OSError, TimeoutError)


async def receive(request: Request) -> Response:
    """Verify a callback outside of any transaction, record it in one, and confirm it only after the commit."""
    found = deps(request)
    provider = (found.providers or {}).get(request.path_params["provider"])
    if provider is None:
        return _refuse(404, "unknown_provider")
    try:
        body = await read_body(request, MOST_BYTES)
        fact = provider.read_callback(request.headers, body, found.now())
    except TooMuch:
        return _refuse(413, "too_large")
    except (TimeoutError, ClientDisconnect):
        return _refuse(408, "incomplete")
    except CallbackRejected as error:
        log.warning("callback of %s rejected: %s", provider.name, error.code)
        return _refuse(_REJECTED.get(error.code, 400), error.code)
    return await _record(found, provider, fact)


async def _record(deps: Deps, provider: PaymentProvider, fact: CallbackFact) -> Response:
    try:
        async with deps.begin() as db:
            await record_callback(db, fact, deps.now())
    except IntegrityError:
        raise
    except _AWAY as error:
        log.warning("callback of %s not recorded, the database is away: %s", provider.name, type(error).__name__)
        return _refuse(503, "try_again")
    status, word = provider.acknowledge()
    return PlainTextResponse(word, status, background=BackgroundTask(deps.bell.ring_quietly))


def _refuse(status: int, code: str) -> Response:
    """In the form that WeChat Pay asks for (chapter "callback and query"); others read the status."""
    return JSONResponse({"code": "FAIL", "message": code}, status)


ROUTES: list[BaseRoute] = [Route("/hooks/payments/{provider}", receive, methods=["POST"])]
