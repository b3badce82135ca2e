"""The acceptance rules of an ESAM meter, frame by frame."""

from dataclasses import replace

import pytest

from headend_client.simulator.esam import MAC_ERRORS_A_DAY
from headend_client.simulator.state import CreditKind
from headend_client.simulator.world import FirstState, Limits
from meters_io.dlt645 import softesam
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.purchase import (
    Accepted,
    Authentication,
    PurchaseKind,
    WalletState,
    build_authentication,
    build_security,
    build_state_query,
    diversifier,
    parse_purchase,
    parse_purchase_reply,
    parse_state_reply,
)
from meters_io.dlt645.refusals import RefusalCode
from tests.clocks import Clock
from tests.headend_client.simulator.bench import (
    CUSTOMER,
    ESAM_ADDRESS,
    MASTER,
    OTHER_CUSTOMER,
    RANDOM1,
    Bench,
    esam_spec,
    refusal,
)

RECHARGE, OPENING = PurchaseKind.RECHARGE, PurchaseKind.OPEN_ACCOUNT


@pytest.fixture
def bench(clock: Clock) -> Bench:
    """10.00 yuan, purchase count 3, account open."""
    return Bench(esam_spec(), clock)


def closed_account(clock: Clock, count: int = 0) -> Bench:
    first = FirstState(purchase_count=count, account_open=False)
    return Bench(esam_spec(first=first, customer="000000000000"), clock)


def test_a_good_recharge_is_credited_once(bench: Bench) -> None:
    reply = bench.recharge(5_000, 4)
    assert isinstance(parse_purchase_reply(reply, ESAM_ADDRESS, RECHARGE), Accepted)
    assert bench.money == (6_000, 0)
    assert bench.meter.state.purchase_count == 4
    (credit,) = bench.meter.state.credits
    assert (credit.kind, credit.amount_e5, credit.count) == (CreditKind.RECHARGE, 5_000_000, 4)


def test_a_recharge_is_saved_before_its_answer_leaves(bench: Bench) -> None:
    bench.recharge(5_000, 4)
    assert bench.saved[-1] == 1


def test_the_same_bytes_again_are_a_duplicate(bench: Bench) -> None:
    bench.authenticate()
    request = bench.purchase(5_000, 4)
    bench.ask(request)
    assert refusal(bench.hear(request)) == RefusalCode.DUPLICATE
    assert bench.money == (6_000, 0)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 4_000_000_000])
def test_a_count_that_does_not_follow_is_refused(bench: Bench, count: int) -> None:
    assert refusal(bench.recharge(5_000, count)) == RefusalCode.COUNT
    assert bench.money == (1_000, 0)


@pytest.mark.parametrize("count", [3, 4, 9])
def test_another_customer_outranks_every_word_about_the_count(bench: Bench, count: int) -> None:
    bench.authenticate()
    reply = bench.hear(bench.purchase_for(OTHER_CUSTOMER, 5_000, count, RECHARGE))
    assert refusal(reply) == RefusalCode.CUSTOMER
    assert bench.meter.state.credits == []


def test_without_authentication_nothing_is_bought(bench: Bench) -> None:
    assert refusal(bench.hear(bench.purchase(5_000, 4))) == RefusalCode.NOT_AUTHENTICATED


def test_an_authentication_is_good_for_five_minutes(bench: Bench) -> None:
    bench.authenticate()
    bench.clock.forward(minutes=4, seconds=59)
    assert bench.hear(bench.purchase(5_000, 4)).control == 0x83
    bench.clock.forward(seconds=1)
    assert refusal(bench.hear(bench.purchase(5_000, 5))) == RefusalCode.NOT_AUTHENTICATED


@pytest.mark.parametrize("part", ["cipher1", "random1", "diversifier"])
def test_a_challenge_with_a_wrong_part_is_refused_and_ends_the_session(bench: Bench, part: str) -> None:
    bench.authenticate()
    key = softesam.meter_key(MASTER, ESAM_ADDRESS)
    challenge = Authentication(softesam.cipher1(key, RANDOM1), RANDOM1, diversifier(ESAM_ADDRESS))
    wrong = replace(challenge, **{part: b"\x55" * 8})
    assert refusal(bench.hear(build_authentication(ESAM_ADDRESS, wrong))) == RefusalCode.NOT_AUTHENTICATED
    assert refusal(bench.hear(bench.purchase(5_000, 4))) == RefusalCode.NOT_AUTHENTICATED


def test_macs_of_an_earlier_session_are_worth_nothing(bench: Bench) -> None:
    bench.session = bytes(32)
    stale = bench.purchase(5_000, 4)
    bench.authenticate()
    assert refusal(bench.hear(stale)) == RefusalCode.MAC
    assert bench.money == (1_000, 0)


@pytest.mark.parametrize("at", [8, 12, 16, 28])  # amount, count, MAC1, MAC2 on the wire
def test_a_recharge_that_was_tampered_with_is_refused(bench: Bench, at: int) -> None:
    bench.authenticate()
    good = bench.purchase(5_000, 4)
    data = bytearray(good.data)
    data[at] ^= 1
    reply = bench.hear(Frame(good.address, good.control, bytes(data)))
    assert refusal(reply) in (RefusalCode.MAC, RefusalCode.COUNT)
    assert bench.meter.state.credits == []


