"""A meter under remote fee control is exchanged: its last energy is charged, and its fund goes on or back."""

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.fees import FeeControl, Registers
from app.domain.meter_life import MeterLife
from app.domain.operation import DeviceItemState, OperationKind
from app.domain.operation_arguments import MOST_MINOR
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewKind
from app.domain.swapping import CannotSwap, SwapBar, SwapState, SwapWay
from app.domain.wallet import BalanceSource
from app.models import Account, Audit, Fund, Meter, MeterModel, MeterSwap, Operation, Purchase, Refund, Staff, TariffSet
from app.services.fees import newcomers
from app.services.fees.holding import held_minor
from app.services.swaps import beginning, finishing, funds, reading
from app.services.swaps.beginning import NewMeter, Wish
from app.services.swaps.reading import Standing
from tests import build
from tests.app.services.fees.home import Home
from tests.clocks import Clock
from tests.fakes import Bench, Died

NEW = build.numbered("20100000777")


@pytest.fixture
async def home(begin: Begin, clock: Clock) -> AsyncIterator[Home]:
    """A home whose fifty yuan the ledger holds; it has used ten kWh, charged until yesterday."""
    async with begin() as db:
        town = await build.utility(db, clock())
        db.add(Staff(id=_STAFF, login="anna", name="Anna Berg", password_hash="x"))
    bench = Bench(balance=5_000, now=clock)
    bench.registers = {"alarm_1_minor": 2_000, "alarm_2_minor": 500, "overdraft_limit_minor": 0}
    made = Home(begin, clock, bench, town)
    await made.switches("remote")
    await made.uses(4, 6)
    yield made
    assert sum((await made.books()).values()) == 0


_STAFF = uuid4()


async def begun(home: Home, way: SwapWay = SwapWay.CARRY, model_id: UUID | None = None) -> UUID:
    old = await home.meter()
    wish = Wish(old.number, NewMeter(NEW, "", model_id or old.model_id), way, "display broken", _STAFF)
    async with home.begin() as db:
        return (await beginning.begin(db, wish, home.clock())).id


async def seen(home: Home, swap_id: UUID, *wh: int) -> None:
    said = Registers(wh[0], wh[1:]), "read off the display by Lin"
    home.clock.forward(seconds=1)
    async with home.begin() as db:
        await funds.note_seen(db, swap_id, said, _STAFF, home.clock())


async def finished(home: Home, swap_id: UUID, *start: int, believed: bool = False) -> MeterSwap:
    async with home.begin() as db:
        if start:
            await funds.note_start(db, swap_id, Registers(start[0], start[1:]), believed=believed)
        return await finishing.finish(db, swap_id, {}, _STAFF, home.clock())


async def refused(home: Home, swap_id: UUID, *start: int) -> SwapBar:
    with pytest.raises(CannotSwap) as error:
        await finished(home, swap_id, *start)
    return error.value.bar


async def stands(home: Home, swap_id: UUID) -> Standing:
    async with home.begin() as db:
        return await reading.standing(db, await db.get_one(MeterSwap, swap_id))


async def new_of(home: Home, swap_id: UUID) -> tuple[Meter, Fund, int]:
    """The new meter, its fund, and what it holds."""
    async with home.begin() as db:
        new = await db.get_one(Meter, (await db.get_one(MeterSwap, swap_id)).new_meter_id)
        fund = (await db.exec(select(Fund).where(Fund.meter_id == new.id))).one()
        return new, fund, await held_minor(db, new.id)


async def test_the_rest_is_charged_and_the_fund_goes_on_to_the_new_meter(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 112_000)  # two kWh since: one yuan
    swap = await finished(home, swap_id, 3_000)
    assert (swap.state, swap.last_balance_minor, swap.last_energy_wh) == (SwapState.DONE, 4_400, 112_000)
    new, fund, held = await new_of(home, swap_id)
    assert (held, new.balance_minor, new.balance_source) == (4_400, 4_400, BalanceSource.LEDGER)
    assert (new.fee_control, fund.total_wh, fund.closed_at) == (FeeControl.REMOTE, 3_000, None)
    old = await home.meter()
    assert (await home.held(), old.fee_control, old.life) == (0, FeeControl.LOCAL, MeterLife.REMOVED)
    assert await home.books() == {"delivered": 5_000, "fund": -4_400, "energy_sold": -600}


