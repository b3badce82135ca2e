"""A front-end put together: real links on one side, the real database on the other."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps
from app.db import Begin
from app.headend import FrontEndServer, HeadEndError, make_key_file, open_security
from app.models import Concentrator, FrontEnd, Meter, Review
from app.ports import ConcentratorAddress, Priority, Recharge, Target
from app.services import frontends
from app.services.targets import load_target
from app.settings import Settings
from headend_client.errors import KeyFileError
from headend_client.keyfile import Keys
from headend_client.outcome import Done, FrameRecord, Wallet
from headend_client.software import SoftwareSecurityModule
from headend_client.timing import PortTiming, Timing
from meters_io.gdw1376.frame import Control, Terminal
from meters_io.gdw1376.link import Denied, Login, Logout, build_denial, build_link, parse_confirm
from tests import build
from tests.clocks import Clock
from tests.headend_client.meters import MASTER, EsamMeter
from tests.headend_client.peer import Peer, renumbered

TERMINAL = Terminal("3201", 1)
KEYS = json.dumps({"esam_master": MASTER.hex(), "relay_password": "02aabbcc", "vending": []})
ANSWER = Control(up=True, starts=False, function=9)
PASSPHRASE = "a lamp in every window"
QUICK = Timing(PortTiming(1000, 5.0), PortTiming(1000, 5.0))


class Bell:
    """Says when it has been rung."""

    def __init__(self) -> None:
        self.rung, self.broken = asyncio.Event(), False

    async def ring_quietly(self) -> None:
        self.rung.set()
        if self.broken:
            raise ConnectionResetError


class Line:
    """The way to the database, which can be cut."""

    def __init__(self, begin: Begin) -> None:
        self._begin, self.cut = begin, False

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        if self.cut:
            raise ConnectionRefusedError
        async with self._begin() as db:
            yield db


@dataclass
class Site:
    """A running front-end "north" and what a test looks at."""

    begin: Begin
    clock: Clock
    server: FrontEndServer
    bell: Bell
    line: Line

    async def concentrator(self) -> Concentrator:
        """The one concentrator there is."""
        async with self.begin() as db:
            return (await db.exec(select(Concentrator))).one()

    async def reviews(self) -> list[str]:
        """The kinds of all questions for staff."""
        async with self.begin() as db:
            return [review.kind for review in await db.exec(select(Review))]


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again, for five seconds at most."""
    async with asyncio.timeout(5):
        while not await holds():  # noqa: ASYNC110 - the database does not tell us
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(begin: Begin, clock: Clock, folder: Path, name: str = "north") -> AsyncIterator[Site]:
    """Run a front-end for the length of the block."""
    bell, line = Bell(), Line(begin)
    settings = Settings(frontend_port=0)
    deps = Deps(line.begin, bell, clock, settings, name=f"frontend:{name}")
    security = SoftwareSecurityModule(Keys(MASTER, b"\x02\xaa\xbb\xcc"), folder / f"tokens_{name}")
    server = FrontEndServer(deps, name, security, QUICK)
    task = asyncio.create_task(server.run())
    await asyncio.wait_for(server.ready.wait(), 5)
    try:
        yield Site(begin, clock, server, bell, line)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def site(begin: Begin, clock: Clock, tmp_path: Path) -> AsyncIterator[Site]:
    """A small utility and its front-end."""
    async with begin() as db:
        await build.utility(db, clock(), linked=False)
    async with running(begin, clock, tmp_path) as opened:
        yield opened


async def test_a_login_is_recorded_before_it_is_confirmed_and_the_bell_rings(site: Site) -> None:
    async with await Peer.logged_in(site.server.port, TERMINAL):
        assert (await site.concentrator()).front_end == "north"
        await asyncio.wait_for(site.bell.rung.wait(), 5)


async def test_an_unknown_concentrator_gets_no_further_than_a_question_for_staff(site: Site) -> None:
    async with await Peer.dial(site.server.port, Terminal("9999", 1)) as peer:
        await peer.say(Login())
        assert parse_confirm(await peer.next_frame()) == Denied()
    assert await site.reviews() == ["unknown_concentrator"]


async def test_two_concentrators_with_one_address_become_a_question_for_staff(site: Site) -> None:
    async with (
        await Peer.logged_in(site.server.port, TERMINAL),
        await Peer.logged_in(site.server.port, TERMINAL) as newer,
    ):
        await newer.is_answered()
        assert await site.reviews() == ["two_concentrators"]
        assert (await site.concentrator()).front_end == "north"


@pytest.mark.parametrize("goodbye", [True, False])
async def test_a_link_that_ends_frees_its_concentrator(site: Site, goodbye: bool) -> None:
    async with await Peer.logged_in(site.server.port, TERMINAL) as peer:
        if goodbye:
            await peer.say(Logout())
            assert await peer.is_hung_up_on()

    async def is_free() -> bool:
        return (await site.concentrator()).front_end is None

    await until(is_free)


async def test_a_concentrator_that_dials_again_at_once_stays_ours(site: Site) -> None:
    for _ in range(10):
        peer = await Peer.logged_in(site.server.port, TERMINAL)
        await peer.hang_up()
    async with await Peer.logged_in(site.server.port, TERMINAL) as peer:
        await peer.is_answered()
        assert (await site.concentrator()).front_end == "north"


async def test_a_front_end_that_stops_frees_its_concentrators(begin: Begin, clock: Clock, tmp_path: Path) -> None:
    async with begin() as db:
        await build.utility(db, clock(), linked=False)
    async with running(begin, clock, tmp_path) as site:
        peer = await Peer.logged_in(site.server.port, TERMINAL)
    assert (await site.concentrator()).front_end is None
    await peer.hang_up()


