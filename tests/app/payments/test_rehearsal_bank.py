"""The rehearsal bank: what its buttons do, what it tells shops, and what it keeps when it is killed."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from app.payments.sandbox.bank import make_bank
from app.payments.sandbox.bank.courier import DELAYS_S
from app.payments.sandbox.bank.words import CHINESE, ENGLISH, choose_language
from app.payments.sandbox.provider import SandboxConfig, SandboxProvider
from app.payments.sandbox.signing import SIGNATURE, TIMESTAMP
from app.ports import Order, ProviderDown, ProviderRefused
from app.settings import Settings
from tests.clocks import Clock
from tests.rehearsal import BACK, SECRET, SHANGHAI, Rehearsal, Shop, rehearsal
from tests.serving import address_of, listening_socket, served


@pytest.fixture
async def shop() -> AsyncIterator[tuple[Shop, str]]:
    shop = Shop()
    async with served(shop.app()) as url:
        yield shop, f"{url}/hook"


@pytest.fixture
async def bank(tmp_path: Path, clock: Clock, shop: tuple[Shop, str]) -> AsyncIterator[Rehearsal]:
    async with rehearsal(tmp_path / "bank.db", clock, shop[1]) as bank:
        await bank.provider.begin(bank.order())
        yield bank


async def bill(bank: Rehearsal) -> list[int]:
    return [line.amount_minor for line in await bank.provider.list_day(bank.clock().astimezone(SHANGHAI).date())]


async def asked(bank: Rehearsal) -> tuple[bool, int] | None:
    fact = await bank.provider.query("order1")
    return (fact.succeeded, fact.amount_minor) if fact else None


async def heard(shop: tuple[Shop, str]) -> dict[str, object]:
    _, body = await shop[0].next()
    found: dict[str, object] = json.loads(body)
    return found


async def test_paying_leads_back_to_the_shop_and_the_shop_is_told(bank: Rehearsal, shop: tuple[Shop, str]) -> None:
    answer = await bank.press("order1", "pay")
    assert (answer.status_code, answer.headers["location"]) == (303, BACK)
    told = await heard(shop)
    assert (told["ref"], told["succeeded"], told["amount_minor"]) == ("order1", True, 5000)


async def test_a_double_click_pays_once(bank: Rehearsal) -> None:
    await bank.press("order1", "pay")
    again = await bank.press("order1", "pay")
    assert again.status_code == 200
    assert await bill(bank) == [5000]


async def test_a_declined_order_may_be_paid_after_all(bank: Rehearsal) -> None:
    await bank.press("order1", "decline")
    assert await asked(bank) == (False, 5000)
    assert "try again" in (await bank.payer.get("/pay/order1?lang=en")).text
    await bank.press("order1", "pay")
    assert await asked(bank) == (True, 5000)


async def test_paying_twice_is_two_events(bank: Rehearsal, shop: tuple[Shop, str]) -> None:
    await bank.press("order1", "twice")
    first, second = await heard(shop), await heard(shop)
    assert first["event_id"] != second["event_id"]
    assert await bill(bank) == [5000, 5000]


async def test_the_wrong_amount_is_the_one_that_was_typed(bank: Rehearsal, shop: tuple[Shop, str]) -> None:
    await bank.press("order1", "wrong", wrong="12.5")
    assert (await heard(shop))["amount_minor"] == 1250


@pytest.mark.parametrize("typed", ["", "abc", "-5", "0", "0.00", "1.234", "1e3", "١٢", "99999999"])
async def test_a_wrong_amount_that_is_none_is_asked_for_again(bank: Rehearsal, typed: str) -> None:
    answer = await bank.press("order1", "wrong", wrong=typed)
    assert answer.status_code == 422
    assert await bill(bank) == []


@pytest.mark.parametrize("fields", [{}, {"act": "rob"}, {"act": "late", "wait": "for ever"}, {"act": "pay\x00"}])
async def test_a_form_that_the_page_does_not_have_does_nothing(bank: Rehearsal, fields: dict[str, str]) -> None:
    assert (await bank.payer.post("/pay/order1", data=fields)).status_code == 422
    assert await bill(bank) == []


async def test_late_money_comes_when_its_time_has_come(bank: Rehearsal, shop: tuple[Shop, str]) -> None:
    await bank.press("order1", "late", wait="after_60")
    assert await asked(bank) is None
    assert "under way" in (await bank.payer.get("/pay/order1?lang=en")).text
    bank.clock.forward(seconds=60)
    bank.courier.wake()
    assert (await heard(shop))["succeeded"] is True
    assert await asked(bank) == (True, 5000)


async def test_money_may_come_after_the_order_was_closed(bank: Rehearsal, shop: tuple[Shop, str]) -> None:
    await bank.press("order1", "late", wait="after_expiry")
    bank.clock.forward(minutes=30)
    await bank.provider.close("order1")
    assert await asked(bank) is None
    bank.clock.forward(seconds=20)
    bank.courier.wake()
    assert (await heard(shop))["occurred_at"] == "2026-03-02T01:30:20+00:00"
    assert await asked(bank) == (True, 5000)


async def test_nobody_can_pay_when_the_time_is_over(bank: Rehearsal) -> None:
    bank.clock.forward(minutes=30)
    answer = await bank.press("order1", "pay")
    assert ('name="act"' in answer.text, await bill(bank)) == (False, [])


async def test_a_lost_callback_is_never_sent_and_the_bank_knows_of_the_money(
    bank: Rehearsal, shop: tuple[Shop, str]
) -> None:
    await bank.press("order1", "pay", lose="1")
    bank.clock.forward(days=2)
    assert await bank.courier.deliver_due() == 0
    assert await asked(bank) == (True, 5000)
    assert shop[0].heard.empty()


async def test_a_shop_that_does_not_confirm_is_told_again_ever_more_slowly(
    bank: Rehearsal, shop: tuple[Shop, str]
) -> None:
    shop[0].status = 503
    await bank.press("order1", "pay")
    tries = [await shop[0].next()]
    for delay in DELAYS_S[:5]:
        await bank.written_down()
        bank.clock.forward(seconds=delay)
        bank.courier.wake()
        tries.append(await shop[0].next())
    bodies = {body for _, body in tries}
    assert len(bodies) == 1  # the same event id each time
    assert len({headers[SIGNATURE] for headers, _ in tries}) == len(tries)  # signed anew each time
    assert int(tries[-1][0][TIMESTAMP]) - int(tries[0][0][TIMESTAMP]) == sum(DELAYS_S[:5])


async def test_a_shop_that_has_confirmed_is_left_alone(bank: Rehearsal, shop: tuple[Shop, str]) -> None:
    await bank.press("order1", "pay")
    await shop[0].next()
    await bank.written_down()
    bank.clock.forward(days=1)
    assert await bank.courier.deliver_due() == 0


async def test_what_was_still_to_be_told_is_told_by_the_next_bank(
    tmp_path: Path, clock: Clock, shop: tuple[Shop, str]
) -> None:
    shop[0].status = 500
    async with rehearsal(tmp_path / "bank.db", clock, shop[1]) as first:
        await first.provider.begin(first.order())
        await first.press("order1", "pay")
        before = await heard(shop)
    shop[0].status = 200
    clock.forward(seconds=60)
    async with rehearsal(tmp_path / "bank.db", clock, shop[1]) as second:
        assert await heard(shop) == before
        assert await bill(second) == [5000]


@pytest.mark.slow
async def test_a_bank_that_is_killed_forgets_nothing(tmp_path: Path, shop: tuple[Shop, str]) -> None:
    shop[0].status = 500
    with listening_socket() as listening:
        url = address_of(listening)
        provider = SandboxProvider(SandboxConfig(url, SECRET, shop[1], SHANGHAI))
        killed = start_bank(tmp_path, listening.fileno())
        await begun(provider, Order("order1", 5000, "CNY", "Electricity", datetime(2099, 1, 1, tzinfo=UTC), BACK))
        async with httpx2.AsyncClient(base_url=url, verify=False, trust_env=False) as payer:
            await payer.post("/pay/order1", data={"act": "pay"})
        told = await heard(shop)
        killed.kill()
        killed.wait()
        shop[0].status = 200
        second = start_bank(tmp_path, listening.fileno())
        try:
            assert await heard(shop) == told
            assert await provider.query("order1") is not None
        finally:
            second.kill()
            second.wait()


async def begun(provider: SandboxProvider, order: Order) -> None:
    """Begin an order with a bank that is only just starting: it may take longer than an answer may."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(ProviderDown):
                await provider.begin(order)
                return