async def test_its_energy_is_read_over_the_wire(home: Home) -> None:
    home.bench.registers |= {"energy_wh": 111_000, "energy_1_wh": 0, "energy_2_wh": 0}
    swap_id = await begun(home)
    await home.work()
    assert (await stands(home, swap_id)).bar is None
    await finished(home, swap_id, 0)
    assert (await new_of(home, swap_id))[2] == 4_450


async def test_the_new_meter_is_charged_from_where_it_began(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 112_000)
    await finished(home, swap_id, 3_000)
    new, _, _ = await new_of(home, swap_id)
    home.town.esam.id, home.counted_wh = new.id, 3_000
    await home.uses(8)
    assert (await new_of(home, swap_id))[2] == 4_000
    assert [each.energy_wh for each in await home.charges() if each.meter_id == new.id] == [8_000]


async def test_what_was_held_can_be_given_back(home: Home) -> None:
    swap_id = await begun(home, SwapWay.REFUND)
    await seen(home, swap_id, 110_000)
    swap = await finished(home, swap_id, 0)
    async with home.begin() as db:
        refund = (await db.exec(select(Refund))).one()
    assert (refund.id, refund.amount_minor) == (swap.refund_id, 4_500)
    assert (await new_of(home, swap_id))[2] == 0
    assert await home.books() == {"delivered": 5_000, "refunds_due": -4_500, "energy_sold": -500}


async def test_what_was_used_beyond_the_fund_is_owed(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 210_000)
    await finished(home, swap_id, 0)
    async with home.begin() as db:
        assert (await db.get_one(Account, home.town.account.id)).arrears_minor == 500
    assert (await home.held(), (await new_of(home, swap_id))[2]) == (0, 0)


async def test_money_that_comes_meanwhile_is_in_the_fund_and_goes_along(home: Home) -> None:
    swap_id = await begun(home)
    paid = await home.pays(3_000)
    assert paid.state == PurchaseState.CREDITED
    await seen(home, swap_id, 110_000)
    await finished(home, swap_id, 0)
    assert (await new_of(home, swap_id))[2] == 7_500


async def test_a_credit_that_was_under_way_to_the_old_meter_is_in_the_new_ones_fund(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 110_000)
    await finished(home, swap_id, 0)
    late = await home.pays(2_000)  # whoever paid had the old meter before them
    home.clock.forward(minutes=2)
    await home.work()
    async with home.begin() as db:
        row = await db.get_one(Purchase, late.id)
    new, _, held = await new_of(home, swap_id)
    assert (row.meter_id, row.state, held) == (new.id, PurchaseState.CREDITED, 6_500)
    assert home.bench.credits == []


def comes(home: Home, balance: int = 0) -> None:
    """The new meter as it left its maker is on the bench from here on."""
    home.bench.balance, home.bench.count = balance, 0
    home.bench.registers |= {"alarm_1_minor": 1_000, "alarm_2_minor": 300, "overdraft_limit_minor": 0}


async def test_the_new_meters_own_wallet_has_no_say(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 110_000)
    await finished(home, swap_id, 0)
    comes(home)
    await home.work()
    _, fund, _ = await new_of(home, swap_id)
    assert home.bench.registers["overdraft_limit_minor"] == MOST_MINOR
    assert fund.own_limits == {
        "alarm_1_minor": 2_000,
        "alarm_2_minor": 500,
        "overdraft_limit_minor": 0,
    }  # the old one's
    assert fund.lifted_at is not None
    assert await home.reviews() == []


async def test_money_that_nobody_here_paid_is_a_question_and_in_no_book(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 110_000)
    await finished(home, swap_id, 0)
    comes(home, balance=2_000)
    await home.work()
    new, fund, held = await new_of(home, swap_id)
    (review,) = await home.reviews()
    assert (review.kind, review.meter_id, review.subject_id) == (ReviewKind.WALLET_NOT_EMPTY, new.id, fund.id)
    assert (review.evidence["balance_minor"], review.evidence["count"]) == (2_000, 0)
    assert (held, fund.lifted_at is not None) == (4_500, True)
    home.town.esam.id = new.id
    home.counted_wh = 0
    assert (await home.switches("local")).state == DeviceItemState.DONE
    assert home.bench.credits == [2_500]  # only what its wallet lacks


