"""A town: concentrators and meters by a rule, each meter made when it is asked for the first time."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from headend_client.simulator.control import ask
from headend_client.simulator.errors import WorldError
from headend_client.simulator.lab.faults import Fault, Rate
from headend_client.simulator.lab.spec import CALM
from headend_client.simulator.main import main
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.town import Town
from headend_client.simulator.world import Script, World
from meters_io.dlt645 import reads
from meters_io.dlt645.names import Item
from meters_io.dlt645.reads import build_read, parse_register
from meters_io.gdw1376.archive import build_archive_query, parse_archive_answer
from meters_io.gdw1376.link import Login, parse_link
from meters_io.gdw1376.passage import NoAnswer, Route
from tests.headend_client.simulator.bench import MASTER
from tests.headend_client.simulator.conftest import RETRY_S, world_of
from tests.headend_client.simulator.front_desk import ZONE, Call, FrontDesk
from tests.headend_client.simulator.standing_time import StandingTime

TOWN = Town(concentrators=30, meters_each=200, master_key_hex=MASTER.hex(), retry_s=RETRY_S, control_port=0)


def town_of(desk: FrontDesk, **changes: object) -> World:
    """A world that is nothing but a town."""
    world = World(front_ends=(desk.address,), concentrators=(), town=TOWN, state_dir="")
    return replace(world, **changes)  # type: ignore[arg-type]


async def everybody(desk: FrontDesk) -> dict[int, Call]:
    """All calls of the town, logged in, by terminal."""
    calls = [await desk.call() for _ in range(TOWN.concentrators)]
    await asyncio.gather(*(call.log_in() for call in calls))
    return {call.terminal.number: call for call in calls}


async def test_all_concentrators_log_in_and_no_meter_is_made_for_it(desk: FrontDesk, time: StandingTime) -> None:
    async with Simulation(town_of(desk), None, time.timing) as simulation:
        calls = await everybody(desk)
        assert sorted(calls) == list(range(1, 31))
        assert list(simulation.yard) == []


async def test_a_meter_is_made_when_it_is_asked_and_hangs_where_it_belongs(desk: FrontDesk, time: StandingTime) -> None:
    async with Simulation(town_of(desk), None, time.timing) as simulation:
        calls = await everybody(desk)
        address = TOWN.address(6, 199)
        reply = await calls[7].ask(build_read(address, Item.BALANCE), 1)
        assert parse_register(reply, address, reads.BALANCE) == TOWN.balance_cents
        assert [meter.spec.address for meter in simulation.yard] == [address]
        stranger = calls[6].forward(build_read(address, Item.BALANCE), 1)
        await time.until_somebody_sleeps(5.0)
        time.forward(seconds=5)
        assert await calls[6].answer(stranger) == NoAnswer()


async def test_each_archive_holds_its_own_meters(desk: FrontDesk, time: StandingTime) -> None:
    async with Simulation(town_of(desk), None, time.timing):
        call = (await everybody(desk))[30]
        asked = build_archive_query(Route(call.terminal, 3), [1, 200])
        call.send(asked)
        entries = parse_archive_answer(await call.frame(), asked)
        assert [entry.address for entry in entries] == [TOWN.address(29, 0), TOWN.address(29, 199)]


async def test_a_meter_that_nobody_asked_can_be_inspected_and_has_its_part(desk: FrontDesk, time: StandingTime) -> None:
    lab = replace(CALM, faults=(Rate(fault=Fault.DEAD_METER, share=1.0),))
    async with Simulation(town_of(desk, lab=lab), None, time.timing) as simulation:
        port = simulation.control_ports["3201-1"]
        answer = await ask(port, {"order": "inspect", "meter": TOWN.address(11, 5)})
        meter = answer["meter"]
        assert isinstance(meter, dict)
        assert meter["behaviour"]["script"] == Script.DEAD
        assert (await ask(port, {"order": "inspect", "meter": TOWN.address(30, 0)}))["ok"] is False


async def test_a_storm_has_everybody_log_in_again(desk: FrontDesk, time: StandingTime) -> None:
    async with Simulation(town_of(desk), None, time.timing) as simulation:
        calls = await everybody(desk)
        assert await ask(simulation.control_ports["3201-1"], {"order": "storm"}) == {"ok": True}
        assert all(await asyncio.gather(*(call.is_over() for call in calls.values())))
        for _ in range(TOWN.concentrators):
            await time.until_somebody_sleeps(RETRY_S)
        time.forward(seconds=RETRY_S)
        assert parse_link(await (await desk.call()).frame(), ZONE) == Login()


async def test_a_town_and_a_world_do_not_share_an_address(desk: FrontDesk) -> None:
    with pytest.raises(WorldError, match="another's"):
        replace(world_of(desk), town=TOWN)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"meters_each": 0}, "meters_each"),
        ({"meters_each": 2041}, "meters_each"),
        ({"concentrators": 0}, "concentrators"),
        ({"first_terminal": 65_520}, "concentrators"),
        ({"first_address": "1"}, "first_address"),
        ({"first_address": "999999999999"}, "first_address"),
        ({"master_key_hex": "00"}, "master_key_hex"),
    ],
)
def test_a_town_that_cannot_be_is_refused(changes: dict[str, object], place: str) -> None:
    with pytest.raises(WorldError) as wrong:
        replace(TOWN, **changes)  # type: ignore[arg-type]
    assert wrong.value.path == place


def test_a_town_is_written_down_without_showing_its_key(desk: FrontDesk, tmp_path: Path) -> None:
    world = town_of(desk)
    world.save(tmp_path / "world.json")
    assert World.load(tmp_path / "world.json") == world
    assert MASTER.hex() not in repr(world)


@pytest.mark.parametrize("text", ["nonsense", '{"carrier": "string"}', '{"seed": 1, "weather": "bad"}'])
def test_a_laboratory_that_cannot_be_read_is_said_in_one_line(
    desk: FrontDesk, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    town_of(desk).save(tmp_path / "world.json")
    (tmp_path / "lab.json").write_text(text)
    assert main(["--world", str(tmp_path / "world.json"), "--lab", str(tmp_path / "lab.json")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("simulate: lab")
    assert error.count("\n") == 1


def test_the_laboratory_of_the_manual_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "howto" / "rehearse-a-failure.md").read_text()
    blocks = [block.split("```")[0] for block in page.split("```json")[1:]]
    worlds = [json.loads(block) for block in blocks]
    assert len(worlds) == 2
    town, lab = worlds
    World.from_json(json.dumps(town | {"town": town["town"] | {"master_key_hex": MASTER.hex()}, "lab": lab}))
