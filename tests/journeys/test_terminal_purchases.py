"""Money becomes energy in a terminal: charged once under its bill number whatever is lost, lit, and proved."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from sqlmodel import select

from app.context import utc_now
from app.db import Begin
from app.domain.fees import FeeControl
from app.domain.operation import DeviceItemState, OperationKind
from app.domain.purchase import PurchaseState
from app.domain.purchase_control import CountedIn, GroupTerms
from app.domain.swapping import CannotSwap, SwapWay
from app.models import Account as Household
from app.models import Audit, EnergyPurchase, LedgerEntry, Meter, Note, OperationItem, Purchase, Review, Staff, Tariff
from app.outbox import Job
from app.ports import Done, Gateway, Recharge, Refused, Target, Trace, Unknown, Unreachable, Wallet
from app.services import groups
from app.services.fees import switching
from app.services.groups import GroupRefused
from app.services.history import Who, bought_for
from app.services.lookup import view_meter
from app.services.operations.plan import Wish, plan
from app.services.operations.whom import Whom
from app.services.receipts import view_receipt
from app.services.swaps import beginning as swaps
from app.services.swaps.beginning import NewMeter
from app.services.tracker import tracker
from app.tasks import operations
from app.tasks.receipts import render_receipt
from headend_client.simulator.group_spec import GroupSpec
from headend_client.simulator.terminal.groups import Group
from headend_client.simulator.world import Behaviour, FirstState
from meters_io.gdw1376.amounts import exactly
from meters_io.gdw1376.purchase_control import Account, Mode, PurchaseOrder
from tests import build
from tests.journeys.wire import Street, street
from tests.work import worker

ENERGY = GroupTerms(1, (1, 2), CountedIn.ENERGY, alarm=50)
MONEY = GroupTerms(1, (1, 2), alarm=2000)
OPERATING = {Job.OPERATE: operations.operate, Job.STEP_OPERATION: operations.step_operation}


@dataclass
class LosesWord:
    """A gateway on which everything arrives, and nothing that is said after a purchase is heard."""

    real: Gateway
    deaf: bool = False

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        await self.real.send_purchase(target, recharge, trace)
        self.deaf = True
        return Unknown("no_reply")

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        if self.deaf:
            raise Unreachable("no_reply")
        return await self.real.read_wallet(target, trace)


@pytest.fixture
async def lane(begin: Begin, tmp_path: Path) -> AsyncIterator[Street]:
    async with street(begin, tmp_path, Behaviour(), FirstState()) as made:
        name = f"{made.rows.concentrator.region}-{made.rows.concentrator.terminal}"
        spec = GroupSpec(number=1, rounds=0b11, controlled=True)
        made.simulation.groups(name).by_number[1] = Group(spec, Account(), 0b11, controlled=True)
        yield made


def truth(lane: Street) -> Group:
    return lane.simulation.groups(f"{lane.rows.concentrator.region}-{lane.rows.concentrator.terminal}").by_number[1]


async def agree(lane: Street, terms: GroupTerms) -> None:
    async with lane.begin() as db:
        await groups.set_group(db, lane.rows.esam.id, terms, None, utc_now())


async def meter(lane: Street) -> Meter:
    async with lane.begin() as db:
        return await db.get_one(Meter, lane.rows.esam.id)


async def test_what_was_paid_is_energy_in_the_terminal_and_its_switches_close(lane: Street) -> None:
    await agree(lane, ENERGY)
    paid = await lane.pay(lane.rows.esam, 5000)
    await lane.drain()
    done = await lane.purchase(paid)
    assert (done.state, done.number, done.balance_after_minor) == (PurchaseState.CREDITED, 1, 5000)
    assert truth(lane).account == Account(100, 50, 0, 1)
    assert (await meter(lane)).supply == "on"
    await lane.pay(lane.rows.esam, 2000)
    await lane.drain()
    assert truth(lane).account == Account(140, 50, 0, 2)


async def test_what_no_whole_kwh_is_goes_to_whoever_paid_and_the_books_agree(lane: Street) -> None:
    async with lane.begin() as db:
        (await db.exec(select(Tariff))).one().price_e4 = 5_283
    await agree(lane, ENERGY)
    paid = await lane.pay(lane.rows.esam, 5000)
    async with lane.begin() as db:  # the price of the moment of payment holds
        (await db.exec(select(Tariff))).one().price_e4 = 9_999
    await lane.drain()
    async with lane.begin() as db:
        sold = await db.get_one(EnergyPurchase, paid.id)
        entries = list(await db.exec(select(LedgerEntry.amount_minor)))
    assert (sold.energy_kwh, sold.price_e4, sold.rounding_minor) == (95, 5_283, 18)
    assert truth(lane).account.steps == 95
    assert sum(entries) == 0
    assert 18 in [abs(each) for each in entries]


async def test_a_lost_word_charges_no_group_twice(lane: Street) -> None:
    await agree(lane, ENERGY)
    whole = lane.deps
    lane.deps = replace(whole, gateway=cast(Gateway, LosesWord(cast(Gateway, whole.gateway))))
    paid = await lane.pay(lane.rows.esam, 5000)
    await lane.drain()
    assert (await lane.purchase(paid)).state == PurchaseState.SENDING
    assert truth(lane).account.steps == 100

    lane.deps = whole
    await lane.hurry()
    await lane.drain()
    assert (await lane.purchase(paid)).state == PurchaseState.CREDITED
    assert truth(lane).account == Account(100, 50, 0, 1)


async def test_a_bill_that_is_not_ours_is_a_question_for_a_person(lane: Street) -> None:
    await agree(lane, MONEY)
    truth(lane).take(PurchaseOrder(1, Mode.APPEND, exactly(10), exactly(0), exactly(0)))
    paid = await lane.pay(lane.rows.esam, 5000)
    await lane.drain()
    assert (await lane.purchase(paid)).state == PurchaseState.REVIEW
    assert truth(lane).account.steps == 10
    async with lane.begin() as db:
        assert [row.kind for row in await db.exec(select(Review))] == ["count_confused"]


async def test_without_one_price_nothing_is_sent_and_a_person_decides(lane: Street) -> None:
    await agree(lane, ENERGY)
    paid = await lane.pay(lane.rows.esam, 5000)
    async with lane.begin() as db:
        await db.delete(await db.get_one(EnergyPurchase, paid.id))
    await lane.drain()
    done = await lane.purchase(paid)
    assert (done.state, done.trouble) == (PurchaseState.REVIEW, "no_energy")
    assert truth(lane).last is None


async def test_a_terminal_keeps_a_meter_only_where_that_can_be(lane: Street) -> None:
    await agree(lane, ENERGY)
    async with lane.begin() as db:
        with pytest.raises(GroupRefused, match="group_tokens"):
            await groups.set_group(db, lane.rows.sts.id, replace(ENERGY, number=2, rounds=(3,)), None, utc_now())
    paid = await lane.pay(lane.rows.esam, 100)
    async with lane.begin() as db:
        (await db.get_one(Purchase, paid.id)).state = PurchaseState.SENDING
    async with lane.begin() as db:
        for change in (replace(ENERGY, number=2), MONEY):
            with pytest.raises(GroupRefused, match="group_under_way"):
                await groups.set_group(db, lane.rows.esam.id, change, None, utc_now())
        with pytest.raises(GroupRefused, match="group_under_way"):
            await groups.remove_group(db, lane.rows.esam.id, None, utc_now())
        await groups.set_group(db, lane.rows.esam.id, replace(ENERGY, alarm=70), None, utc_now())  # the same group


async def test_two_meters_share_neither_a_group_nor_a_switch(lane: Street) -> None:
    await agree(lane, ENERGY)
    async with lane.begin() as db:
        other = await db.get_one(Meter, lane.rows.sts.id)
        other.sgc = other.krn = other.ti = None
        await db.flush()
        for terms in (replace(ENERGY, rounds=(5,)), replace(ENERGY, number=2, rounds=(2, 3))):
            with pytest.raises(GroupRefused, match="group_taken"):
                await groups.set_group(db, other.id, terms, None, utc_now())
        await groups.set_group(db, other.id, GroupTerms(2, (3,)), None, utc_now())
        assert [row.number for row, _ in await groups.of_concentrator(db, lane.rows.concentrator.id)] == [1, 2]
        await groups.remove_group(db, other.id, None, utc_now())
        assert await db.get(Household, lane.rows.account.id) is not None


async def test_control_is_stopped_and_started_by_operations_and_read(lane: Street) -> None:
    await agree(lane, ENERGY)
    async with lane.begin() as db:
        staff = Staff(login="lin", name="lin", password_hash="never used here")
        db.add(staff)
    wanted = [OperationKind.STOP_PURCHASE_CONTROL, OperationKind.START_PURCHASE_CONTROL, OperationKind.READ_GROUP]
    work = worker(lane.deps, OPERATING)
    said = []
    for kind in wanted:
        async with lane.begin() as db:
            row = await plan(db, Wish(kind, staff.id), Whom(meter_ids=(lane.rows.esam.id,)), utc_now())
        await work()
        async with lane.begin() as db:
            item = (await db.exec(select(OperationItem).where(OperationItem.operation_id == row.id))).one()
        said.append((item.state, item.values.get("purchase_control"), item.values.get("rounds")))
    assert said == [
        (DeviceItemState.DONE, 0, "1,2"),
        (DeviceItemState.DONE, 1, "1,2"),
        (DeviceItemState.DONE, 1, "1,2"),
    ]
    async with lane.begin() as db:
        row = await plan(db, Wish(OperationKind.READ_GROUP, staff.id), Whom(meter_ids=(lane.rows.sts.id,)), utc_now())
    await work()
    async with lane.begin() as db:
        item = (await db.exec(select(OperationItem).where(OperationItem.operation_id == row.id))).one()
    assert (item.state, item.code) == (DeviceItemState.REFUSED, "not_offered")


async def test_nothing_else_carries_or_counts_what_the_terminal_keeps(lane: Street) -> None:
    await agree(lane, ENERGY)
    async with lane.begin() as db:
        kept = await db.get_one(Meter, lane.rows.esam.id)
        assert await switching.bar(db, kept, FeeControl.REMOTE) == "terminal_keeps"
        new = NewMeter(build.numbered("20100000099"), build.numbered("20100000099"), kept.model_id)
        with pytest.raises(CannotSwap, match="swap_terminal_keeps"):
            await swaps.begin(db, swaps.Wish(kept.number, new, SwapWay.CARRY, "worn", uuid4()), utc_now())


async def test_a_meter_that_is_gone_leaves_its_group_to_the_next(lane: Street) -> None:
    await agree(lane, ENERGY)
    async with lane.begin() as db:
        (await db.get_one(Meter, lane.rows.esam.id)).life = "removed"
        other = await db.get_one(Meter, lane.rows.sts.id)
        other.sgc = other.krn = other.ti = None
        await db.flush()
        await groups.set_group(db, other.id, ENERGY, None, utc_now())
        assert [meter.id for _, meter in await groups.of_concentrator(db, lane.rows.concentrator.id)] == [other.id]


async def test_what_a_terminal_may_still_hold_is_given_up_by_somebody_who_says_why(lane: Street) -> None:
    await agree(lane, ENERGY)
    await lane.pay(lane.rows.esam, 5000)
    await lane.drain()
    async with lane.begin() as db:
        for reason, code in (("", "group_holds"), ("  ", "group_holds"), ("x" * 501, "group_reason")):
            with pytest.raises(GroupRefused, match=code):
                await groups.remove_group(db, lane.rows.esam.id, None, utc_now(), reason=reason)
        for other in (MONEY, replace(ENERGY, number=2)):
            with pytest.raises(GroupRefused, match="group_holds"):
                await groups.set_group(db, lane.rows.esam.id, other, None, utc_now())
        await groups.set_group(db, lane.rows.esam.id, replace(ENERGY, alarm=60), None, utc_now())  # the same group
    async with lane.begin() as db:
        await groups.remove_group(db, lane.rows.esam.id, None, utc_now(), reason="moves  out")
    async with lane.begin() as db:
        act = (await db.exec(select(Audit).where(Audit.act == "meter_group_given_up"))).one()
        assert (act.detail["reason"], act.detail["balance_minor"]) == ("moves out", 5000)
        assert await groups.row_of(db, lane.rows.esam) is None
        assert await groups.energy_price_of(db, lane.rows.esam, utc_now()) is None


async def test_an_empty_terminal_is_let_go_without_a_word(lane: Street) -> None:
    await agree(lane, ENERGY)
    async with lane.begin() as db:
        (await db.get_one(Meter, lane.rows.esam.id)).balance_minor = 0
    async with lane.begin() as db:
        await groups.remove_group(db, lane.rows.esam.id, None, utc_now())
    async with lane.begin() as db:
        assert [act.act for act in await db.exec(select(Audit).where(Audit.act != "meter_group_set"))] == [
            "meter_group_removed"
        ]


async def test_arrears_that_came_after_the_payment_leave_less_energy_to_send(lane: Street) -> None:
    await agree(lane, ENERGY)
    paid = await lane.pay(lane.rows.esam, 5000)
    async with lane.begin() as db:
        (await db.get_one(Household, lane.rows.account.id)).arrears_minor = 2000
        (await db.exec(select(Tariff))).one().price_e4 = 9_999  # the price of the moment of payment holds
    await lane.drain()
    async with lane.begin() as db:
        sold = await db.get_one(EnergyPurchase, paid.id)
        assert sum(await db.exec(select(LedgerEntry.amount_minor))) == 0
    assert (sold.energy_kwh, sold.price_e4) == (60, 5_000)
    assert truth(lane).account.steps == 60


async def test_arrears_that_take_all_leave_no_energy(lane: Street) -> None:
    await agree(lane, ENERGY)
    paid = await lane.pay(lane.rows.esam, 5000)
    async with lane.begin() as db:
        (await db.get_one(Household, lane.rows.account.id)).arrears_minor = 9000
    await lane.drain()
    assert (await lane.purchase(paid)).state == PurchaseState.SETTLED
    async with lane.begin() as db:
        assert await db.get(EnergyPurchase, paid.id) is None
    assert truth(lane).last is None


async def test_the_energy_stands_on_receipt_tracker_history_and_in_what_is_told(lane: Street) -> None:
    async with lane.begin() as db:
        (await db.exec(select(Tariff))).one().price_e4 = 5_283
    await agree(lane, ENERGY)
    paid = await lane.pay(lane.rows.esam, 5000)
    await lane.drain()
    async with lane.begin() as db:
        note = (await db.exec(select(Note).where(Note.job == Job.RENDER_RECEIPT))).one()
        note.lease_until, note_id = None, note.id or 0
    await render_receipt({"deps": lane.deps}, note_id)
    async with lane.begin() as db:
        story = await tracker(db, paid.ref, utc_now())
        shelf = await bought_for(db, lane.rows.esam.id, Who(uuid4(), own_only=False))
        receipt = await view_receipt(db, paid.ref)
        offer_ = await view_meter(db, lane.rows.esam.number, utc_now())
    assert story is not None
    assert receipt is not None
    assert offer_ is not None
    assert (story.energy_kwh, shelf.rows[0].energy_kwh, receipt.energy_kwh) == (95, 95, 95)
    assert (receipt.rounding_minor, offer_.energy_price_e4) == (18, 5_283)