async def test_the_start_is_written_down(site: Site) -> None:
    async with site.begin() as db:
        row = await db.get_one(FrontEnd, "north")
    assert (row.started_at, row.beat_at) == (site.clock(), site.clock())


async def test_a_purchase_goes_through_the_gateway_to_a_meter_of_the_archive(site: Site) -> None:
    async with site.begin() as db:
        meter = (await db.exec(select(Meter).where(col(Meter.number).startswith("201")))).one()
        aim = await load_target(db, meter.id, priority=Priority.RESTORE)
    there, trace = EsamMeter(address=aim.address, customer=aim.customer), list[FrameRecord]()
    async with await Peer.logged_in(site.server.port, TERMINAL) as peer:
        gateway = site.server.gateway
        done, _ = await asyncio.gather(gateway.send_purchase(aim, Recharge(5000, 4), trace), peer.serve(there, 2))
        wallet, _ = await asyncio.gather(gateway.read_wallet(aim, trace), peer.serve(there, 3))
    assert (done, wallet) == (Done(), Wallet(6234, 0, 4))
    assert len(trace) == 10


async def test_without_its_database_a_front_end_lets_nobody_in_and_keeps_who_is_in(site: Site) -> None:
    async with await Peer.logged_in(site.server.port, TERMINAL) as inside:
        site.line.cut = True
        async with await Peer.dial(site.server.port, TERMINAL) as outside:
            await outside.say(Login())
            assert await outside.is_hung_up_on()
        await inside.is_answered()
        site.line.cut = False


async def test_a_bell_that_cannot_ring_does_not_end_a_front_end(site: Site) -> None:
    site.bell.broken = True
    async with await Peer.logged_in(site.server.port, TERMINAL):
        await asyncio.wait_for(site.bell.rung.wait(), 5)
    site.bell.broken = False
    site.bell.rung.clear()
    async with await Peer.logged_in(site.server.port, TERMINAL):
        await asyncio.wait_for(site.bell.rung.wait(), 5)


async def test_a_taken_port_names_the_settings(site: Site, tmp_path: Path) -> None:
    settings = Settings(frontend_port=site.server.port)
    security = SoftwareSecurityModule(Keys(), tmp_path / "tokens")
    second = FrontEndServer(Deps(site.begin, site.bell, site.clock, settings), "south", security)
    with pytest.raises(HeadEndError, match="RELIGHT_FRONTEND_PORT"):
        await second.run()


def settings_for(folder: Path, passphrase: str = PASSPHRASE) -> Settings:
    """Settings that name a key file in a folder that is not there yet."""
    return Settings(key_file=folder / "new" / "keys.json", key_passphrase=SecretStr(passphrase))


async def test_a_key_file_made_here_opens_here(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    assert "0 vending keys" in make_key_file(settings, KEYS)
    security = await open_security(settings)
    aim = Target("201000000012", "sts", ConcentratorAddress("3201", 1), 31)
    assert await security.relay_password(aim) == b"\x02\xaa\xbb\xcc"


async def test_a_key_file_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    make_key_file(settings, KEYS)
    with pytest.raises(KeyFileError, match="already"):
        make_key_file(settings, KEYS)
    make_key_file(settings, KEYS, overwrite=True)


async def test_a_wrong_passphrase_names_the_setting(tmp_path: Path) -> None:
    make_key_file(settings_for(tmp_path), KEYS)
    with pytest.raises(KeyFileError, match="RELIGHT_KEY_PASSPHRASE"):
        await open_security(settings_for(tmp_path, "another passphrase"))


async def test_what_a_front_end_drops_is_there_for_staff_to_see(site: Site) -> None:
    async with await Peer.dial(site.server.port, Terminal("9999", 1)) as stranger:
        await stranger.say(Login())
        await stranger.is_hung_up_on()
    async with await Peer.logged_in(site.server.port, TERMINAL) as peer:
        await peer.send(renumbered(build_denial(build_link(TERMINAL, Login(), 3, UTC)), 3)._replace(control=ANSWER))
        await peer.is_answered()
        await site.server._archive.beat(comparing=True)
        assert (await site.concentrator()).dropped == {"unasked": 1}
        async with site.begin() as db:
            front_end = (await db.exec(select(FrontEnd))).one()
        assert front_end.dropped == {"unknown_address": 1, "unasked": 1}


async def test_a_front_end_that_starts_again_has_dropped_nothing(site: Site) -> None:
    async with site.begin() as db:
        await frontends.dropped(db, "north", {"flood": 3}, {})
        await frontends.started(db, "north", site.clock())
    async with site.begin() as db:
        assert (await db.exec(select(FrontEnd))).one().dropped == {}


@pytest.mark.parametrize("changed", [{"enabled": False}, {"terminal": 9}])
async def test_a_link_that_the_archive_does_not_want_any_more_is_ended(site: Site, changed: dict[str, int]) -> None:
    async with await Peer.logged_in(site.server.port, TERMINAL) as peer:
        await site.server._archive.beat(comparing=True)
        await peer.is_answered()
        async with site.begin() as db:
            (await db.exec(select(Concentrator))).one().sqlmodel_update(changed)
        await site.server._archive.beat(comparing=True)
        assert await peer.is_hung_up_on()
    async with await Peer.dial(site.server.port, TERMINAL) as again:
        await again.say(Login())
        assert parse_confirm(await again.next_frame()) == Denied()
