"""The rehearsal bank's faults, agreements and refunds that take their time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from starlette.requests import Request

from app.payments.sandbox.bank.control import FAULTS, may_switch
from app.payments.sandbox.signing import BadStamp, verify
from app.ports import ProviderDown, ProviderRefused, RefundNews, SigningProvider, Way
from tests.clocks import Clock
from tests.rehearsal import SECRET, Rehearsal, Shop, rehearsal
from tests.serving import served


@pytest.fixture
async def shop() -> AsyncIterator[tuple[Shop, str]]:
    found = Shop()
    async with served(found.app()) as url:
        yield found, f"{url}/hook"


@pytest.fixture
async def bank(shop: tuple[Shop, str], clock: Clock, tmp_path: Path) -> AsyncIterator[Rehearsal]:
    async with rehearsal(tmp_path / "bank.db", clock, shop[1]) as running:
        yield running


async def switch(bank: Rehearsal, **faults: bool) -> httpx2.Response:
    return await bank.payer.post("/_control", json=faults, headers=bank.key)


async def test_every_fault_is_off_until_somebody_switches_it(bank: Rehearsal) -> None:
    said = await bank.payer.get("/_control", headers=bank.key)
    assert said.json() == dict.fromkeys(FAULTS, False)
    assert (await switch(bank, slow=True)).json() == dict.fromkeys(FAULTS, False) | {"slow": True}


async def test_strangers_find_no_switches(bank: Rehearsal) -> None:
    for headers in ({}, {"authorization": "Bearer guessed"}):
        assert (await bank.payer.get("/_control", headers=headers)).status_code == 404
        assert (await bank.payer.post("/_control", json={"slow": True}, headers=headers)).status_code == 404
    far = {"type": "http", "client": ("192.0.2.7", 1), "headers": [(b"authorization", b"Bearer " + SECRET)]}
    assert not may_switch(Request(far), SECRET)


@pytest.mark.parametrize("body", [b"{", b'{"slow": 1}', b'{"slow": true, "other": true}', b"[]"])
async def test_what_is_no_switch_changes_nothing(bank: Rehearsal, body: bytes) -> None:
    assert (await bank.payer.post("/_control", content=body, headers=bank.key)).status_code == 422
    assert not any((await bank.payer.get("/_control", headers=bank.key)).json().values())


@pytest.mark.parametrize("fault", ["silent", "loses_answers"])
async def test_a_bank_that_says_nothing_is_down(bank: Rehearsal, fault: str) -> None:
    await switch(bank, **{fault: True})
    with pytest.raises(ProviderDown):
        await bank.provider.begin(bank.order())
    assert (bank.app.state.bank.book.order("order1") is None) is (fault == "silent")


async def test_callbacks_come_twice_if_that_is_switched_on(bank: Rehearsal, shop: tuple[Shop, str]) -> None:
    await switch(bank, double_callbacks=True)
    await bank.provider.begin(bank.order())
    await bank.press("order1", "pay")
    assert await shop[0].next() == await shop[0].next()


async def test_late_callbacks_come_half_a_minute_later(bank: Rehearsal, shop: tuple[Shop, str], clock: Clock) -> None:
    await switch(bank, late_callbacks=True)
    await bank.provider.begin(bank.order())
    await bank.press("order1", "pay")
    await bank.written_down()
    assert shop[0].heard.empty()
    clock.forward(seconds=30)
    bank.courier.wake()
    assert await shop[0].next()


async def test_a_wrong_signature_is_noticed(bank: Rehearsal, shop: tuple[Shop, str], clock: Clock) -> None:
    await switch(bank, bad_signature=True)
    await bank.provider.begin(bank.order())
    await bank.press("order1", "pay")
    headers, body = await shop[0].next()
    with pytest.raises(BadStamp):
        verify(SECRET, headers, body, clock())


async def test_a_bank_that_declines_takes_no_money(bank: Rehearsal) -> None:
    await switch(bank, declines=True)
    with pytest.raises(ProviderRefused):
        await bank.provider.charge(bank.order(), "99" + "0" * 16)
    await bank.provider.begin(bank.order("order2"))
    await bank.press("order2", "pay")
    told = await bank.provider.query("order2")
    assert told is not None
    assert not told.succeeded


async def test_a_refund_may_take_its_time_or_be_refused(bank: Rehearsal, clock: Clock) -> None:
    await bank.provider.charge(bank.order(), "99" + "0" * 16)
    await switch(bank, refund_slow=True)
    assert await bank.provider.refund("order1", "back1", 1000) is RefundNews.ASKED
    clock.forward(seconds=10)
    assert await bank.provider.refund("order1", "back1", 1000) is RefundNews.DONE
    await switch(bank, refund_slow=False, refund_refused=True)
    assert await bank.provider.refund("order1", "back2", 1000) is RefundNews.REFUSED
    assert await bank.provider.refund("order1", "back1", 1000) is RefundNews.DONE


async def test_an_agreement_is_signed_on_its_page_and_then_pays_up_to_its_sum(bank: Rehearsal) -> None:
    signing = bank.provider
    assert isinstance(signing, SigningProvider)
    page = await signing.sign("agree1", 10_000, "https://light.example/rules")
    assert await signing.agreed("agree1") is None
    assert (await bank.payer.get(page.url)).status_code == 200
    sent = await bank.payer.post(page.url, data={"act": "sign"})
    assert (sent.status_code, sent.headers["location"]) == (303, "https://light.example/rules")
    name = await signing.agreed("agree1")
    assert name
    order = replace(bank.order(), way=Way.AGREEMENT)
    fact = await bank.provider.charge(order, name)
    assert fact is not None
    assert fact.succeeded
    with pytest.raises(ProviderRefused):
        await bank.provider.charge(bank.order("order2", 10_001), name)
    await signing.revoke("agree1")
    assert await signing.agreed("agree1") is None
    with pytest.raises(ProviderRefused):
        await bank.provider.charge(bank.order("order3"), name)


async def test_an_agreement_that_is_declined_or_unknown_takes_nothing(bank: Rehearsal) -> None:
    page = await bank.provider.sign("agree1", 10_000, "https://light.example/rules")
    await bank.payer.post(page.url, data={"act": "decline"})
    assert await bank.provider.agreed("agree1") is None
    assert (await bank.payer.get("/agree/nobody")).status_code == 404
    with pytest.raises(ProviderRefused):
        await bank.provider.charge(bank.order(), "ag_guessed")
