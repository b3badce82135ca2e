"""A meter is switched between local and remote fee control by what it holds: no money is lost, none is made."""

import pytest
from sqlmodel import select

from app.domain.asking import Asking
from app.domain.fees import FeeControl
from app.domain.meter_life import MeterLife
from app.domain.operation import DeviceItemState
from app.domain.operation_arguments import MOST_MINOR
from app.domain.purchase import PurchaseKind, PurchaseState
from app.domain.wallet import BalanceSource, ReadingKind
from app.models import Meter, Note, Purchase, Reading
from app.outbox import Job
from app.services.collection.figures import DayFigure, store
from app.services.lookup import ask_reading, view_meter
from app.services.readings import record_balance
from app.tasks import fulfil, readings
from tests.app.services.fees.home import Home
from tests.fakes import Died
from tests.work import worker


async def test_what_the_meter_held_is_carried_into_the_ledger_and_its_own_limits_are_lifted(home: Home) -> None:
    item = await home.switches("remote")

    assert (item.state, item.code) == (DeviceItemState.DONE, "")
    assert await home.held() == 5_000
    assert await home.books() == {"delivered": 5_000, "fund": -5_000}
    meter, fund = await home.meter(), await home.fund()
    assert (meter.fee_control, meter.balance_minor, meter.balance_source) == ("remote", 5_000, BalanceSource.LEDGER)
    assert fund.own_limits == {"alarm_1_minor": 2_000, "alarm_2_minor": 500, "overdraft_limit_minor": 0}
    assert fund.lifted_at is not None
    assert home.bench.registers["overdraft_limit_minor"] == MOST_MINOR
    assert meter.overdraft_limit_minor == 0  # ours, by which it is cut


async def test_an_overdrawn_meter_is_carried_as_debt(home: Home) -> None:
    home.bench.balance = -300
    await home.switches("remote")
    assert (await home.held(), (await home.meter()).spent_since) == (-300, home.clock())


async def test_a_paid_purchase_is_credited_at_once_and_nothing_is_sent(home: Home) -> None:
    await home.switches("remote")

    purchase = await home.pays(3_000)

    assert (purchase.state, purchase.credited_at) == (PurchaseState.CREDITED, home.clock())
    assert (purchase.balance_before_minor, purchase.balance_after_minor) == (5_000, 8_000)
    await home.work()
    assert home.bench.credits == []
    assert await home.held() == 8_000
    async with home.begin() as db:
        jobs = {note.job for note in await db.exec(select(Note)) if note.subject_id == purchase.id}
    assert jobs == {Job.CHECK_RELAY, Job.ANNOUNCE_CREDIT, Job.RENDER_RECEIPT}


async def test_what_was_paid_and_not_sent_goes_over_with_the_switch(home: Home) -> None:
    home.bench.unreachable = True
    waiting = await home.pays(3_000)
    await home.work()
    home.bench.unreachable = False

    await home.switches("remote")
    home.clock.forward(minutes=5)
    await home.work()

    assert (await home.held(), home.bench.credits) == (8_000, [])
    async with home.begin() as db:
        assert (await db.get_one(Purchase, waiting.id)).state == PurchaseState.CREDITED


async def test_a_purchase_that_may_be_in_the_meter_holds_the_switch_up(home: Home) -> None:
    home.bench.deaf = True
    await home.pays(3_000)
    await home.work()
    home.bench.hear()

    item = await home.switches("remote")

    assert (item.state, item.code) == (DeviceItemState.LEFT_OUT, "purchase_on_its_way")
    assert (await home.meter()).fee_control == FeeControl.LOCAL


async def test_a_recharge_that_lands_while_the_meter_is_read_holds_the_switch_up(home: Home) -> None:
    async def overtaken() -> None:
        home.bench.while_reading = None
        await home.pays(3_000)
        home.clock.forward(seconds=2)
        await worker(home.deps, {Job.DOWNLOAD_PURCHASE: fulfil.download_purchase})()

    home.bench.while_reading = overtaken
    item = await home.switches("remote")

    assert (item.state, item.code) == (DeviceItemState.LEFT_OUT, "purchase_on_its_way")
    assert (await home.meter()).fee_control == FeeControl.LOCAL
    assert home.bench.balance == 8_000
    home.clock.forward(minutes=1)
    await home.switches("remote")
    assert await home.held() == 8_000


