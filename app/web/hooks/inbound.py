"""The doors for what residents write to us, and for receipts that come several in a post."""

import asyncio
import logging

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.context import Deps
from app.ports import CallbackRejected, CarrierReader, InboundReader, InboundText, Posted, Receipt, ReceiptReader
from app.services.deliveries import record_receipt
from app.services.inbound import Came, receive
from app.web.hooks.body import BODY_S
from app.web.hooks.messages import AWAY, public_url, refuse
from app.web.state import deps

log = logging.getLogger(__name__)


async def texts(request: Request) -> Response:
    """Verify texts outside of any transaction, then keep and understand them, each in a transaction of its own.

    What was kept before one failed is not kept again when the provider repeats the post.
    """
    found = deps(request)
    reader = _reader(found, request)
    if not isinstance(reader, InboundReader):
        return refuse(404, "unknown_carrier")
    try:
        came = reader.read_inbound(await _posted(found, request))
    except CallbackRejected as error:
        return _rejected("text", reader, error)
    except (TimeoutError, ClientDisconnect, HTTPException):
        return refuse(400, "unreadable")
    for each in came:
        if not await _keep(found, reader, each):
            return refuse(503, "try_again")
    await found.bell.ring_quietly()
    return _accepted(reader.accepted)


async def receipts(request: Request) -> Response:
    """Verify receipts, then record each; those that fit no message of ours are passed over."""
    found = deps(request)
    reader = _reader(found, request)
    if not isinstance(reader, ReceiptReader):
        return refuse(404, "unknown_carrier")
    try:
        came = reader.read_receipts(await _posted(found, request))
    except CallbackRejected as error:
        return _rejected("receipts", reader, error)
    except (TimeoutError, ClientDisconnect, HTTPException):
        return refuse(400, "unreadable")
    for each in came:
        if not await _record(found, reader, each):
            return refuse(503, "try_again")
    return _accepted(reader.accepted)


def _reader(found: Deps, request: Request) -> CarrierReader | None:
    return (found.carriers or {}).get(request.path_params["carrier"])


async def _posted(found: Deps, request: Request) -> Posted:
    async with asyncio.timeout(BODY_S):
        body = await request.body()
    return Posted(public_url(found, request), request.headers, body, request.path_params.get("word", ""))


async def _keep(found: Deps, reader: InboundReader, text: InboundText) -> bool:
    try:
        async with found.begin() as db:
            kept = await receive(db, Came(reader.name, text, found.settings.country), found.now())
    except AWAY as error:
        log.warning("text by %s not kept, the database is away: %s", reader.name, type(error).__name__)
        return False
    log.info("text by %s: %s", reader.name, kept.understood if kept else "known")
    return True


async def _record(found: Deps, reader: ReceiptReader, receipt: Receipt) -> bool:
    try:
        async with found.begin() as db:
            known = await record_receipt(db, reader.name, receipt, found.now())
    except AWAY as error:
        log.warning("receipt of %s not recorded, the database is away: %s", reader.name, type(error).__name__)
        return False
    if not known:
        log.warning("receipt by %s for message %s fits nothing that it has from us", reader.name, receipt.message_id)
    return True


def _rejected(what: str, reader: CarrierReader, error: CallbackRejected) -> Response:
    log.warning("%s by %s rejected: %s", what, reader.name, error.code)
    return refuse(401 if error.code == "bad_signature" else 400, error.code)


def _accepted(words: str) -> Response:
    return Response(words, media_type="text/xml" if words.startswith("<") else "application/json")


ROUTES: list[BaseRoute] = [
    Route("/hooks/inbound/{carrier}", texts, methods=["POST"]),
    Route("/hooks/inbound/{carrier}/{word}", texts, methods=["POST"]),
    Route("/hooks/receipts/{carrier}/{word}", receipts, methods=["POST"]),
]
