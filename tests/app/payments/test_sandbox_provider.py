"""What the sandbox provider believes: only the bank, only now, only an answer to its own question."""

import json
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.payments.sandbox.provider import SandboxConfig, SandboxProvider
from app.payments.sandbox.signing import Stamp, fresh_stamp, verify
from app.ports import CallbackRejected, ProviderDown
from tests.clocks import Clock
from tests.rehearsal import NOWHERE, SECRET, SHANGHAI
from tests.serving import served

Answer = Callable[[Stamp], Response]

EVENT: dict[str, object] = {
    "event_id": "ev_1",
    "ref": "order1",
    "succeeded": True,
    "amount_minor": 5000,
    "currency": "CNY",
    "occurred_at": "2026-03-02T01:00:00+00:00",
}


def signed(words: object, stamp: Stamp, secret: bytes = SECRET, status: int = 200) -> Response:
    body = json.dumps(words).encode()
    return Response(body, status, stamp.headers(secret, body))


async def asked(answer: Answer, clock: Clock) -> object:
    """Ask a bank that answers as the test says."""

    async def api(request: Request) -> Response:
        return answer(verify(SECRET, request.headers, await request.body(), clock()))

    async with served(Starlette(routes=[Route("/api", api, methods=["POST"])])) as url:
        return await SandboxProvider(SandboxConfig(url, SECRET, NOWHERE, SHANGHAI), clock).query("order1")


async def test_a_signed_answer_is_believed(clock: Clock) -> None:
    assert await asked(lambda stamp: signed({"ref": "order1", "event": EVENT}, stamp), clock) is not None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda stamp: Response(json.dumps({"event": EVENT})), id="unsigned"),
        pytest.param(lambda stamp: signed({"event": EVENT}, stamp, b"another secret"), id="signed by another"),
        pytest.param(lambda stamp: signed({"event": EVENT}, Stamp("1", stamp.nonce)), id="years old"),
        pytest.param(lambda stamp: signed({"event": EVENT}, Stamp(stamp.timestamp, "0" * 32)), id="another nonce"),
        pytest.param(lambda stamp: signed({"event": EVENT | {"ref": "order2"}}, stamp), id="another order"),
        pytest.param(lambda stamp: signed({"event": "paid"}, stamp), id="an event that is a word"),
        pytest.param(lambda stamp: signed({"event": EVENT | {"amount_minor": "5000"}}, stamp), id="an amount in words"),
        pytest.param(lambda stamp: signed(["paid"], stamp), id="a list"),
        pytest.param(lambda stamp: Response("<h1>502</h1>", 502), id="a proxy's error page"),
        pytest.param(lambda stamp: Response(status_code=302, headers={"location": "/pay"}), id="a redirect"),
    ],
)
async def test_any_other_answer_decides_nothing(clock: Clock, answer: Answer) -> None:
    with pytest.raises(ProviderDown):
        await asked(answer, clock)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("event_id", ""),
        ("event_id", "x" * 65),
        ("event_id", "e\x00"),
        ("event_id", 7),
        ("ref", None),
        ("ref", "a b"),
        ("succeeded", 1),
        ("succeeded", "true"),
        ("amount_minor", True),
        ("amount_minor", 0),
        ("amount_minor", -5000),
        ("amount_minor", 50.0),
        ("amount_minor", "5000"),
        ("amount_minor", 10**13),
        ("currency", "cny"),
        ("currency", "CNYX"),
        ("occurred_at", "yesterday"),
        ("occurred_at", "2026-03-02T01:00:00"),
        ("occurred_at", "0001-01-01T00:00:00+14:00"),
        ("occurred_at", 1772413200),
    ],
)
async def test_a_signed_callback_with_a_value_of_no_sense_is_unreadable(clock: Clock, name: str, value: object) -> None:
    body = json.dumps(EVENT | {name: value}).encode()
    provider = SandboxProvider(SandboxConfig(NOWHERE, SECRET, NOWHERE, SHANGHAI), clock)
    with pytest.raises(CallbackRejected) as told:
        provider.read_callback(fresh_stamp(clock()).headers(SECRET, body), body, clock())
    assert told.value.code == "unreadable"


async def test_a_callback_is_kept_as_it_came(clock: Clock) -> None:
    body = json.dumps(EVENT | {"note": "灯"}, ensure_ascii=False, indent=3).encode()
    provider = SandboxProvider(SandboxConfig(NOWHERE, SECRET, NOWHERE, SHANGHAI), clock)
    fact = provider.read_callback(fresh_stamp(clock()).headers(SECRET, body), body, clock())
    assert fact.evidence.encode() == body


async def test_an_empty_secret_signs_nothing(clock: Clock) -> None:
    body = json.dumps(EVENT).encode()
    provider = SandboxProvider(SandboxConfig(NOWHERE, b"", NOWHERE, SHANGHAI), clock)
    with pytest.raises(CallbackRejected):
        provider.read_callback(fresh_stamp(clock()).headers(b"", body), body, clock())


async def test_a_proxy_of_the_environment_is_not_asked(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert await asked(lambda stamp: signed({"ref": "order1", "event": None}, stamp), clock) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "http://bank.invalid"])
async def test_an_address_where_nobody_is_means_down(clock: Clock, url: str) -> None:
    with pytest.raises(ProviderDown):
        await SandboxProvider(SandboxConfig(url, SECRET, NOWHERE, SHANGHAI), clock).query("order1")