async def test_what_it_came_with_is_known_before_anything_is_lifted_whatever_dies(home: Home) -> None:
    await has_no_wallet(home)
    swap_id = await begun(home, model_id=home.town.esam.model_id)
    await seen(home, swap_id, 110_000)
    await finished(home, swap_id, 0)
    comes(home, balance=700)

    async def dies() -> None:
        home.bench.while_reading = None
        raise Died

    home.bench.while_reading = dies
    with pytest.raises(Died):
        await home.work()
    home.clock.forward(minutes=15)
    home.bench.deaf = True  # it answers what it is asked; what it is told it does, and the answer is lost
    await home.work()
    home.bench.hear()
    home.clock.forward(minutes=15)
    await home.work()
    _, fund, _ = await new_of(home, swap_id)
    assert fund.own_limits == {"alarm_1_minor": 1_000, "alarm_2_minor": 300, "overdraft_limit_minor": 0}
    assert home.bench.registers["alarm_1_minor"] == 0
    assert [review.kind for review in await home.reviews()] == [ReviewKind.WALLET_NOT_EMPTY]


async def test_one_that_could_not_be_asked_keeps_its_own_limits_when_it_is_switched_back(home: Home) -> None:
    await has_no_wallet(home)
    swap_id = await begun(home, model_id=home.town.esam.model_id)
    await seen(home, swap_id, 110_000)
    await finished(home, swap_id, 0)
    comes(home)
    home.bench.unreachable = True
    await home.work()
    home.bench.unreachable = False
    new, _, _ = await new_of(home, swap_id)
    home.town.esam.id, home.counted_wh = new.id, 0
    async with home.begin() as db:
        (await db.get_one(Meter, new.id)).overdraft_limit_minor = 800
    assert (await home.switches("local")).state == DeviceItemState.DONE
    home.clock.forward(hours=1)
    await home.work()
    assert home.bench.balance == 4_500
    told = {name: home.bench.registers[name] for name in newcomers.NAMES}
    assert told == {"alarm_1_minor": 1_000, "alarm_2_minor": 300, "overdraft_limit_minor": 800}


async def test_a_new_meter_without_a_wallet_has_no_limits_of_its_own(home: Home) -> None:
    async with home.begin() as db:
        model = MeterModel(name="Remote fee control", profile="remote")
        db.add(model)
    swap_id = await begun(home, model_id=model.id)
    await seen(home, swap_id, 110_000)
    await finished(home, swap_id, 0)
    _, fund, held = await new_of(home, swap_id)
    assert (fund.own_limits, held) == (None, 4_500)


async def test_nothing_ends_or_begins_that_nobody_has_read(home: Home) -> None:
    swap_id = await begun(home)
    assert await refused(home, swap_id, 0) is SwapBar.NOT_READ
    await seen(home, swap_id, 110_000)
    assert await refused(home, swap_id) is SwapBar.NO_START
    assert await home.held() == 4_500


async def test_a_reading_that_goes_back_ends_nothing(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 109_000)
    assert await refused(home, swap_id, 0) is SwapBar.ENERGY_IN_DOUBT
    assert (await stands(home, swap_id)).fund.jumped is False  # type: ignore[union-attr]


async def test_a_jump_is_charged_when_somebody_has_looked_at_it(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 5_110_000)
    assert await refused(home, swap_id, 0) is SwapBar.ENERGY_IN_DOUBT
    assert (await stands(home, swap_id)).fund.jumped is True  # type: ignore[union-attr]
    await finished(home, swap_id, 0, believed=True)
    async with home.begin() as db:
        assert (await db.get_one(Account, home.town.account.id)).arrears_minor == 250_000 - 4_500
        audit = (await db.exec(select(Audit).where(Audit.act == "swap_finished"))).one()
    assert (audit.detail["jump_believed"], audit.detail["start_wh"]) == (1, 0)


async def test_a_day_that_was_charged_since_wants_another_reading(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 111_000)
    await home.uses(3)
    assert await refused(home, swap_id, 0) is SwapBar.READ_AGAIN
    await seen(home, swap_id, 114_000)
    await finished(home, swap_id, 0)
    assert (await new_of(home, swap_id))[2] == 4_300


