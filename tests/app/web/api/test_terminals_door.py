"""Who is let in: terminals with a code, once, and then requests that bear their signature (SPEC K-6)."""

import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import select

from app.db import Begin
from app.models import Kiosk
from app.models.kiosk import KioskState
from tests.app.web.api.conftest import RELAY_PASSWORD
from tests.clocks import Clock
from tests.terminal import BASE, Terminal

BEAT = {"version": "0.1", "clock": "2026-03-02T01:00:00+00:00", "health": {"paper": "ok"}}


async def test_a_code_lets_a_terminal_in_once(stranger: Terminal, code: str) -> None:
    let_in = await stranger.enrol(code.lower())
    again = await stranger.enrol(code)

    assert let_in.json()["line"] == {"relay_password_hex": RELAY_PASSWORD}
    assert let_in.headers["cache-control"] == "no-store"
    assert (again.status_code, again.json()["code"]) == (404, "code_unknown")


async def test_a_code_is_good_for_a_day(stranger: Terminal, code: str, clock: Clock) -> None:
    clock.forward(hours=25)
    assert (await stranger.enrol(code)).status_code == 404


@pytest.mark.parametrize("key", ["", "AAAA", "not base64!", "A" * 400])
async def test_a_key_that_is_none_is_refused_and_the_code_is_not_used_up(
    stranger: Terminal, code: str, key: str
) -> None:
    refused = await stranger.client.post(f"{BASE}/enrol", json={"code": code, "public_key": key})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert (await stranger.enrol(code)).status_code == 200


async def test_a_signed_request_is_let_in_and_answered_with_what_staff_set(terminal: Terminal) -> None:
    answer = await terminal.post("/beat", BEAT)
    assert answer.status_code == 200
    assert answer.json()["state"] == "active"
    assert answer.json()["settings"]["idle_s"] == 45


async def test_a_request_that_comes_again_is_refused(terminal: Terminal) -> None:
    body = json.dumps(BEAT).encode()
    headers = {"authorization": f"Bearer {terminal.sign('POST', '/beat', body)}"}
    assert (await terminal.client.post(f"{BASE}/beat", content=body, headers=headers)).status_code == 200

    again = await terminal.client.post(f"{BASE}/beat", content=body, headers=headers)

    assert (again.status_code, again.json()["code"]) == (401, "replayed")


async def test_an_older_sequence_number_is_refused(terminal: Terminal) -> None:
    assert (await terminal.post("/beat", BEAT, seq=7)).status_code == 200
    assert (await terminal.post("/beat", BEAT, seq=6)).json()["code"] == "replayed"


async def test_a_nonce_is_good_once_also_under_a_new_number(terminal: Terminal) -> None:
    nonce = "0123456789abcdef"
    assert (await terminal.post("/beat", BEAT, jti=nonce)).status_code == 200
    assert (await terminal.post("/beat", BEAT, jti=nonce)).json()["code"] == "replayed"


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_wrong_clock_is_told_the_time(terminal: Terminal, clock: Clock, minutes: int) -> None:
    at = int((clock() + timedelta(minutes=minutes)).timestamp())
    refused = await terminal.post("/beat", BEAT, iat=at, exp=at + 60)
    assert (refused.status_code, refused.json()["code"]) == (401, "too_old")
    assert refused.json()["server_time"] == clock().isoformat()


@pytest.mark.parametrize(
    ("claim", "value"), [("pth", f"{BASE}/cache"), ("mth", "GET"), ("bod", "0" * 64), ("exp", 4102444800)]
)
async def test_a_signature_over_another_request_opens_nothing(terminal: Terminal, claim: str, value: object) -> None:
    refused = await terminal.post("/beat", BEAT, **{claim: value})
    assert refused.status_code == 401
    assert refused.json()["code"] in ("wrong_request", "too_old")


async def test_another_key_under_our_name_opens_nothing(terminal: Terminal) -> None:
    terminal.key = Ed25519PrivateKey.generate()
    assert (await terminal.post("/beat", BEAT)).json()["code"] == "bad_signature"


@pytest.mark.parametrize("token", ["", "x.y.z", "eyJhbGciOiJub25lIn0.e30."])
async def test_rubbish_for_a_signature_opens_nothing(terminal: Terminal, token: str) -> None:
    refused = await terminal.client.post(f"{BASE}/beat", json=BEAT, headers={"authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature")


async def test_a_secret_shared_as_if_it_were_the_key_opens_nothing(terminal: Terminal) -> None:
    at = int(terminal.now().timestamp())
    claims = {"iss": terminal.kiosk, "iat": at, "exp": at + 60, "jti": "f" * 32, "seq": 9, "mth": "POST"}
    forged = jwt.encode(claims, terminal.public_key, algorithm="HS256")
    refused = await terminal.client.post(f"{BASE}/beat", json=BEAT, headers={"authorization": f"Bearer {forged}"})
    assert refused.json()["code"] == "bad_signature"


async def move(begin: Begin, state: KioskState) -> None:
    async with begin() as db:
        (await db.exec(select(Kiosk))).one().state = state.value


async def test_a_revoked_terminal_is_told_so(terminal: Terminal, begin: Begin) -> None:
    await move(begin, KioskState.REVOKED)
    refused = await terminal.post("/beat", BEAT)
    assert (refused.status_code, refused.json()["code"]) == (403, "revoked")


async def test_a_locked_terminal_may_beat_and_tell_and_nothing_else(terminal: Terminal, begin: Begin) -> None:
    await move(begin, KioskState.LOCKED)
    assert (await terminal.post("/beat", BEAT)).json()["state"] == "locked"
    assert (await terminal.tell()).status_code == 200
    refused = await terminal.get("/cache")
    assert (refused.status_code, refused.json()["code"]) == (403, "locked")


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"health": 3}', "[" * 5000])
async def test_a_body_that_cannot_be_read_is_refused(terminal: Terminal, body: str) -> None:
    raw = body.encode()
    headers = {"authorization": f"Bearer {terminal.sign('POST', '/beat', raw)}"}
    refused = await terminal.client.post(f"{BASE}/beat", content=raw, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
