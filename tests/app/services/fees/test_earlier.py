"""What a meter used before its money came into the ledger counts for the steps of that month or year."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from app.domain.operation import DeviceItemState
from app.domain.wallet import ReadingKind
from app.models import Staff, TariffSet
from app.ports import ReadFrozen
from app.services.collection.figures import DayFigure, store
from tests.app.services.fees.home import ZONE, Home

EVER = date(2020, 1, 1)


async def has_steps(home: Home, from_day: date = EVER, period: str = "month") -> None:
    """Ten cents a kWh more beyond a hundred kWh."""
    async with home.begin() as db:
        staff = Staff(login=f"anna {from_day}", name="Anna Berg", password_hash="x")
        db.add(staff)
        await db.flush()
        row = TariffSet(tariff_id=home.town.account.tariff_id, from_day=from_day, prices_e4=[5_000])
        row.steps, row.period, row.made_by, row.made_at = [[100_000, 1_000]], period, staff.id, home.clock()
        db.add(row)


def eve(home: Home) -> date:
    """The last day before this month."""
    return home.today.replace(day=1) - timedelta(days=1)


def asked(home: Home) -> list[int]:
    return [order.days_ago for order in home.bench.operated if isinstance(order, ReadFrozen)]


async def test_a_stored_figure_of_the_eve_of_the_month_tells_and_nobody_is_asked(home: Home) -> None:
    await has_steps(home)
    await home.is_read(eve(home), 5_000)
    await home.switches("remote")

    assert ((await home.fund()).used_wh, asked(home)) == (95_000, [])
    await home.uses(10)  # of which five lie beyond the step
    assert [each.amount_minor for each in await home.charges()] == [500 + 50]


async def test_where_none_is_stored_the_meter_is_asked_for_that_day_and_it_is_kept(home: Home) -> None:
    await has_steps(home)
    ago = (home.today - eve(home)).days
    at = f"{eve(home) + timedelta(days=1):%y%m%d}0000"
    home.bench.frozen = {ago: {"frozen_at": at, "energy_wh": 5_000, "balance_minor": 9_900}}
    item = await home.switches("remote")

    assert (asked(home), (await home.fund()).used_wh) == ([ago], 95_000)
    assert item.values["frozen_energy_wh"] == 5_000
    assert await home.held() == 5_000  # what its wallet held then is nobody's balance
    await home.switches("local")
    await home.switches("remote")
    assert (asked(home), (await home.fund()).used_wh) == ([ago], 95_000)


@pytest.mark.parametrize("frozen_at", ["", "99", "2603020000", "9912310000"])
async def test_a_freeze_of_another_day_tells_nothing_of_this_month(home: Home, frozen_at: str) -> None:
    await has_steps(home)
    ago = (home.today - eve(home)).days
    home.bench.frozen = {ago: {"frozen_at": frozen_at, "energy_wh": 5_000}}
    item = await home.switches("remote")
    assert (item.state, (await home.fund()).used_wh) == (DeviceItemState.DONE, 0)


async def test_a_meter_that_froze_nothing_is_switched_all_the_same(home: Home) -> None:
    await has_steps(home)
    home.bench.frozen = {}
    item = await home.switches("remote")
    assert (item.state, (await home.fund()).used_wh) == (DeviceItemState.DONE, 0)


async def test_what_was_read_while_the_eve_still_ran_is_not_what_it_ended_with(home: Home) -> None:
    await has_steps(home)
    early = home.clock() - timedelta(days=home.today.day)
    async with home.begin() as db:
        await store(db, [DayFigure(home.meter_id, eve(home), ReadingKind.ENERGY, 5_000, early)])
    home.bench.frozen = {}
    await home.switches("remote")
    assert (len(asked(home)), (await home.fund()).used_wh) == (1, 0)


@pytest.mark.parametrize("wh", [100_001, 0])
async def test_a_figure_that_cannot_be_is_not_believed(home: Home, wh: int) -> None:
    await has_steps(home)
    await home.is_read(eve(home), wh)
    home.counted_wh = 100_000 if wh else 100_000_000
    await home.switches("remote")
    assert (await home.fund()).used_wh == 0


async def test_steps_of_a_year_count_from_its_first_day(home: Home) -> None:
    await has_steps(home, period="year")
    await home.is_read(date(home.today.year - 1, 12, 31), 40_000)
    await home.is_read(eve(home), 90_000)
    await home.switches("remote")
    assert (await home.fund()).used_wh == 60_000


async def test_without_steps_now_or_to_come_nobody_is_asked(home: Home) -> None:
    home.bench.frozen = {}
    await has_steps(home, home.today - timedelta(days=9))
    async with home.begin() as db:
        (await db.exec(select(TariffSet))).one().steps = []
    await home.switches("remote")
    assert asked(home) == []
    await home.switches("local")
    await has_steps(home, home.today + timedelta(days=9))
    await home.switches("remote")
    assert len(asked(home)) == 1


async def test_on_the_first_of_a_month_what_was_used_since_midnight_counts_in_it(home: Home) -> None:
    await has_steps(home)
    first = (home.today.replace(day=1) + timedelta(days=32)).replace(day=1)
    home.clock.forward(days=(first - home.today).days)
    assert home.clock().astimezone(ZONE).day == 1
    await home.is_read(eve(home), 5_000)
    await home.switches("remote")
    await home.uses(0, 10)
    assert [(each.first, each.amount_minor) for each in await home.charges()] == [(first + timedelta(days=1), 550)]
