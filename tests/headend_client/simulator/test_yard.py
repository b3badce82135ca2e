"""Many meters in one process: none is forgotten, and none of them holds the others up."""

from pathlib import Path

import pytest

from headend_client.simulator.answers import Fate
from headend_client.simulator.memory import Memory
from headend_client.simulator.meter import Surroundings
from headend_client.simulator.ports import Port, SettledLine
from headend_client.simulator.timing import REAL
from headend_client.simulator.world import FirstState, MeterSpec, esam_keys
from headend_client.simulator.yard import Yard
from meters_io.dlt645.frame import BROADCAST, Frame, encode
from meters_io.dlt645.names import Control
from meters_io.dlt645.values import moment_to_bytes
from tests.clocks import Clock
from tests.headend_client.simulator.bench import MASTER, ZONE, esam_spec


def household(place: int) -> MeterSpec:
    """10 kW at 0.50 yuan: 5.00 yuan an hour."""
    address = f"{place:012}"
    first = FirstState(balance_cents=90_000)
    return esam_spec(address=address, number=address, load_w=10_000, first=first, esam=esam_keys(MASTER, address))


@pytest.fixture
def yard(clock: Clock, tmp_path: Path) -> Yard:
    """Three households."""
    made = Yard(Memory(tmp_path), Surroundings(ZONE, 1.0, bytes), clock)
    made.settle_in([household(place) for place in range(1, 4)])
    return made


def remembered(folder: Path) -> list[int]:
    """How much each has according to its file, cents."""
    memory = Memory(folder)
    states = [memory.load(f"{place:012}") for place in range(1, 4)]
    return [state.money_e5 // 1_000 for state in states if state is not None]


def test_a_tick_takes_so_many_meters_and_goes_on_where_the_last_one_stopped(
    yard: Yard, clock: Clock, tmp_path: Path
) -> None:
    clock.forward(hours=1)
    yard.live(at_most=2)
    assert remembered(tmp_path) == [89_500, 89_500, 90_000]
    clock.forward(hours=1)
    yard.live(at_most=2)
    assert remembered(tmp_path) == [89_000, 89_500, 89_000]
    yard.live(at_most=9)
    assert remembered(tmp_path) == [89_000] * 3


def test_at_the_end_every_meter_is_saved_as_it_is_then(yard: Yard, clock: Clock, tmp_path: Path) -> None:
    clock.forward(hours=3)
    yard.save_all()
    assert remembered(tmp_path) == [88_500] * 3


def test_a_broadcast_of_the_time_reaches_every_meter_of_a_line(clock: Clock, tmp_path: Path) -> None:
    yard = Yard(Memory(tmp_path), Surroundings(ZONE, 1.0, bytes), clock)
    port = Port(SettledLine(yard.settle_in([household(place) for place in range(1, 4)])), REAL)
    for meter in yard:
        meter.state.clock_ahead_s = -100
    told = Frame(BROADCAST, Control.BROADCAST_TIME, moment_to_bytes(clock(), ZONE))
    assert port.send(encode(told), clock()).answer.fate is Fate.SILENT
    assert [meter.state.clock_ahead_s for meter in yard] == [0, 0, 0]


def test_an_empty_yard_lives_too(clock: Clock, tmp_path: Path) -> None:
    Yard(Memory(tmp_path), Surroundings(ZONE, 1.0, bytes), clock).live()
