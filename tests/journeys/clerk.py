"""Somebody at the console in a living utility: where a page is away or an answer is lost, they look, and ask again."""

from collections.abc import Awaitable, Callable
from typing import Self

import httpx2

from app.demo.seed import STAFF_LOGIN, STAFF_PASSWORD
from app.demo.visitor import Page, Visitor
from tests.journeys.living import Living

_HANDHELDS = "/console/handhelds"


class Clerk(Visitor):
    """One member of staff with every role, and one browser."""

    def __init__(self, living: Living) -> None:
        super().__init__(living.site.settings.public_url)
        self._living = living

    async def __aenter__(self) -> Self:
        await self.insists(self._signs_in, "staff are let in")
        return self

    async def _signs_in(self) -> bool:
        page = await self.open("/console/sign-in")
        if page.status == httpx2.codes.OK:
            page = await self.send(page, page.form("sign-in"), login=STAFF_LOGIN, password=STAFF_PASSWORD)
        return page.url.endswith("/console") or "/console/sign-in" not in page.url

    async def insists(self, act: Callable[[], Awaitable[bool]], words: str) -> None:
        """Do it, or see that it is done, until it is."""
        await self._living.until(act, words)

    async def presses(self, path: str, button: tuple[str, str], **typed: str) -> Page:
        """Open a page, fill in the form with this button, and press it."""
        page = await self.open(path)
        return await self.send(page, page.form(button=button), **typed, **{button[0]: button[1]})

    async def looks(self, numbers: list[str]) -> Page:
        """Look what a file would hold of what is paid for these meters."""
        page = await self.open(f"{_HANDHELDS}/new?kind=download&meter={','.join(numbers)}")
        return await self.send(page, page.form("/handhelds/new"), act="look")

    async def makes(self, looked: Page) -> Page:
        """Make the file that was looked at."""
        return await self.send(looked, looked.form("/handhelds/new"), act="make")

    async def takes_file(self, path: str) -> bytes:
        """Hand a file out; empty where no file came."""
        page = await self.open(path)
        form = page.form("/file")
        answer = await self._client.post(form.action, data=form.fields)
        return answer.content if "attachment" in answer.headers.get("content-disposition", "") else b""

    async def brings_back(self, data: bytes) -> str:
        """Hand a file of results in; return where what is made of it is shown, empty: nobody took it."""
        page = await self.open(_HANDHELDS)
        form = page.form("/handhelds/back")
        files = {"file": ("BACK.DBF", data, "application/octet-stream")}
        answer = await self._client.post(form.action, data={"csrf": form.fields["csrf"]}, files=files)
        return str(answer.url) if "/returns/" in str(answer.url) else ""
