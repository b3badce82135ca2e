"""The channel that docs/howto/add-an-sms-provider.md shows is a channel."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.models.account import ChannelName
from notifier.ports import Channel, DeliveryError, Rendered
from tests.serving import served

PAGE = Path(__file__).resolve().parents[2] / "docs/howto/add-an-sms-provider.md"
RENDERED = Rendered(
    uuid4(), ChannelName.SMS, "+8613800000001", "", "hello", "https://relight.test/hooks/messages/acme/1"
)


def shown() -> Callable[[str, str], Channel]:
    """The class on the page."""
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102  (our own page)
    return cast(Callable[[str, str], Channel], names["AcmeChannel"])


@asynccontextmanager
async def acme(status: int, answer: dict[str, str]) -> AsyncIterator[Channel]:
    async def take(request: Request) -> JSONResponse:
        assert request.headers["authorization"] == "Bearer key"
        return JSONResponse(answer, status)

    async with served(Starlette(routes=[Route("/messages", take, methods=["POST"])])) as url:
        channel = shown()(url, "key")
        yield channel
        await channel.close()


async def test_the_shown_channel_sends() -> None:
    async with acme(201, {"id": "7"}) as channel:
        assert await channel.send(RENDERED) == "7"


@pytest.mark.parametrize(
    ("status", "code", "permanent", "maybe_sent", "stop"),
    [
        (400, "UNSUBSCRIBED", True, False, True),
        (400, "NO_SUCH_NUMBER", True, False, False),
        (429, "SLOW_DOWN", False, False, False),
        (503, "", False, True, False),
    ],
)
async def test_the_shown_channel_tells_refusals_apart(
    status: int, code: str, permanent: bool, maybe_sent: bool, stop: bool
) -> None:
    async with acme(status, {"code": code}) as channel:
        with pytest.raises(DeliveryError) as refusal:
            await channel.send(RENDERED)
    found = refusal.value
    assert (found.permanent, found.maybe_sent, found.stop) == (permanent, maybe_sent, stop)
