"""What every security module must do. A new adapter is tested by being listed."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.headend import open_security
from app.ports import IssuedToken, IssueRequest, SecurityCode, SecurityError, SecurityModule, StsIdentity
from app.settings import Settings
from headend_client.keyfile import read_keys, write_key_file
from headend_client.opening import MODULES
from headend_client.security import (
    KeyChanged,
    KeyChangeRequest,
    ManagementRequest,
    MeterKey,
    ReadToken,
    TokenFault,
)
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.displays import TestToken, encode_test
from meters_io.sts.keys import MeterConfig, VendingKey
from meters_io.sts.management import Management
from meters_io.sts.meter import Meter
from meters_io.sts.meter_state import manufactured
from meters_io.sts.pan import parse_meter_number
from meters_io.sts.results import ResultCode
from tests.build import numbered
from tests.standins.prism import PASSWORD, USER
from tests.standins.prism_server import prism_server

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PASSPHRASE = "a lamp in every window"
KEY = VendingKey(bytes(range(20)), "201457")
NEXT = VendingKey(bytes(range(1, 21)), "203557", 6)
SPENT = VendingKey(bytes(range(2, 22)), "201457", 2, ken=1)
KEYS = (KEY, NEXT, SPENT)
METER = StsIdentity(numbered("0700000001"), "201457", 1, 1)
TO_NEXT = MeterKey("203557", 6, 2)
WANTED = IssueRequest(request_id="one", meter=METER, subclass=4, amount=5_000_000, at=NOW, last_tid=None)
SETTING = ManagementRequest("setting", METER, Management.MAXIMUM_POWER_LIMIT, 20_005, NOW, None)
CHANGE = KeyChangeRequest("change", METER, TO_NEXT, NOW)


@dataclass(frozen=True, slots=True)
class Side:
    """One kind of module: its settings, and who may be named by them."""

    settings: Settings

    async def open(self) -> SecurityModule:
        """The module as a program opens it."""
        return await open_security(self.settings)


@contextmanager
def _software(folder: Path) -> Iterator[Side]:
    plain = [{"sgc": k.sgc, "krn": k.krn, "ken": k.ken, "secret": k.secret.hex()} for k in KEYS]
    settings = Settings(
        key_file=folder / "keys.json", key_passphrase=SecretStr(PASSPHRASE), sta_tables=folder / "tables.json"
    )
    (folder / "tables.json").write_text(json.dumps(asdict(SAMPLE_TABLES)))
    write_key_file(settings.key_file, PASSPHRASE, read_keys(json.dumps({"vending": plain})), cost=1 << 4)
    yield Side(settings)


@contextmanager
def _prism(folder: Path) -> Iterator[Side]:
    with prism_server(KEYS, lambda: NOW) as server:
        place = server.place
        yield Side(
            Settings(
                security_module="prism",
                key_file=folder / "none.json",
                prism_host=place.host,
                prism_port=place.port,
                prism_user=USER,
                prism_password=SecretStr(PASSWORD),
                prism_ca_file=place.ca_file,
            )
        )


SIDES = {"software": _software, "prism": _prism}


@pytest.fixture(params=sorted(SIDES))
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Side]:
    """Each kind of module, with the same three keys in it."""
    with SIDES[request.param](tmp_path) as found:
        yield found


@pytest.fixture
async def module(side: Side) -> AsyncIterator[SecurityModule]:
    """An open module."""
    found = await side.open()
    yield found
    await found.aclose()


def meter(ea: Algorithm = Algorithm.MISTY1) -> Meter:
    """The meter that the requests are about, a month old."""
    config = MeterConfig(parse_meter_number(METER.drn), 1, ea)
    return Meter(manufactured(KEY, config, NOW - timedelta(days=30)), tables=SAMPLE_TABLES)


def enter(box: Meter, tokens: Sequence[IssuedToken]) -> list[ResultCode]:
    """Type tokens into a meter."""
    return [box.enter(token.digits, NOW).code for token in tokens]


def test_every_module_that_can_be_chosen_is_tried_here() -> None:
    assert set(SIDES) == set(MODULES)


async def test_a_request_is_answered_with_a_token_that_gives_at_least_what_was_paid(module: SecurityModule) -> None:
    (token,) = await module.issue_credit(WANTED)
    assert 0 <= token.amount - WANTED.amount < 1000  # less than one cent, in the resident's favour
    assert token.tid is not None
    box = meter()
    assert enter(box, [token]) == [ResultCode.ACCEPT]
    assert box.state.credit[4] == token.amount


async def test_energy_is_credited_in_tenths(module: SecurityModule) -> None:
    (token,) = await module.issue_credit(replace(WANTED, subclass=0, amount=256))
    box = meter()
    assert enter(box, [token]) == [ResultCode.ACCEPT]
    assert box.state.credit[0] == token.amount == 256


async def test_the_same_request_gets_the_same_token_whenever_it_is_repeated(module: SecurityModule) -> None:
    first = await module.issue_credit(WANTED)
    later = await asyncio.gather(*(module.issue_credit(replace(WANTED, last_tid=first[0].tid)) for _ in range(5)))
    assert later == [first] * 5


async def test_the_same_request_at_the_same_moment_gets_the_same_token(module: SecurityModule) -> None:
    answers = await asyncio.gather(*(module.issue_credit(WANTED) for _ in range(5)))
    assert answers == [answers[0]] * 5


async def test_the_same_request_gets_the_same_token_of_another_process(module: SecurityModule, side: Side) -> None:
    first = await module.issue_credit(WANTED)
    other = await side.open()
    assert await other.issue_credit(replace(WANTED, at=NOW + timedelta(days=2))) == first
    await other.aclose()


async def test_a_request_id_used_for_something_else_is_refused(module: SecurityModule) -> None:
    await module.issue_credit(WANTED)
    with pytest.raises(SecurityError, match="permission"):
        await module.issue_credit(replace(WANTED, amount=1))
    with pytest.raises(SecurityError, match="permission"):
        await module.issue_management(replace(SETTING, request_id="one"))


async def test_two_purchases_in_one_minute_get_two_identifiers(module: SecurityModule) -> None:
    tokens = [(await module.issue_credit(replace(WANTED, request_id=name)))[0] for name in ("one", "two", "three")]
    assert len({token.tid for token in tokens}) == len({token.digits for token in tokens}) == 3


async def test_it_never_goes_below_the_newest_identifier_that_we_know(module: SecurityModule) -> None:
    (first,) = await module.issue_credit(WANTED)
    assert first.tid is not None
    (second,) = await module.issue_credit(replace(WANTED, request_id="two", last_tid=first.tid + 3))
    assert second.tid is not None
    assert second.tid > first.tid + 3


async def test_a_management_token_does_its_work_and_says_what_it_really_sets(module: SecurityModule) -> None:
    (token,) = await module.issue_management(SETTING)
    assert (token.token_class, token.subclass, token.amount) == (2, 0, 20_014)  # the next that the field can hold
    assert token.tid is not None
    assert enter(meter(), [token]) == [ResultCode.ACCEPT]
    assert await module.issue_management(SETTING) == (token,)


async def test_a_key_change_is_a_set_of_tokens_after_which_the_meter_takes_the_new_key(module: SecurityModule) -> None:
    tokens = await module.issue_key_change(CHANGE)
    assert [(token.token_class, token.subclass, token.tid) for token in tokens] == [(2, n, None) for n in (3, 4, 8, 9)]
    assert [token.change for token in tokens] == [KeyChanged(TO_NEXT, 255, rollover=False), None, None, None]
    box = meter()
    assert enter(box, tokens)[-1] is ResultCode.ACCEPT
    moved = StsIdentity(METER.drn, TO_NEXT.sgc, TO_NEXT.krn, TO_NEXT.ti)
    assert enter(box, await module.issue_credit(replace(WANTED, meter=moved))) == [ResultCode.ACCEPT]
    assert await module.issue_key_change(CHANGE) == tokens


async def test_a_credit_after_an_ordered_key_change_is_a_list_in_the_order_of_typing(module: SecurityModule) -> None:
    tokens = await module.issue_credit(replace(WANTED, change_to=TO_NEXT))
    assert [(token.token_class, token.subclass) for token in tokens] == [(2, 3), (2, 4), (2, 8), (2, 9), (0, 4)]
    box = meter()
    assert enter(box, tokens)[-1] is ResultCode.ACCEPT
    assert box.state.credit[4] == tokens[-1].amount
    assert await module.issue_credit(replace(WANTED, change_to=TO_NEXT)) == tokens


@pytest.mark.parametrize(("three_tokens", "subclasses"), [(False, [3, 4]), (True, [3, 4, 8])])
async def test_a_meter_of_the_old_cipher_is_served_as_well(
    module: SecurityModule, three_tokens: bool, subclasses: list[int]
) -> None:
    old = replace(METER, ea=7)
    tokens = await module.issue_key_change(replace(CHANGE, meter=old, three_tokens=three_tokens))
    assert [token.subclass for token in tokens] == subclasses
    moved = replace(old, sgc=TO_NEXT.sgc, krn=TO_NEXT.krn, ti=TO_NEXT.ti)
    credit = await module.issue_credit(replace(WANTED, meter=moved))
    assert enter(meter(Algorithm.STA), (*tokens, *credit))[len(tokens) - 1 :] == [ResultCode.ACCEPT] * 2


async def test_an_earlier_result_is_fetched_by_its_request(module: SecurityModule) -> None:
    tokens = await module.issue_credit(replace(WANTED, change_to=TO_NEXT))
    assert await module.fetch("one") == tokens
    assert await module.fetch("two") is None


async def test_a_test_token_is_what_the_standard_says(module: SecurityModule) -> None:
    token = await module.test_token(0, (1 << 36) - 1)
    assert (token.digits, token.token_class, token.tid) == ("56493153725450313471", 1, None)
    assert (await module.test_token(11, 5, 7)).digits == encode_test(TestToken(11, 5, 7))
    with pytest.raises(SecurityError, match="permission"):
        await module.test_token(3, 0)


async def test_a_token_is_verified_for_the_meter_that_it_is_for(module: SecurityModule) -> None:
    (credit,), (setting,) = await module.issue_credit(WANTED), await module.issue_management(SETTING)
    assert await module.verify(METER, credit.digits) == ReadToken(0, 4, credit.tid, credit.amount)
    assert await module.verify(METER, setting.digits) == ReadToken(2, 0, setting.tid, setting.amount)
    assert await module.verify(replace(METER, ti=2), credit.digits) is TokenFault.CRC


async def test_of_a_key_change_it_verifies_that_it_is_one_and_tells_nothing_of_the_key(module: SecurityModule) -> None:
    for token in await module.issue_key_change(CHANGE):
        said = await module.verify(METER, token.digits)
        assert isinstance(said, ReadToken)
        assert (said.token_class, said.tid, said.amount) == (2, None, 0)


async def test_what_is_no_token_is_said_to_be_none(module: SecurityModule) -> None:
    assert await module.verify(METER, "1234") is TokenFault.FORMAT
    assert await module.verify(METER, "9" * 20) is TokenFault.FORMAT
    assert await module.verify(METER, "56493153725450313471") == ReadToken(1, 0, None, 0)


async def test_it_says_who_it_is_and_how_it_is(module: SecurityModule) -> None:
    (status,) = await module.status()
    assert status.module_id
    assert status.info
    assert status.alerts == ()


async def test_it_tells_of_its_keys_without_them_or_says_that_it_does_not_tell(module: SecurityModule) -> None:
    keys = await module.vending_keys()
    if keys is not None:
        assert [(key.sgc, key.krn, key.ken) for key in keys] == [(key.sgc, key.krn, key.ken) for key in KEYS]
        assert all(len(key.kcv) == 6 for key in keys)
        assert all(key.secret.hex() not in repr(keys).lower() for key in KEYS)


REFUSALS = [
    ({"meter": replace(METER, sgc="999999")}, SecurityCode.UNKNOWN_KEY),
    ({"meter": replace(METER, krn=2)}, SecurityCode.KEY_EXPIRED),
    ({"meter": replace(METER, drn=METER.drn[:-1] + str((int(METER.drn[-1]) + 1) % 10))}, SecurityCode.BAD_PAN),
    ({"meter": replace(METER, drn="abc")}, SecurityCode.BAD_PAN),
    ({"amount": 10**40}, SecurityCode.AMOUNT_RANGE),
    ({"amount": 0}, SecurityCode.AMOUNT_RANGE),
    ({"subclass": 0, "amount": 10**9}, SecurityCode.AMOUNT_RANGE),
    ({"subclass": 9}, SecurityCode.PERMISSION),
    ({"meter": replace(METER, sgc="here")}, SecurityCode.UNKNOWN_KEY),
    ({"meter": replace(METER, krn=100_000)}, SecurityCode.UNKNOWN_KEY),
    ({"meter": replace(METER, ti=100)}, SecurityCode.BAD_PAN),
    ({"meter": replace(METER, ea=100_000)}, SecurityCode.PERMISSION),
    ({"meter": replace(METER, ea=9)}, SecurityCode.PERMISSION),
    ({"change_to": replace(TO_NEXT, sgc="")}, SecurityCode.UNKNOWN_KEY),
    ({"change_to": replace(TO_NEXT, ti=-1)}, SecurityCode.BAD_PAN),
    ({"at": NOW.replace(tzinfo=None)}, SecurityCode.CLOCK),
    ({"at": datetime(2013, 12, 31, tzinfo=UTC), "last_tid": 1}, SecurityCode.KEY_NOT_ACTIVE),
    ({"last_tid": 6_400_000}, SecurityCode.CLOCK),
]


@pytest.mark.parametrize(("wrong", "code"), REFUSALS)
async def test_what_it_will_not_do_it_says_in_one_set_of_codes(
    module: SecurityModule, wrong: dict[str, object], code: SecurityCode
) -> None:
    with pytest.raises(SecurityError) as caught:
        await module.issue_credit(replace(WANTED, **wrong))  # type: ignore[arg-type]  # fields of the request
    assert caught.value.code is code
    assert await module.fetch("one") is None
    assert len(await module.issue_credit(WANTED)) == 1  # and the request is as good as new


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"subclass": 3}, SecurityCode.PERMISSION),
        ({"subclass": 16}, SecurityCode.PERMISSION),
        ({"subclass": Management.CLEAR_CREDIT, "value": 1 << 16}, SecurityCode.AMOUNT_RANGE),
        ({"value": 18_201_625}, SecurityCode.AMOUNT_RANGE),
        ({"meter": replace(METER, krn=2)}, SecurityCode.KEY_EXPIRED),
    ],
)
async def test_a_setting_that_no_token_carries_is_refused(
    module: SecurityModule, wrong: dict[str, object], code: SecurityCode
) -> None:
    with pytest.raises(SecurityError) as caught:
        await module.issue_management(replace(SETTING, **wrong))  # type: ignore[arg-type]  # fields of the request
    assert caught.value.code is code


async def test_a_key_change_to_a_key_that_is_not_there_is_refused(module: SecurityModule) -> None:
    with pytest.raises(SecurityError) as caught:
        await module.issue_key_change(replace(CHANGE, to=replace(TO_NEXT, krn=9)))
    assert caught.value.code is SecurityCode.UNKNOWN_KEY


async def test_nothing_it_says_shows_digits_or_secrets(module: SecurityModule) -> None:
    (token,) = await module.issue_credit(WANTED)
    assert token.digits not in repr(token)
    assert PASSWORD not in repr(module)


async def test_it_may_be_closed_and_used_again(module: SecurityModule) -> None:
    await module.status()
    await module.aclose()
    await module.aclose()
    assert len(await module.issue_credit(WANTED)) == 1
