"""The software security module: one token a request whoever asks, TIDs that never go back, one set of codes."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from headend_client.errors import KeyFileError
from headend_client.security import IssueRequest, SecurityCode, SecurityError
from headend_client.software import Keys, SoftwareSecurityModule
from headend_client.target import StsIdentity
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.pan import luhn_digit, parse_meter_number
from meters_io.sts.tid import tid_at
from meters_io.sts.transfer import Credit, decode_credit
from tests.clocks import MONDAY_MORNING
from tests.headend_client.front_end import target

KEY = VendingKey(bytes(range(20)), "201457")
OLD_KEY = VendingKey(bytes(range(1, 21)), "201457", 2, ken=1)
DEFAULT_KEY = VendingKey(bytes(range(2, 22)), "201457", 3, KeyType.DDTK)
KEYS = Keys(vending=(KEY, OLD_KEY, DEFAULT_KEY))
DRN = f"0700000001{luhn_digit('0700000001')}"
METER = StsIdentity(DRN, "201457", 1, 1)
REQUEST = IssueRequest("one", METER, Credit.ELECTRICITY_CURRENCY, 5_000_000, MONDAY_MORNING, None)
NOW_TID = tid_at(MONDAY_MORNING, KEY.base_date)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where the tokens are journalled."""
    return tmp_path / "keys.tokens"


@pytest.fixture
def module(journal: Path) -> SoftwareSecurityModule:
    """A module with a good key, an expired one (revision 2) and a default one (revision 3)."""
    return SoftwareSecurityModule(KEYS, journal)


def lines(path: Path) -> list[str]:
    """What stands in a file."""
    return path.read_text().splitlines(keepends=True)


def append(path: Path, text: str) -> None:
    """Write behind what stands in a file."""
    with path.open("a") as file:
        file.write(text)


async def test_a_token_decodes_to_what_was_asked(module: SoftwareSecurityModule) -> None:
    (token,) = await module.issue_credit(replace(REQUEST, amount=1_000))
    key = decoder_key(KEY, MeterConfig(parse_meter_number(DRN)))
    read = decode_credit(key, token.digits)
    assert (read.subclass, read.amount, read.tid) == (token.subclass, token.amount, token.tid) == (4, 1_000, NOW_TID)


async def test_energy_is_issued_as_energy(module: SoftwareSecurityModule) -> None:
    (token,) = await module.issue_credit(replace(REQUEST, subclass=0, amount=256))
    key = decoder_key(KEY, MeterConfig(parse_meter_number(DRN)))
    assert decode_credit(key, token.digits).amount == 256


async def test_an_amount_that_does_not_fit_the_field_is_rounded_up_and_said(module: SoftwareSecurityModule) -> None:
    (token,) = await module.issue_credit(replace(REQUEST, amount=123_456_789))
    assert token.amount > 123_456_789


async def test_the_same_request_gets_the_same_token_for_ever(module: SoftwareSecurityModule, journal: Path) -> None:
    first = await module.issue_credit(REQUEST)
    later = replace(REQUEST, at=MONDAY_MORNING + timedelta(days=9), last_tid=NOW_TID + 500)
    assert await module.issue_credit(later) == first
    assert await SoftwareSecurityModule(KEYS, journal).issue_credit(later) == first
    assert len(lines(journal)) == 1


async def test_a_repeated_request_is_answered_even_when_its_key_is_gone(
    module: SoftwareSecurityModule, journal: Path
) -> None:
    first = await module.issue_credit(REQUEST)
    assert await SoftwareSecurityModule(Keys(), journal).issue_credit(REQUEST) == first


@pytest.mark.parametrize("change", [{"amount": 1}, {"subclass": 0}, {"meter": replace(METER, drn="07000000021")}])
async def test_a_request_id_used_for_something_else_is_refused(
    module: SoftwareSecurityModule, change: dict[str, object]
) -> None:
    await module.issue_credit(REQUEST)
    with pytest.raises(SecurityError, match="permission"):
        await module.issue_credit(replace(REQUEST, **change))  # type: ignore[arg-type]  # one field each


async def test_tids_never_repeat_within_a_minute_nor_go_below_what_either_side_knows(
    module: SoftwareSecurityModule,
) -> None:
    tids = []
    for name, last in [("a", None), ("b", None), ("c", NOW_TID + 7), ("d", None)]:
        (token,) = await module.issue_credit(replace(REQUEST, request_id=name, last_tid=last))
        tids.append(token.tid or 0)
    assert tids == [NOW_TID, NOW_TID + 1, NOW_TID + 8, NOW_TID + 9]


async def test_another_meter_counts_for_itself(module: SoftwareSecurityModule) -> None:
    other = f"0700000002{luhn_digit('0700000002')}"
    await module.issue_credit(REQUEST)
    (token,) = await module.issue_credit(replace(REQUEST, request_id="two", meter=replace(METER, drn=other)))
    assert token.tid == NOW_TID


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"meter": replace(METER, sgc="999999")}, SecurityCode.UNKNOWN_KEY),
        ({"meter": replace(METER, krn=2)}, SecurityCode.KEY_EXPIRED),
        ({"meter": replace(METER, krn=3)}, SecurityCode.PERMISSION),
        ({"meter": replace(METER, drn="12345678901")}, SecurityCode.BAD_PAN),
        ({"meter": replace(METER, drn="abc")}, SecurityCode.BAD_PAN),
        ({"meter": replace(METER, ti=100)}, SecurityCode.BAD_PAN),
        ({"amount": 0}, SecurityCode.AMOUNT_RANGE),
        ({"amount": -5}, SecurityCode.AMOUNT_RANGE),
        ({"subclass": 0, "amount": 10**9}, SecurityCode.AMOUNT_RANGE),
        ({"subclass": 8}, SecurityCode.PERMISSION),
        ({"last_tid": NOW_TID + 60}, SecurityCode.CLOCK),
    ],
)
async def test_what_cannot_be_issued_says_why_and_leaves_nothing_behind(
    module: SoftwareSecurityModule, journal: Path, change: dict[str, object], code: SecurityCode
) -> None:
    with pytest.raises(SecurityError) as raised:
        await module.issue_credit(replace(REQUEST, **change))  # type: ignore[arg-type]  # one field each
    assert raised.value.code is code
    assert lines(journal) == []


