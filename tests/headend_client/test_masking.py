"""What is kept of a frame: everything but its secrets, whoever sent it and whatever it is."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend_client.masking import hidden_of_inner, masked
from meters_io.dlt645 import frame as dlt645
from meters_io.dlt645.names import Security
from meters_io.dlt645.purchase import (
    Authenticated,
    Authentication,
    Purchase,
    PurchaseKind,
    WalletState,
    build_authenticated,
    build_authentication,
    build_purchase,
    build_security,
    build_security_reply,
    build_state_query,
    build_state_reply,
    diversifier,
)
from meters_io.dlt645.reads import BALANCE, build_read, build_register
from meters_io.dlt645.refusals import RefusalCode, build_refusal
from meters_io.dlt645.relay import (
    Password,
    RelayAction,
    RelayOrder,
    SealedOrder,
    build_relay,
    build_relay_reply,
    build_sealed_relay,
)
from meters_io.dlt645.token import TokenRequest, TokenResult, build_token, build_token_reply
from meters_io.dlt645.writes import Seal, build_class_1_write, build_class_2_write, build_plain_write
from meters_io.gdw1376.frame import Afn, Control, Frame, Seq, Terminal, encode
from meters_io.gdw1376.link import Heartbeat, build_denial, build_link
from meters_io.gdw1376.passage import Passage, Route, build_passage, build_passed
from meters_io.gdw1376.tail import Tail

METER = "201000000012"
TERMINAL = Terminal("3201", 7)
ORDER = RelayOrder(RelayAction.CLOSE, datetime(2026, 3, 2, tzinfo=UTC))
SECRET_4, SECRET_8 = bytes.fromhex("a1b2c3d4"), bytes.fromhex("a1b2c3d4e5f60718")
SECRET_4B, SECRET_8B = bytes.fromhex("9a8b7c6d"), bytes.fromhex("1928374655648291")
DIGITS = "73829164550918273645"

SECRETIVE = [
    (
        "authentication",
        build_authentication(METER, Authentication(SECRET_8, SECRET_8B, diversifier(METER))),
        [SECRET_8, SECRET_8B],
    ),
    ("authenticated", build_authenticated(METER, Authenticated(SECRET_4, b"SERIAL00")), [SECRET_4]),
    (
        "recharge",
        build_purchase(METER, PurchaseKind.RECHARGE, Purchase(5000, 4, "001000000017", SECRET_4, SECRET_4B)),
        [SECRET_4, SECRET_4B],
    ),
    (
        "opening",
        build_purchase(METER, PurchaseKind.OPEN_ACCOUNT, Purchase(5000, 1, "001000000017", SECRET_4, SECRET_4B)),
        [SECRET_4, SECRET_4B],
    ),
    (
        "state",
        build_state_reply(METER, WalletState(5000, SECRET_4, 4, SECRET_4B, "001000000017", bytes(4))),
        [SECRET_4, SECRET_4B],
    ),
    ("token", build_token(METER, TokenRequest(DIGITS)), [bytes.fromhex(DIGITS)]),
    ("plain relay order", build_relay(METER, Password(2, 0xA1B2C3), ORDER, UTC), [bytes.fromhex("a1b2c3")]),
    (
        "sealed relay order",
        build_sealed_relay(METER, SealedOrder(SECRET_8 + SECRET_8B, SECRET_4)),
        [SECRET_8 + SECRET_8B, SECRET_4],
    ),
    ("write", dlt645.Frame(METER, 0x14, bytes(4) + b"\x02" + SECRET_4), [SECRET_4]),
    (
        "a write of an item that nobody knows",
        dlt645.Frame(METER, 0x14, b"\x01\x0c\x00\x04\x02" + bytes(7) + SECRET_4),
        [SECRET_4],
    ),
    (
        "plain write",
        build_plain_write(METER, 0x04001001, Password(2, 0xA1B2C3), Decimal("20.00")),
        [bytes.fromhex("a1b2c3")],
    ),
    ("write with a MAC", build_class_1_write(METER, 0x04001001, Decimal("20.00"), Seal(SECRET_4)), [SECRET_4]),
    (
        "sealed write",
        build_class_2_write(METER, 0x04001003, SECRET_8 + SECRET_8B, Seal(SECRET_4)),
        [SECRET_8 + SECRET_8B, SECRET_4],
    ),
    ("password change", dlt645.Frame(METER, 0x18, bytes(4) + SECRET_8), [SECRET_8]),
    ("clearing", dlt645.Frame(METER, 0x1A, b"\x02" + SECRET_4 + bytes(3)), [SECRET_4]),
    ("unknown security command", build_security(METER, 0x070201FF, 0, SECRET_8), [SECRET_8]),
    ("unknown security reply", build_security_reply(METER, 0x070201FF, SECRET_8), [SECRET_8]),
    ("a longer recharge of some vendor", build_security(METER, Security.RECHARGE, 0, bytes(18) + SECRET_8), [SECRET_8]),
    ("a token of another length", build_security(METER, Security.TOKEN, 0, SECRET_8), [SECRET_8]),
    ("a relay order of another length", dlt645.Frame(METER, 0x1C, b"\x02" + SECRET_8), [SECRET_8]),
    ("a refusal that is too long to be one", dlt645.Frame(METER, 0xC3, SECRET_4), [SECRET_4]),
    ("a vendor's function", dlt645.Frame(METER, 0x1F, SECRET_8), [SECRET_8]),
]
HARMLESS = [
    build_read(METER, BALANCE.di),
    build_register(METER, BALANCE, 1234),
    build_state_query(METER),
    build_relay_reply(METER),
    build_token_reply(METER, TokenResult(1, 77)),
    build_refusal(build_state_query(METER), RefusalCode.COUNT),
    dlt645.Frame(METER, 0x83),
    dlt645.Frame(METER, 0x94),
]
BOTH_WAYS = ["down", "up"]
NO_TAIL = Tail()


def carried(inner: bytes, way: str, tail: Tail = NO_TAIL) -> bytes:
    """Wrap an inner frame as it goes down or comes up, whichever way it really belongs."""
    down = build_passage(Route(TERMINAL, 3, tail=tail), Passage(31, inner))
    return encode(down if way == "down" else build_passed(down, 31, inner))


def on_the_wire(secret: bytes) -> list[str]:
    """A secret as it looks in a frame: either end first, with 33H added and without."""
    added = bytes((byte + 0x33) & 0xFF for byte in secret)
    return [raw.hex() for raw in (secret, secret[::-1], added, added[::-1])]


@pytest.mark.parametrize("way", BOTH_WAYS)
@pytest.mark.parametrize(("name", "inner", "secrets"), SECRETIVE, ids=[row[0] for row in SECRETIVE])
def test_no_secret_survives(name: str, inner: dlt645.Frame, secrets: list[bytes], way: str) -> None:
    shown = masked(carried(dlt645.encode(inner), way))
    for secret in secrets:
        for look in on_the_wire(secret):
            assert look not in shown.inner_hex
            assert look not in shown.outer_hex


@pytest.mark.parametrize("way", BOTH_WAYS)
@pytest.mark.parametrize(("name", "inner", "secrets"), SECRETIVE, ids=[row[0] for row in SECRETIVE])
def test_changing_any_secret_byte_changes_nothing_that_is_kept(
    name: str, inner: dlt645.Frame, secrets: list[bytes], way: str
) -> None:
    raw = dlt645.encode(inner)
    hidden = hidden_of_inner(raw)
    other = bytearray(raw)
    for place in sorted(hidden)[:-1]:
        other[place] ^= 0x11
    other[-2] = sum(other[:-2]) & 0xFF
    assert masked(carried(bytes(other), way)) == masked(carried(raw, way))


@pytest.mark.parametrize("way", BOTH_WAYS)
@pytest.mark.parametrize("inner", HARMLESS)
def test_what_is_harmless_is_kept_whole(inner: dlt645.Frame, way: str) -> None:
    outer = carried(dlt645.encode(inner), way)
    shown = masked(outer)
    assert (shown.outer_hex, shown.inner_hex) == (outer.hex(), dlt645.encode(inner).hex())


def test_amount_count_and_customer_of_a_recharge_stay_readable() -> None:
    name, inner, _ = SECRETIVE[2]
    shown = masked(carried(dlt645.encode(inner), "down")).inner_hex
    assert name == "recharge"
    assert shown.count("xx") == 4 + 4 + 1
    amount_and_count = bytes(byte + 0x33 for byte in b"\x88\x13\x00\x00\x04\x00\x00\x00")
    assert amount_and_count.hex() in shown


@pytest.mark.parametrize("name", ["plain write", "write with a MAC"])
def test_the_item_and_the_value_of_a_write_stay_readable(name: str) -> None:
    inner = next(row[1] for row in SECRETIVE if row[0] == name)
    shown = masked(carried(dlt645.encode(inner), "down")).inner_hex
    for part in (b"\x01\x10\x00\x04", b"\x00\x20\x00\x00"):
        assert bytes(byte + 0x33 for byte in part).hex() in shown


def test_the_concentrators_password_is_hidden_and_sixteen_zeros_are_not() -> None:
    inner = dlt645.encode(HARMLESS[0])
    password = SECRET_8 + SECRET_8B
    assert password.hex() not in masked(carried(inner, "down", Tail(password=password))).outer_hex
    assert bytes(16).hex() in masked(carried(inner, "down")).outer_hex


@pytest.mark.parametrize(
    "frame", [build_link(TERMINAL, Heartbeat(), 1, UTC), build_denial(build_link(TERMINAL, Heartbeat(), 1, UTC))]
)
def test_link_messages_and_confirmations_are_kept_whole(frame: Frame) -> None:
    assert masked(encode(frame)).outer_hex == encode(frame).hex()


def test_a_preamble_does_not_move_the_mask() -> None:
    inner = dlt645.encode(dlt645.Frame(METER, 0x03, build_token(METER, TokenRequest(DIGITS)).data, preamble=4))
    shown = masked(carried(inner, "down")).inner_hex
    assert shown.startswith("fefefefe68")
    assert shown.count("xx") == 11


@given(st.binary(max_size=60), st.sampled_from(BOTH_WAYS))
def test_what_is_no_frame_at_all_is_hidden_whole(junk: bytes, way: str) -> None:
    shown = masked(carried(b"\x00" + junk, way))
    assert set(shown.inner_hex) == {"x"}


@given(st.binary(max_size=40), st.integers(0, 255), st.booleans())
def test_any_frame_can_be_masked(body: bytes, afn: int, up: bool) -> None:
    frame = Frame(TERMINAL, Control(up=up, starts=not up, function=8), afn, Seq(0), body)
    shown = masked(encode(frame))
    assert len(shown.outer_hex) == 2 * len(encode(frame))
    if afn not in (Afn.CONFIRM, Afn.LINK) and len(body) > 4:
        assert "xx" in shown.outer_hex or shown.inner_hex or afn == Afn.FORWARD
