"""Every register that operations know, at simulated meters of either kind: read and written."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from headend_client.orders import Read, Write
from headend_client.outcome import Readings, Refused
from headend_client.registers import REGISTERS
from headend_client.simulator.world import FirstState
from tests.headend_client.lane import Lane, open_lane

PHASES_NOT_THERE = {f"{name}_{phase}_{unit}" for name, unit in (("voltage", "dv"), ("current", "ma"), ("power", "w"))
                    for phase in "bc"}  # fmt: skip
_RECORDS = {f"purchase_{place}_{what}" for place in range(1, 11) for what in ("count", "minor", "at")}
ONLY_WITH_A_CHIP = {"purchase_count", "customer", "newest_purchase_minor"} | _RECORDS
ZONES, DAYS, PRICES = "0101=1,0701=2", "0000=4,0800=1,2200=4", "1000,2000,3000,4000"
NEW: dict[str, int | str] = {
    "alarm_1_minor": 4_321,
    "alarm_2_minor": 321,
    "overdraft_limit_minor": 1_000,
    "hoarding_limit_minor": 90_000,
    "reclose_limit_minor": 100,
    "trip_delay_min": 15,
    "relay_waits_above_ma": 60_000,
    "date": "26030504",
    "time": "113000",
    "clock": "26030403113000",
    "prices_backup_e4": PRICES,
    "steps_backup": "260000;5283,5783;010100,010100,010100,010100",
    "zones": ZONES,
    "zones_second": ZONES,
    **{f"days_{number}{which}": DAYS for number in range(1, 9) for which in ("", "_second")},
    **{f"{name}_switch_at": "2604010000" for name in ("zones", "days", "prices", "steps")},
}
TIMES = {"date", "time", "clock"}


@pytest.fixture
async def lane(tmp_path: Path) -> AsyncIterator[Lane]:
    """Two meters with 50.00 yuan."""
    async with open_lane(tmp_path, FirstState(balance_cents=5_000, purchase_count=4)) as made:
        yield made


@pytest.mark.parametrize(("profile", "missing"), [("esam", set()), ("sts", ONLY_WITH_A_CHIP)])
async def test_a_simulated_meter_has_every_register(lane: Lane, profile: str, missing: set[str]) -> None:
    read = await lane.operate(profile, Read(tuple(REGISTERS)))
    assert isinstance(read, Readings)
    assert {name for name, value in read.values.items() if value is None} == PHASES_NOT_THERE | missing


def test_every_register_that_can_be_written_has_something_new_here() -> None:
    assert set(NEW) == {name for name, register in REGISTERS.items() if register.writable}


@pytest.mark.parametrize("profile", ["esam", "sts"])
async def test_a_simulated_meter_takes_every_register(lane: Lane, profile: str) -> None:
    values = tuple((name, value) for name, value in NEW.items() if name not in TIMES)
    assert await lane.operate(profile, Write(values)) == Readings(dict(values))
    again = await lane.operate(profile, Read(tuple(name for name, _ in values)))
    assert again == Readings(dict(values))
    truth = lane.truth(profile)
    assert (truth.limits.alarm_1_cents, truth.limits.hoard_cents) == (4_321, 90_000)
    assert truth.tariffs.backup == (1_000, 2_000, 3_000, 4_000)


@pytest.mark.parametrize("profile", ["esam", "sts"])
@pytest.mark.parametrize("name", sorted(TIMES))
async def test_a_simulated_clock_takes_what_is_written(lane: Lane, profile: str, name: str) -> None:
    assert await lane.operate(profile, Write(((name, NEW[name]),))) == Readings({name: NEW[name]})
    assert lane.truth(profile).clock_ahead_s


async def test_prices_written_ahead_are_in_force_from_their_hour(lane: Lane) -> None:
    written = await lane.operate("sts", Write((("prices_backup_e4", PRICES), ("prices_switch_at", "2603021000"))))
    assert isinstance(written, Readings)
    lane.clock.forward(hours=1)
    names = ("prices_e4", "prices_backup_e4", "prices_switch_at", "price_now_e4")
    read = await lane.operate("sts", Read(names))
    assert read == Readings(dict(zip(names, (PRICES, "5000,5000,5000,5000", "0000000000", 2_000), strict=True)))


async def test_a_limit_that_does_not_fit_into_the_register_is_never_sent(lane: Lane) -> None:
    assert await lane.operate("esam", Write((("alarm_1_minor", 10**8),))) == Refused("bad_value")
