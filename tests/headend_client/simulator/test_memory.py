"""What meters and terminals remember when their process is gone."""

import json
from pathlib import Path

import pytest

from headend_client.simulator.errors import WorldError
from headend_client.simulator.memory import Memory
from headend_client.simulator.plain import to_plain
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.world import (
    Behaviour,
    ConcentratorSpec,
    FirstState,
    FrontEndAddress,
    GroupSpec,
    Script,
    World,
)
from meters_io.dlt645.relay import RelayAction
from meters_io.errors import RemoteError
from meters_io.gdw1376.amounts import exactly
from meters_io.gdw1376.purchase_control import Account, Mode, PurchaseOrder
from tests.clocks import Clock
from tests.headend_client.simulator.bench import ESAM_ADDRESS, Bench, esam_spec, sts_spec, token_for, token_frame


def test_everything_a_meter_lived_through_comes_back(tmp_path: Path, clock: Clock) -> None:
    sts = Bench(sts_spec(first=FirstState(overdraft_cents=5), load_w=700), clock)
    sts.ask(token_frame(token_for(sts.spec.sts, clock(), 5_000)))
    sts.ask(token_frame("0" * 20))
    sts.ask(sts.plain(RelayAction.TRIP_FOR_A_TIME, delay=3))
    sts.meter.advance(clock.forward(seconds=77))
    sts.meter.play(Behaviour(Script.DEAF, times=3))
    Memory(tmp_path).save("1", sts.meter.state)
    assert Memory(tmp_path).load("1") == sts.meter.state


def test_a_meter_that_was_never_seen_remembers_nothing(tmp_path: Path) -> None:
    assert Memory(tmp_path / "new").load("1") is None


def test_no_key_is_in_a_meters_file(tmp_path: Path, clock: Clock) -> None:
    for bench in (Bench(sts_spec(), clock), Bench(esam_spec(), clock)):
        bench.authenticate() if bench.spec.esam else None
        Memory(tmp_path).save("1", bench.meter.state)
        text = (tmp_path / "1.json").read_text()
        for key in (bench.spec.sts, bench.spec.esam):
            secrets = [str(value) for value in vars_of(key).values() if isinstance(value, str)]
            assert not [secret for secret in secrets if secret in text]


def vars_of(key: object) -> dict[str, object]:
    plain = to_plain(key)
    return plain if isinstance(plain, dict) else {}


def test_a_file_that_was_half_written_elsewhere_does_not_replace_the_good_one(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(esam_spec(), clock)
    Memory(tmp_path).save("1", bench.meter.state)
    (tmp_path / "1.part").write_text('{"money_e5"')  # what SIGKILL leaves
    assert Memory(tmp_path).load("1") == bench.meter.state
    Memory(tmp_path).save("1", bench.meter.state)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"money_e5": "much"}'])
def test_a_file_that_is_not_ours_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "1.json").write_text(text)
    with pytest.raises(WorldError, match=r"1\.json"):
        Memory(tmp_path).load("1")


def test_what_did_not_change_is_not_written_again(tmp_path: Path, clock: Clock) -> None:
    bench, memory = Bench(esam_spec(), clock), Memory(tmp_path)
    memory.save("1", bench.meter.state)
    (tmp_path / "1.json").unlink()
    memory.save("1", bench.meter.state)
    assert memory.load("1") is None
    bench.recharge(100, 4)
    memory.save("1", bench.meter.state)
    saved = json.loads((tmp_path / "1.json").read_text())
    assert saved["purchase_count"] == 4
    assert ESAM_ADDRESS not in saved


async def test_what_a_terminal_was_sold_is_there_when_it_starts_again(tmp_path: Path) -> None:
    spec = ConcentratorSpec(region="3201", terminal=1, groups=(GroupSpec(number=1, rounds=0b11),))
    world = World(front_ends=(FrontEndAddress("127.0.0.1", 1),), concentrators=(spec,))
    async with Simulation(world, tmp_path) as first:
        groups = first.groups("3201-1")
        groups.by_number[1].take(PurchaseOrder(7, Mode.APPEND, exactly(50), exactly(5), exactly(0)))
        groups.tripped = 0b10
        groups.keep()
        groups.by_number[1].take(PurchaseOrder(8, Mode.APPEND, exactly(9), exactly(5), exactly(0)))  # not kept: SIGKILL
        groups.keep = lambda: None
    again = Simulation(world, tmp_path).groups("3201-1")
    assert (again.by_number[1].account, again.tripped) == (Account(50, 5, 0, 7), 0b10)
    with pytest.raises(RemoteError):
        again.by_number[1].take(PurchaseOrder(7, Mode.APPEND, exactly(50), exactly(5), exactly(0)))
    assert again.by_number[1].last == PurchaseOrder(7, Mode.APPEND, exactly(50), exactly(5), exactly(0))
