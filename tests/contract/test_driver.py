"""What every driver of meters must do, whatever wire it speaks. A new driver is tested by being listed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.db import Begin
from app.domain.download import Record
from app.models import Meter
from app.ports import (
    Done,
    FrameRecord,
    Gateway,
    Priority,
    Read,
    Readings,
    Recharge,
    Refused,
    Relay,
    Target,
    TokenTaken,
    Unreachable,
    Wallet,
)
from app.services import meter_records
from app.services.targets import load_target
from headend_client.drivers import DRIVERS
from headend_client.simulator.world import Behaviour, FirstState
from tests.journeys.wire import Street, Way, street

pytestmark = pytest.mark.parametrize("driver", sorted(DRIVERS))
DARK = FirstState(overdraft_cents=250, relay_open=True, purchase_count=4)


@pytest.fixture
async def lane(driver: str, begin: Begin, tmp_path: Path) -> AsyncIterator[Street]:
    async with street(begin, tmp_path, Behaviour(), DARK, Way(driver)) as made:
        yield made


async def aimed(lane: Street, meter: Meter) -> tuple[Gateway, Target]:
    async with lane.begin() as db:
        target = await load_target(db, meter.id, priority=Priority.ASKED)
    assert lane.deps.gateway is not None
    return lane.deps.gateway, target


async def test_it_reads_a_wallet_with_the_overdraft_taken_off(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.esam)
    assert await gateway.read_wallet(target, []) == Wallet(-250, 250, 4)


async def test_a_meter_without_a_purchase_count_has_none(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.sts)
    assert await gateway.read_wallet(target, []) == Wallet(-250, 250, None)


async def test_a_recharge_under_the_next_number_is_in_the_wallet_afterwards(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.esam)
    assert await gateway.send_purchase(target, Recharge(5000, 5), []) == Done()
    assert await gateway.read_wallet(target, []) == Wallet(4750, 0, 5)


async def test_the_same_number_again_changes_nothing_and_is_called_a_duplicate(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.esam)
    await gateway.send_purchase(target, Recharge(5000, 5), [])
    assert await gateway.send_purchase(target, Recharge(5000, 5), []) == Refused("duplicate_recharge")
    assert await gateway.read_wallet(target, []) == Wallet(4750, 0, 5)


async def test_the_newest_purchase_in_a_meter_is_known_by_its_sum(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.esam)
    await gateway.send_purchase(target, Recharge(5000, 5), [])
    said = await gateway.operate(target, Read(("newest_purchase_minor",)), [])
    assert said in (Readings({"newest_purchase_minor": 5000}), Refused("not_offered"))


async def test_an_older_purchase_in_a_meter_is_known_by_its_number_where_the_meter_keeps_records(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.esam)
    for number, amount in ((5, 5000), (6, 700)):
        assert await gateway.send_purchase(target, Recharge(amount, number), []) == Done()
    assert await meter_records.of_number(gateway, target, 5, 6, []) in (Record(5, 5000), None)
    assert await meter_records.newest_down_to(gateway, target, 5, 6, []) in ((Record(6, 700), Record(5, 5000)), ())


async def test_when_a_purchase_came_in_is_known_with_what_the_clock_shows(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.esam)
    assert await gateway.send_purchase(target, Recharge(5000, 5), []) == Done()
    said = await meter_records.moment_of(gateway, target, 1, [])
    told = said.read(ZoneInfo("Asia/Shanghai")) if said else None
    assert told is not None and all(abs(each - lane.deps.now()) < timedelta(minutes=3) for each in told)


async def test_a_number_out_of_order_is_refused(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.esam)
    assert isinstance(await gateway.send_purchase(target, Recharge(5000, 7), []), Refused)
    assert await gateway.read_wallet(target, []) == Wallet(-250, 250, 4)


async def test_a_token_is_taken_once_and_known_again(lane: Street) -> None:
    purchase = await lane.pay(lane.rows.sts)
    await lane.drain()
    gateway, target = await aimed(lane, lane.rows.sts)
    digits = await lane.token_of(purchase)
    assert await gateway.send_token(target, digits, []) == TokenTaken(already=True)


async def test_a_token_of_another_meter_is_refused(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.sts)
    assert isinstance(await gateway.send_token(target, "1" * 20, []), Refused)


async def test_a_relay_is_read_closed_and_read_again(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.esam)
    await gateway.send_purchase(target, Recharge(5000, 5), [])
    before = await gateway.read_relay(target, [])
    assert isinstance(before, Relay)
    assert before.relay_open
    assert await gateway.close_relay(target, []) == Done()
    after = await gateway.read_relay(target, [])
    assert isinstance(after, Relay)
    assert not after.relay_open


async def test_every_frame_is_kept_in_order_and_without_secrets(lane: Street, driver: str) -> None:
    gateway, target = await aimed(lane, lane.rows.esam)
    trace: list[FrameRecord] = []
    await gateway.send_purchase(target, Recharge(5000, 5), trace)
    assert [record.direction for record in trace[:2]] == ["down", "up"]
    assert sorted(trace, key=lambda record: record.at) == trace
    hides = any("xx" in record.inner_hex for record in trace)
    assert hides == (driver != "ami")  # whoever has keys of its own is told none of ours


async def test_a_read_on_a_link_that_has_just_gone_ends_in_unreachable(lane: Street) -> None:
    gateway, target = await aimed(lane, lane.rows.esam)
    lane.simulation.kill_link("3201-1")
    with pytest.raises(Unreachable):
        await gateway.read_wallet(target, [])
