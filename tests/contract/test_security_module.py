"""What every security module must do. A new adapter is tested by being listed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.demo.keys import KRN, SGC, TI, DemoSecrets
from app.demo.site import key_text
from app.headend import make_key_file, open_security
from app.ports import IssueRequest, SecurityCode, SecurityError, SecurityModule, StsIdentity
from app.settings import Settings
from tests.build import numbered

Open = Callable[[Path], Awaitable[SecurityModule]]
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
METER = StsIdentity(numbered("0700000001"), SGC, KRN, TI)
WANTED = IssueRequest(request_id="one", meter=METER, subclass=4, amount=5_000_000, at=NOW, last_tid=None)


async def _software(folder: Path) -> SecurityModule:
    secrets = DemoSecrets()
    settings = Settings(key_file=folder / "keys.json", key_passphrase=secrets.key_passphrase)
    make_key_file(settings, key_text(secrets))
    return await open_security(settings)


MODULES: dict[str, Open] = {"software": _software}


@pytest.fixture(params=sorted(MODULES))
async def module(request: pytest.FixtureRequest, tmp_path: Path) -> SecurityModule:
    return await MODULES[request.param](tmp_path)


async def test_a_request_is_answered_with_a_token_that_gives_at_least_what_was_paid(module: SecurityModule) -> None:
    (token,) = await module.issue_credit(WANTED)
    assert len(token.digits) == 20
    assert token.digits.isdecimal()
    assert 0 <= token.amount - WANTED.amount < 1000  # less than one cent, in the resident's favour
    assert token.tid is not None


async def test_the_same_request_gets_the_same_token_whenever_it_is_repeated(module: SecurityModule) -> None:
    first = await module.issue_credit(WANTED)
    later = await asyncio.gather(*(module.issue_credit(replace(WANTED, last_tid=first[0].tid)) for _ in range(5)))
    assert later == [first] * 5


async def test_two_purchases_in_one_minute_get_two_identifiers(module: SecurityModule) -> None:
    tokens = [(await module.issue_credit(replace(WANTED, request_id=name)))[0] for name in ("one", "two", "three")]
    assert len({token.tid for token in tokens}) == len({token.digits for token in tokens}) == 3


async def test_it_never_goes_below_the_newest_identifier_that_we_know(module: SecurityModule) -> None:
    (first,) = await module.issue_credit(WANTED)
    assert first.tid is not None
    (second,) = await module.issue_credit(replace(WANTED, request_id="two", last_tid=first.tid + 3))
    assert second.tid is not None
    assert second.tid > first.tid + 3


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"meter": replace(METER, sgc="999999")}, SecurityCode.UNKNOWN_KEY),
        ({"meter": replace(METER, drn="07000000010")}, SecurityCode.BAD_PAN),
        ({"amount": 10**40}, SecurityCode.AMOUNT_RANGE),
        ({"subclass": 9}, SecurityCode.PERMISSION),
    ],
)
async def test_what_it_will_not_do_it_says_in_one_set_of_codes(
    module: SecurityModule, wrong: dict[str, object], code: SecurityCode
) -> None:
    with pytest.raises(SecurityError) as caught:
        await module.issue_credit(replace(WANTED, **wrong))  # type: ignore[arg-type]
    assert caught.value.code is code
