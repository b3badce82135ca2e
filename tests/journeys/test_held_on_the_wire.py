"""Remote fee control over a real link: meters with a wallet and without one, switched, cut, and lit again."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK, Begin
from app.domain.notice import MessageKind, MessageState
from app.domain.operation import DeviceItemState, OperationKind
from app.domain.operation_arguments import MOST_MINOR
from app.domain.payment import PaymentState
from app.domain.relay import Supply
from app.domain.rules import CutRules
from app.domain.wallet import ReadingKind
from app.models import Fund, Message, Meter, MeterModel, OperationItem, Payment, Staff, TariffSet
from app.outbox import Job
from app.services.collection.figures import DayFigure, store
from app.services.fees import charging, cuts
from app.services.fees.holding import held_minor
from app.services.operations.plan import Wish, plan
from app.services.operations.whom import Whom
from app.services.rulebook import save
from app.tasks import fees, fulfil, operations, readings
from headend_client.simulator.world import Behaviour, FirstState, Profile, World
from tests.journeys import wire
from tests.journeys.wire import Street, street
from tests.work import worker

JOBS = {
    Job.STEP_OPERATION: operations.step_operation,
    Job.OPERATE: operations.operate,
    Job.ENFORCE_LIMIT: fees.enforce_limit,
    Job.SET_OWN_LIMITS: fees.set_own_limits,
    Job.CHECK_RELAY: fulfil.check_relay,
    Job.DOWNLOAD_PURCHASE: fulfil.download_purchase,
    Job.READ_BALANCE: readings.read_balance,
}
FIRST = FirstState(balance_cents=5_000, purchase_count=4, energy_wh=1_000_000)
AT_ANY_TIME = CutRules(no_cut_from=None, no_cut_to=None, no_cut_weekdays=(), grace_min=0, warned_before_min=0)


@pytest.fixture
async def lane(begin: Begin, tmp_path: Path) -> AsyncIterator[Street]:
    async with street(begin, tmp_path, Behaviour(), FIRST) as made:
        yield made


@pytest.fixture
def without_wallets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The first meter of the street is one of those that hold no money."""
    made = wire._world

    def world(*about: object) -> World:
        (one,) = (whole := made(*about)).concentrators  # type: ignore[arg-type]
        first, *others = one.meters
        seen_first = replace(FIRST, balance_cents=0, purchase_count=0, days_before=40)
        poor = replace(first, profile=Profile.REMOTE, first=seen_first, load_w=10)
        return replace(whole, concentrators=(replace(one, meters=(poor, *others)),))

    monkeypatch.setattr(wire, "_world", world)
    yield


async def switched(lane: Street, to: str) -> OperationItem:
    async with lane.begin() as db:
        wish = Wish(OperationKind.SWITCH_FEE_CONTROL, None, {"fee_control": to})
        row = await plan(db, wish, Whom(meter_ids=(lane.rows.esam.id,)), lane.deps.now())
        operation_id = row.id
    await worker(lane.deps, JOBS)()
    async with lane.begin() as db:
        return (await db.exec(select(OperationItem).where(OperationItem.operation_id == operation_id))).one()


async def uses_it_up(lane: Street, kwh: int) -> None:
    """As if it had been switched with a smaller register, and a day had been read since."""
    now = lane.deps.now()
    async with lane.begin() as db:
        await save(db, AT_ANY_TIME, None, now)
        fund = (await db.exec(select(Fund))).one()
        day, total = fund.day, fund.total_wh
        fund.day, fund.total_wh = day - timedelta(days=1), total - kwh * 1000
        await db.flush()
        await store(db, [DayFigure(fund.meter_id, day, ReadingKind.ENERGY, total, now - timedelta(minutes=1))])
        await charging.charge_due(db, day + timedelta(days=1), now)
        meter = await db.get_one(Meter, fund.meter_id, with_for_update=LOCK, populate_existing=True)
        assert meter.spent_since is not None
        db.add(warning(lane, meter))


def warning(lane: Street, meter: Meter) -> Message:
    now = lane.deps.now()
    return Message(
        id=uuid4(),
        contact_id=lane.rows.contact.id,
        meter_id=meter.id,
        kind=MessageKind.ALARM_B,
        cause_id=uuid4(),
        dedupe_key=uuid4().hex,
        channel="sms",
        locale="en",
        state=MessageState.DELIVERED,
        created_at=now,
        not_before=now,
        expires_at=now + timedelta(days=1),
        delivered_at=now,
    )


async def pays(lane: Street, amount_minor: int) -> None:
    """Money has come, and its provider has said so."""
    purchase = await lane.pay(lane.rows.esam, amount_minor)
    async with lane.begin() as db:
        (await db.get_one(Payment, purchase.payment_id)).state = PaymentState.PAID


async def has_steps(db: AsyncSession, lane: Street) -> None:
    """Prices with a step that nobody reaches."""
    staff = Staff(login="anna", name="Anna Berg", password_hash="x")
    db.add(staff)
    await db.flush()
    row = TariffSet(tariff_id=lane.rows.account.tariff_id, from_day=date(2020, 1, 1), prices_e4=[5_000])
    row.steps, row.period, row.made_by, row.made_at = [[10**9, 1_000]], "month", staff.id, lane.deps.now()
    db.add(row)


async def is_cut_and_lit_again(lane: Street) -> None:
    async with lane.begin() as db:
        assert await cuts.find(db, lane.deps.now()) == 1
    await worker(lane.deps, JOBS)()
    assert lane.meter(lane.rows.esam).relay_open

    await pays(lane, 100_000)
    await worker(lane.deps, JOBS)()

    assert not lane.meter(lane.rows.esam).relay_open
    async with lane.begin() as db:
        assert (await db.get_one(Meter, lane.rows.esam.id)).supply == Supply.ON


async def test_a_meter_without_a_wallet_runs_down_in_the_ledger_is_cut_and_lit_again(
    without_wallets: None, lane: Street
) -> None:
    async with lane.begin() as db:
        model = await db.get_one(MeterModel, lane.rows.esam.model_id)
        model.profile = "remote"
        await has_steps(db, lane)
    item = await switched(lane, "remote")
    assert (item.state, item.code) == (DeviceItemState.DONE, "")
    assert item.values["energy_wh"] == 1_000_000
    async with lane.begin() as db:
        fund = (await db.exec(select(Fund))).one()
    assert fund.used_wh == 1_000_000 - int(item.values["frozen_energy_wh"] or 0)  # a quarter of a kWh a day
    await pays(lane, 2_000)
    await uses_it_up(lane, 50)

    await is_cut_and_lit_again(lane)

    async with lane.begin() as db:
        assert await held_minor(db, lane.rows.esam.id) == 102_000 - 2_500
    assert (await switched(lane, "local")).code == "no_wallet"


async def test_a_meter_with_a_wallet_loses_its_own_say_and_gets_it_back_with_its_money(lane: Street) -> None:
    assert (await switched(lane, "remote")).state == DeviceItemState.DONE
    there = lane.simulation.yard
    assert there.inspect(lane.rows.esam.number).limits.overdraft_cents == MOST_MINOR
    await uses_it_up(lane, 150)
    await is_cut_and_lit_again(lane)

    item = await switched(lane, "local")

    assert (item.state, item.code) == (DeviceItemState.DONE, "")
    seen = lane.meter(lane.rows.esam)
    assert seen.balance_cents == 5_000 - 7_500 + 100_000
    assert seen.limits.overdraft_cents == 0
