"""`relight kiosk run` and `relight kiosk enrol CODE`: the program of a terminal."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn

from kiosk import identity
from kiosk.api import enrol as ask_to_enrol
from kiosk.api import open_client
from kiosk.assembly import open_terminal, own_version
from kiosk.errors import KioskError, NotReached
from kiosk.journal import Journal
from kiosk.scanner import Scanner
from kiosk.settings import KioskSettings, settings
from kiosk.shapes import Trouble
from kiosk.store import Store
from kiosk.ui import make_ui

log = logging.getLogger(__name__)
_AGAIN_S = 2.0
_SENTENCES = {
    "unreachable": "the platform is not reached; look at KIOSK_PLATFORM_URL and the network",
    "code_unknown": "nobody waits for this code: it is wrong, was used or has expired; ask staff for another",
}


def run(code: str = "") -> int:
    """Run until SIGINT or SIGTERM; return the exit code. With a code, a terminal that has no key enrols first."""
    return _guarded(lambda known: _enrol_and_serve(known, code))


async def _enrol_and_serve(known: KioskSettings, code: str) -> None:
    while code and not identity.is_enrolled(known.state_dir):
        try:
            await enrol_here(known, code)
        except NotReached as wrong:
            log.info("%s; trying again", wrong)
            await asyncio.sleep(_AGAIN_S)
    await serve(known)


def enrol(code: str) -> int:
    """Make a key and have it let in; return the exit code."""
    return _guarded(lambda known: enrol_here(known, code))


class _Screens(uvicorn.Server):
    """Leaves signals to us: uvicorn's own way would end the process before the journal is closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def leave(self) -> None:
        """Stop serving."""
        self.should_exit = True


async def serve(known: KioskSettings) -> None:
    """Be a terminal. Raises KioskError."""
    async with open_terminal(known) as terminal:
        config = uvicorn.Config(
            make_ui(terminal.counter, known),
            known.host,
            known.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        work = [asyncio.create_task(terminal.sync.run())]
        if known.scanner:
            found: asyncio.Queue[str] = asyncio.Queue()
            terminal.counter.scanner = Scanner(known.scanner, known.scanner_baud, found.put_nowait)
            work.append(asyncio.create_task(terminal.counter.scanner.run()))
            work.append(asyncio.create_task(_pass_on(found, terminal.counter.scanned)))
        server = _Screens(config)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, server.leave)
        screens = asyncio.create_task(server.serve())
        log.info("the screens are at http://%s:%d/", known.host, known.port)
        done, _ = await asyncio.wait([screens, *work], return_when=asyncio.FIRST_COMPLETED)
        for task in (screens, *work):
            task.cancel()
        await asyncio.gather(screens, *work, return_exceptions=True)
        for task in done:
            task.result()


async def enrol_here(known: KioskSettings, code: str) -> None:
    """Enrol this terminal. Raises KioskError, whose text says what to do."""
    key, store = (
        identity.make_key(),
        Store(known.state_dir),
    )  # a disk that keeps nothing is known before the code is used
    try:
        async with open_client(known.platform_url) as client:
            said = await ask_to_enrol(client, code, identity.public_text(key), own_version())
        if isinstance(said, Trouble):
            raise (NotReached if said.unreachable else KioskError)(
                _SENTENCES.get(said.code, f"the platform refused ({said.code})")
            )
        await Journal(store).begin_after(said.last_entry)
        identity.save(known.state_dir, said, key)
    finally:
        store.close()
    sys.stdout.write(f"enrolled as {said.name}\n")


async def _pass_on(found: asyncio.Queue[str], take: Callable[[str], Awaitable[None]]) -> None:
    while True:
        await take(await found.get())


def _guarded(work: Callable[[KioskSettings], Awaitable[None]]) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s kiosk %(message)s", datefmt="%H:%M:%S", force=True)
    for name in ("httpx2", "httpcore2", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        asyncio.run(_whole(work))
    except KioskError as wrong:
        sys.stderr.write(f"relight kiosk: {wrong}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


async def _whole(work: Callable[[KioskSettings], Awaitable[None]]) -> None:
    await work(settings())
