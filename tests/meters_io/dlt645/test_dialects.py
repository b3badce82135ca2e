"""Meters that speak otherwise than the standard."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645 import purchase
from meters_io.dlt645.check import check_echo
from meters_io.dlt645.dialects import CODES, DIALECTS, EDITION_1997, KEDE, PAKISTAN, STANDARD
from meters_io.dlt645.frame import Frame, encode
from meters_io.dlt645.message import Message, head_of, read_message, recognise, write_message
from meters_io.dlt645.misfit import Misfit, as_answer, decode_misfit, encode_misfit
from meters_io.dlt645.refusals import RefusalCode, parse_refusal
from meters_io.errors import LocalError, RemoteError
from tests.meters_io.dlt645.strategies import FRAMES

METER = "201000000012"


def security(hexed: str, control: int = 0x03) -> Frame:
    return Frame(METER, control, bytes.fromhex(hexed))


def test_kede_counts_in_strings_that_are_not_reversed() -> None:
    frame = security("ff020107" + "01000000" + "00012345" + "00000007" + "01" + "00" * 13)
    said = read_message(frame, KEDE).fields
    assert (said["energy"], said["count"], said["take_back"]) == (Decimal("123.45"), 7, "yes")
    assert write_message(head_of(frame), read_message(frame, KEDE), KEDE) == frame


def test_kede_orders_its_relay_in_plain_under_pa_98() -> None:
    frame = Frame(METER, 0x1C, bytes.fromhex("98000000" + "01000000" + "1a00" + "991230235959"))
    assert read_message(frame).trouble is not None
    assert recognise(frame) is KEDE
    said = read_message(frame, KEDE).fields
    assert (said["action"], said["expires"]) == ("trip", "991230235959")


@pytest.mark.parametrize("di", ["ff020107", "ff080107"])
def test_purchases_and_refunds_of_the_pakistan_market_carry_an_order_number(di: str) -> None:
    body = "10270000" + "3841120262824012" + "00000000" + "120051050326" + "00000000"
    frame = security(di + "44332211" + body)
    said = read_message(frame, PAKISTAN).fields
    assert (said["amount_cents"], said["order"], said["meter"]) == (10_000, "1240826202124138", "260305510012")
    assert len(frame.data) == 0x22


def test_the_blocks_of_the_pakistan_market_have_their_lengths() -> None:
    block = security("ff040107" + "00" * 143, 0x91)
    assert read_message(block, PAKISTAN) == Message("read_reply", {"di": "070104FF", "value": "00" * 143})
    written = security("ff040107" + "44332211" + "00" * 143)
    assert read_message(written, PAKISTAN).fields["block"] == "00" * 143
    short = read_message(security("ff118002" + "00" * 124, 0x91), PAKISTAN)
    assert short.trouble == "value: 125 bytes were expected and 124 are left"


def test_a_refusal_of_one_byte_is_read_as_bits_or_codes() -> None:
    frame = Frame(METER, 0xC3, b"\x01")
    assert read_message(frame, PAKISTAN).fields == {"error_byte": ["other"]}
    assert read_message(Frame(METER, 0xC3, b"\x01\x00"), PAKISTAN).trouble == "1 bytes too many"
    coded = Frame(METER, 0xC3, b"\x81")
    assert read_message(coded, CODES).fields == {"error_code": "customer_mismatch"}
    assert parse_refusal(coded, CODES.wording).code == RefusalCode.CUSTOMER


def test_the_edition_of_1997_has_identifiers_of_two_bytes() -> None:
    asked = Frame(METER, 0x01, bytes.fromhex("1090"))
    assert read_message(asked, EDITION_1997) == Message("read", {"di": "9010"})
    assert read_message(asked).kind == "other"
    tariff_2 = EDITION_1997.item(0x9012)
    assert tariff_2 is not None
    assert tariff_2.title == "forward active energy, tariff 2"
    answer = Frame(METER, 0x81, bytes.fromhex("109061720200"))
    assert read_message(answer, EDITION_1997).fields["value"] == Decimal("272.61")
    assert read_message(Frame(METER, 0xC1, b"\x01"), EDITION_1997).kind == "refusal"


def test_the_search_over_the_carrier_adds_two_bytes() -> None:
    frame = Frame("AAAAAAAAAAAA", 0x13, b"\x03\x00")
    assert read_message(frame) == Message("read_address", {"body": "0300"}, "2 bytes too many")
    assert read_message(frame, recognise(frame)).fields == {"search": "0300"}


def test_an_answer_that_keeps_the_control_code_of_its_request_is_an_answer_in_its_dialect_only() -> None:
    asked, answer = purchase.build_state_query(METER, 1), security("ff028107" + "00000000")
    assert check_echo(asked, answer, KEDE) is None
    assert as_answer(answer, KEDE).control == 0x83
    assert as_answer(answer, STANDARD) == answer
    with pytest.raises(RemoteError):
        check_echo(asked, answer)


def test_every_dialect_is_found_by_its_name() -> None:
    assert [dialect.name for dialect in DIALECTS.values()] == list(DIALECTS)
    assert STANDARD.esam
    assert not KEDE.esam


@given(FRAMES, st.integers(0, 255))
def test_a_frame_with_a_wrong_length_is_read_and_written(frame: Frame, said: int) -> None:
    misfit = Misfit(frame, said)
    assert decode_misfit(encode_misfit(misfit)) == misfit


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "not_a_frame"),
        (b"\xfe" * 20, "not_a_frame"),
        (b"\x68" * 12, "bad_checksum"),
        (encode(Frame(METER, 0x03, b"1"))[:-1] + b"\x17", "bad_end"),
    ],
)
def test_a_wrong_length_excuses_nothing_else(raw: bytes, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        decode_misfit(raw)
    assert caught.value.code == code


def test_a_length_of_more_than_a_byte_is_our_error() -> None:
    with pytest.raises(LocalError):
        encode_misfit(Misfit(Frame(METER, 0x03), 256))
