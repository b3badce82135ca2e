"""The screens of a terminal at a simulated metering box, and somebody before them."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
from httpx2 import ASGITransport, AsyncClient

from kiosk.ui import make_ui
from kiosk.ui.program import Front
from kiosk.ui.visit import Visit
from tests.kiosk.box import Box

S = TypeVar("S")
_TAGS = re.compile(r"<[^>]*>")


@dataclass
class Hand:
    """Presses, types and scans; `seen` is what the last screen said."""

    client: AsyncClient
    front: Front
    seen: str = ""
    raw: str = ""

    @property
    def visit(self) -> Visit:
        """Where the visitor is."""
        return self.front.visit

    async def press(self, act: str, value: str = "") -> str:
        """Touch a button, and wait until the screen has come to rest."""
        return await self._send("/press", act=act, value=value)

    async def keys(self, keys: str) -> str:
        """Type digits."""
        for key in keys:
            await self._send("/key", key=key)
        return self.seen

    async def key(self, key: str) -> str:
        """Press "enter" or "back"."""
        return await self._send("/key", key=key)

    async def scan(self, text: str) -> str:
        """Hold something before the scanner."""
        return await self._send("/scan", text=text)

    async def look(self) -> str:
        """See what is on the screen now."""
        self.raw = (await self.client.get("/screen")).text
        self.seen = " ".join(html.unescape(_TAGS.sub(" ", self.raw)).split())
        return self.seen

    async def _send(self, path: str, **fields: str) -> str:
        answer = await self.client.post(path, data=fields, headers={"x-kiosk": self.front.secret})
        assert answer.status_code == 200
        await self.visit.settled()
        return await self.look()


def is_at(hand: Hand, kind: type[S]) -> S:
    """Where the visitor is, which is one of these."""
    state = hand.visit.state
    assert isinstance(state, kind)
    return state


@pytest.fixture
async def hand(box: Box) -> AsyncIterator[Hand]:
    """Somebody before the screens, who reads English."""
    app = make_ui(box.terminal.counter, box.settings)
    front = app.state.front
    assert isinstance(front, Front)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1:8700") as client:
        somebody = Hand(client, front)
        await somebody.press("start")
        await somebody.press("language")
        yield somebody
