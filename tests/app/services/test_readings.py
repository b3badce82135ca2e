"""What meters told us is kept, newest first, and followed by alarms on their edges only."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.relay import RelayBits, Supply
from app.domain.wallet import BalanceSource
from app.models import Alarm, Meter, Note, Reading, RelayState
from app.outbox import Job
from app.services.readings import After, record_balance, record_relay
from tests import build
from tests.clocks import Clock

OPEN = RelayBits(relay_open=True, command_open=True, keep_power=False)
CLOSED = RelayBits(relay_open=False, command_open=False, keep_power=False)


@pytest.fixture
async def meter_id(begin: Begin, clock: Clock) -> UUID:
    async with begin() as db:
        return (await build.utility(db, clock())).esam.id


async def read(begin: Begin, meter_id: UUID, balance_minor: int, at: datetime) -> None:
    async with begin() as db:
        meter = await db.get_one(Meter, meter_id, with_for_update=True)
        await record_balance(db, meter, balance_minor, BalanceSource.DAILY, at)


async def meter_of(begin: Begin, meter_id: UUID) -> Meter:
    async with begin() as db:
        return await db.get_one(Meter, meter_id)


async def days(begin: Begin) -> dict[date, int]:
    async with begin() as db:
        return {r.day: r.value for r in await db.exec(select(Reading).order_by(col(Reading.day)))}


async def episodes(begin: Begin) -> list[tuple[int, bool]]:
    async with begin() as db:
        rows = await db.exec(select(Alarm).order_by(col(Alarm.opened_at), col(Alarm.depth)))
        return [(row.depth, row.closed_at is None) for row in rows]


async def warnings_promised(begin: Begin) -> int:
    async with begin() as db:
        return len((await db.exec(select(Note.id).where(Note.job == Job.ANNOUNCE_ALARM))).all())


async def test_a_balance_is_kept_for_its_local_day(begin: Begin, meter_id: UUID) -> None:
    await read(begin, meter_id, 5000, datetime(2026, 3, 1, 15, 59, tzinfo=UTC))
    await read(begin, meter_id, 4000, datetime(2026, 3, 1, 16, 1, tzinfo=UTC))  # past midnight in Shanghai
    assert await days(begin) == {date(2026, 3, 1): 5000, date(2026, 3, 2): 4000}


async def test_the_last_figure_of_a_day_is_the_days_figure(begin: Begin, meter_id: UUID, clock: Clock) -> None:
    await read(begin, meter_id, 5000, clock())
    await read(begin, meter_id, 4800, clock.forward(hours=2))
    assert list((await days(begin)).values()) == [4800]


async def test_an_older_figure_never_replaces_a_newer_one(begin: Begin, meter_id: UUID, clock: Clock) -> None:
    early = clock()
    await read(begin, meter_id, 4800, clock.forward(hours=2))
    await read(begin, meter_id, 100, early)
    meter = await meter_of(begin, meter_id)
    assert (meter.balance_minor, meter.balance_read_at) == (4800, clock())
    assert list((await days(begin)).values()) == [4800]
    assert await episodes(begin) == []


async def test_a_late_figure_of_an_earlier_day_fills_that_day(begin: Begin, meter_id: UUID, clock: Clock) -> None:
    await read(begin, meter_id, 4800, clock())
    await read(begin, meter_id, 5100, clock() - timedelta(days=1))
    assert list((await days(begin)).values()) == [5100, 4800]
    assert (await meter_of(begin, meter_id)).balance_minor == 4800


async def test_a_meter_is_missed_a_day_after_it_was_heard(begin: Begin, meter_id: UUID, clock: Clock) -> None:
    await read(begin, meter_id, 5000, clock())
    assert (await meter_of(begin, meter_id)).silent_after == clock() + timedelta(hours=26)


async def test_one_way_down_is_one_episode_and_one_warning(begin: Begin, meter_id: UUID, clock: Clock) -> None:
    for balance in (2500, 1999, 1500, 2050, 1990):
        await read(begin, meter_id, balance, clock.forward(hours=1))
    assert await episodes(begin) == [(1, True)]
    assert await warnings_promised(begin) == 1


async def test_an_episode_ends_above_the_margin_and_the_next_one_warns_again(
    begin: Begin, meter_id: UUID, clock: Clock
) -> None:
    for balance in (1999, 2100, 1999):
        await read(begin, meter_id, balance, clock.forward(hours=1))
    assert await episodes(begin) == [(1, False), (1, True)]
    assert await warnings_promised(begin) == 2


async def test_b_opens_inside_a_and_a_top_up_closes_both(begin: Begin, meter_id: UUID, clock: Clock) -> None:
    for balance in (1500, 400):
        await read(begin, meter_id, balance, clock.forward(hours=1))
    assert await episodes(begin) == [(1, True), (2, True)]
    await read(begin, meter_id, 9000, clock.forward(hours=1))
    assert await episodes(begin) == [(1, False), (2, False)]
    assert (await meter_of(begin, meter_id)).alarm_depth == 0


async def test_an_alarm_says_which_reading_raised_it(begin: Begin, meter_id: UUID, clock: Clock) -> None:
    await read(begin, meter_id, 1234, clock())
    async with begin() as db:
        alarm = (await db.exec(select(Alarm))).one()
        reading = (await db.exec(select(Reading))).one()
    assert (alarm.reading_id, alarm.balance_minor, alarm.opened_at) == (reading.id, 1234, clock())


async def test_two_readings_at_once_open_one_episode(begin: Begin, meter_id: UUID, clock: Clock) -> None:
    at = clock()
    await asyncio.gather(*(read(begin, meter_id, 1000, at) for _ in range(8)))
    assert await episodes(begin) == [(1, True)]
    assert await warnings_promised(begin) == 1


async def read_relay(begin: Begin, meter_id: UUID, bits: RelayBits, at: datetime) -> None:
    async with begin() as db:
        meter = await db.get_one(Meter, meter_id, with_for_update=True)
        await record_relay(db, meter, bits, After("read_balance"), at)


async def test_every_relay_state_is_kept_and_the_newest_counts(begin: Begin, meter_id: UUID, clock: Clock) -> None:
    early = clock()
    await read_relay(begin, meter_id, CLOSED, clock.forward(minutes=1))
    await read_relay(begin, meter_id, OPEN, early)
    meter = await meter_of(begin, meter_id)
    assert (meter.supply, meter.supply_read_at) == (Supply.ON, clock())
    async with begin() as db:
        assert len((await db.exec(select(RelayState))).all()) == 2