def start_bank(state_dir: Path, socket_fd: int) -> subprocess.Popen[bytes]:
    """The bank in a process of its own, over a socket that outlives it."""
    program = (
        "import uvicorn; from app.settings import Settings; from app.payments.sandbox.bank import make_bank; "
        f"uvicorn.run(make_bank(Settings()), fd={socket_fd}, log_config=None)"
    )
    env = os.environ | {"RELIGHT_SANDBOX_SECRET": SECRET.decode(), "RELIGHT_STATE_DIR": str(state_dir)}
    return subprocess.Popen([sys.executable, "-c", program], env=env, pass_fds=[socket_fd])


def test_a_bank_without_a_secret_does_not_start() -> None:
    with pytest.raises(ValueError, match="RELIGHT_SANDBOX_SECRET"):
        make_bank(Settings())


async def test_an_unsigned_question_is_answered_401(bank: Rehearsal) -> None:
    answer = await bank.payer.post("/api", content=b'{"verb": "query", "ref": "order1"}')
    assert answer.status_code == 401
    assert answer.json() == {"refusal": "bad_signature"}


async def test_a_question_of_a_megabyte_is_not_read(bank: Rehearsal) -> None:
    assert (await bank.payer.post("/api", content=b"x" * 2**20)).status_code == 413


