"""The control page of a rehearsal (SPEC M-17): each switch reaches what it switches."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from httpx2 import ASGITransport, AsyncClient
from pydantic import SecretStr

from app.context import Deps
from app.db import Begin
from app.demo.keys import DemoSecrets
from app.demo.seed import seed
from app.demo.stage.program import Stage, make_stage
from app.demo.stage.sights import walks
from app.demo.stage.wire import Wire
from app.demo.stories import SCRIPTED, demo_town
from app.demo.town import Town, meter_number
from app.demo.world import Surroundings, write_world
from app.settings import Settings
from headend_client.simulator.control import ask
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.world import FrontEndAddress
from tests.app.web.conftest import Browser
from tests.app.web.world import ADDRESS
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.rehearsal import SECRET, Rehearsal, rehearsal

pytestmark = pytest.mark.slow

TOWN = Town(SCRIPTED[:3], per_concentrator=3, days=3)
NUMBER = meter_number(0, SCRIPTED[0].profile)
NOBODY = FrontEndAddress("127.0.0.1", 9)


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[int]:
    """Three meters; the control port of their concentrator."""
    around = Surroundings(NOBODY, [0], "Asia/Shanghai", [0])
    world = write_world(tmp_path / "world.json", TOWN, DemoSecrets(), around)
    async with Simulation(world, tmp_path / "meters") as running:
        yield next(iter(running.control_ports.values()))


@pytest.fixture
async def bank(tmp_path: Path, clock: Clock) -> AsyncIterator[Rehearsal]:
    """The bank, running."""
    async with rehearsal(tmp_path / "bank.sqlite", clock) as running:
        yield running


@pytest.fixture
def backhaul() -> Wire:
    """What the terminal would reach the platform by."""
    return Wire(9)


@pytest.fixture
async def stage(
    begin: Begin, clock: Clock, simulated: int, bank: Rehearsal, backhaul: Wire, tmp_path: Path
) -> AsyncIterator[Browser]:
    """A browser before the page."""
    async with begin() as db:
        await seed(db, clock(), ZoneInfo("Asia/Shanghai"), TOWN)
    settings = Settings(
        public_url=ADDRESS,
        session_secret=SecretStr("x" * 32),
        sandbox_url=bank.url,
        sandbox_secret=SecretStr(SECRET.decode()),
    )
    deps = Deps(begin=begin, bell=SilentBell(), now=clock, settings=settings, name="stage")
    app = make_stage(settings, Stage(TOWN, (simulated,), tmp_path / "conduct.json", backhaul), deps)
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url=ADDRESS, headers={"accept-language": "en"}) as client:
        yield Browser(client)


async def test_a_meter_is_given_a_part_and_turned_dark(stage: Browser, simulated: int) -> None:
    page = await stage.open("/")
    assert SCRIPTED[0].note in page.text

    await stage.send("/", page, act="script", number=NUMBER, script="deaf")
    await stage.send("/", page, act="darken", number=NUMBER)

    meter = (await ask(simulated, {"order": "inspect", "meter": NUMBER}))["meter"]
    assert isinstance(meter, dict)
    assert (meter["behaviour"]["script"], meter["behaviour"]["always"]) == ("deaf", True)
    assert (meter["overdraft_cents"], meter["relay_open"]) == (250, True)


async def test_the_banks_faults_are_switched_on_and_off(stage: Browser, bank: Rehearsal) -> None:
    page = await stage.open("/")
    assert "sends every callback twice at once" in page.text
    for on in ("1", "0"):
        await stage.send("/", page, act="bank", fault="double_callbacks", on=on)
        told = (await bank.payer.get("/_control", headers=bank.key)).json()
        assert told["double_callbacks"] is (on == "1")


async def test_a_phone_is_told_to_reject(stage: Browser, tmp_path: Path) -> None:
    page = await stage.open("/")
    await stage.send("/", page, act="phone", who="+8613900000001", conduct="rejects")
    assert json.loads((tmp_path / "conduct.json").read_text()) == {"+8613900000001": "rejects"}
    await stage.send("/", page, act="phone", who="+8613900000001", conduct="arrives")
    assert json.loads((tmp_path / "conduct.json").read_text()) == {}


async def test_an_outage_is_announced_moved_and_ended(stage: Browser) -> None:
    page = await stage.open("/")
    area = page.text.split('name="area" value="')[1].split('"')[0]
    for step, seen in (("out", "announced, back by"), ("later", "announced, back by"), ("restored", "supplied")):
        assert (await stage.send("/", page, act="outage", area=area, step=step)).headers["location"] == "/"
        assert seen in (await stage.open("/")).text


async def test_the_terminals_line_and_network_are_spoilt_and_mended(
    stage: Browser, simulated: int, backhaul: Wire
) -> None:
    page = await stage.open("/")
    for fault in ("cut", "none"):
        await stage.send("/", page, act="line", line=fault)
        told = await ask(simulated, {"order": "look_at_line", "concentrator": "3201-1"})
        assert told["disturbance"] == {"fault": fault, "times": 3, "seconds": 1.0}
    for on, offered in (("0", "Mend it"), ("1", "Cut it")):
        await stage.send("/", page, act="backhaul", on=on)
        assert backhaul.whole is (on == "1")
        assert offered in (await stage.open("/")).text


async def test_a_wire_that_is_cut_lets_nothing_through_until_it_is_mended() -> None:
    async def say_again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(2))
        writer.close()
        await writer.wait_closed()

    async def hear(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"on")
        try:
            return await reader.read(2)
        except ConnectionError:
            return b""
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    far = await asyncio.start_server(say_again, "127.0.0.1", 0)
    async with far, Wire(far.sockets[0].getsockname()[1]).laid() as wire:
        assert await hear(wire.here) == b"on"
        wire.cut()
        assert await hear(wire.here) == b""
        wire.mend()
        assert await hear(wire.here) == b"on"


@pytest.mark.parametrize(
    "form",
    [{"act": "line", "line": "gone"}, {"act": "explode"}, {"act": "script", "number": "1", "script": "deaf"}, {}],
)
async def test_a_switch_that_is_none_is_refused(stage: Browser, form: dict[str, str]) -> None:
    page = await stage.open("/")
    assert (await stage.send("/", page, **form)).status_code == 400


async def test_whoever_has_just_started_it_is_told_where_to_look(stage: Browser) -> None:
    page = await stage.open("/look")
    assert f'href="{ADDRESS}/m/{NUMBER}"' in page.text
    assert SCRIPTED[0].note in page.text
    for path in ("/console/gateways", "/console/head-ends", "/console/collection", "/demo/phone"):
        assert f'href="{ADDRESS}{path}"' in page.text


async def test_everything_that_was_set_up_can_be_reached_from_there(begin: Begin, clock: Clock) -> None:
    town = replace(demo_town(), days=2, remembered=0)
    async with begin() as db:
        await seed(db, clock(), ZoneInfo("Asia/Shanghai"), town)
        paths = {sight.path.rsplit("/", 1)[0] for walk in await walks(db, town) for sight in walk.sights}
        numbers = {sight.path for walk in await walks(db, town) for sight in walk.sights}
    hands = ("masters", "handhelds", "swaps", "commissioning")
    assert paths >= {f"/console/{page}" for page in hands}
    for story in (each.households[0] for each in town.outposts):
        assert f"/m/{meter_number(town.everybody.index(story), story.profile)}" in numbers
