"""Frames in words, also where bytes were masked before they were stored."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend_client.explain import explain
from headend_client.fields import Explained, Field, Form
from headend_client.masking import masked
from meters_io.dlt645 import frame as dlt645
from meters_io.dlt645.frame import Frame as MeterFrame
from meters_io.dlt645.names import Item
from meters_io.dlt645.purchase import (
    Authenticated,
    Authentication,
    Purchase,
    PurchaseKind,
    WalletState,
    build_authenticated,
    build_authentication,
    build_purchase,
    build_purchase_reply,
    build_state_query,
    build_state_reply,
    diversifier,
)
from meters_io.dlt645.reads import BALANCE, STATUS_3, build_address_reply, build_read, build_read_reply, build_register
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
from meters_io.dlt645.status import PrepayKind, StatusWord3
from meters_io.dlt645.token import TokenRequest, TokenResult, build_token, build_token_reply
from meters_io.dlt645.writes import Seal, build_class_1_write, build_class_2_write, build_plain_write
from meters_io.gdw1376.frame import Afn, Control, Frame, Seq, Terminal, encode
from meters_io.gdw1376.link import (
    Heartbeat,
    LinkMessage,
    Login,
    Logout,
    UnitResult,
    build_confirm,
    build_denial,
    build_link,
    build_per_unit,
)
from meters_io.gdw1376.passage import Passage, Route, build_passage, build_passed
from meters_io.gdw1376.tail import EventCounters, Tail
from meters_io.gdw1376.units import unit

TERMINAL = Terminal("3201", 7)
METER = "201000000012"
NOON = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)
CREDIT = Purchase(5000, 4, "000000320017", mac1=b"\xa1\xa2\xa3\xa4", mac2=b"\xb1\xb2\xb3\xb4")


def stored(frame: Frame) -> Explained:
    """What the page makes of a frame after it has been masked and kept."""
    kept = masked(encode(frame))
    return explain(kept.outer_hex, kept.inner_hex)


def down(inner: MeterFrame) -> Frame:
    return build_passage(Route(TERMINAL, 5), Passage(31, dlt645.encode(inner)))


def up(inner: MeterFrame | None) -> Frame:
    return build_passed(down(build_read(METER, Item.BALANCE)), 31, dlt645.encode(inner) if inner else b"")


def one(fields: tuple[Field, ...], name: str) -> Field:
    (found,) = [f for f in fields if f.name == name]
    return found


def gist(frame: Frame) -> list[str | int]:
    return [f.value for f in stored(frame).gist]


def test_a_recharge_is_told_with_its_amount_and_number_and_without_its_macs() -> None:
    seen = stored(down(build_purchase(METER, PurchaseKind.RECHARGE, CREDIT)))

    assert [f.value for f in seen.gist] == ["ask_security", "command_recharge", 5000, 4]
    assert one(seen.inner, "amount").form is Form.MONEY
    assert one(seen.inner, "customer").value == "000000320017"
    assert one(seen.inner, "meter_address").value == METER
    for name in ("mac_amount", "mac_customer"):
        assert (one(seen.inner, name).form, one(seen.inner, name).raw) == (Form.HIDDEN, "xxxxxxxx")
    assert one(seen.inner, "checksum").form is Form.HIDDEN


def test_the_concentrators_part_of_a_passage_is_told_too() -> None:
    seen = stored(down(build_read(METER, Item.BALANCE)))
    told = {f.name: f.value for f in seen.outer}
    assert (told["control"], told["region"], told["terminal"], told["master"]) == ("to_terminal", "3201", 7, 1)
    assert (told["application"], told["sequence"], told["unit"]) == ("afn_forward", 5, "p0 F1")
    assert (told["port"], told["line"], told["frame_timeout"], told["byte_timeout"]) == (
        "port_carrier",
        "2400 8E1",
        "60 s",
        "100 ms",
    )
    assert (told["password"], told["passage"]) == ("no_password", "passes_on")


@pytest.mark.parametrize(
    ("inner", "level", "value", "hidden"),
    [
        (build_plain_write(METER, Item.ALARM_1, Password(2, 0xA1B2C3), Decimal("20.00")), "level_02", 2000, "password"),
        (build_class_1_write(METER, Item.ALARM_1, Decimal("20.00"), Seal(b"\1\2\3\4")), "level_99", 2000, "mac_value"),
        (
            build_class_2_write(METER, Item.OVERDRAFT_LIMIT, bytes(16), Seal(b"\1\2\3\4")),
            "level_sealed",
            None,
            "cipher",
        ),
    ],
)
def test_a_write_is_told_with_its_item_and_value_and_without_its_secrets(
    inner: MeterFrame, level: str, value: int | None, hidden: str
) -> None:
    seen = stored(down(inner)).inner
    told = {field.name: field.value for field in seen}
    assert told["item"] in ("item_alarm_1", "item_overdraft_limit")
    assert (told["level"], told.get("value")) == (level, value)
    assert one(seen, hidden).form is Form.HIDDEN


def test_a_password_stays_hidden() -> None:
    request = build_passage(
        Route(TERMINAL, 5, tail=Tail(password=bytes(range(16)))),
        Passage(2, dlt645.encode(build_read(METER, Item.BALANCE))),
    )
    assert one(stored(request).outer, "password").form is Form.HIDDEN


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        (build_register(METER, BALANCE, 4273), ["answer_read", "item_balance", 4273]),
        (build_register(METER, BALANCE, None), ["answer_read", "item_balance", "not_available"]),
        (
            build_register(METER, STATUS_3, StatusWord3(relay_open=True, prepay_kind=PrepayKind.MONEY)),
            ["answer_read", "item_status_3", "relay_open", "order_closed"],
        ),
        (
            build_register(METER, STATUS_3, StatusWord3(keep_power=True)),
            ["answer_read", "item_status_3", "relay_closed", "order_closed", 1],
        ),
        (build_read_reply(METER, 0x00010000, b"\x78\x56\x34\x12"), ["answer_read", "item_energy", 123456780]),
        (
            build_read_reply(METER, Item.DAILY_FREEZE_ENERGY, b"\x01\x00\x00\x00" * 5),
            ["answer_read", "item_daily_freeze_energy", 10],
        ),
        (
            build_read_reply(METER, Item.CLOCK, b"\x05\x00\x12\x01\x02\x03\x26"),
            ["answer_read", "item_clock", "2026-03-02 12:00:05"],
        ),
        (build_read_reply(METER, Item.DATE, b"\x01\x02\x03\x26"), ["answer_read", "item_date", "2026-03-02"]),
        (build_read_reply(METER, Item.TIME, b"\x05\x00\x12"), ["answer_read", "item_time", "12:00:05"]),
        (build_read_reply(METER, 0x04000999, b"\x01\x02"), ["answer_read", "04000999", "0102"]),
        (build_read_reply(METER, Item.BALANCE, b"\xab\xcd\xef\x01"), ["answer_read", "item_balance", "abcdef01"]),
        (build_address_reply(METER), ["answer_read_address", METER]),
        (build_purchase_reply(METER, PurchaseKind.RECHARGE), ["answer_security", "command_recharge"]),
        (build_relay_reply(METER), ["answer_relay"]),
        (build_token_reply(METER, TokenResult(10, 77)), ["answer_security", "command_token", "token_used_error"]),
        (build_token_reply(METER, TokenResult(99)), ["answer_security", "command_token", 99]),
        (
            build_state_reply(METER, WalletState(4700, b"\x01" * 4, 9, b"\x02" * 4, "000000320017", b"\x03" * 4)),
            ["answer_security", "command_state", 4700, 9],
        ),
        (
            build_refusal(build_purchase(METER, PurchaseKind.RECHARGE, CREDIT), RefusalCode.HOARD),
            ["refuse_security", "refusal_over_hoard_limit"],
        ),
        (build_refusal(build_read(METER, Item.BALANCE), RefusalCode.NO_DATA), ["refuse_read", "refusal_no_such_data"]),
    ],
)
def test_what_meters_say_has_words(inner: MeterFrame, told: list[str | int]) -> None:
    assert gist(up(inner)) == told


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        (build_read(METER, Item.STATUS_3), ["ask_read", "item_status_3"]),
        (build_state_query(METER), ["ask_security", "command_state"]),
        (build_token(METER, TokenRequest("12345678901234567890")), ["ask_security", "command_token"]),
        (
            build_authentication(METER, Authentication(b"c" * 8, b"r" * 8, diversifier(METER))),
            ["ask_security", "command_authenticate"],
        ),
        (
            build_relay(METER, Password(2, 123456), RelayOrder(RelayAction.CLOSE, NOON), UTC),
            ["ask_relay", "relay_close"],
        ),
        (build_sealed_relay(METER, SealedOrder(b"s" * 16, b"m" * 4)), ["ask_relay"]),
        (MeterFrame(METER, 0x1F), ["1F"]),
    ],
)
def test_what_we_say_to_meters_has_words(inner: MeterFrame, told: list[str | int]) -> None:
    assert gist(down(inner)) == told


def test_an_order_to_the_relay_is_told_without_its_password() -> None:
    seen = stored(down(build_relay(METER, Password(2, 123456), RelayOrder(RelayAction.CLOSE, NOON), UTC)))
    assert one(seen.inner, "password").form is Form.HIDDEN
    assert one(seen.inner, "valid_until").value == "2026-03-02 12:00:05"
    assert one(seen.inner, "level").value == "level_02"


def test_a_sealed_order_to_the_relay_stays_sealed() -> None:
    seen = stored(down(build_sealed_relay(METER, SealedOrder(b"s" * 16, b"m" * 4))))
    assert [one(seen.inner, name).form for name in ("cipher", "mac_order")] == [Form.HIDDEN] * 2


def test_the_digits_of_a_token_stay_hidden() -> None:
    seen = stored(down(build_token(METER, TokenRequest("12345678901234567890"))))
    assert one(seen.inner, "token").form is Form.HIDDEN
    assert "12345678" not in str(seen)


def test_an_authentication_hides_what_would_open_the_meter() -> None:
    answer = build_authenticated(METER, Authenticated(b"\x11\x12\x13\x14", b"\x00" * 7 + b"\x42"))
    asked = stored(down(build_authentication(METER, Authentication(b"c" * 8, b"r" * 8, diversifier(METER)))))
    said = stored(up(answer))
    assert [one(asked.inner, n).form for n in ("cipher", "random", "diversifier")] == [
        Form.HIDDEN,
        Form.HIDDEN,
        Form.BYTES,
    ]
    assert (one(said.inner, "random").form, one(said.inner, "chip_serial").form) == (Form.HIDDEN, Form.BYTES)


def test_a_silent_meter_is_said_to_be_silent() -> None:
    assert gist(up(None)) == ["meter_silent"]


@pytest.mark.parametrize(
    ("message", "word"),
    [
        (Login(), "link_login"),
        (Logout(), "link_logout"),
        (Heartbeat(), "link_heartbeat"),
        (Heartbeat(NOON), "link_heartbeat"),
    ],
)
def test_link_messages_have_words(message: LinkMessage, word: str) -> None:
    seen = stored(build_link(TERMINAL, message, 3, UTC))
    assert [f.value for f in seen.gist] == [word]
    told = {f.name: f.value for f in seen.outer}
    assert (told["control"], told["speaks_first"], told["wants_confirmation"]) == ("from_terminal", 1, 1)
    if message == Heartbeat(NOON):
        assert told["clock"] == "2026-03-02 12:00:05"


def test_confirmations_have_words() -> None:
    asked = down(build_read(METER, Item.BALANCE))
    assert gist(build_confirm(asked)) == ["all_confirmed"]
    assert gist(build_denial(asked)) == ["all_denied"]
    each = stored(build_per_unit(asked, [UnitResult(unit(0, 1), 0), UnitResult(unit(2, 9), 1)]))
    assert [f.value for f in each.outer if f.name == "unit"] == ["p0 F3", "p0 F1", "p2 F9"]
    assert [f.value for f in each.outer if f.name == "unit_error"] == [0, 1]


def test_event_counters_are_told() -> None:
    frame = build_passed(down(build_read(METER, 1)), 31, b"", Tail(events=EventCounters(4, 250)))
    told = {f.name: f.value for f in stored(frame).outer}
    assert (told["events_important"], told["events_normal"]) == (4, 250)


def test_a_frame_of_another_kind_shows_its_head_and_hides_the_rest() -> None:
    frame = Frame(TERMINAL, Control(up=True, starts=True, function=4), 0x0F, Seq(1), b"\x00\x00\x01\x00secret")
    told = stored(frame)
    assert one(told.outer, "application").value == "AFN 0F"
    assert one(told.outer, "data").form is Form.HIDDEN


@pytest.mark.parametrize("text", ["zz", "6", "68", "xx" * 20, "68" * 30])
def test_what_is_no_frame_is_one_unreadable_field(text: str) -> None:
    assert [f.name for f in explain(text, text).outer] == ["unreadable"]


_FRAMES = [
    encode(down(build_purchase(METER, PurchaseKind.RECHARGE, CREDIT))),
    encode(up(build_register(METER, STATUS_3, StatusWord3()))),
    encode(build_link(TERMINAL, Heartbeat(NOON), 3, UTC)),
    encode(build_per_unit(down(build_read(METER, 1)), [UnitResult(unit(0, 1), 0)])),
    encode(Frame(TERMINAL, Control(up=True, starts=True, function=4, flag5=True), Afn.SET, Seq(1, tagged=True), b"")),
]


@given(st.sampled_from(_FRAMES), st.lists(st.tuples(st.integers(0, 90), st.sampled_from(["xx", "00", "ff"]))))
def test_every_byte_is_told_once_whatever_is_hidden_or_broken(raw: bytes, changes: list[tuple[int, str]]) -> None:
    pairs = [f"{byte:02x}" for byte in raw]
    for at, pair in changes:
        pairs[at % len(pairs)] = pair
    assert "".join(f.raw for f in explain("".join(pairs), "").outer) == "".join(pairs)


@given(st.lists(st.sampled_from(["xx", "68", "16", "fe", "91", "d1", "83", "9c", "34", "33", "0a"]), max_size=60))
def test_no_bytes_of_a_meter_break_a_page(pairs: list[str]) -> None:
    told = explain("", "".join(pairs)).inner
    assert sum(len(f.raw) for f in told) == 2 * len(pairs)


@pytest.mark.parametrize(
    ("di", "data", "told"),
    [
        ("02010100", "0123", "230.1 V"),
        ("0201FF00", "012302230323", "230.1, 230.2, 230.3 V"),
        ("02020100", "341280", "-1.234 A"),
        ("04000409", "001200", "1200"),
        ("0201FF00", "0123ffffffff", "0123ffffffff"),  # phases that are not there: as bytes
        ("02010100", "0e23", "0e23"),  # no BCD
    ],
)
def test_items_without_words_of_their_own_show_their_figures(di: str, data: str, told: str) -> None:
    inner = MeterFrame(METER, 0x91, bytes.fromhex(di)[::-1] + bytes.fromhex(data))
    seen = stored(up(inner))
    assert (one(seen.inner, "item").value, one(seen.inner, "value").value) == (di, told)
