"""What every provider must do that takes money with a payer's code; and refunds and the doctor's look, for all of them.

The far side of a provider with Way.BARCODE shows codes: `ChargingSide`. The registry is FAR_SIDES beside.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

import pytest

from app.domain.payment import CHARGED
from app.ports import Order, Payer, PaymentProvider, ProviderDown, ProviderRefused, RefundNews, Way
from tests.clocks import Clock
from tests.contract.test_payment_provider import FAR_SIDES, FarSide, bare


class ChargeEnd(StrEnum):
    """How the far side lets a charge end. `undecided`: the payer has to confirm; `pay(ref)` does it."""

    PAID = "paid"
    UNDECIDED = "undecided"
    REFUSED = "refused"


@runtime_checkable
class ChargingSide(Protocol):
    """A far side whose payers show codes."""

    provider: PaymentProvider

    def code(self, end: str) -> str:
        """A payer's code whose next charge ends so (ChargeEnd)."""

    async def pay(self, ref: str) -> None:
        """The payer confirms."""

    async def fall_silent(self) -> None: ...


@pytest.fixture(params=sorted(FAR_SIDES))
async def any_side(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[FarSide]:
    async with FAR_SIDES[request.param](tmp_path, clock) as side:
        yield side


@pytest.fixture
def far(any_side: FarSide) -> ChargingSide:
    if Way.BARCODE not in any_side.provider.ways:
        pytest.skip("takes no payer's codes")
    assert isinstance(any_side, ChargingSide), "a far side with Way.BARCODE needs `code(end)`"
    return any_side


@pytest.fixture
def order(clock: Clock) -> Order:
    back, payer = "https://light.example/purchases/1", Payer(address="203.0.113.7")
    until = clock() + timedelta(seconds=60)
    return Order("c0dec0dec0de", 5000, "CNY", "Electricity", until, back, way=Way.BARCODE, payer=payer)


async def test_a_code_that_is_good_is_told_as_the_query_tells_it(far: ChargingSide, order: Order) -> None:
    told = await far.provider.charge(order, far.code(ChargeEnd.PAID))
    assert bare(told) == bare(await far.provider.query(order.ref))
    assert told is not None
    assert (told.order_ref, told.succeeded, told.amount_minor, told.currency) == (order.ref, True, 5000, "CNY")


async def test_the_code_is_not_in_what_is_kept(far: ChargingSide, order: Order) -> None:
    code = far.code(ChargeEnd.PAID)
    told = await far.provider.charge(order, code)
    assert told is not None
    assert code not in told.evidence


async def test_an_undecided_charge_is_undecided_until_the_payer_confirms(far: ChargingSide, order: Order) -> None:
    assert await far.provider.charge(order, far.code(ChargeEnd.UNDECIDED)) is None
    assert await far.provider.query(order.ref) is None
    await far.pay(order.ref)
    told = await far.provider.query(order.ref)
    assert told is not None
    assert told.succeeded


async def test_a_refused_code_took_no_money(far: ChargingSide, order: Order) -> None:
    with pytest.raises(ProviderRefused):
        await far.provider.charge(order, far.code(ChargeEnd.REFUSED))
    told = await far.provider.query(order.ref)
    assert told is None or not told.succeeded


async def test_what_was_taken_back_is_not_paid_any_more(far: ChargingSide, order: Order, clock: Clock) -> None:
    await far.provider.charge(order, far.code(ChargeEnd.UNDECIDED))
    clock.forward(seconds=60)
    for _ in range(2):
        await far.provider.reverse(order.ref)
    told = await far.provider.query(order.ref)
    assert told is None or not told.succeeded


async def test_money_that_was_taken_is_given_back_by_taking_back(far: ChargingSide, order: Order, clock: Clock) -> None:
    await far.provider.charge(order, far.code(ChargeEnd.PAID))
    clock.forward(seconds=60)
    await far.provider.reverse(order.ref)
    told = await far.provider.query(order.ref)
    assert told is None or not told.succeeded


async def test_a_charge_at_nobodys_is_down_and_so_is_taking_back(far: ChargingSide, order: Order) -> None:
    code = far.code(ChargeEnd.PAID)
    await far.fall_silent()
    with pytest.raises(ProviderDown):
        await far.provider.charge(order, code)
    with pytest.raises(ProviderDown):
        await far.provider.reverse(order.ref)


async def test_a_refund_says_how_far_it_is_and_again_the_same(any_side: FarSide, order: Order, clock: Clock) -> None:
    await any_side.provider.begin(replace(order, way=Way.PAGE, expires_at=clock() + timedelta(minutes=30)))
    await any_side.pay(order.ref)
    first = await any_side.provider.refund(order.ref, "refund1", 5000)
    assert first in (RefundNews.ASKED, RefundNews.DONE)
    assert await any_side.provider.refund(order.ref, "refund1", 5000) in (RefundNews.ASKED, RefundNews.DONE)


async def test_a_doctor_finds_a_far_side_that_is_there_well(any_side: FarSide) -> None:
    found = await any_side.provider.examine()
    assert found
    assert [each.trouble for each in found] == [""] * len(found)


async def test_a_doctor_says_that_nobody_answers(any_side: FarSide) -> None:
    await any_side.fall_silent()
    assert any(each.trouble for each in await any_side.provider.examine())


async def test_every_provider_says_its_ways(any_side: FarSide) -> None:
    assert any_side.provider.ways
    assert any_side.provider.ways - CHARGED, "nobody could begin with it"
