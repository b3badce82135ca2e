"""What every driver of meters does besides carrying credit, over meters that obey, refuse and forget."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from headend_client.drivers import DRIVERS
from headend_client.orders import EnterTokens, MeterOrder, Read, ReadFrozen, RelayWish, SetClock, Switch, Write
from headend_client.outcome import FrameRecord, Readings, Refused, Relay
from tests.headend_client.ami_lane import open_task_lane
from tests.headend_client.lane import LANES, Lane

pytestmark = pytest.mark.parametrize("driver", sorted(DRIVERS))
PROFILES = ["esam", "sts"]
LIMITS = (
    ("alarm_1_minor", 3000),
    ("alarm_2_minor", 700),
    ("overdraft_limit_minor", 1200),
    ("hoarding_limit_minor", 0),
    ("reclose_limit_minor", 100),
)
TARIFFS = (
    ("prices_backup_e4", "9000,7000,5000,3000"),
    ("prices_switch_at", "2701010000"),
    ("zones_second", "0101=1,0701=2"),
    ("days_1_second", "0000=4,0700=1,2200=4"),
    ("steps_backup", "2600000,4800000;5283,5783,8283;010100,040100,070100,100100"),
    ("steps_switch_at", "2702010000"),
)


class Leave:
    """A clearance that holds, or does not."""

    def __init__(self, *, given: bool) -> None:
        self.given = given
        self.asked: list[str] = []

    def holds(self, address: str, now: datetime) -> bool:
        self.asked.append(address)
        return self.given


@pytest.fixture
async def lane(driver: str, tmp_path: Path) -> AsyncIterator[Lane]:
    async with (LANES | {"ami": open_task_lane})[driver](tmp_path) as made:
        yield made


@pytest.mark.parametrize("profile", PROFILES)
async def test_limits_are_written_and_read_back(lane: Lane, profile: str) -> None:
    assert await lane.operate(profile, Write(LIMITS)) == Readings(dict(LIMITS))
    names = tuple(name for name, _ in LIMITS)
    assert await lane.operate(profile, Read(names)) == Readings(dict(LIMITS))


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_second_set_of_tariffs_and_its_switch_times_are_written(lane: Lane, profile: str) -> None:
    assert await lane.operate(profile, Write(TARIFFS)) == Readings(dict(TARIFFS))
    active = await lane.operate(profile, Read(("active_zones", "active_days")))
    assert active == Readings({"active_zones": "first", "active_days": "first"})


@pytest.mark.parametrize("profile", PROFILES)
async def test_what_is_measured_is_read_in_whole_numbers(lane: Lane, profile: str) -> None:
    names = ("voltage_a_dv", "voltage_b_dv", "current_a_ma", "power_w", "energy_wh", "price_now_e4")
    said = await lane.operate(profile, Read(names))
    assert isinstance(said, Readings)
    voltage = said.values["voltage_a_dv"]
    assert isinstance(voltage, int)
    assert 2000 < voltage < 2400
    assert said.values["voltage_b_dv"] is None  # a phase that is not there
    assert said.values["price_now_e4"] == 5000


@pytest.mark.parametrize("profile", PROFILES)
async def test_all_status_words_are_read(lane: Lane, profile: str) -> None:
    said = await lane.operate(profile, Read(tuple(f"status_{number}" for number in range(1, 8))))
    assert isinstance(said, Readings)
    assert "relay=closed" in str(said.values["status_3"])
    assert said.values["status_1"] == ""


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_clock_is_set_to_now(lane: Lane, profile: str) -> None:
    said = await lane.operate(profile, SetClock())
    assert isinstance(said, Readings)
    assert abs(int(said.values["clock_error_s"] or 0)) <= 2


@pytest.mark.parametrize("profile", PROFILES)
async def test_power_is_kept_on_and_no_longer(lane: Lane, profile: str) -> None:
    for wish, kept in ((RelayWish.KEEP_POWER_ON, True), (RelayWish.KEEP_POWER_OFF, False)):
        said = await lane.operate(profile, Switch(wish))
        assert isinstance(said, Readings)
        assert said.relay == Relay(relay_open=False, command_open=False, alarm=False, keep_power=kept)


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_relay_is_tripped_under_a_clearance_and_closed_again(lane: Lane, profile: str) -> None:
    driver, target = lane.driver, lane.target(profile)
    leave = Leave(given=True)
    said = await driver.trip_relay(target, leave, [])
    assert isinstance(said, Readings)
    assert said.values["relay_open"] == 1
    assert leave.asked == [target.address]
    closed = await driver.operate(target, Switch(RelayWish.CLOSE), [])
    assert isinstance(closed, Readings)
    assert closed.values["relay_open"] == 0


async def test_a_clearance_that_no_longer_holds_keeps_the_order_from_the_wire(lane: Lane) -> None:
    driver, target = lane.driver, lane.target("sts")
    trace: list[FrameRecord] = []
    assert await driver.trip_relay(target, Leave(given=False), trace) == Refused("clearance_expired")
    assert [record.direction for record in trace] == ["down", "up"]  # the status word, and no order


async def test_a_meter_whose_power_is_kept_is_not_tripped(lane: Lane) -> None:
    driver, target = lane.driver, lane.target("esam")
    await driver.operate(target, Switch(RelayWish.KEEP_POWER_ON), [])
    leave = Leave(given=True)
    assert await driver.trip_relay(target, leave, []) == Refused("trip_refused_keep_power")
    assert leave.asked == []


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_day_that_was_not_frozen_is_said_to_be_none(lane: Lane, profile: str) -> None:
    assert await lane.operate(profile, ReadFrozen(40)) == Refused("not_frozen")


async def test_a_model_without_a_keypad_takes_no_tokens(lane: Lane) -> None:
    assert await lane.operate("esam", EnterTokens(("1" * 20,))) == Refused("not_offered")


async def test_a_token_that_is_none_of_this_meter_is_refused(lane: Lane) -> None:
    assert await lane.operate("sts", EnterTokens(("1" * 20,))) == Refused("crc_error")


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (Read(("moon_phase",)), "unknown_register"),
        (Write((("moon_phase", 1),)), "unknown_register"),
        (Write((("balance_minor", 100_000),)), "not_writable"),
        (Write((("alarm_1_minor", "much"),)), "bad_value"),
        (Write((("alarm_1_minor", 10**9),)), "bad_value"),
        (Write((("zones", "first of May"),)), "bad_value"),
        (ReadFrozen(63), "bad_value"),
    ],
)
async def test_what_means_nothing_is_refused_before_anything_is_sent(lane: Lane, order: MeterOrder, code: str) -> None:
    driver, target = lane.driver, lane.target("esam")
    trace: list[FrameRecord] = []
    assert await driver.operate(target, order, trace) == Refused(code)
    assert trace == []


async def test_a_value_that_the_meter_does_not_take_is_refused_with_its_reason(lane: Lane) -> None:
    said = await lane.operate("sts", Write((("days_1", "0000=9"),)))
    assert said == Refused("too_many_tariffs")