async def test_the_page_says_that_it_is_a_rehearsal_and_needs_no_script(bank: Rehearsal) -> None:
    answer = await bank.payer.get("/pay/order1", headers={"accept-language": "en-GB,zh;q=0.5"})
    assert ENGLISH["banner"] in answer.text
    assert "50.00" in answer.text
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://light.example" in policy


async def test_the_page_is_chinese_for_chinese_readers(bank: Rehearsal) -> None:
    answer = await bank.payer.get("/pay/order1", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert CHINESE["banner"] in answer.text
    assert '<html lang="zh">' in answer.text


async def test_the_end_of_an_order_is_told_in_local_time(bank: Rehearsal) -> None:
    assert "2026-03-02 09:30:00" in (await bank.payer.get("/pay/order1")).text


async def test_what_a_shop_calls_its_goods_cannot_break_the_page(bank: Rehearsal) -> None:
    order = bank.order("order2")
    hostile = Order("order2", 5000, "CNY", "<script>alert(1)</script>", order.expires_at, "https://a.example;x/\"'<")
    await bank.provider.begin(hostile)
    answer = await bank.payer.get("/pay/order2")
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].count(";") == 4


async def test_there_is_no_page_for_an_order_that_is_not_there(bank: Rehearsal) -> None:
    answer = await bank.payer.get("/pay/nobodys?lang=en")
    assert (answer.status_code, ENGLISH["unknown"] in answer.text) == (404, True)


async def test_a_shop_cannot_be_called_back_or_led_to_anything_but_http(bank: Rehearsal) -> None:
    with pytest.raises(ProviderRefused, match="refused"):
        await bank.provider.begin(Order("order3", 1, "CNY", "x", bank.clock(), "javascript:alert(1)"))


@pytest.mark.parametrize(
    ("asked_for", "accepted", "language"),
    [
        ("en", "zh", "en"),
        ("", "zh-Hans-CN, en", "zh"),
        ("", "fr, en;q=0.5, zh;q=0.4", "en"),
        ("", "", "zh"),
        ("xx", "yy", "zh"),
    ],
)
def test_a_language_is_chosen_from_the_address_and_then_from_the_browser(
    asked_for: str, accepted: str, language: str
) -> None:
    assert choose_language(asked_for, accepted) == language


def test_both_languages_have_every_word() -> None:
    assert ENGLISH.keys() == CHINESE.keys()