async def test_many_at_once_get_one_tid_each(module: SoftwareSecurityModule) -> None:
    asked = [module.issue_credit(replace(REQUEST, request_id=f"r{n % 10}")) for n in range(40)]
    tids = [token.tid or 0 for (token,) in await asyncio.gather(*asked)]
    assert sorted(set(tids)) == list(range(NOW_TID, NOW_TID + 10))
    assert all(tids[n] == tids[n % 10] for n in range(40))


_SELL = """
import asyncio, json, sys
from dataclasses import replace
from pathlib import Path
from headend_client.software import SoftwareSecurityModule
from tests.headend_client.test_software import KEYS, REQUEST
module = SoftwareSecurityModule(KEYS, Path(sys.argv[1]))
async def sell():
    return {n: (await module.issue_credit(replace(REQUEST, request_id=n)))[0].digits for n in sys.argv[2:]}
print(json.dumps(asyncio.run(sell())))
"""


def test_two_processes_share_one_journal(journal: Path) -> None:
    with ExitStack() as stack:
        asked = [[f"r{n}" for n in range(10)], [f"r{n}" for n in range(13, 3, -1)]]
        running = [stack.enter_context(_seller(journal, names)) for names in asked]
        said = [json.loads(each.communicate(timeout=60)[0]) for each in running]
    assert all(said[0][name] == said[1][name] for name in said[0].keys() & said[1].keys())
    assert sorted(json.loads(line)["tokens"][0]["tid"] for line in lines(journal)) == list(range(NOW_TID, NOW_TID + 14))


def _seller(journal: Path, names: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _SELL, str(journal), *names],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


async def test_a_line_that_was_half_written_when_a_process_died_is_as_if_never_written(
    module: SoftwareSecurityModule, journal: Path
) -> None:
    await module.issue_credit(REQUEST)
    whole = lines(journal)
    append(journal, '{"request_id": "two", "drn": "070')
    (token,) = await module.issue_credit(replace(REQUEST, request_id="two"))
    assert token.tid == NOW_TID + 1
    assert lines(journal)[:1] == whole
    assert len(lines(journal)) == 2


async def test_a_damaged_journal_stops_the_sale(module: SoftwareSecurityModule, journal: Path) -> None:
    append(journal, "this is no journal\n")
    with pytest.raises(KeyFileError, match="damaged"):
        await module.issue_credit(REQUEST)


async def test_a_journal_that_was_restored_from_a_copy_is_read_anew(
    module: SoftwareSecurityModule, journal: Path, tmp_path: Path
) -> None:
    first = await module.issue_credit(REQUEST)
    copy = tmp_path / "copy"
    append(copy, lines(journal)[0])
    await module.issue_credit(replace(REQUEST, request_id="two"))
    copy.replace(journal)
    assert await module.issue_credit(REQUEST) == first
    (token,) = await module.issue_credit(replace(REQUEST, request_id="three"))
    assert token.tid == NOW_TID + 1


def test_only_its_owner_may_read_the_journal(module: SoftwareSecurityModule, journal: Path) -> None:
    asyncio.run(_issue(module))
    assert journal.stat().st_mode & 0o777 == 0o600


async def _issue(module: SoftwareSecurityModule) -> None:
    await module.issue_credit(REQUEST)


async def test_a_module_without_a_key_says_so(module: SoftwareSecurityModule) -> None:
    for ask in (module.challenge(target()), module.relay_password(target())):
        with pytest.raises(SecurityError, match="unknown_key"):
            await ask


OLD_LINE = (
    '{"request_id": "one", "drn": "%s", "sgc": "201457", "krn": 1, "subclass": 4, "amount": 5000000, "tid": %d,'
    ' "granted": 5000384, "digits": "12345678901234567890", "at": "2026-03-02T01:00:00+00:00"}\n'
)


async def test_a_journal_from_before_requests_had_several_tokens_is_read_on(
    module: SoftwareSecurityModule, journal: Path
) -> None:
    append(journal, OLD_LINE % (DRN, NOW_TID + 2))
    (token,) = await module.issue_credit(REQUEST)
    assert (token.digits, token.tid, token.amount) == ("12345678901234567890", NOW_TID + 2, 5_000_384)
    (token,) = await module.issue_credit(replace(REQUEST, request_id="two"))
    assert token.tid == NOW_TID + 3
    assert (await module.fetch("one") or ())[0].digits == "12345678901234567890"


async def test_a_meter_is_one_meter_however_its_number_is_written(module: SoftwareSecurityModule) -> None:
    (first,) = await module.issue_credit(REQUEST)
    by_pan = replace(METER, drn=parse_meter_number(DRN).digits)
    (second,) = await module.issue_credit(replace(REQUEST, request_id="two", meter=by_pan))
    assert (first.tid, second.tid) == (NOW_TID, NOW_TID + 1)
