"""What every payment provider must do. A provider in the registry is tested by being there.

Its far side is opened by an entry in FAR_SIDES: a sandbox account cannot be called from a test, so a far side is a
program on loopback that checks what we send as the provider would.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from app.domain.payment import CASH_DESK, CallbackFact
from app.payments import PROVIDERS
from app.ports import CallbackRejected, Order, Payer, PaymentProvider, ProviderDown, ProviderRefused
from tests.clocks import Clock
from tests.contract.alipay_side import alipay_side
from tests.contract.stripe_side import stripe_side
from tests.contract.wechatpay_side import wechatpay_side
from tests.rehearsal import Rehearsal, Shop, rehearsal
from tests.serving import served


class FarSide(Protocol):
    """What a test makes happen beyond the provider. `tells_refusals`: it calls us back also where no money came."""

    provider: PaymentProvider
    tells_refusals: bool

    async def pay(self, ref: str) -> None: ...

    async def decline(self, ref: str) -> None: ...

    async def callback(self) -> tuple[dict[str, str], bytes]:
        """The next callback that the provider sends to us."""

    async def fall_silent(self) -> None:
        """Nobody is to be reached there any more."""


class SandboxSide:
    """The rehearsal bank and a shop that takes its callbacks."""

    tells_refusals = True

    def __init__(self, bank: Rehearsal, shop: Shop, open_parts: AsyncExitStack) -> None:
        self.provider: PaymentProvider = bank.provider
        self._bank, self._shop, self._open = bank, shop, open_parts

    async def pay(self, ref: str) -> None:
        await self._bank.press(ref, "pay")

    async def decline(self, ref: str) -> None:
        await self._bank.press(ref, "decline")

    def code(self, end: str) -> str:
        """A rehearsal code (README of the sandbox)."""
        return {"paid": "9900", "undecided": "9902", "refused": "9903"}[end] + "0" * 14

    async def callback(self) -> tuple[dict[str, str], bytes]:
        return await self._shop.next()

    async def fall_silent(self) -> None:
        await self._open.aclose()


@asynccontextmanager
async def sandbox_side(path: Path, clock: Clock) -> AsyncIterator[FarSide]:
    async with AsyncExitStack() as parts:
        shop = Shop()
        url = await parts.enter_async_context(served(shop.app()))
        bank = await parts.enter_async_context(rehearsal(path / "bank.db", clock, f"{url}/hook"))
        yield SandboxSide(bank, shop, parts)


FAR_SIDES: dict[str, Callable[[Path, Clock], AbstractAsyncContextManager[FarSide]]] = {
    "alipay": alipay_side,
    "sandbox": sandbox_side,
    "stripe": stripe_side,
    "wechatpay": wechatpay_side,
}


@pytest.fixture(params=sorted(FAR_SIDES))
async def far(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[FarSide]:
    async with FAR_SIDES[request.param](tmp_path, clock) as side:
        yield side


@pytest.fixture
def order(clock: Clock) -> Order:
    back = "https://light.example/purchases/1"
    payer = Payer(address="203.0.113.7")  # some pages are opened for one address only
    return Order("a1b2c3d4e5f6", 5000, "CNY", "Electricity", clock() + timedelta(minutes=30), back, payer=payer)


def bill_is_written(clock: Clock) -> None:
    """Some bills are there on the morning after."""
    clock.forward(days=2)


async def paid_callback(far: FarSide, order: Order) -> tuple[dict[str, str], bytes]:
    await far.provider.begin(order)
    await far.pay(order.ref)
    return await far.callback()


def bare(fact: CallbackFact | None) -> tuple[str, str, bool, int, str, datetime]:
    """A fact without where it was learned."""
    assert fact is not None
    return fact.event_id, fact.order_ref, fact.succeeded, fact.amount_minor, fact.currency, fact.occurred_at


def test_every_provider_bears_the_name_it_is_listed_under_and_has_a_far_side_here() -> None:
    assert set(FAR_SIDES) | {CASH_DESK} == set(PROVIDERS)  # a drawer has none


async def test_the_provider_bears_its_name(far: FarSide) -> None:
    assert far.provider.name in PROVIDERS


async def test_an_order_leads_to_a_page(far: FarSide, order: Order) -> None:
    assert (await far.provider.begin(order)).url.startswith(("http://", "https://"))


async def test_beginning_twice_finds_the_same_order(far: FarSide, order: Order) -> None:
    assert await far.provider.begin(order) == await far.provider.begin(order)


async def test_a_known_number_with_another_amount_is_refused(far: FarSide, order: Order) -> None:
    await far.provider.begin(order)
    with pytest.raises(ProviderRefused) as told:
        await far.provider.begin(replace(order, amount_minor=1))
    assert told.value.code == "order_differs"


async def test_nothing_is_decided_before_the_payer_decides(far: FarSide, order: Order) -> None:
    assert await far.provider.query(order.ref) is None
    await far.provider.begin(order)
    assert await far.provider.query(order.ref) is None


async def test_a_payment_is_told_once_whatever_tells_it(far: FarSide, order: Order, clock: Clock) -> None:
    headers, body = await paid_callback(far, order)
    pushed = far.provider.read_callback(headers, body, clock())
    asked = await far.provider.query(order.ref)
    bill_is_written(clock)
    (listed,) = await far.provider.list_day(datetime(2026, 3, 2, tzinfo=UTC).date())
    assert bare(pushed) == bare(asked) == bare(listed)
    assert (pushed.order_ref, pushed.succeeded, pushed.amount_minor) == (order.ref, True, 5000)
    assert (pushed.provider, pushed.currency) == (far.provider.name, "CNY")
    assert (pushed.source, asked and asked.source, listed.source) == ("callback", "query", "bill")
    assert pushed.occurred_at.tzinfo is UTC
    assert pushed.evidence


async def test_a_refusal_is_a_fact_without_money(far: FarSide, order: Order, clock: Clock) -> None:
    await far.provider.begin(order)
    await far.decline(order.ref)
    asked = await far.provider.query(order.ref)
    assert asked is None or not asked.succeeded  # to some, a refusal is an order that nobody has paid
    if far.tells_refusals:
        assert bare(far.provider.read_callback(*await far.callback(), clock())) == bare(asked)
    day = clock().date()
    bill_is_written(clock)
    assert await far.provider.list_day(day) == []


async def test_the_order_of_letters_in_header_names_does_not_matter(far: FarSide, order: Order, clock: Clock) -> None:
    headers, body = await paid_callback(far, order)
    shouted = {name.upper(): value for name, value in headers.items()}
    assert far.provider.read_callback(shouted, body, clock()).order_ref == order.ref


async def test_a_changed_callback_is_refused_whatever_was_changed(far: FarSide, order: Order, clock: Clock) -> None:
    headers, body = await paid_callback(far, order)
    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        with pytest.raises(CallbackRejected) as told:
            far.provider.read_callback(headers, bytes(changed), clock())
        assert told.value.code == "bad_signature"


@pytest.mark.parametrize("strange", [{}, "every value empty", "every value in letters beyond ASCII"])
async def test_a_callback_without_a_signature_is_refused(
    far: FarSide, order: Order, clock: Clock, strange: object
) -> None:
    headers, body = await paid_callback(far, order)
    value = {"every value empty": "", "every value in letters beyond ASCII": "é灯\udcff"}.get(str(strange))
    given = dict.fromkeys(headers, value) if value is not None else {}
    with pytest.raises(CallbackRejected) as told:
        far.provider.read_callback(given, body, clock())
    assert told.value.code == "bad_signature"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 60_000, b'{"a":1}'])
async def test_a_body_that_is_none_of_theirs_is_refused(far: FarSide, order: Order, clock: Clock, body: bytes) -> None:
    headers, _ = await paid_callback(far, order)
    with pytest.raises(CallbackRejected):
        far.provider.read_callback(headers, body, clock())


@pytest.mark.parametrize(("seconds", "accepted"), [(299, True), (301, False), (-299, True), (-302, False)])
async def test_a_callback_is_good_for_five_minutes(
    far: FarSide, order: Order, clock: Clock, seconds: int, *, accepted: bool
) -> None:
    headers, body = await paid_callback(far, order)
    clock.forward(seconds=seconds)
    if accepted:
        assert far.provider.read_callback(headers, body, clock()).order_ref == order.ref
        return
    with pytest.raises(CallbackRejected) as told:
        far.provider.read_callback(headers, body, clock())
    assert told.value.code == "too_old"


async def test_the_acknowledgement_is_a_status_and_a_body(far: FarSide) -> None:
    status, body = far.provider.acknowledge()
    assert 200 <= status < 300
    assert isinstance(body, str)


async def test_a_closed_order_takes_no_money(far: FarSide, order: Order) -> None:
    await far.provider.begin(order)
    await far.provider.close(order.ref)
    await far.provider.close(order.ref)
    await far.pay(order.ref)
    assert await far.provider.query(order.ref) is None


async def test_a_paid_order_stays_paid_when_it_is_closed(far: FarSide, order: Order) -> None:
    await paid_callback(far, order)
    await far.provider.close(order.ref)
    asked = await far.provider.query(order.ref)
    assert asked is not None
    assert asked.succeeded


async def test_closing_what_was_never_opened_is_no_error(far: FarSide) -> None:
    await far.provider.close("neveropened")


async def test_the_same_refund_is_made_once(far: FarSide, order: Order) -> None:
    await paid_callback(far, order)
    for _ in range(3):
        await far.provider.refund(order.ref, "refund1", 3000)
    await far.provider.refund(order.ref, "refund2", 2000)
    with pytest.raises(ProviderRefused) as told:
        await far.provider.refund(order.ref, "refund3", 1)
    assert told.value.code == "more_than_paid"


async def test_money_that_never_came_is_not_given_back(far: FarSide, order: Order) -> None:
    await far.provider.begin(order)
    for ref in (order.ref, "neveropened"):
        with pytest.raises(ProviderRefused) as told:
            await far.provider.refund(ref, "refund1", 1)
        assert told.value.code == "not_paid"


async def test_a_bill_has_the_days_of_the_utility(far: FarSide, order: Order, clock: Clock) -> None:
    clock.forward(hours=14, minutes=59)  # 23:59 in Shanghai
    late = replace(order, ref="beforemidnight", amount_minor=100, expires_at=clock() + timedelta(minutes=30))
    await paid_callback(far, late)
    clock.forward(minutes=1)
    await paid_callback(far, replace(late, ref="atmidnight", amount_minor=200))
    bill_is_written(clock)
    monday = datetime(2026, 3, 2, tzinfo=UTC).date()
    days = [await far.provider.list_day(monday + timedelta(days=n)) for n in (-1, 0, 1)]
    assert [[line.order_ref for line in day] for day in days] == [[], ["beforemidnight"], ["atmidnight"]]


async def test_a_provider_that_is_not_there_is_down_and_nothing_else(far: FarSide, order: Order, clock: Clock) -> None:
    await far.fall_silent()
    verbs = (
        far.provider.begin(order),
        far.provider.query(order.ref),
        far.provider.close(order.ref),
        far.provider.refund(order.ref, "refund1", 1),
        far.provider.list_day(clock().date()),
    )
    ends = await asyncio.gather(*verbs, return_exceptions=True)
    assert [type(end) for end in ends] == [ProviderDown] * len(verbs)
