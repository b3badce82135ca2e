"""Total groups that keep what was bought: charged once, used up, opened, closed, and read, over a real link."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from headend_client.errors import Unreachable
from headend_client.group_driver import GroupDriver
from headend_client.orders import ControlGroup, Read, ReadGroup, ReadTerminalClock, RelayWish, Switch
from headend_client.outcome import Done, FrameRecord, Readings, Refused, Relay, Wallet
from headend_client.simulator.group_spec import GroupSpec
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.terminal.groups import Groups
from headend_client.simulator.timing import REAL
from headend_client.simulator.world import ConcentratorSpec, FrontEndAddress, World
from headend_client.target import Group, Place, Recharge, Target
from meters_io.gdw1376.purchase_control import Account
from tests.clocks import Clock
from tests.headend_client.front_end import ADDRESS_OF_PEER, open_front_end
from tests.headend_client.meters import ADDRESS, SHANGHAI

ENERGY = Group(1, (1, 2), price_e4=6000, alarm=50, trip=0)
MONEY = Group(2, (3,), alarm=2000, trip=0)
SPECS = (
    GroupSpec(number=1, rounds=0, load_w=60_000, steps=0),
    GroupSpec(number=2, rounds=4, load_w=60_000, price_e4=5_000, steps=100_000, controlled=True),
)
NOT_CLEARED, CLEARED = False, True


@dataclass
class Leave:
    """A leave to cut that holds, or does not."""

    good: bool

    def holds(self, address: str, now: datetime) -> bool:
        return self.good and address == ADDRESS


@dataclass
class Bench:
    """A driver, the truth in the terminal, and the time that both live in."""

    driver: GroupDriver
    truth: Groups
    clock: Clock
    simulation: Simulation
    trace: list[FrameRecord]

    def at(self, group: Group | None) -> Target:
        return Target(ADDRESS, "terminal", ADDRESS_OF_PEER, 1, group=group)

    async def wallet(self, group: Group) -> Wallet:
        found = await self.driver.read_wallet(self.at(group), self.trace)
        assert isinstance(found, Wallet), found
        return found

    async def relay(self, group: Group) -> Relay:
        found = await self.driver.read_relay(self.at(group), self.trace)
        assert isinstance(found, Relay), found
        return found


@asynccontextmanager
async def open_bench(folder: Path) -> AsyncIterator[Bench]:
    async with open_front_end(folder) as front_end:
        one = ConcentratorSpec(
            region=ADDRESS_OF_PEER.region, terminal=ADDRESS_OF_PEER.terminal, groups=SPECS, retry_s=0.05
        )
        world = World(front_ends=(FrontEndAddress("127.0.0.1", front_end.port),), concentrators=(one,))
        async with Simulation(world, None, replace(REAL, now=front_end.clock)) as simulation:
            async with asyncio.timeout(10):
                while front_end.pool.find(ADDRESS_OF_PEER) is None:  # noqa: ASYNC110  (the fact is in the pool)
                    await asyncio.sleep(0.005)
            driver = GroupDriver(front_end.pool, front_end.driver, SHANGHAI, front_end.clock)
            truth = simulation.groups(one.name)
            yield Bench(driver, truth, front_end.clock, simulation, front_end.trace)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_bench(tmp_path) as opened:
        yield opened


async def test_a_purchase_of_energy_is_taken_once_under_its_bill_number(bench: Bench) -> None:
    assert await bench.wallet(ENERGY) == Wallet(0, 0, 0, energy_left_kwh=0)
    recharge = Recharge(6000, 1, energy_kwh=100)
    assert await bench.driver.send_purchase(bench.at(ENERGY), recharge, bench.trace) == Done()
    assert await bench.driver.send_purchase(bench.at(ENERGY), recharge, bench.trace) == Refused("denied")
    assert await bench.wallet(ENERGY) == Wallet(6000, 0, 1, energy_left_kwh=100)
    assert bench.truth.by_number[1].account == Account(100, 50, 0, 1)


async def test_a_purchase_of_money_is_appended_to_the_fen(bench: Bench) -> None:
    assert await bench.wallet(MONEY) == Wallet(10_000, 0, 0)
    assert await bench.driver.send_purchase(bench.at(MONEY), Recharge(12_345, 1), bench.trace) == Done()
    assert await bench.wallet(MONEY) == Wallet(22_345, 0, 1)
    assert bench.truth.by_number[2].account.alarm == 20_000


async def test_what_was_bought_is_used_up_and_then_the_rounds_open_until_more_is_bought(bench: Bench) -> None:
    await bench.driver.send_purchase(bench.at(MONEY), Recharge(100, 1), bench.trace)  # thresholds travel with it
    assert not (await bench.relay(MONEY)).relay_open
    bench.clock.forward(hours=3)
    spent = await bench.wallet(MONEY)
    assert (spent.balance_minor, spent.overdraft_minor) == (1_100, 0)  # 180 kWh at 0.5 yuan; it is warned
    assert (await bench.relay(MONEY)).alarm
    bench.clock.forward(hours=1)
    await bench.wallet(MONEY)
    found = await bench.relay(MONEY)
    assert (found.relay_open, found.command_open) == (True, False)
    below = (await bench.wallet(MONEY)).balance_minor
    assert below <= 0
    bench.clock.forward(hours=1)
    assert (await bench.wallet(MONEY)).balance_minor == below  # nothing flows

    await bench.driver.send_purchase(bench.at(MONEY), Recharge(5000, 2), bench.trace)
    assert not (await bench.relay(MONEY)).relay_open


async def test_keep_power_holds_the_rounds_closed_and_no_trip_gets_through(bench: Bench) -> None:
    kept = await bench.driver.operate(bench.at(MONEY), Switch(RelayWish.KEEP_POWER_ON), bench.trace)
    assert isinstance(kept, Readings)
    assert kept.values["keep_power"] == 1
    bench.clock.forward(hours=9)
    assert not (await bench.relay(MONEY)).relay_open
    refused = await bench.driver.trip_relay(bench.at(MONEY), Leave(CLEARED), bench.trace)
    assert refused == Refused("trip_refused_keep_power")
    await bench.driver.operate(bench.at(MONEY), Switch(RelayWish.KEEP_POWER_OFF), bench.trace)
    bench.clock.forward(seconds=1)
    assert (await bench.relay(MONEY)).relay_open


async def test_rounds_are_opened_only_with_leave_and_closed_by_order(bench: Bench) -> None:
    no = await bench.driver.trip_relay(bench.at(ENERGY), Leave(NOT_CLEARED), bench.trace)
    assert no == Refused("clearance_expired")
    assert bench.truth.tripped == 0
    done = await bench.driver.trip_relay(bench.at(ENERGY), Leave(CLEARED), bench.trace)
    assert isinstance(done, Readings)
    assert done.relay == Relay(relay_open=True, command_open=True, alarm=False, keep_power=False)
    assert bench.truth.tripped == 0b11
    assert not (await bench.relay(MONEY)).relay_open  # another group's round
    closed = await bench.driver.operate(bench.at(ENERGY), Switch(RelayWish.ALLOW_CLOSE), bench.trace)
    assert isinstance(closed, Readings)
    assert bench.truth.tripped == 0
    await bench.driver.trip_relay(bench.at(ENERGY), Leave(CLEARED), bench.trace)
    assert await bench.driver.close_relay(bench.at(ENERGY), bench.trace) == Done()
    assert bench.truth.tripped == 0


async def test_its_rounds_are_told_and_the_control_is_switched_and_read(bench: Bench) -> None:
    before = await bench.driver.operate(bench.at(ENERGY), ReadGroup(), bench.trace)
    assert isinstance(before, Readings)
    assert (before.values["rounds"], before.values["purchase_control"]) == (None, 0)
    done = await bench.driver.operate(bench.at(ENERGY), ControlGroup(on=True), bench.trace)
    assert isinstance(done, Readings)
    # it has bought nothing: its first round opens at once, the next a minute later
    assert done.values == {
        "group": 1,
        "purchase_count": 0,
        "left_kwh": 0,
        "bought_kwh": None,
        "alarm_at_kwh": None,
        "trip_at_kwh": None,
        "rounds": "1,2",
        "purchase_control": 1,
        "rounds_tripped": None,
        "rounds_spent": "1",
        "keep_power": 0,
    }
    bench.clock.forward(minutes=1)
    later = await bench.driver.operate(bench.at(ENERGY), ReadGroup(), bench.trace)
    assert isinstance(later, Readings)
    assert later.values["rounds_spent"] == "1,2"
    off = await bench.driver.operate(bench.at(ENERGY), ControlGroup(on=False), bench.trace)
    assert isinstance(off, Readings)
    assert (off.values["purchase_control"], off.values["rounds_spent"]) == (0, None)


async def test_what_a_terminal_does_not_do_for_its_groups_is_refused(bench: Bench) -> None:
    driver, trace = bench.driver, bench.trace
    assert await driver.send_token(bench.at(MONEY), "1" * 20, trace) == Refused("not_supported")
    assert await driver.operate(bench.at(None), ReadGroup(), trace) == Refused("no_group")
    assert await driver.send_purchase(bench.at(ENERGY), Recharge(100, 1), trace) == Refused("no_energy")
    assert await driver.send_purchase(bench.at(MONEY), Recharge(1_000_000_01, 1), trace) == Refused("bad_argument")
    assert await driver.command(Place(ADDRESS_OF_PEER), ReadTerminalClock(), trace) == Refused("not_offered")
    assert trace == []
    assert await driver.operate(bench.at(MONEY), Read(("energy_wh",)), []) == Refused("unknown_profile")  # the meter
    gone = replace(bench.at(MONEY), concentrator=replace(ADDRESS_OF_PEER, terminal=99))
    with pytest.raises(Unreachable, match="no_link"):
        await driver.read_wallet(gone, trace)


async def test_a_group_that_is_not_there_is_not_guessed_at(bench: Bench) -> None:
    other = bench.at(Group(7, (5,)))
    assert isinstance(await bench.driver.read_wallet(other, bench.trace), Refused)
    assert not isinstance(await bench.driver.read_relay(other, bench.trace), Relay)
