"""Reads what is posted at a door whose callers are strangers until their signature is checked."""

import asyncio

from starlette.requests import Request

BODY_S = 5.0  # providers give us as long for the whole answer


class TooMuch(Exception):
    """A body that nobody we expect has."""


async def read_body(request: Request, most_bytes: int) -> bytes:
    """Read a body while it comes. Raises TooMuch, TimeoutError, ClientDisconnect."""
    body = b""
    async with asyncio.timeout(BODY_S):
        async for part in request.stream():
            body += part
            if len(body) > most_bytes:
                raise TooMuch
    return body
