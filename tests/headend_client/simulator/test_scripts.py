"""Each scripted meter does its part, as often as it is told to, also across the death of its process."""

import pytest

from headend_client.simulator.answers import Fate
from headend_client.simulator.world import Behaviour, FirstState, Limits, MeterSpec, Script
from meters_io.dlt645 import reads
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import Item
from meters_io.dlt645.reads import build_read
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.relay import RelayAction
from meters_io.dlt645.token import parse_token_reply
from meters_io.sts.meter import ResultCode
from tests.clocks import Clock
from tests.headend_client.simulator.bench import (
    ESAM_ADDRESS,
    STS_ADDRESS,
    Bench,
    esam_spec,
    playing,
    refusal,
    sts_spec,
    token_for,
    token_frame,
)

TRIPPED = FirstState(balance_cents=1_000, relay_open=True)


def esam(clock: Clock, script: Script, **figures: object) -> Bench:
    bench = Bench(esam_spec(behaviour=playing(script, **figures)), clock)
    if script is not Script.DEAD:
        bench.authenticate()
    return bench


def balance(bench: Bench) -> Frame:
    return build_read(bench.spec.address, Item.BALANCE)


def test_slow_takes_its_time_for_everything(clock: Clock) -> None:
    bench = esam(clock, Script.SLOW, seconds=7.0)
    for request in (balance(bench), bench.purchase(100, 4)):
        answer = bench.ask(request)
        assert (answer.fate, answer.seconds) == (Fate.ANSWERED, 7.0)
    assert bench.meter.state.purchase_count == 4


def test_deaf_obeys_and_loses_the_first_answer_only(clock: Clock) -> None:
    bench = esam(clock, Script.DEAF)
    answer = bench.ask(bench.purchase(100, 4))
    assert (answer.fate, answer.frame) == (Fate.LOST, None)
    assert bench.money == (1_100, 0)
    assert bench.read(reads.PURCHASE_COUNT) == 4
    assert refusal(bench.hear(bench.purchase(100, 4))) == RefusalCode.DUPLICATE
    assert bench.ask(bench.purchase(100, 5)).fate is Fate.ANSWERED


def test_deaf_counts_relay_orders_and_tokens_too(clock: Clock) -> None:
    bench = Bench(sts_spec(first=TRIPPED, behaviour=playing(Script.DEAF, times=2)), clock)
    assert bench.ask(token_frame(token_for(bench.spec.sts, clock(), 500))).fate is Fate.LOST
    assert bench.ask(bench.plain(RelayAction.CLOSE)).fate is Fate.LOST
    assert bench.relay == (False, False)
    assert bench.ask(bench.plain(RelayAction.CLOSE)).fate is Fate.ANSWERED


def test_deaf_for_ever_never_answers_a_change(clock: Clock) -> None:
    bench = esam(clock, Script.DEAF, always=True)
    assert [bench.ask(bench.purchase(100, count)).fate for count in (4, 4, 5, 9)] == [Fate.LOST] * 4
    assert bench.ask(balance(bench)).fate is Fate.ANSWERED
    assert len(bench.meter.state.credits) == 2


def test_a_lost_answer_is_not_lost_again_after_a_restart(clock: Clock) -> None:
    bench = esam(clock, Script.DEAF)
    bench.ask(bench.purchase(100, 4))
    again = Bench(bench.spec, clock, bench.meter.state)
    again.authenticate()
    assert again.ask(again.purchase(100, 5)).fate is Fate.ANSWERED


def test_dead_neither_obeys_nor_answers(clock: Clock) -> None:
    bench = Bench(sts_spec(first=TRIPPED, behaviour=Behaviour(Script.DEAD)), clock)
    requests = (balance(bench), token_frame(token_for(bench.spec.sts, clock(), 500)), bench.plain(RelayAction.CLOSE))
    assert [bench.ask(request).fate for request in requests] == [Fate.SILENT] * 3
    assert (bench.money, bench.relay) == ((1_000, 0), (True, True))


@pytest.mark.parametrize("action", [RelayAction.CLOSE, RelayAction.ALLOW_CLOSE])
def test_lazy_relay_says_yes_to_a_close_and_does_nothing(clock: Clock, action: RelayAction) -> None:
    bench = Bench(esam_spec(first=TRIPPED, behaviour=Behaviour(Script.LAZY_RELAY)), clock)
    bench.authenticate()
    for _ in range(3):
        reply = bench.hear(bench.sealed(action))
        assert (reply.control, reply.data) == (0x9C, b"")
        assert bench.relay == (True, True)


