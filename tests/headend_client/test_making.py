"""What the software module makes beyond credit, proved on a meter: management, key changes, terms of keys, reading."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headend_client.entries import Owner
from headend_client.keyfile import Keys, KeyTerms
from headend_client.making import Maker, make_test
from headend_client.security import (
    IssuedToken,
    IssueRequest,
    KeyChanged,
    KeyChangeRequest,
    ManagementRequest,
    MeterKey,
    ReadToken,
    SecurityCode,
    SecurityError,
    TokenFault,
)
from headend_client.software import SoftwareSecurityModule
from headend_client.target import StsIdentity
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey
from meters_io.sts.management import Management
from meters_io.sts.meter import Meter
from meters_io.sts.meter_state import manufactured
from meters_io.sts.pan import luhn_digit, parse_meter_number
from meters_io.sts.results import ResultCode
from meters_io.sts.tid import BaseDate, tid_at
from tests.clocks import MONDAY_MORNING

DRN = f"0700000001{luhn_digit('0700000001')}"
METER = StsIdentity(DRN, "201457", 1, 1)
KEY = VendingKey(bytes(range(20)), "201457")
NEXT = VendingKey(bytes(range(1, 21)), "203557", 6)
LATE = VendingKey(bytes(range(2, 22)), "203557", 7, base_date=BaseDate.Y2035)
SPENT = VendingKey(bytes(range(3, 23)), "201457", 2, ken=1)
DEFAULT = VendingKey(bytes(range(4, 24)), "201457", 3, KeyType.DDTK)
KEYS = Keys(vending=(KEY, NEXT, LATE, SPENT, DEFAULT))
TO_NEXT, TO_LATE = MeterKey("203557", 6, 2), MeterKey("203557", 7, 1)
CREDIT = IssueRequest("one", METER, 4, 5_000_000, MONDAY_MORNING, None)
SETTING = ManagementRequest("two", METER, Management.CLEAR_TAMPER, 0, MONDAY_MORNING, None)
CHANGE = KeyChangeRequest("three", METER, TO_NEXT, MONDAY_MORNING)
MAKER = Maker(KEYS, lambda: 5, SAMPLE_TABLES)
NOW_TID = tid_at(MONDAY_MORNING, KEY.base_date)
NOTHING: dict[Owner, int] = {}


def meter(ea: Algorithm = Algorithm.MISTY1, key: VendingKey = KEY) -> Meter:
    """A meter that left its factory a month ago."""
    config = MeterConfig(parse_meter_number(DRN), 1, ea)
    return Meter(manufactured(key, config, MONDAY_MORNING - timedelta(days=30)), tables=SAMPLE_TABLES)


def enter(box: Meter, tokens: Sequence[IssuedToken]) -> list[ResultCode]:
    """Type tokens into a meter."""
    return [box.enter(token.digits, MONDAY_MORNING).code for token in tokens]


def test_a_management_token_does_its_work_in_the_meter() -> None:
    request = replace(SETTING, subclass=Management.MAXIMUM_POWER_LIMIT, value=20_005)
    (token,) = MAKER.management(request, NOTHING)
    assert (token.token_class, token.subclass, token.tid, token.amount) == (2, 0, NOW_TID, 20_014)
    assert enter(meter(), [token]) == [ResultCode.ACCEPT]


@pytest.mark.parametrize(
    ("ea", "three_tokens", "subclasses"), [(11, False, [3, 4, 8, 9]), (7, False, [3, 4]), (7, True, [3, 4, 8])]
)
def test_a_key_change_takes_the_meter_to_its_new_key(ea: int, three_tokens: bool, subclasses: list[int]) -> None:
    identity = replace(METER, ea=ea)
    tokens = MAKER.key_change(replace(CHANGE, meter=identity, three_tokens=three_tokens))
    assert [token.subclass for token in tokens] == subclasses
    assert [token.change for token in tokens] == [KeyChanged(TO_NEXT, 255, rollover=False)] + [None] * len(tokens[1:])
    box, moved = meter(Algorithm(ea)), replace(identity, sgc="203557", krn=6, ti=2)
    assert enter(box, tokens)[-1] is ResultCode.ACCEPT
    assert enter(box, MAKER.credit(replace(CREDIT, meter=moved), NOTHING)) == [ResultCode.ACCEPT]


def test_a_credit_with_an_ordered_change_is_the_set_and_then_the_credit() -> None:
    tokens = MAKER.credit(replace(CREDIT, change_to=TO_NEXT), NOTHING)
    assert [(token.token_class, token.subclass) for token in tokens] == [(2, 3), (2, 4), (2, 8), (2, 9), (0, 4)]
    box = meter()
    assert enter(box, tokens)[3:] == [ResultCode.ACCEPT, ResultCode.ACCEPT]
    assert box.state.credit[4] == tokens[-1].amount


def test_the_identifiers_of_a_meter_go_on_under_its_next_key() -> None:
    last = {(DRN, KEY.sgc, KEY.krn): NOW_TID + 3}
    assert MAKER.credit(replace(CREDIT, change_to=TO_NEXT), last)[-1].tid == NOW_TID + 4


def test_a_change_of_base_date_begins_the_identifiers_anew_and_says_so() -> None:
    at = datetime(2036, 1, 1, 9, tzinfo=UTC)
    last = tid_at(at, BaseDate.Y2014)
    tokens = MAKER.credit(replace(CREDIT, change_to=TO_LATE, at=at, last_tid=last), {(DRN, KEY.sgc, KEY.krn): last})
    assert tokens[0].change == KeyChanged(TO_LATE, 255, rollover=True)
    assert tokens[-1].tid == tid_at(at, BaseDate.Y2035)
    assert enter(meter(), tokens)[-1] is ResultCode.ACCEPT


def test_a_key_that_has_expired_still_protects_the_change_to_the_next() -> None:
    spent = replace(METER, krn=2)
    with pytest.raises(SecurityError, match="key_expired"):
        MAKER.management(replace(SETTING, meter=spent), NOTHING)
    assert enter(meter(key=SPENT), MAKER.key_change(replace(CHANGE, meter=spent)))[-1] is ResultCode.ACCEPT


def test_a_default_key_may_manage_and_not_give_credit() -> None:
    default = replace(METER, krn=3)
    assert enter(meter(key=DEFAULT), MAKER.management(replace(SETTING, meter=default), NOTHING)) == [ResultCode.ACCEPT]
    with pytest.raises(SecurityError, match="permission"):
        MAKER.credit(replace(CREDIT, meter=default), NOTHING)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": replace(TO_NEXT, sgc="999999")}, SecurityCode.UNKNOWN_KEY),
        ({"to": MeterKey("201457", 2, 1)}, SecurityCode.KEY_EXPIRED),
        ({"to": replace(TO_NEXT, ti=100)}, SecurityCode.BAD_PAN),
        ({"meter": replace(METER, drn="1")}, SecurityCode.BAD_PAN),
        ({"meter": replace(METER, ea=9)}, SecurityCode.PERMISSION),
        ({"meter": replace(METER, ea=8)}, SecurityCode.PERMISSION),
        ({"three_tokens": True}, SecurityCode.PERMISSION),
        ({"at": MONDAY_MORNING.replace(tzinfo=None)}, SecurityCode.CLOCK),
    ],
)
def test_a_key_change_that_cannot_be_says_why(change: dict[str, object], code: SecurityCode) -> None:
    with pytest.raises(SecurityError) as raised:
        MAKER.key_change(replace(CHANGE, **change))  # type: ignore[arg-type]  # one field each
    assert raised.value.code is code


def test_an_old_cipher_needs_its_tables() -> None:
    with pytest.raises(SecurityError, match="unknown_key"):
        Maker(KEYS, lambda: 5).credit(replace(CREDIT, meter=replace(METER, ea=7)), NOTHING)


@pytest.mark.parametrize(
    ("terms", "change", "code"),
    [
        (KeyTerms(active_from=MONDAY_MORNING + timedelta(seconds=1)), {}, SecurityCode.KEY_NOT_ACTIVE),
        (KeyTerms(issue_until=MONDAY_MORNING - timedelta(seconds=1)), {}, SecurityCode.KEY_EXPIRED),
        (KeyTerms(most_currency=4_999_999), {}, SecurityCode.AMOUNT_RANGE),
        (KeyTerms(most_units=99), {"subclass": 0, "amount": 100}, SecurityCode.AMOUNT_RANGE),
    ],
)
def test_the_terms_of_a_key_are_kept(terms: KeyTerms, change: dict[str, object], code: SecurityCode) -> None:
    bound = Maker(replace(KEYS, terms={(KEY.sgc, KEY.krn): terms}), lambda: 5)
    with pytest.raises(SecurityError) as raised:
        bound.credit(replace(CREDIT, **change), NOTHING)  # type: ignore[arg-type]  # fields of the request
    assert raised.value.code is code


def test_terms_that_are_met_are_no_hindrance() -> None:
    terms = KeyTerms(MONDAY_MORNING, MONDAY_MORNING, 100, 5_000_000)
    bound = Maker(replace(KEYS, terms={(KEY.sgc, KEY.krn): terms}), lambda: 5)
    assert len(bound.credit(CREDIT, NOTHING)) == 1


def test_a_base_date_that_lies_ahead_is_a_key_that_is_not_active_yet() -> None:
    ahead = Keys(vending=(replace(KEY, base_date=BaseDate.Y2035),))
    with pytest.raises(SecurityError, match="key_not_active"):
        Maker(ahead, lambda: 5).credit(CREDIT, NOTHING)


def test_what_was_made_reads_as_what_it_is() -> None:
    (credit,), (setting,) = MAKER.credit(CREDIT, NOTHING), MAKER.management(SETTING, NOTHING)
    assert MAKER.read(METER, credit.digits) == ReadToken(0, 4, credit.tid, credit.amount)
    assert MAKER.read(METER, setting.digits) == ReadToken(2, Management.CLEAR_TAMPER, setting.tid, 0)
    assert MAKER.read(METER, make_test(0, 0, 0).digits) == ReadToken(1, 0, None, 0)


def test_of_a_key_change_nothing_is_read_but_that_it_is_one() -> None:
    for token in MAKER.key_change(CHANGE):
        assert MAKER.read(METER, token.digits) == ReadToken(2, token.subclass, None, 0)


def test_what_is_no_token_of_the_meter_says_why() -> None:
    (credit,) = MAKER.credit(CREDIT, NOTHING)
    assert MAKER.read(replace(METER, ti=2), credit.digits) is TokenFault.CRC
    assert MAKER.read(METER, "123") is TokenFault.FORMAT
    assert MAKER.read(METER, "9" * 20) is TokenFault.FORMAT
    expired = Maker(replace(KEYS, vending=(replace(KEY, ken=1),)), lambda: 5)
    assert expired.read(METER, credit.digits) is TokenFault.KEY_EXPIRED
    assert make_test(0, 0, 0).digits != credit.digits


def test_a_test_token_needs_no_key_and_no_meter() -> None:
    assert make_test(0, (1 << 36) - 1, 0).digits == "56493153725450313471"
    with pytest.raises(SecurityError, match="permission"):
        make_test(3, 0, 0)


async def test_the_module_tells_of_its_keys_and_not_the_keys(tmp_path: Path) -> None:
    module = SoftwareSecurityModule(KEYS, tmp_path / "tokens", now=lambda: MONDAY_MORNING)
    keys = await module.vending_keys()
    assert [(key.sgc, key.krn, key.kt, key.ken, key.base_year) for key in keys[:2]] == [
        ("201457", 1, 2, 255, 2014),
        ("203557", 6, 2, 255, 2014),
    ]
    assert all(key.secret.hex() not in repr(keys).lower() for key in KEYS.vending)
    (status,) = await module.status()
    assert (status.module_id, status.clock, status.alerts) == ("software", MONDAY_MORNING, ())


async def test_a_set_that_was_issued_is_fetched_whole(tmp_path: Path) -> None:
    module = SoftwareSecurityModule(KEYS, tmp_path / "tokens")
    tokens = await module.issue_key_change(CHANGE)
    again = SoftwareSecurityModule(KEYS, tmp_path / "tokens")
    assert await again.fetch("three") == await again.issue_key_change(CHANGE) == tokens
    assert await again.fetch("never asked") is None
    with pytest.raises(SecurityError, match="permission"):
        await again.issue_key_change(replace(CHANGE, to=TO_LATE))


async def test_management_and_credit_of_one_minute_have_two_identifiers(tmp_path: Path) -> None:
    module = SoftwareSecurityModule(KEYS, tmp_path / "tokens")
    (credit,) = await module.issue_credit(CREDIT)
    (setting,) = await module.issue_management(SETTING)
    assert (credit.tid, setting.tid) == (NOW_TID, NOW_TID + 1)
