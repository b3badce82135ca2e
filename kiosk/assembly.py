"""Puts a terminal together from its settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from zoneinfo import ZoneInfo

from kiosk import identity
from kiosk.api import Platform, open_client
from kiosk.body import Body
from kiosk.cache import Cache
from kiosk.clock import Clock
from kiosk.counter import Counter, Desks, Place
from kiosk.desk import Desk, Tools
from kiosk.gate import Gate
from kiosk.journal import Journal, Kind
from kiosk.line import Line, LineSettings
from kiosk.paper import PaperDesk
from kiosk.paying import PayDesk
from kiosk.printer import Printer, open_printer
from kiosk.settings import KioskSettings
from kiosk.slip import Look, find_font
from kiosk.store import Store
from kiosk.sync import Parts, Sync


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal that is ready: `counter` for the screens, `sync` for what goes on by itself."""

    counter: Counter
    sync: Sync
    journal: Journal
    cache: Cache
    gate: Gate
    platform: Platform
    line: Line | None


@asynccontextmanager
async def open_terminal(
    settings: KioskSettings, clock: Clock | None = None, printer: Printer | None = None
) -> AsyncIterator[Terminal]:
    """Open everything for the length of the block. NotEnrolled, StateDamaged, NoFont.

    `clock`, `printer`: others than the settings' own, for tests.
    """
    clock = clock or Clock()
    who = identity.load(settings.state_dir)
    printer = printer or open_printer(settings)
    look = Look(find_font(settings.font), ZoneInfo(settings.timezone), settings.currency)
    store, line = Store(settings.state_dir), _open_line(settings)
    client = open_client(settings.platform_url)
    try:
        journal, cache = Journal(store), Cache(store)
        gate = Gate(journal, cache, settings.state_dir)
        await cache.load()
        await gate.load()
        platform = Platform(who, journal, clock, client)
        desk = Desk(Tools(who, journal, cache, clock, line, look.zone))
        desks = Desks(desk, PayDesk(platform, journal, clock), PaperDesk(printer, platform, journal, cache), gate)
        place = Place(platform, journal, cache, clock, look, settings.our_hosts, settings.state_dir)
        body = Body(settings.door_input, settings.unit_input)
        counter = Counter(place, desks, body, line)
        parts = Parts(
            platform, journal, cache, clock, gate, body, desk, desks.paying, counter, own_version(), settings.cache_s
        )
        await journal.note(Kind.STARTED, clock(), body={"detail": own_version()})
        yield Terminal(counter, Sync(parts), journal, cache, gate, platform, line)
    finally:
        await client.aclose()
        if line:
            line.close()
        if printer:
            printer.close()
        store.close()


def own_version() -> str:
    """The version that the beat tells."""
    try:
        return version("relight")
    except PackageNotFoundError:
        return "0"


def _open_line(settings: KioskSettings) -> Line | None:
    if not settings.line:
        return None
    return Line(
        LineSettings(
            device=settings.line,
            baud=settings.line_baud,
            parity=settings.line_parity,
            answer_s=settings.line_answer_s,
            tries=settings.line_tries,
        )
    )