def test_lazy_relay_trips_like_any_other(clock: Clock) -> None:
    bench = Bench(esam_spec(behaviour=Behaviour(Script.LAZY_RELAY)), clock)
    bench.authenticate()
    bench.hear(bench.sealed(RelayAction.TRIP))
    assert bench.relay == (True, True)


def test_lazy_relay_may_get_over_it(clock: Clock) -> None:
    bench = Bench(esam_spec(first=TRIPPED, behaviour=playing(Script.LAZY_RELAY, times=1)), clock)
    bench.authenticate()
    bench.hear(bench.sealed(RelayAction.CLOSE))
    bench.hear(bench.sealed(RelayAction.CLOSE))
    assert bench.relay == (False, False)


def test_wrong_count_is_ahead_of_the_books_from_the_beginning(clock: Clock) -> None:
    bench = esam(clock, Script.WRONG_COUNT)
    assert bench.read(reads.PURCHASE_COUNT) == 6
    assert refusal(bench.hear(bench.purchase(100, 4))) == RefusalCode.COUNT
    again = Bench(bench.spec, clock, bench.meter.state)
    assert again.read(reads.PURCHASE_COUNT) == 6


def test_keep_power_is_on_and_no_trip_is_obeyed(clock: Clock) -> None:
    first = FirstState(overdraft_cents=900)
    bench = Bench(sts_spec(first=first, behaviour=Behaviour(Script.KEEP_POWER)), clock)
    assert bench.meter.status().keep_power
    assert refusal(bench.hear(bench.plain(RelayAction.TRIP))) == RefusalCode.OTHER
    assert bench.relay == (False, False)


@pytest.mark.parametrize(("spec", "limit"), [(esam_spec(), 10_000), (esam_spec(limits=Limits(hoard_cents=70)), 70)])
def test_hoarder_has_a_limit_even_where_none_is_set(clock: Clock, spec: MeterSpec, limit: int) -> None:
    bench = Bench(spec, clock)
    bench.meter.play(Behaviour(Script.HOARDER))
    assert bench.read(reads.HOARD_LIMIT) == limit
    assert refusal(bench.recharge(limit, 4)) == RefusalCode.HOARD


def test_hoarder_refuses_tokens_too(clock: Clock) -> None:
    bench = Bench(sts_spec(behaviour=playing(Script.HOARDER, limit_cents=1_500)), clock)
    answer = parse_token_reply(bench.hear(token_frame(token_for(bench.spec.sts, clock(), 501))), STS_ADDRESS)
    assert getattr(answer, "result", None) == ResultCode.OVERFLOW_ERROR


def test_drops_link_cuts_the_answer_to_credit_and_to_nothing_else(clock: Clock) -> None:
    bench = esam(clock, Script.DROPS_LINK)
    assert bench.ask(balance(bench)).fate is Fate.ANSWERED
    assert bench.ask(bench.sealed(RelayAction.CLOSE)).fate is Fate.ANSWERED
    assert bench.ask(bench.purchase(100, 4)).fate is Fate.CUT
    assert bench.money == (1_100, 0)
    assert bench.ask(bench.purchase(100, 5)).fate is Fate.ANSWERED


def test_late_answer_obeys_and_answers_when_nobody_waits(clock: Clock) -> None:
    bench = esam(clock, Script.LATE_ANSWER, seconds=90.0)
    answer = bench.ask(bench.purchase(100, 4))
    assert (answer.fate, answer.seconds) == (Fate.LATE, 90.0)
    assert answer.frame is not None
    assert answer.frame.address == ESAM_ADDRESS
    assert bench.ask(bench.purchase(100, 5)).fate is Fate.ANSWERED


def test_another_script_begins_with_no_fault_played(clock: Clock) -> None:
    bench = esam(clock, Script.DEAF)
    bench.ask(bench.purchase(100, 4))
    bench.meter.play(Behaviour(Script.DEAF))
    assert bench.ask(bench.purchase(100, 5)).fate is Fate.LOST
    bench.meter.play(Behaviour(Script.WELL_BEHAVED))
    assert bench.ask(bench.purchase(100, 6)).fate is Fate.ANSWERED