async def test_switched_back_the_meter_gets_what_the_ledger_held(home: Home) -> None:
    await home.switches("remote")
    await home.pays(3_000)
    await home.uses(10)
    home.bench.balance = 4_400  # it counts on by itself, by its own prices
    home.counted_wh += 2_000  # what was used today is charged too

    item = await home.switches("local")

    assert item.state == DeviceItemState.DONE
    async with home.begin() as db:
        carried = (await db.exec(select(Purchase).where(Purchase.kind == PurchaseKind.CARRIED))).one()
    assert (carried.state, carried.amount_minor) == (PurchaseState.CREDITED, 8_000 - 600 - 4_400)
    assert home.bench.balance == 7_400
    meter = await home.meter()
    assert (meter.fee_control, meter.balance_minor, meter.balance_source) == ("local", 7_400, BalanceSource.READBACK)
    assert await home.books() == {"provider": 3_000, "delivered": 5_000 - 7_400, "energy_sold": -600}
    assert home.bench.registers["overdraft_limit_minor"] == 0
    assert (await home.fund()).closed_at is not None


async def test_a_meter_whose_own_wallet_holds_more_is_not_switched_back(home: Home) -> None:
    await home.switches("remote")
    await home.uses(10)

    item = await home.switches("local")

    assert (item.state, item.code) == (DeviceItemState.LEFT_OUT, "meter_holds_more")
    assert (await home.meter()).fee_control == FeeControl.REMOTE


async def test_a_meter_can_be_switched_as_often_as_anybody_likes(home: Home) -> None:
    for _ in range(3):
        await home.switches("remote")
        assert (await home.switches("remote")).code == "already_so"
        home.bench.balance -= 1_000
        assert (await home.switches("local")).state == DeviceItemState.DONE
        assert home.bench.balance == 5_000
    assert set(await home.books()) <= {"delivered"}


async def test_a_meter_with_tokens_is_left_as_it_is(home: Home) -> None:
    home.town = type(home.town)(
        home.town.concentrator, home.town.account, home.town.contact, home.town.sts, home.town.sts
    )
    assert (await home.switches("remote")).code == "not_offered"


@pytest.mark.parametrize("to", ["remote", "local"])
async def test_killed_after_the_reading_it_is_switched_once(home: Home, to: str) -> None:
    if to == "local":
        await home.switches("remote")
        home.bench.balance -= 1_000

    async def dies() -> None:
        home.bench.while_reading = None
        raise Died

    home.bench.while_reading = dies
    with pytest.raises(Died):
        await home.switches(to)
    home.clock.forward(minutes=15)
    await home.work()

    assert (await home.meter()).fee_control == to
    assert (await home.held()) == (5_000 if to == "remote" else 0)
    assert home.bench.balance == 5_000


async def test_what_the_wallet_of_such_a_meter_says_is_nobodys_balance(home: Home) -> None:
    await home.switches("remote")
    async with home.begin() as db:
        meter = await db.get_one(Meter, home.meter_id, with_for_update=True)
        await record_balance(db, meter, -77_700, BalanceSource.READBACK, home.clock.forward(hours=1))
        figure = DayFigure(home.meter_id, home.today, ReadingKind.BALANCE, -88_800, home.clock.forward(hours=1))
        await store(db, [figure])
    assert (await home.meter()).balance_minor == 5_000


async def test_asked_now_it_tells_its_registers_and_its_relay_and_the_balance_stays_ours(home: Home) -> None:
    await home.switches("remote")
    home.clock.forward(hours=1)
    async with home.begin() as db:
        seen = await view_meter(db, home.town.esam.number, home.clock())
        assert seen is not None
        assert await ask_reading(db, seen, home.clock())
    home.bench.balance = -99_900  # what its wallet says is nobody's balance

    await worker(home.deps, {Job.READ_BALANCE: readings.read_balance})()

    async with home.begin() as db:
        seen = await view_meter(db, home.town.esam.number, home.clock())
        told = list(await db.exec(select(Reading).where(Reading.kind == ReadingKind.ENERGY)))
    assert seen is not None
    assert (seen.balance_minor, seen.source, seen.asking) == (5_000, BalanceSource.LEDGER, Asking.ANSWERED)
    assert [row.value for row in told] == [100_000]


async def test_a_meter_that_is_being_exchanged_stays_as_it_is(home: Home) -> None:
    async with home.begin() as db:
        (await db.get_one(Meter, home.meter_id)).life = MeterLife.LEAVING
    assert (await home.switches("remote")).code == "meter_leaves"