async def test_by_time_of_use_every_register_is_wanted(home: Home) -> None:
    async with home.begin() as db:
        fund = (await db.exec(select(Fund))).one()
        fund.by_tariff_wh = [60_000, 50_000]
        two = TariffSet(
            tariff_id=home.town.account.tariff_id,
            from_day=date(2020, 1, 1),
            prices_e4=[9_000, 3_000],
            steps=[],
            period="month",
            made_by=_STAFF,
            made_at=home.clock(),
        )
        db.add(two)
    swap_id = await begun(home)
    await seen(home, swap_id, 112_000)
    assert await refused(home, swap_id, 0) is SwapBar.ENERGY_IN_DOUBT
    await seen(home, swap_id, 112_000, 61_000, 51_000)
    assert await refused(home, swap_id, 0) is SwapBar.NO_START
    await finished(home, swap_id, 10, 10, 0)
    _, fund, held = await new_of(home, swap_id)
    assert (held, fund.by_tariff_wh) == (4_500 - 120, [10, 0])


async def test_what_the_household_used_this_month_counts_on_for_its_steps(home: Home) -> None:
    before = await home.fund()
    swap_id = await begun(home)
    await seen(home, swap_id, 112_000)
    await finished(home, swap_id, 0)
    assert (await new_of(home, swap_id))[1].used_wh == before.used_wh + 2_000


async def test_a_meter_that_takes_tokens_has_no_fund(home: Home) -> None:
    old, sts = await home.meter(), home.town.sts
    new = NewMeter(build.numbered("0700000777"), "", sts.model_id, "201457", 2, 1)
    with pytest.raises(CannotSwap) as error:
        async with home.begin() as db:
            await beginning.begin(db, Wish(old.number, new, SwapWay.CARRY, "broken", _STAFF), home.clock())
    assert error.value.bar is SwapBar.LEDGER_HOLDS


async def test_an_exchange_that_dies_at_its_end_changed_nothing(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 112_000)
    with pytest.raises(RuntimeError):
        async with home.begin() as db:
            await funds.note_start(db, swap_id, Registers(0), believed=False)
            await finishing.finish(db, swap_id, {}, _STAFF, home.clock())
            raise RuntimeError
    assert (await home.held(), (await home.fund()).closed_at) == (4_500, None)
    await finished(home, swap_id, 0)
    assert (await new_of(home, swap_id))[2] == 4_400


async def test_a_called_off_exchange_leaves_the_fund_alone(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 112_000)
    async with home.begin() as db:
        await beginning.cancel(db, swap_id, _STAFF, home.clock())
    assert (await home.held(), (await home.meter()).fee_control) == (4_500, FeeControl.REMOTE)


async def has_no_wallet(home: Home) -> None:
    """The old meter is of a model that holds no money."""
    async with home.begin() as db:
        model = MeterModel(name="Remote fee control", profile="remote")
        db.add(model)
        await db.flush()
        (await db.get_one(Meter, home.meter_id)).model_id = model.id
        (await db.exec(select(Fund))).one().own_limits = None


async def test_a_meter_without_a_wallet_is_asked_for_its_energy_alone(home: Home) -> None:
    await has_no_wallet(home)
    home.bench.registers |= {"energy_wh": 112_000}
    swap_id = await begun(home, model_id=home.town.esam.model_id)  # the new one has a wallet
    async with home.begin() as db:
        since = select(Operation.kind).where(Operation.made_at >= home.clock())
        assert list(await db.exec(since)) == [OperationKind.READ_ENERGY]
    await home.work()
    await finished(home, swap_id, 0)
    _, fund, held = await new_of(home, swap_id)
    assert (held, fund.own_limits) == (4_400, {})  # nobody has asked it yet
    comes(home)
    await home.work()
    _, fund, _ = await new_of(home, swap_id)
    assert fund.own_limits == {"alarm_1_minor": 1_000, "alarm_2_minor": 300, "overdraft_limit_minor": 0}


async def test_a_model_that_has_no_wallet_after_all_has_no_limits_of_its_own(home: Home) -> None:
    swap_id = await begun(home)
    await seen(home, swap_id, 110_000)
    await finished(home, swap_id, 0)
    home.bench.no_wallet = True
    await home.work()
    home.clock.forward(hours=1)
    await home.work()
    _, fund, _ = await new_of(home, swap_id)
    assert (fund.own_limits, fund.lifted_at) == (None, None)
