"""Each day of a meter whose money the ledger holds is charged once, whatever comes late, twice or not at all."""

from datetime import timedelta
from uuid import uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.fees import Prices
from app.domain.review import ReviewAct, ReviewKind
from app.domain.wallet import BalanceSource
from app.models import Account, Message, Reading, Staff
from app.services.fees import tariffs
from app.services.settle import Decision, settle
from tests.app.services.fees.home import Home


async def test_a_day_of_use_is_taken_from_what_the_ledger_holds(home: Home) -> None:
    await home.switches("remote")

    await home.uses(10, 8)

    assert [(each.energy_wh, each.amount_minor) for each in await home.charges()] == [(10_000, 500), (8_000, 400)]
    assert await home.held() == 5_000 - 900
    meter = await home.meter()
    assert (meter.balance_minor, meter.balance_source) == (4_100, BalanceSource.LEDGER)
    assert meter.balance_read_at == (await home.fund()).counted_at
    assert meter.daily_use_minor == 450
    assert await home.books() == {"delivered": 5_000, "fund": -4_100, "energy_sold": -900}


async def test_the_same_day_told_again_costs_nothing_more(home: Home) -> None:
    await home.switches("remote")
    await home.uses(10)
    for _ in range(2):
        await home.is_read(home.today - timedelta(days=1), home.counted_wh)
        await home.charge()
    assert await home.held() == 4_500


async def test_a_day_that_comes_late_is_charged_when_it_comes(home: Home) -> None:
    await home.switches("remote")
    home.clock.forward(days=2)
    late, newer = home.today - timedelta(days=2), home.today - timedelta(days=1)
    await home.is_read(newer, 130_000)
    await home.charge()
    assert await home.charges() == []

    await home.is_read(late, 110_000)
    await home.charge()

    assert [(each.last, each.energy_wh) for each in await home.charges()] == [(late, 10_000), (newer, 20_000)]
    async with home.begin() as db:
        days = {row.day: row.value for row in await db.exec(select(Reading).where(Reading.kind == "balance"))}
    assert (days[late], days[newer], days[home.today]) == (4_500, 3_500, 3_500)


async def test_a_day_that_never_comes_is_charged_with_the_next(home: Home) -> None:
    await home.switches("remote")
    home.clock.forward(days=4)
    await home.is_read(home.today - timedelta(days=1), 140_000)
    await home.charge()
    (made,) = await home.charges()
    assert ((made.last - made.first).days, made.energy_wh) == (3, 40_000)


async def test_a_register_that_goes_back_asks_a_person_and_charges_nothing(home: Home) -> None:
    await home.switches("remote")
    await home.uses(10, -3, 5)

    (review,) = await home.reviews()
    assert (review.kind, review.evidence["doubt"]) == (ReviewKind.ENERGY_IN_DOUBT, "went_back")
    assert await home.held() == 4_500

    await decides(home, ReviewAct.COUNT_ANEW)
    assert await home.held() == 4_500 - 250  # what was used since the reading that everybody now counts from


async def test_a_jump_is_charged_only_once_somebody_believes_it(home: Home) -> None:
    await home.switches("remote")
    await home.uses(900)
    assert [each.evidence["doubt"] for each in await home.reviews()] == ["jumped"]
    assert await home.charges() == []

    await decides(home, ReviewAct.CHARGE_IT)

    assert await home.held() == 5_000 - 45_000
    await home.uses(10)
    assert await home.held() == 5_000 - 45_500


async def test_a_reading_that_was_put_right_is_looked_at_again(home: Home) -> None:
    await home.switches("remote")
    await home.uses(900)
    await home.is_read(home.today - timedelta(days=1), 109_000)

    await decides(home, ReviewAct.RETRY)

    assert (await home.held(), await home.reviews()) == (4_550, [])


async def person(db: AsyncSession) -> Staff:
    """Somebody who may."""
    row = Staff(id=uuid4(), login="lin", name="Lin", password_hash="never used here")
    db.add(row)
    await db.flush()
    return row


async def decides(home: Home, act: ReviewAct) -> None:
    (review,) = await home.reviews()
    async with home.begin() as db:
        staff = await person(db)
        await settle(db, Decision(review.id, act, "looked at it", staff.id), home.clock())
    await home.charge()


async def test_new_prices_hold_from_their_day_on_also_for_days_that_come_late(home: Home) -> None:
    await home.switches("remote")
    start = home.today
    async with home.begin() as db:
        staff = await person(db)
        account = await db.get_one(Account, home.town.account.id)
        new = tariffs.NewSet(account.tariff_id, start + timedelta(days=1), Prices((10_000,)), staff.id)
        await tariffs.add(db, new, start, home.clock())
    home.clock.forward(days=2)
    await home.is_read(start + timedelta(days=1), 120_000)
    await home.is_read(start, 110_000)
    await home.charge()
    assert [each.amount_minor for each in await home.charges()] == [500, 1_000]


async def test_time_of_use_waits_for_the_energy_of_each_tariff(home: Home) -> None:
    await home.switches("remote")
    start = home.today
    async with home.begin() as db:
        staff = await person(db)
        account = await db.get_one(Account, home.town.account.id)
        prices = Prices((9_000, 7_000, 5_000, 3_000))
        await tariffs.add(
            db, tariffs.NewSet(account.tariff_id, start + timedelta(days=1), prices, staff.id), start, home.clock()
        )
    await home.uses(0)
    home.clock.forward(days=1)
    await home.is_read(start + timedelta(days=1), 110_000)
    await home.charge()
    assert len(await home.charges()) == 1  # the day before the new prices

    await home.is_read(start + timedelta(days=1), 110_000, (4_000, 3_000, 2_000, 101_000))
    await home.charge()
    assert len(await home.charges()) == 1  # and it still is not known how the day before ended, tariff by tariff


async def test_levels_are_passed_by_what_the_ledger_holds(home: Home) -> None:
    await home.switches("remote")
    await home.uses(100)
    assert (await home.meter()).alarm_depth > 0
    async with home.begin() as db:
        assert list(await db.exec(select(Message))) == []  # a promise tells people
    await home.pays(20_000)
    assert (await home.meter()).alarm_depth == 0
