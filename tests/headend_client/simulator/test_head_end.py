"""The simulated existing head end, asked by the product's own driver: each task once, by the published document."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest

from headend_client.ami.book import MemoryBook
from headend_client.ami.desk import Desk
from headend_client.ami.driver import AmiDriver
from headend_client.ami.shapes import Json, write
from headend_client.ami.signing import Role, Secret, Subject, sign
from headend_client.errors import Unreachable
from headend_client.orders import CollectFrozen, Read, ReadFrozen, RelayWish, SetClock, Switch
from headend_client.outcome import Done, Readings, Refused, Relay, Unknown, Wallet
from headend_client.simulator.errors import WorldError
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.timing import REAL
from headend_client.simulator.world import (
    Behaviour,
    ConcentratorSpec,
    FirstState,
    FrontEndAddress,
    HeadEndSpec,
    Script,
    World,
)
from headend_client.target import ConcentratorAddress, Place, Recharge, Target
from tests.headend_client.ami_lane import PATIENT, place
from tests.headend_client.meters import SHANGHAI, Leave
from tests.headend_client.simulator.bench import CUSTOMER, ESAM_ADDRESS, esam_spec
from tests.serving import listening_socket
from tests.standins.ami_contract import must_fit
from tests.standins.ami_signing import KEY_ID, SECRET

NAME = "9001-2"
WHERE = ConcentratorAddress("9998", 1)
TARGET = Target(ESAM_ADDRESS, "esam", WHERE, 31, CUSTOMER, driver="ami")
FIRST = FirstState(balance_cents=5_000, purchase_count=4, energy_wh=100_000, days_before=3)


@dataclass
class House:
    """The head end, and who asks it."""

    driver: AmiDriver
    simulation: Simulation
    url: str

    async def says(self, method: str, path: str, body: Json | None = None, secret: str = SECRET) -> tuple[int, Json]:
        """Ask as anybody could who knows the secret."""
        raw = write(body) if body is not None else b""
        headers = sign(Secret(KEY_ID, secret), Subject(Role.REQUEST, f"{method} {path}"), raw, datetime.now(UTC))
        async with httpx2.AsyncClient() as client:
            answer = await client.request(method, self.url + path, content=raw, headers=headers)
        return answer.status_code, json.loads(answer.content)


@asynccontextmanager
async def house(
    behaviour: Behaviour | None = None, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[House]:
    """A head end with one meter, and the driver before it."""
    async with Simulation(world(behaviour or Behaviour()), None, replace(REAL, sleep=sleep)) as simulation:
        url = f"http://127.0.0.1:{simulation.head_end_ports[NAME]}"
        desk = Desk(PATIENT, lambda: datetime.now(UTC))
        desk.put(place(url), [WHERE])
        try:
            yield House(AmiDriver(desk, MemoryBook(), SHANGHAI, lambda: datetime.now(UTC)), simulation, url)
        finally:
            await desk.aclose()


def world(behaviour: Behaviour, port: int = 0) -> World:
    """A head end on a port, with one meter."""
    meter = esam_spec(first=FIRST, customer=CUSTOMER, behaviour=behaviour, load_w=0)
    theirs = HeadEndSpec(port=port, key_id=KEY_ID, secret=SECRET, name="Old Town AMI")
    spec = ConcentratorSpec(region="9001", terminal=2, meters=(meter,), head_end=theirs, delay_ms=1)
    made = World(front_ends=(FrontEndAddress("127.0.0.1", 9),), concentrators=(spec,), state_dir="")
    assert World.from_json(made.to_json()) == made
    return made


def task(kind: str = "recharge", **order: object) -> Json:
    """A task of this minute."""
    until = datetime.now(UTC) + timedelta(minutes=1)
    meter = {"address": ESAM_ADDRESS, "model": "esam"}
    return {"kind": kind, "order": order, "meter": meter, "priority": "asked", "expires_at": until.isoformat()}


async def test_a_purchase_is_credited_once_and_read_back() -> None:
    async with house() as there:
        assert await there.driver.read_wallet(TARGET, []) == Wallet(5_000, 0, 4)
        assert await there.driver.send_purchase(TARGET, Recharge(2_000, 5), []) == Done()
        assert await there.driver.send_purchase(TARGET, Recharge(2_000, 5), []) == Refused("duplicate_recharge")
        assert await there.driver.send_purchase(TARGET, Recharge(2_000, 9), []) == Refused("purchase_count_wrong")
        seen = there.simulation.yard.inspect(ESAM_ADDRESS)
    assert ([each.amount_e5 for each in seen.credits], seen.purchase_count) == ([2_000_000], 5)


async def test_a_relay_is_opened_closed_and_read() -> None:
    async with house() as there:
        said = await there.driver.trip_relay(TARGET, Leave(), [])
        assert isinstance(said, Readings)
        assert there.simulation.yard.inspect(ESAM_ADDRESS).relay_open
        assert isinstance(await there.driver.operate(TARGET, Switch(RelayWish.CLOSE), []), Readings)
        assert await there.driver.read_relay(TARGET, []) == Relay(False, False, False, False)
        await there.driver.operate(TARGET, Switch(RelayWish.KEEP_POWER_ON), [])
        assert await there.driver.trip_relay(TARGET, Leave(), []) == Refused("trip_refused_keep_power")


async def test_registers_frozen_days_and_the_clock_are_read() -> None:
    async with house() as there:
        said = await there.driver.operate(TARGET, Read(("energy_wh", "balance_minor", "voltage_a_dv")), [])
        assert said == Readings({"energy_wh": 100_000, "balance_minor": 5_000, "voltage_a_dv": None})
        frozen = await there.driver.operate(TARGET, ReadFrozen(2), [])
        assert isinstance(frozen, Readings)
        assert frozen.values["purchase_count"] == 4
        assert await there.driver.operate(TARGET, ReadFrozen(60), []) == Refused("not_frozen")
        there.simulation.yard.set_clock(ESAM_ADDRESS, 900)
        clock = await there.driver.operate(TARGET, SetClock(), [])
        assert isinstance(clock, Readings)
        assert 890 <= int(clock.values["clock_was_off_s"] or 0) <= 900


async def test_the_day_of_many_meters_is_read_in_one_task_and_strangers_are_named() -> None:
    nobody = "000000000009"
    async with house() as there:
        order = CollectFrozen(((ESAM_ADDRESS, "esam"), (nobody, "esam")), 1)
        said = await there.driver.command(Place(WHERE), order, [])
        assert isinstance(said, Readings)
        ours, theirs = said.meters
        assert (ours.address, (ours.values or {})["balance_minor"]) == (ESAM_ADDRESS, 5_000)
        assert (theirs.address, theirs.values, theirs.code) == (nobody, None, "unknown_meter")
        many = task("read_frozen_many", days_ago=1) | {"meters": [{"address": ESAM_ADDRESS, "model": "esam"}]}
        await there.says("PUT", path := f"/v1/tasks/{uuid4()}", many)
        must_fit("MetersResult", (await there.says("GET", f"{path}?wait_s=5"))[1]["result"])


async def test_what_is_said_fits_the_document_and_an_id_is_one_task() -> None:
    path = f"/v1/tasks/{uuid4()}"
    async with house() as there:
        wanted = task(amount_minor=1_000, number=5, customer=CUSTOMER)
        assert (await there.says("PUT", path, wanted))[0] == 202
        assert (await there.says("PUT", path, wanted))[0] == 200
        assert await there.says("PUT", path, wanted | {"priority": "routine"}) == (409, {"code": "task_conflict"})
        status, told = await there.says("GET", f"{path}?wait_s=5")
        must_fit("Told", told)
        assert (status, told["state"]) == (200, "done")
        must_fit("Standing", (await there.says("GET", "/v1/status"))[1])
        assert len(there.simulation.yard.inspect(ESAM_ADDRESS).credits) == 1


async def test_what_is_called_off_before_it_begins_never_begins() -> None:
    first, never = (f"/v1/tasks/{uuid4()}" for _ in range(2))
    turn = asyncio.Event()

    async def until_its_turn(_seconds: float) -> None:
        await turn.wait()
        await asyncio.sleep(0.01)

    async with house(sleep=until_its_turn) as there:
        await there.says("PUT", f"/v1/tasks/{uuid4()}", task("read_wallet"))
        wanted = task(amount_minor=1_000, number=5, customer=CUSTOMER)
        await there.says("PUT", first, wanted)
        for path in (first, never):
            assert (await there.says("DELETE", path))[1]["state"] == "cancelled"
        assert await there.says("PUT", never, wanted) == (410, {"code": "too_late"})
        turn.set()
        await there.says("PUT", path := f"/v1/tasks/{uuid4()}", task("read_wallet"))
        assert (await there.says("GET", f"{path}?wait_s=5"))[1]["state"] == "done"
        assert there.simulation.yard.inspect(ESAM_ADDRESS).credits == ()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"kind": "enter_token"}, 422, "not_offered"),
        ({"meter": {"address": "000000000009", "model": "esam"}}, 422, "unknown_meter"),
        ({"expires_at": "2020-01-01T00:00:00+00:00"}, 410, "too_late"),
        ({"expires_at": "soon"}, 422, "bad_task"),
    ],
    ids=["not_offered", "unknown", "late", "bad"],
)
async def test_what_cannot_be_taken_is_turned_away(change: Json, status: int, code: str) -> None:
    async with house() as there:
        assert await there.says("PUT", f"/v1/tasks/{UUID(int=1)}", task() | change) == (status, {"code": code})


async def test_strangers_are_sent_away() -> None:
    async with house() as there:
        said = await there.says("GET", "/v1/status", secret="a guess that is as long as the real one, 42")
        assert said == (401, {"code": "bad_signature"})


@pytest.mark.parametrize("script", [Script.DEAD, Script.DEAF])
async def test_a_meter_with_a_part_plays_it_here_too(script: Script) -> None:
    async with house(Behaviour(script)) as there:
        try:
            said: object = await there.driver.send_purchase(TARGET, Recharge(2_000, 5), [])
        except Unreachable:
            said = None
        credits = there.simulation.yard.inspect(ESAM_ADDRESS).credits
    assert (said, len(credits)) == ((None, 0) if script is Script.DEAD else (Unknown("no_reply"), 1))


async def test_it_leaves_nothing_under_way() -> None:
    async with house(sleep=lambda _: asyncio.Event().wait()) as there:  # type: ignore[arg-type,return-value]
        await there.says("PUT", f"/v1/tasks/{uuid4()}", task("read_wallet"))
    assert not [each for each in asyncio.all_tasks() if "_carry" in repr(each)]


async def test_where_its_port_is_taken_it_says_so_and_leaves_nothing_open() -> None:
    with listening_socket() as taken, pytest.raises(OSError, match="in use"):
        async with Simulation(world(Behaviour(), taken.getsockname()[1]), None):
            pass


def test_a_head_end_has_a_secret_worth_the_name() -> None:
    with pytest.raises(WorldError):
        replace(HeadEndSpec(port=0, key_id="us", secret=SECRET), secret="short")