def test_after_two_hundred_bad_macs_the_meter_is_hung_until_tomorrow(bench: Bench) -> None:
    bench.authenticate()
    good = bench.purchase(5_000, 4)
    bad = Frame(good.address, good.control, good.data[:-1] + bytes((good.data[-1] ^ 1,)))
    for _ in range(MAC_ERRORS_A_DAY):
        assert refusal(bench.hear(bad)) == RefusalCode.MAC
    assert refusal(bench.hear(good)) == RefusalCode.HUNG
    bench.clock.forward(days=1)
    assert bench.recharge(5_000, 4).control == 0x83


@pytest.mark.parametrize(("cents", "accepted"), [(4_000, True), (4_001, False)])
def test_the_hoarding_limit_is_for_balance_and_amount_together(clock: Clock, cents: int, accepted: bool) -> None:
    bench = Bench(esam_spec(limits=Limits(hoard_cents=5_000)), clock)
    reply = bench.recharge(cents, 4)
    assert (reply.control == 0x83) is accepted
    assert accepted or refusal(reply) == RefusalCode.HOARD


def test_debt_makes_room_under_the_hoarding_limit(clock: Clock) -> None:
    first = FirstState(overdraft_cents=500, purchase_count=3)
    bench = Bench(esam_spec(first=first, limits=Limits(hoard_cents=5_000, overdraft_cents=900)), clock)
    assert bench.recharge(5_500, 4).control == 0x83
    assert bench.money == (5_000, 0)


def test_what_no_register_can_hold_is_refused(bench: Bench) -> None:
    assert refusal(bench.recharge(99_999_999, 4)) == RefusalCode.OTHER
    assert bench.money == (1_000, 0)


def test_debt_is_paid_before_the_balance_grows(clock: Clock) -> None:
    bench = Bench(esam_spec(first=FirstState(overdraft_cents=500, purchase_count=3)), clock)
    bench.recharge(300, 4)
    assert bench.money == (0, 200)
    bench.recharge(300, 5)
    assert bench.money == (100, 0)


def test_a_closed_account_takes_no_recharge(clock: Clock) -> None:
    assert refusal(closed_account(clock).recharge(5_000, 1)) == RefusalCode.COUNT


@pytest.mark.parametrize(("count", "balance", "credits"), [(0, 0, 0), (1, 5_000, 1)])
def test_opening_writes_the_customer_and_brings_money_only_with_a_new_count(
    clock: Clock, count: int, balance: int, credits: int
) -> None:
    bench = closed_account(clock)
    bench.authenticate()
    assert bench.hear(bench.purchase(5_000, count, OPENING)).control == 0x83
    assert bench.meter.state.account_open
    assert bench.meter.state.customer == CUSTOMER
    assert bench.money == (balance, 0)
    assert len(bench.meter.state.credits) == credits


@pytest.mark.parametrize(("stored", "sent"), [(0, 2), (1, 0), (2, 2), (2, 1)])
def test_opening_with_a_count_beyond_one_is_refused(clock: Clock, stored: int, sent: int) -> None:
    bench = closed_account(clock, stored)
    bench.authenticate()
    assert refusal(bench.hear(bench.purchase(5_000, sent, OPENING))) == RefusalCode.COUNT


def test_opening_an_open_account_needs_its_customer_and_a_small_count(bench: Bench) -> None:
    bench.authenticate()
    assert refusal(bench.hear(bench.purchase_for(OTHER_CUSTOMER, 1, 1, OPENING))) == RefusalCode.CUSTOMER
    assert refusal(bench.hear(bench.purchase(1, 2, OPENING))) == RefusalCode.OTHER


def test_the_state_query_tells_money_count_and_customer_under_macs(bench: Bench) -> None:
    bench.recharge(5_000, 4)
    state = parse_state_reply(bench.hear(build_state_query(ESAM_ADDRESS)), ESAM_ADDRESS)
    assert isinstance(state, WalletState)
    assert (state.balance_cents, state.count, state.customer) == (6_000, 4, CUSTOMER)
    key = softesam.meter_key(MASTER, ESAM_ADDRESS)
    assert state.balance_mac == softesam.state_mac(key, "balance", 6_000)
    assert state.count_mac == softesam.state_mac(key, "count", 4)


@pytest.mark.parametrize("di", [0x070002FF, 0x078001FF, 0x070190FF, 0x12345678])
def test_a_command_that_the_chip_does_not_know_is_refused(bench: Bench, di: int) -> None:
    reply = bench.hear(build_security(ESAM_ADDRESS, di, 0, b""))
    assert refusal(reply) == RefusalCode.OTHER


@pytest.mark.parametrize("length", range(30))
def test_a_recharge_cut_short_is_refused(bench: Bench, length: int) -> None:
    bench.authenticate()
    whole = bench.purchase(5_000, 4)
    assert parse_purchase(whole).count == 4
    reply = bench.hear(Frame(whole.address, whole.control, whole.data[:length]))
    assert refusal(reply) == RefusalCode.OTHER
    assert bench.meter.state.credits == []
