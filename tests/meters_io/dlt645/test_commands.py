"""Purchases, relay orders, tokens and the security scheme, as both ends see them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645 import purchase, relay, softesam, token
from meters_io.dlt645.frame import Frame, decode, encode
from meters_io.dlt645.refusals import Refusal, RefusalCode, build_refusal
from meters_io.errors import LocalError, RemoteError
from tests.meters_io.dlt645.strategies import METERS
from tests.meters_io.dlt645.test_values import MOMENTS
from tests.meters_io.samples import CHINA

METER = "201000000012"
RECHARGE = purchase.PurchaseKind.RECHARGE
WORDS = st.integers(0, 2**32 - 1)
MACS = st.binary(min_size=4, max_size=4)
PURCHASES = st.builds(purchase.Purchase, WORDS, WORDS, METERS, MACS, MACS)
STATES = st.builds(purchase.WalletState, WORDS, MACS, WORDS, MACS, METERS, MACS)
ORDERS = st.builds(
    relay.RelayOrder,
    st.sampled_from([action for action in relay.RelayAction if action not in (0x1D, 0x1E)]),
    st.none() | MOMENTS,
)
MASTER = bytes(range(32))


def over_the_wire(frame: Frame) -> Frame:
    return decode(encode(frame))


@given(METERS, st.sampled_from(purchase.PurchaseKind), PURCHASES, WORDS)
def test_purchases_arrive_as_they_were_sent(
    address: str, kind: purchase.PurchaseKind, bought: purchase.Purchase, operator: int
) -> None:
    arrived = over_the_wire(purchase.build_purchase(address, kind, bought, operator))
    assert (purchase.security_di(arrived), purchase.parse_purchase(arrived)) == (kind, bought)
    assert purchase.parse_security(arrived)[1] == operator


@given(METERS, STATES)
def test_wallets_arrive_as_they_were_sent(address: str, state: purchase.WalletState) -> None:
    arrived = over_the_wire(purchase.build_state_reply(address, state))
    assert purchase.parse_state_reply(arrived, address) == state


def test_the_same_purchase_is_always_the_same_bytes() -> None:
    bought = purchase.Purchase(5000, 2, "000000123456", bytes(4), bytes(4))
    assert purchase.build_purchase(METER, RECHARGE, bought) == purchase.build_purchase(METER, RECHARGE, bought)


def test_a_refused_purchase_is_a_value() -> None:
    request = purchase.build_state_query(METER)
    no = build_refusal(request, RefusalCode.DUPLICATE)
    expected = Refusal(RefusalCode.DUPLICATE, 2, 0xC3)
    assert purchase.parse_purchase_reply(no, METER, RECHARGE) == expected
    assert purchase.parse_state_reply(no, METER) == expected
    assert purchase.parse_authenticated(no, METER) == expected
    assert token.parse_token_reply(no, METER) == expected


def test_a_good_answer_to_another_command_credits_nothing() -> None:
    for kind, data in ((purchase.PurchaseKind.OPEN_ACCOUNT, b""), (RECHARGE, b"\x00")):
        reply = purchase.build_security_reply(METER, kind, data)
        with pytest.raises(RemoteError):
            purchase.parse_purchase_reply(reply, METER, RECHARGE)


@pytest.mark.parametrize(
    "frame",
    [
        Frame(METER, 0x11, bytes(30)),
        Frame(METER, 0x03, b"\xff\x02"),
        Frame(METER, 0x03, bytes.fromhex("FF020107000000")),
        Frame(METER, 0x03, bytes.fromhex("FF02010700000000") + bytes(21)),
        Frame(METER, 0x03, bytes.fromhex("FF03010700000000") + bytes(22)),
    ],
)
def test_a_meter_tells_a_broken_purchase_from_a_good_one(frame: Frame) -> None:
    with pytest.raises(RemoteError):
        purchase.parse_purchase(frame)


@pytest.mark.parametrize(
    "bought",
    [
        purchase.Purchase(-1, 1, "000000123456", bytes(4), bytes(4)),
        purchase.Purchase(1 << 32, 1, "000000123456", bytes(4), bytes(4)),
        purchase.Purchase(1, 1, "123456", bytes(4), bytes(4)),
        purchase.Purchase(1, 1, "000000123456", bytes(3), bytes(4)),
    ],
)
def test_a_purchase_that_does_not_fit_is_our_error(bought: purchase.Purchase) -> None:
    with pytest.raises(LocalError):
        purchase.build_purchase(METER, RECHARGE, bought)


def test_macs_stay_out_of_what_is_printed() -> None:
    bought = purchase.Purchase(1, 1, "000000123456", b"ed91654c", b"MAC2")
    assert "MAC" not in repr(bought)
    assert "20602" not in repr(relay.Password(2, 20602))
    assert "1234" not in repr(token.TokenRequest("12345678901234567890"))


@given(METERS, ORDERS, WORDS)
def test_relay_orders_arrive_as_they_were_sent(address: str, order: relay.RelayOrder, operator: int) -> None:
    password = relay.Password(2, 0x020637, operator)
    arrived = over_the_wire(relay.build_relay(address, password, order, CHINA))
    assert relay.parse_relay(arrived, CHINA) == relay.PlainRequest(password, order)


def test_timed_trips_carry_their_delay_and_others_none() -> None:
    timed = relay.RelayOrder(relay.RelayAction.TRIP_FOR_A_TIME, delay=3)
    assert relay.order_from_bytes(relay.order_to_bytes(timed, CHINA), CHINA) == timed
    with pytest.raises(LocalError):
        relay.order_to_bytes(relay.RelayOrder(relay.RelayAction.TRIP, delay=3), CHINA)


@pytest.mark.parametrize("data", [b"", bytes(16), bytes(17), b"\x98" + bytes(15), b"\x02" + bytes(27)])
def test_a_meter_tells_a_broken_relay_order_from_a_good_one(data: bytes) -> None:
    with pytest.raises(RemoteError):
        relay.parse_relay(Frame(METER, 0x1C, data), CHINA)


def test_relay_answers_may_say_what_was_executed() -> None:
    said = relay.parse_relay_reply(relay.build_relay_reply(METER, 0x1024), METER)
    assert isinstance(said, relay.Obeyed)
    assert (said.executed, said.done) == (0x1024, ("trip", "delayed_by_high_current", "bit_12"))
    assert relay.parse_relay_reply(relay.build_relay_reply(METER), METER) == relay.Obeyed()
    no = build_refusal(Frame(METER, 0x1C), RefusalCode.KEEP_POWER, 2)
    assert relay.parse_relay_reply(no, METER) == Refusal(RefusalCode.KEEP_POWER, 0x20, 0xDC)
    with pytest.raises(RemoteError):
        relay.parse_relay_reply(Frame(METER, 0x9C, b"\x00"), METER)


@given(st.text("0123456789", min_size=20, max_size=20), WORDS)
def test_tokens_arrive_as_they_were_typed(digits: str, operator: int) -> None:
    asked = token.TokenRequest(digits, operator)
    assert token.parse_token(over_the_wire(token.build_token(METER, asked))) == asked


@given(st.integers(0, 255), st.integers(0, 2**24 - 1))
def test_token_results_arrive_as_they_were_sent(result: int, tid: int) -> None:
    answer = token.TokenResult(result, tid)
    assert token.parse_token_reply(over_the_wire(token.build_token_reply(METER, answer)), METER) == answer


def test_a_token_block_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(RemoteError):
        token.parse_token(purchase.build_security(METER, 0x070190FF, 0, bytes(9)))
    with pytest.raises(RemoteError):
        token.parse_token_reply(purchase.build_security_reply(METER, 0x070190FF, bytes(3)), METER)
    with pytest.raises(LocalError):
        token.build_token(METER, token.TokenRequest("123"))


def session(address: str = METER, random2: bytes = b"r2r2") -> bytes:
    return softesam.session_key(softesam.meter_key(MASTER, address), b"random-1", random2)


def test_keys_differ_by_meter_and_sessions_by_random_number() -> None:
    assert softesam.meter_key(MASTER, METER) != softesam.meter_key(MASTER, "201000000013")
    assert session() != session(random2=b"r2r3")
    assert session() == session()


def test_macs_cover_amount_count_and_customer() -> None:
    key = session()
    macs = {softesam.mac1(key, amount, count) for amount in (1, 2) for count in (1, 2)}
    assert len(macs) == 4
    assert softesam.mac2(key, "000000123456") != softesam.mac2(key, "000000123457")
    assert softesam.state_mac(key, "balance", 1) != softesam.state_mac(key, "count", 1)
    assert {len(mac) for mac in macs} == {4}
    assert len(softesam.cipher1(key, b"random-1")) == 8


def test_the_scheme_does_not_change_between_versions() -> None:
    key = softesam.meter_key(MASTER, METER)
    assert softesam.cipher1(key, bytes(8)).hex() == "fce69396daddaa01"
    assert softesam.mac1(session(), 5000, 2).hex() == "ed91654c"


@given(ORDERS)
def test_a_sealed_order_opens_in_its_own_session_only(order: relay.RelayOrder) -> None:
    cipher, mac = softesam.seal(session(), relay.order_to_clear(order, CHINA))
    sealed = relay.SealedOrder(cipher, mac, 7)
    assert relay.parse_relay(over_the_wire(relay.build_sealed_relay(METER, sealed)), CHINA) == sealed
    assert relay.order_from_clear(softesam.unseal(session(), cipher, mac), CHINA) == order
    for other in (session("201000000013"), session(random2=b"....")):
        with pytest.raises(RemoteError) as caught:
            softesam.unseal(other, cipher, mac)
        assert caught.value.code == "bad_mac"


def test_two_orders_of_one_session_share_no_key_stream() -> None:
    first, second = bytes(16), b"\x01" + bytes(15)
    a, b = softesam.seal(session(), first)[0], softesam.seal(session(), second)[0]
    assert bytes(x ^ y for x, y in zip(a, b, strict=True)) != second


def test_what_cannot_be_sealed_or_opened_says_so() -> None:
    with pytest.raises(LocalError):
        softesam.seal(session(), bytes(15))
    with pytest.raises(RemoteError):
        softesam.unseal(session(), bytes(15), bytes(4))
    with pytest.raises(LocalError):
        softesam.meter_key(b"short", METER)
    with pytest.raises(LocalError):
        softesam.cipher1(session(), b"short")
    with pytest.raises(LocalError):
        relay.build_sealed_relay(METER, relay.SealedOrder(bytes(15), bytes(4)))
    with pytest.raises(RemoteError):
        relay.order_from_clear(bytes(16), CHINA)
    with pytest.raises(RemoteError):
        relay.order_from_bytes(bytes(7), CHINA)


def test_a_diversifier_is_two_zero_bytes_and_the_meter_number() -> None:
    assert purchase.diversifier(METER).hex() == "0000201000000012"
    challenge = purchase.Authentication(bytes(8), bytes(8), purchase.diversifier(METER))
    assert purchase.parse_authentication(purchase.build_authentication(METER, challenge)) == challenge


def test_expired_orders_keep_their_time() -> None:
    order = relay.RelayOrder(relay.RelayAction.CLOSE, datetime(2026, 11, 20, 1, 30, tzinfo=UTC))
    assert relay.order_to_bytes(order, CHINA).hex() == "1c00003009201126"
