"""A terminal beside the third concentrator, as a process of its own; both reach us over wires that can be cut."""

import html
import re
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
from sqlmodel import select

from app.context import utc_now
from app.demo.site import free_port
from app.demo.stage.wire import Wire
from app.demo.supervisor import Program, Supervisor
from app.models import Concentrator, KioskEvent
from app.services.kiosks import enrolment
from app.services.kiosks.enrolment import NewKiosk
from headend_client.simulator.control import ask
from headend_client.simulator.world import FrontEndAddress, World
from tests.journeys.living import Living

STREET = 4
ESAM, STS = 5, 6
"""The streets behind the third concentrator whose meters can be exchanged: how `Living.home` calls them."""
_PLACE = 3
_METERS = "meters 3"
_TAGS = re.compile(r"<[^>]*>")
_SECRET = re.compile(r'data-secret="([^"]+)"')


@dataclass(slots=True)
class Street:
    """The third concentrator, and the wire between it and the front-end. `program`: runs it and its meters."""

    living: Living
    link: Wire
    program: Supervisor

    async def is_linked(self) -> bool:
        """Does the platform reach it?"""
        return await self.living.are_linked([_PLACE])

    async def cut(self) -> None:
        """Cut the link, and wait until the platform knows."""
        self.link.cut()

        async def gone() -> bool:
            return not await self.is_linked()

        await self.living.until(gone, "the link of the third concentrator is gone")

    async def kill(self) -> None:
        """SIGKILL to the concentrator and its meters, which start again by themselves and remember."""

        async def struck() -> bool:
            return self.program.send(_METERS, signal.SIGKILL)

        await self.living.until(struck, "the street is there to be killed")

    async def answers(self) -> bool:
        """Are the concentrator and its meters there, whether or not a link leads to them?"""
        return bool((await ask(self.living.site.controls[_PLACE - 1], {"order": "meters"}))["ok"])

    @asynccontextmanager
    async def frozen(self) -> AsyncIterator[None]:
        """Have the concentrator and its meters stand still: nobody answers, and no link breaks. It has dialled in
        before: a front-end that has just died is asked for by nobody who stands still."""
        await self.living.until(self.is_linked, "the third concentrator is on line")
        assert self.program.send(_METERS, signal.SIGSTOP)
        try:
            yield
        finally:
            self.program.send(_METERS, signal.SIGCONT)

    async def mend(self) -> None:
        """Let it dial in again."""
        self.link.mend()
        await self.living.until(self.is_linked, "the third concentrator is on line")


def _as_it_is(world: World) -> World:
    return world


@asynccontextmanager
async def third_street(living: Living, change: Callable[[World], World] = _as_it_is) -> AsyncIterator[Street]:
    """Switch the third concentrator on, behind a wire of its own. `change`: what is otherwise there than in the world
    of everybody."""
    site = living.site
    async with Wire(site.settings.frontend_port).laid() as link:
        known = World.load(site.world)
        ends = (FrontEndAddress("127.0.0.1", link.here),)
        path = site.world.with_name("by_the_terminal.json")
        change(replace(known, front_ends=ends, concentrators=known.concentrators[_PLACE - 1 :])).save(path)
        async with living.beside(Program(_METERS, ("simulate", "--world", str(path)))) as program:
            street = Street(living, link, program)
            await street.mend()
            yield street


@dataclass(slots=True)
class Visitor:
    """Somebody before the screens, who reads English. `backhaul`: the wire between the terminal and the platform."""

    living: Living
    kiosk_id: UUID
    state_dir: Path
    backhaul: Wire
    url: str
    secret: str = ""
    seen: str = field(default="", repr=False)

    async def begin(self) -> None:
        """Come, and choose English."""
        await self.press("stop")
        await self.press("start")
        await self.press("language")
        assert "What would you like?" in self.seen

    async def press(self, act: str, value: str = "") -> None:
        """Touch a button."""
        await self._send("/press", act=act, value=value)

    async def type(self, digits: str) -> None:
        """Type digits."""
        for key in digits:
            await self._send("/key", key=key)

    async def enter(self) -> None:
        """Press the key that ends what was typed."""
        await self._send("/key", key="enter")

    async def scan(self, text: str) -> None:
        """Hold something before the scanner."""
        await self._send("/scan", text=text)

    async def reads(self, *words: str, patience_s: float = 20.0) -> None:
        """Wait until all of these are on the screen."""

        async def there() -> bool:
            async with httpx2.AsyncClient(base_url=self.url) as client:
                self._see((await client.get("/screen")).text)
            return all(each in self.seen for each in words)

        try:
            await self.living.until(there, f"the screen says {words}", patience_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\nThe screen says: {self.seen}") from None

    async def told(self, kind: str) -> list[dict[str, object]]:
        """What the platform was told of that kind."""
        async with self.living.deps.begin() as db:
            rows = select(KioskEvent).where(KioskEvent.kiosk_id == self.kiosk_id, KioskEvent.kind == kind)
            return [dict(row.body) for row in await db.exec(rows.order_by("entry"))]

    async def has_told(self, kind: str) -> None:
        """Wait until the platform was told something of that kind."""

        async def there() -> bool:
            return bool(await self.told(kind))

        await self.living.until(there, f"the platform knows of {kind}")

    def holds(self, text: str) -> bool:
        """Is this anywhere in what the terminal keeps on its disk?"""
        files = [path for path in self.state_dir.rglob("*") if path.is_file()]
        return any(text.encode() in path.read_bytes() for path in files)

    async def _send(self, path: str, **fields: str) -> None:
        async with httpx2.AsyncClient(timeout=30, base_url=self.url, headers={"x-kiosk": self.secret}) as client:
            answer = await client.post(path, data=fields)
        assert answer.status_code == 200, answer.text
        self._see(answer.text)

    def _see(self, raw: str) -> None:
        self.seen = " ".join(html.unescape(_TAGS.sub(" ", raw)).split())


@asynccontextmanager
async def at_the_terminal(living: Living, folder: Path) -> AsyncIterator[Visitor]:
    """A terminal that was let in just now, and somebody before it."""
    async with living.deps.begin() as db:
        place = (await db.exec(select(Concentrator.id).where(Concentrator.terminal == _PLACE))).one()
        kiosk, code = await enrolment.expect(db, NewKiosk(folder.name, place, None), utc_now())
        kiosk_id = kiosk.id
    port = free_port()
    async with Wire(urlsplit(living.site.settings.public_url).port or 0).laid() as backhaul:
        surroundings = {
            "KIOSK_PLATFORM_URL": f"http://127.0.0.1:{backhaul.here}",
            "KIOSK_STATE_DIR": str(folder),
            "KIOSK_PORT": str(port),
            "KIOSK_LINE": f"socket://127.0.0.1:{living.site.lines[_PLACE - 1]}",
            "KIOSK_LINE_BAUD": "115200",
            "KIOSK_PRINTER": "dummy",
            "KIOSK_CACHE_S": "0.5",
        }
        async with living.beside(Program("kiosk", ("kiosk", "run", code), surroundings)):
            visitor = Visitor(living, kiosk_id, folder, backhaul, f"http://127.0.0.1:{port}")
            await living.until(lambda: _is_open(visitor), "the terminal shows its screens and is in use")
            await visitor.begin()
            yield visitor


async def _is_open(visitor: Visitor) -> bool:
    async with httpx2.AsyncClient(base_url=visitor.url) as client:
        page = (await client.get("/")).text
    found = _SECRET.search(page)
    visitor.secret = found[1] if found else ""
    return bool(found) and "screen_closed" not in page
