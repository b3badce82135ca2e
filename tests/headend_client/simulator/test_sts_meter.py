"""Tokens over the wire: what the meter makes of them, and what it remembers."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from headend_client.simulator.memory import Memory
from headend_client.simulator.world import FirstState, Limits, MeterSpec
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.purchase import build_state_query
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.token import TokenResult, parse_token_reply
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.key_change import KeyChange, encode_key_change
from meters_io.sts.management import ALL_REGISTERS, Management, encode_management
from meters_io.sts.meter import ResultCode
from meters_io.sts.tid import BaseDate, tid_at
from meters_io.sts.transfer import Credit, granted
from tests.clocks import Clock
from tests.headend_client.simulator.bench import STS_ADDRESS, Bench, refusal, sts_spec, token_for, token_frame

GRANTED_E5 = granted(Credit.ELECTRICITY_CURRENCY, 5_000_000)  # a little more: the field of a token is coarse


@pytest.fixture
def bench(clock: Clock) -> Bench:
    """An STS meter with 10.00 yuan."""
    return Bench(sts_spec(), clock)


def enter(bench: Bench, digits: str) -> ResultCode:
    answer = parse_token_reply(bench.hear(token_frame(digits)), STS_ADDRESS)
    assert isinstance(answer, TokenResult)
    return ResultCode(answer.result)


def test_a_token_is_credited_once_however_often_it_is_entered(bench: Bench, clock: Clock) -> None:
    digits = token_for(bench.spec.sts, clock(), 5_000)
    assert [enter(bench, digits) for _ in range(3)] == [
        ResultCode.ACCEPT, ResultCode.USED_ERROR, ResultCode.USED_ERROR,
    ]  # fmt: skip
    assert bench.money == (6_000, 0)
    (credit,) = bench.meter.state.credits
    assert (credit.amount_e5, credit.tid) == (GRANTED_E5, tid_at(clock(), BaseDate.Y2014))


def test_the_answer_names_the_token_it_is_about(bench: Bench, clock: Clock) -> None:
    reply = bench.hear(token_frame(token_for(bench.spec.sts, clock(), 5_000)))
    assert parse_token_reply(reply, STS_ADDRESS) == TokenResult(ResultCode.ACCEPT, tid_at(clock(), BaseDate.Y2014))


def test_a_used_token_stays_used_when_the_meter_is_made_anew_from_its_memory(bench: Bench, clock: Clock) -> None:
    digits = token_for(bench.spec.sts, clock(), 5_000)
    enter(bench, digits)
    again = Bench(bench.spec, clock, bench.meter.state)
    assert enter(again, digits) is ResultCode.USED_ERROR


def test_a_token_pays_debt_first(clock: Clock) -> None:
    bench = Bench(sts_spec(first=FirstState(overdraft_cents=250, relay_open=True)), clock)
    assert bench.relay == (True, True)
    assert enter(bench, token_for(bench.spec.sts, clock(), 1_000)) is ResultCode.ACCEPT
    assert bench.money == (750, 0)
    assert bench.relay == (True, False)


def test_a_token_older_than_the_memory_is_old(clock: Clock) -> None:
    keys = sts_spec().sts
    assert keys is not None
    made = replace(keys, first_tid=tid_at(clock(), BaseDate.Y2014))
    bench = Bench(sts_spec(sts=made), clock)
    assert enter(bench, token_for(made, clock() - timedelta(minutes=1), 1_000)) is ResultCode.OLD_ERROR


def test_a_token_of_another_meter_is_no_token(bench: Bench, clock: Clock) -> None:
    stranger = replace(bench.spec.sts, decoder_key_hex="00" * 16) if bench.spec.sts else None
    assert enter(bench, token_for(stranger, clock(), 1_000)) is ResultCode.CRC_ERROR
    assert bench.money == (1_000, 0)


def test_guessing_tokens_locks_the_meter_for_a_while(bench: Bench, clock: Clock) -> None:
    for _ in range(3):
        enter(bench, "0" * 20)
    again = Bench(bench.spec, clock, bench.meter.state)  # pulling the plug of our process is no way round it
    digits = token_for(bench.spec.sts, clock(), 1_000)
    assert enter(again, digits) is ResultCode.LOCKED_OUT
    clock.forward(minutes=5)
    assert enter(again, digits) is ResultCode.ACCEPT


def test_an_expired_key_takes_no_credit(clock: Clock) -> None:
    keys = sts_spec().sts
    assert keys is not None
    bench = Bench(sts_spec(sts=replace(keys, ken=10)), clock)
    assert enter(bench, token_for(keys, clock(), 1_000)) is ResultCode.KEY_EXPIRED_ERROR


def test_a_token_for_energy_is_not_this_meters(bench: Bench, clock: Clock) -> None:
    assert enter(bench, token_for(bench.spec.sts, clock(), 100, Credit.ELECTRICITY)) is ResultCode.FUNCTION_ERROR


@pytest.mark.parametrize(("cents", "code"), [(3_990, ResultCode.ACCEPT), (4_001, ResultCode.OVERFLOW_ERROR)])
def test_a_token_over_the_hoarding_limit_is_refused_and_not_remembered(
    clock: Clock, cents: int, code: ResultCode
) -> None:
    bench = Bench(sts_spec(limits=Limits(hoard_cents=5_000)), clock)
    assert enter(bench, token_for(bench.spec.sts, clock(), cents)) is code
    assert len(bench.meter.state.credits) == (code is ResultCode.ACCEPT)


def test_what_is_no_token_is_refused(bench: Bench) -> None:
    whole = token_frame("0" * 20)
    for length in range(len(whole.data)):
        reply = bench.hear(Frame(whole.address, whole.control, whole.data[:length]))
        assert refusal(reply) == RefusalCode.OTHER


def test_commands_of_a_chip_are_refused_where_there_is_none(bench: Bench) -> None:
    assert refusal(bench.hear(build_state_query(STS_ADDRESS))) == RefusalCode.OTHER


def test_a_full_memory_forgets_the_smallest_identifier(clock: Clock) -> None:
    spec: MeterSpec = sts_spec()
    assert spec.sts is not None
    bench = Bench(sts_spec(sts=replace(spec.sts, memory_size=2)), clock)
    tokens = []
    for _ in range(3):
        tokens.append(token_for(spec.sts, clock(), 100))
        clock.forward(minutes=1)
        assert enter(bench, tokens[-1]) is ResultCode.ACCEPT
    assert [enter(bench, digits) for digits in tokens] == [
        ResultCode.OLD_ERROR, ResultCode.USED_ERROR, ResultCode.USED_ERROR,
    ]  # fmt: skip


def own_key(bench: Bench) -> bytes:
    assert bench.spec.sts is not None
    return bytes.fromhex(bench.spec.sts.decoder_key_hex)


def after_death(bench: Bench, clock: Clock, folder: Path) -> Bench:
    """The meter as it comes back from its file."""
    Memory(folder).save("1", bench.meter.state)
    return Bench(bench.spec, clock, Memory(folder).load("1"))


def test_a_power_limit_is_kept_and_the_key_stays_out_of_the_file(bench: Bench, clock: Clock, tmp_path: Path) -> None:
    tid = tid_at(clock(), BaseDate.Y2014)
    assert enter(bench, encode_management(own_key(bench), Management.MAXIMUM_POWER_LIMIT, 8_000, tid, 5)) == 1
    again = after_death(bench, clock, tmp_path)
    assert own_key(bench).hex() not in (tmp_path / "1.json").read_text()
    memory = again.meter.state.tokens
    assert memory is not None and memory.meter is not None
    assert memory.meter["settings"] == {
        "power_limit_w": 8_000, "unbalance_limit_w": None, "tariff_rate": None, "water_factor": None,
        "extended": [], "flags": [],
    }  # fmt: skip
    assert enter(again, token_for(bench.spec.sts, clock.forward(minutes=1), 1_000)) is ResultCode.ACCEPT
    assert again.money == (2_000, 0)


def test_cleared_credit_is_gone_and_no_credit_of_its_own(bench: Bench, clock: Clock) -> None:
    tid = tid_at(clock(), BaseDate.Y2014)
    assert enter(bench, encode_management(own_key(bench), Management.CLEAR_CREDIT, ALL_REGISTERS, tid, 5)) == 1
    assert bench.money == (0, 0)
    assert bench.meter.state.credits == []


def test_a_key_change_is_taken_token_by_token_across_the_meters_death(
    bench: Bench, clock: Clock, tmp_path: Path
) -> None:
    assert bench.spec.sts is not None
    new = replace(bench.spec.sts, decoder_key_hex=bytes(range(16)).hex(), krn=2)
    change = KeyChange(bytes(range(16)), krn=2, sgc="123456")
    first, *others = encode_key_change(Misty1(own_key(bench)), change)
    assert enter(bench, first) is ResultCode.FIRST_KCT
    again = after_death(bench, clock, tmp_path)
    assert [enter(again, token) for token in others][-1] is ResultCode.ACCEPT
    again = after_death(again, clock, tmp_path)
    assert enter(again, token_for(bench.spec.sts, clock(), 1_000)) is ResultCode.CRC_ERROR
    assert enter(again, token_for(new, clock(), 1_000)) is ResultCode.ACCEPT
    assert again.money == (2_000, 0)


def test_a_world_from_before_key_changes_still_loads(bench: Bench, clock: Clock, tmp_path: Path) -> None:
    digits = token_for(bench.spec.sts, clock(), 1_000)
    enter(bench, digits)
    Memory(tmp_path).save("1", bench.meter.state)
    file = tmp_path / "1.json"
    plain = json.loads(file.read_text())
    assert plain["tokens"].pop("meter") is None
    file.write_text(json.dumps(plain))
    assert enter(Bench(bench.spec, clock, Memory(tmp_path).load("1")), digits) is ResultCode.USED_ERROR
