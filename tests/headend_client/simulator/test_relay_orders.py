"""Orders to the relay: who is believed, what is done, and when a yes means nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from headend_client.simulator.state import Cause
from headend_client.simulator.world import FirstState
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.relay import Obeyed, Password, RelayAction, RelayOrder, build_relay, parse_relay_reply
from tests.clocks import Clock
from tests.headend_client.simulator.bench import PASSWORD, ZONE, Bench, esam_spec, refusal, sts_spec

NEW_STYLE = 1 << 24
TRIPPED = FirstState(balance_cents=1_000, relay_open=True)
OVERDRAWN = FirstState(overdraft_cents=100)


def esam(clock: Clock, first: FirstState = TRIPPED) -> Bench:
    bench = Bench(esam_spec(first=first), clock)
    bench.authenticate()
    return bench


def sts(clock: Clock, first: FirstState = TRIPPED) -> Bench:
    return Bench(sts_spec(first=first), clock)


def is_yes(bench: Bench, reply: Frame) -> bool:
    return isinstance(parse_relay_reply(reply, bench.spec.address), Obeyed)


def test_a_sealed_close_closes(clock: Clock) -> None:
    bench = esam(clock)
    assert is_yes(bench, bench.hear(bench.sealed(RelayAction.CLOSE)))
    assert bench.relay == (False, False)


def test_a_plain_close_closes_where_there_is_no_chip(clock: Clock) -> None:
    bench = sts(clock)
    assert is_yes(bench, bench.hear(bench.plain(RelayAction.CLOSE)))
    assert bench.relay == (False, False)


def test_allowing_leaves_the_last_step_to_a_hand(clock: Clock) -> None:
    bench = esam(clock)
    bench.hear(bench.sealed(RelayAction.ALLOW_CLOSE))
    assert bench.relay == (True, False)
    bench.meter.press_key()
    assert bench.relay == (False, False)


def test_allowing_closes_a_meter_that_has_no_key(clock: Clock) -> None:
    bench = Bench(sts_spec(first=TRIPPED, closes_on_allow=True), clock)
    bench.hear(bench.plain(RelayAction.ALLOW_CLOSE))
    assert bench.relay == (False, False)


def test_a_trip_opens_and_holds_whatever_the_balance(clock: Clock) -> None:
    bench = sts(clock, FirstState(balance_cents=9_000))
    assert is_yes(bench, bench.hear(bench.plain(RelayAction.TRIP)))
    clock.forward(days=1)
    bench.meter.advance(clock())
    assert bench.relay == (True, True)


@pytest.mark.parametrize("action", [RelayAction.CLOSE, RelayAction.ALLOW_CLOSE])
def test_a_close_of_an_overdrawn_meter_is_answered_well_and_does_nothing(clock: Clock, action: RelayAction) -> None:
    bench = esam(clock, OVERDRAWN)
    assert is_yes(bench, bench.hear(bench.sealed(action)))
    assert bench.relay == (True, True)


def test_when_debt_outlives_an_ordered_trip_credit_lifts_it(clock: Clock) -> None:
    bench = sts(clock, FirstState(balance_cents=1_000))
    bench.hear(bench.plain(RelayAction.TRIP))
    bench.meter.state.money_e5 = -1
    bench.hear(bench.plain(RelayAction.CLOSE))
    assert bench.meter.state.relay.cause is Cause.DEBT
    assert bench.relay == (True, True)


def test_keep_power_refuses_a_trip(clock: Clock) -> None:
    bench = esam(clock, FirstState(balance_cents=1_000))
    bench.hear(bench.sealed(RelayAction.KEEP_POWER_ON))
    assert refusal(bench.hear(bench.sealed(RelayAction.TRIP))) == RefusalCode.OTHER
    reply = bench.hear(bench.sealed(RelayAction.TRIP, operator=NEW_STYLE))
    assert refusal(reply) == RefusalCode.KEEP_POWER
    assert bench.relay == (False, False)


def test_keep_power_closes_an_overdrawn_meter(clock: Clock) -> None:
    bench = esam(clock, OVERDRAWN)
    bench.hear(bench.sealed(RelayAction.KEEP_POWER_ON))
    assert bench.relay == (False, False)
    assert bench.meter.status().keep_power


def test_the_alarm_can_be_ordered(clock: Clock) -> None:
    bench = esam(clock, FirstState(balance_cents=9_000))
    bench.hear(bench.sealed(RelayAction.ALARM_ON))
    assert bench.meter.status().alarm
    bench.hear(bench.sealed(RelayAction.ALARM_OFF))
    assert not bench.meter.status().alarm


@pytest.mark.parametrize(
    ("action", "relay"),
    [(RelayAction.TRIP_FOR_A_TIME, (False, False)), (RelayAction.TRIP_FOR_A_TIME_ALLOW, (True, False))],
)
def test_a_timed_trip_ends_by_itself(clock: Clock, action: RelayAction, relay: tuple[bool, bool]) -> None:
    bench = sts(clock, FirstState(balance_cents=1_000))
    bench.hear(bench.plain(action, delay=2))
    bench.meter.advance(clock.forward(minutes=9, seconds=59))
    assert bench.relay == (True, True)
    bench.meter.advance(clock.forward(seconds=1))
    assert bench.relay == relay


def test_an_order_past_its_expiry_is_refused(clock: Clock) -> None:
    bench = esam(clock)
    reply = bench.hear(bench.sealed(RelayAction.CLOSE, clock() - timedelta(seconds=1), NEW_STYLE))
    assert refusal(reply) == RefusalCode.EXPIRY
    assert refusal(bench.hear(bench.sealed(RelayAction.CLOSE, clock() - timedelta(seconds=1)))) == RefusalCode.OTHER
    assert bench.relay == (True, True)
    assert is_yes(bench, bench.hear(bench.sealed(RelayAction.CLOSE, clock())))


def test_new_meters_say_what_they_did(clock: Clock) -> None:
    bench = esam(clock)
    reply = parse_relay_reply(bench.hear(bench.sealed(RelayAction.CLOSE, operator=NEW_STYLE)), bench.spec.address)
    assert reply == Obeyed(executed=1)


@pytest.mark.parametrize(
    "password", [replace(PASSWORD, level=4), replace(PASSWORD, secret=0), Password(level=0, secret=0)]
)
def test_a_wrong_password_is_refused_by_bit_2(clock: Clock, password: Password) -> None:
    bench = sts(clock)
    reply = bench.hear(bench.plain(RelayAction.CLOSE, password))
    assert (reply.control, reply.data) == (0xDC, b"\x04")
    assert bench.relay == (True, True)


def test_a_meter_without_a_password_takes_no_plain_order(clock: Clock) -> None:
    bench = Bench(sts_spec(first=TRIPPED, relay_password_hex=None), clock)
    assert refusal(bench.hear(bench.plain(RelayAction.CLOSE))) == RefusalCode.PASSWORD


def test_a_meter_with_a_chip_takes_no_plain_order_and_one_without_no_sealed(clock: Clock) -> None:
    chip, keypad = esam(clock), sts(clock)
    plain = build_relay(chip.spec.address, PASSWORD, RelayOrder(RelayAction.CLOSE), ZONE)
    assert refusal(chip.hear(plain)) == RefusalCode.PASSWORD
    assert refusal(keypad.hear(keypad.sealed(RelayAction.CLOSE))) == RefusalCode.PASSWORD


def test_a_sealed_order_needs_the_session_it_was_sealed_in(clock: Clock) -> None:
    bench = esam(clock)
    order = bench.sealed(RelayAction.CLOSE, operator=NEW_STYLE)
    clock.forward(minutes=5)
    assert refusal(bench.hear(order)) == RefusalCode.NOT_AUTHENTICATED
    bench.meter.around = replace(bench.meter.around, random=bytes)
    bench.authenticate()
    assert refusal(bench.hear(order)) == RefusalCode.MAC
    assert bench.relay == (True, True)


@pytest.mark.parametrize("length", range(28))
def test_an_order_cut_short_is_refused(clock: Clock, length: int) -> None:
    bench = esam(clock)
    whole = bench.sealed(RelayAction.CLOSE)
    reply = bench.hear(Frame(whole.address, whole.control, whole.data[:length]))
    assert refusal(reply) in (RefusalCode.OTHER, RefusalCode.PASSWORD)
    assert bench.relay == (True, True)
