"""The door that providers knock at: what is not signed is kept nowhere, what is signed is kept once."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from sqlalchemy import func
from sqlmodel import SQLModel, select
from starlette.applications import Starlette

from app.db import Begin, begin_factory, make_engine
from app.domain.payment import PaymentState
from app.engines import Engines
from app.models import Booking, Payment, PaymentCallback, Purchase, Review
from app.payments.sandbox.signing import SIGNATURE, TIMESTAMP, fresh_stamp
from app.web.hooks.payments import MOST_BYTES, ROUTES
from tests import build
from tests.clocks import Clock
from tests.hooks import Door, HeardBell, door_deps, open_door
from tests.rehearsal import SECRET, Rehearsal, rehearsal

HOOK = "/hooks/payments/sandbox"


@pytest.fixture
async def payment(begin: Begin, clock: Clock) -> Payment:
    async with begin() as db:
        town = await build.utility(db, clock())
        return await build.payment(db, town.esam, 5000, clock())


@pytest.fixture
def bell() -> HeardBell:
    return HeardBell()


@pytest.fixture
async def post(begin: Begin, clock: Clock, bell: HeardBell) -> AsyncIterator[AsyncClient]:
    async with client_of(begin, clock, bell) as client:
        yield client


def client_of(begin: Begin, clock: Clock, bell: HeardBell) -> AsyncClient:
    app = Starlette(routes=ROUTES)
    app.state.deps = door_deps(begin, clock, bell)
    return AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://relight.test")


def body_of(payment: Payment, clock: Clock, **changed: object) -> bytes:
    event = {
        "event_id": "ev_1",
        "ref": payment.ref,
        "succeeded": True,
        "amount_minor": 5000,
        "currency": "CNY",
        "occurred_at": clock().isoformat(),
    }
    return json.dumps(event | changed).encode()


async def knock(post: AsyncClient, body: bytes, clock: Clock, secret: bytes = SECRET) -> Response:
    return await post.post(HOOK, content=body, headers=fresh_stamp(clock()).headers(secret, body))


async def count(begin: Begin, table: type[SQLModel]) -> int:
    async with begin() as db:
        return (await db.exec(select(func.count()).select_from(table))).one()


async def test_a_good_callback_is_booked_confirmed_and_rung_for(
    post: AsyncClient, payment: Payment, begin: Begin, clock: Clock, bell: HeardBell
) -> None:
    answer = await knock(post, body_of(payment, clock), clock)
    assert (answer.status_code, answer.text) == (200, "success")
    assert await count(begin, Purchase) == 1
    assert bell.rung.qsize() == 1


async def test_ten_deliveries_at_once_are_all_confirmed_and_booked_once(
    post: AsyncClient, payment: Payment, begin: Begin, clock: Clock
) -> None:
    body = body_of(payment, clock)
    answers = await asyncio.gather(*(knock(post, body, clock) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await count(begin, PaymentCallback), await count(begin, Purchase), await count(begin, Booking)) == (1, 1, 1)


async def nothing_was_kept(begin: Begin, bell: HeardBell) -> bool:
    return await count(begin, PaymentCallback) == await count(begin, Review) == bell.rung.qsize() == 0


async def test_a_bad_signature_is_refused_and_kept_nowhere(
    post: AsyncClient, payment: Payment, begin: Begin, clock: Clock, bell: HeardBell
) -> None:
    answer = await knock(post, body_of(payment, clock), clock, b"another secret")
    assert (answer.status_code, answer.json()) == (401, {"code": "FAIL", "message": "bad_signature"})
    assert await nothing_was_kept(begin, bell)


async def test_no_signature_at_all_is_refused(
    post: AsyncClient, payment: Payment, begin: Begin, clock: Clock, bell: HeardBell
) -> None:
    assert (await post.post(HOOK, content=body_of(payment, clock))).status_code == 401
    strange = [(SIGNATURE.encode(), b"\xe9\xff" * 32), (TIMESTAMP.encode(), b"\xb2")]
    assert (await post.post(HOOK, content=b"{}", headers=strange)).status_code == 401
    assert await nothing_was_kept(begin, bell)


@pytest.mark.parametrize("seconds", [301, -302])
async def test_a_timestamp_of_another_time_is_refused(
    post: AsyncClient, payment: Payment, begin: Begin, clock: Clock, bell: HeardBell, seconds: int
) -> None:
    body = body_of(payment, clock)
    headers = fresh_stamp(clock()).headers(SECRET, body)
    clock.forward(seconds=seconds)
    answer = await post.post(HOOK, content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"code": "FAIL", "message": "too_old"})
    assert await nothing_was_kept(begin, bell)


@pytest.mark.parametrize("body", [b"", b"paid", b"[]", b"\xff", b"{" * 1000, b'{"event_id": "x"}'])
async def test_a_signed_body_of_no_sense_is_refused(
    post: AsyncClient, payment: Payment, begin: Begin, clock: Clock, bell: HeardBell, body: bytes
) -> None:
    answer = await knock(post, body, clock)
    assert (answer.status_code, answer.json()) == (400, {"code": "FAIL", "message": "unreadable"})
    assert await nothing_was_kept(begin, bell)


async def test_a_body_of_a_megabyte_is_refused(
    post: AsyncClient, payment: Payment, begin: Begin, clock: Clock, bell: HeardBell
) -> None:
    answer = await knock(post, b" " * (MOST_BYTES + 1), clock)
    assert (answer.status_code, answer.json()) == (413, {"code": "FAIL", "message": "too_large"})
    assert await nothing_was_kept(begin, bell)


async def test_a_provider_that_is_not_ours_has_no_door(post: AsyncClient) -> None:
    answer = await post.post("/hooks/payments/goldcoins", content=b"{}")
    assert (answer.status_code, answer.json()) == (404, {"code": "FAIL", "message": "unknown_provider"})


async def test_the_door_is_for_posts(post: AsyncClient) -> None:
    assert (await post.get(HOOK)).status_code == 405


async def test_an_unknown_order_is_confirmed_and_becomes_a_question(
    post: AsyncClient, payment: Payment, begin: Begin, clock: Clock
) -> None:
    answer = await knock(post, body_of(payment, clock, ref="nobodys"), clock)
    assert answer.status_code == 200
    async with begin() as db:
        assert (await db.exec(select(Review.kind))).one() == "unknown_order"


async def test_a_wrong_amount_is_confirmed_and_becomes_a_question(
    post: AsyncClient, payment: Payment, begin: Begin, clock: Clock
) -> None:
    answer = await knock(post, body_of(payment, clock, amount_minor=4999), clock)
    assert answer.status_code == 200
    async with begin() as db:
        assert (await db.exec(select(Review.kind))).one() == "wrong_amount"
        assert (await db.get_one(Payment, payment.id)).state == PaymentState.REVIEW


async def test_while_the_database_is_away_the_provider_is_asked_to_come_again(
    engines: Engines, database_url: str, payment: Payment, clock: Clock, bell: HeardBell
) -> None:
    engine = make_engine(database_url)
    async with client_of(begin_factory(engine), clock, bell) as post:
        engines.postgres.kill()
        answer = await knock(post, body_of(payment, clock), clock)
        assert (answer.status_code, answer.json()) == (503, {"code": "FAIL", "message": "try_again"})
        engines.postgres.start()
        assert (await knock(post, body_of(payment, clock), clock)).status_code == 200
    assert bell.rung.qsize() == 1
    await engine.dispose()


@pytest.fixture
async def door(begin: Begin, clock: Clock) -> AsyncIterator[Door]:
    async with open_door(begin, clock) as door:
        yield door


@pytest.fixture
async def bank(door: Door, tmp_path: Path, clock: Clock) -> AsyncIterator[Rehearsal]:
    async with rehearsal(tmp_path / "bank.db", clock, door.url) as bank:
        yield bank


async def test_a_payer_presses_pay_and_the_purchase_is_open(
    door: Door, bank: Rehearsal, payment: Payment, begin: Begin
) -> None:
    await bank.provider.begin(bank.order(payment.ref))
    await bank.press(payment.ref, "pay")
    await door.bell.heard()
    async with begin() as db:
        assert (await db.get_one(Payment, payment.id)).state == PaymentState.PAID


@pytest.mark.parametrize(("button", "question"), [("twice", "paid_twice"), ("wrong", "wrong_amount")])
async def test_what_goes_wrong_at_the_bank_becomes_a_question_here(
    door: Door, bank: Rehearsal, payment: Payment, begin: Begin, button: str, question: str
) -> None:
    await bank.provider.begin(bank.order(payment.ref))
    await bank.press(payment.ref, button, wrong="1")
    for _ in range(2 if button == "twice" else 1):
        await door.bell.heard()
    async with begin() as db:
        assert (await db.exec(select(Review.kind))).one() == question


async def test_a_callback_that_met_no_database_comes_again_and_is_booked(
    engines: Engines, door: Door, bank: Rehearsal, payment: Payment, begin: Begin, clock: Clock
) -> None:
    await bank.provider.begin(bank.order(payment.ref))
    engines.postgres.kill()
    await bank.press(payment.ref, "pay")
    await bank.written_down()
    assert door.bell.rung.empty()
    engines.postgres.start()
    clock.forward(seconds=10)
    bank.courier.wake()
    await door.bell.heard()
    assert await count(begin, Purchase) == 1
