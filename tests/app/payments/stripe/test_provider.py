"""Cards: what is Stripe's own. What every provider must do is in the contract."""

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from app.payments import open_providers
from app.payments.stripe.codes import from_stripe, to_stripe
from app.payments.stripe.provider import StripeProvider, open_stripe
from app.ports import CallbackRejected, Order, ProviderDown, ProviderRefused, RefundNews
from app.settings import Settings
from app.setup import SetupError
from tests.clocks import Clock
from tests.contract.stripe_side import stripe_provider
from tests.rehearsal import Shop
from tests.serving import served
from tests.standins.stripe import KEY, SECRET, Fault, StripeStandIn, sign

SET = Settings(providers="stripe", stripe_key=SecretStr(KEY), stripe_webhook_secret=SecretStr("whsec_x"))


@pytest.fixture
async def stripe(clock: Clock) -> AsyncIterator[StripeStandIn]:
    far = StripeStandIn(clock)
    async with served(far.app()) as far.url:
        yield far


@pytest.fixture
def provider(stripe: StripeStandIn, clock: Clock) -> StripeProvider:
    return stripe_provider(stripe, clock)


@pytest.fixture
def order(clock: Clock) -> Order:
    back = "https://light.example/purchases/1"
    return Order("a1b2c3d4e5f6", 5000, "EUR", "Electricity", clock() + timedelta(minutes=30), back)


@pytest.mark.parametrize(
    ("minor", "currency", "theirs"), [(5000, "EUR", 5000), (5000, "JPY", 50), (5000, "KWD", 50000), (1, "CNY", 1)]
)
def test_amounts_are_counted_in_the_currencys_own_unit(minor: int, currency: str, theirs: int) -> None:
    assert to_stripe(minor, currency) == theirs
    assert from_stripe(theirs, currency) == minor


async def test_a_part_of_a_yen_cannot_be_paid(provider: StripeProvider, stripe: StripeStandIn, order: Order) -> None:
    with pytest.raises(ProviderRefused):
        await provider.begin(replace(order, currency="JPY", amount_minor=5050))
    assert stripe.posts == 0


async def test_yen_come_back_as_our_hundredths(provider: StripeProvider, stripe: StripeStandIn, order: Order) -> None:
    await provider.begin(replace(order, currency="JPY"))
    assert [session["amount_total"] for session in stripe.sessions.values()] == [50]
    stripe.pay(order.ref)
    found = await provider.query(order.ref)
    assert found is not None
    assert (found.amount_minor, found.currency) == (5000, "JPY")
    assert "payer@example.com" not in found.evidence


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_lost_answer_leads_to_the_same_session(
    provider: StripeProvider, stripe: StripeStandIn, order: Order, fault: Fault
) -> None:
    stripe.faults.append(fault)
    with pytest.raises(ProviderDown):
        await provider.begin(order)
    assert stripe.faults == []  # asked once: the library repeats nothing by itself
    await provider.begin(order)
    assert len(stripe.sessions) == 1


async def test_webhooks_in_any_order_and_twice_are_one_fact_each(
    provider: StripeProvider, stripe: StripeStandIn, order: Order, clock: Clock
) -> None:
    charges = []
    for ref in ("first1", "second"):
        await provider.begin(replace(order, ref=ref))
        charges.append(stripe.pay(ref))
    one, two = charges
    assert one is not None
    assert two is not None
    shop = Shop()
    async with served(shop.app()) as url:
        stripe.notify_url = f"{url}/hook"
        assert await stripe.deliver([two, one, two]) == [200, 200, 200]
    facts = [provider.read_callback(*shop.heard.get_nowait(), clock()) for _ in range(3)]
    assert [fact.order_ref for fact in facts] == ["second", "first1", "second"]
    assert facts[0] == facts[2]


@pytest.mark.parametrize(
    "header", ["", "v1=00", "t=1,t=2,v1=00", "t=-1,v1=00", "t=1772413200,v0=00", "t=1772413200,v1=é"]
)
async def test_a_strange_signature_is_refused(
    provider: StripeProvider, stripe: StripeStandIn, order: Order, clock: Clock, header: str
) -> None:
    await provider.begin(order)
    charge = stripe.pay(order.ref)
    assert charge is not None
    with pytest.raises(CallbackRejected) as told:
        provider.read_callback({"Stripe-Signature": header}, stripe.event(charge)[1], clock())
    assert told.value.code == "bad_signature"


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"object":"event","type":"charge.succeeded","data":{"object":{"object":"charge"}}}']
)
async def test_a_signed_event_that_is_no_money_is_refused(provider: StripeProvider, clock: Clock, body: bytes) -> None:
    header = sign(body, int(clock().timestamp()), SECRET)
    with pytest.raises(CallbackRejected):
        provider.read_callback({"Stripe-Signature": header}, body, clock())


async def test_another_kind_of_event_is_refused(
    provider: StripeProvider, stripe: StripeStandIn, order: Order, clock: Clock
) -> None:
    await provider.begin(order)
    charge = stripe.pay(order.ref)
    assert charge is not None
    with pytest.raises(CallbackRejected) as told:
        provider.read_callback(*stripe.event(charge, "charge.refunded"), clock())
    assert told.value.code == "unreadable"


async def test_every_page_of_a_list_is_turned(provider: StripeProvider, stripe: StripeStandIn, order: Order) -> None:
    refs = [f"order{n}" for n in range(7)]
    for ref in refs:
        await provider.begin(replace(order, ref=ref))
    await provider.close(refs[0])
    assert [found["status"] for found in stripe.sessions.values()] == ["expired", *["open"] * 6]
    for ref in refs[1:]:
        stripe.pay(ref)
    listed = await provider.list_day(order.expires_at.date())
    assert [line.order_ref for line in listed] == refs[1:]


async def test_a_refund_asked_again_tells_how_far_it_is(
    provider: StripeProvider, stripe: StripeStandIn, order: Order
) -> None:
    await provider.begin(order)
    stripe.pay(order.ref)
    assert await provider.refund(order.ref, "refund1", 5000) is RefundNews.ASKED
    for status, news in (("succeeded", RefundNews.DONE), ("failed", RefundNews.REFUSED)):
        for refund in stripe.refunds.values():
            refund["status"] = status
        assert await provider.refund(order.ref, "refund1", 5000) is news
    assert len(stripe.refunds) == 1


def test_without_a_key_it_is_off_and_its_library_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "app.payments.stripe.line", raising=False)
    monkeypatch.setitem(sys.modules, "stripe", None)  # as where the extra is not installed
    assert open_providers(Settings(providers="stripe")) == {}
    with pytest.raises(SetupError, match=r"relight\[stripe\]"):
        open_stripe(SET)


def test_a_key_without_the_webhooks_secret_stops_the_start() -> None:
    with pytest.raises(SetupError, match="RELIGHT_STRIPE_WEBHOOK_SECRET"):
        open_stripe(SET.model_copy(update={"stripe_webhook_secret": SecretStr("")}))


async def test_the_doctor_says_what_is_wrong_with_the_key(stripe: StripeStandIn) -> None:
    wrong = {"stripe_url": stripe.url, "stripe_key": SecretStr("pk_live_x"), "stripe_webhook_secret": SecretStr("x")}
    provider = open_stripe(SET.model_copy(update=wrong))
    assert provider is not None
    assert {found.code for found in await provider.examine() if found.trouble} == {"key", "webhook_secret", "reachable"}
