"""What a head-end may conclude from a reply: whose it is, what about, and whether it is a no."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645 import purchase, reads
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import Control, Item
from meters_io.dlt645.refusals import Refusal, RefusalCode, Wording, build_refusal, parse_refusal
from meters_io.dlt645.replies import address_matches
from meters_io.dlt645.status import PrepayKind, StatusWord3, status_from_bytes, status_to_bytes
from meters_io.errors import LocalError, RemoteError

METER = "201000000012"
RECHARGE = purchase.PurchaseKind.RECHARGE


def serr(*data: int) -> Frame:
    return Frame(METER, 0xC3, bytes(data))


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (reads.build_register("201000000013", reads.BALANCE, 1), "wrong_address"),
        (reads.build_register(METER, reads.OVERDRAFT, 1), "wrong_di"),
        (reads.build_read(METER, Item.BALANCE), "wrong_control"),
        (purchase.build_purchase_reply(METER, RECHARGE), "wrong_control"),
        (serr(2, 0), "wrong_control"),
        (Frame(METER, 0x91, b"\x00\x02"), "bad_length"),
        (reads.build_read_reply(METER, Item.BALANCE, bytes(3)), "bad_length"),
        (reads.build_read_reply(METER, Item.BALANCE, bytes(4), more=True), "unexpected_more"),
        (reads.build_read_reply(METER, Item.BALANCE, b"\x0a" + bytes(3)), "not_bcd"),
    ],
)
def test_a_reply_that_answers_something_else_is_not_believed(reply: Frame, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        reads.parse_register(reply, METER, reads.BALANCE)
    assert caught.value.code == code


def test_a_refused_read_is_a_value_and_not_an_error() -> None:
    asked = reads.build_read(METER, Item.BALANCE)
    refused = reads.parse_register(build_refusal(asked, RefusalCode.NO_DATA), METER, reads.BALANCE)
    assert refused == Refusal(RefusalCode.NO_DATA, 2, 0xD1)


def test_an_abbreviated_address_accepts_the_meters_it_means() -> None:
    assert address_matches("AAAAAAAAAAAA", METER)
    assert address_matches("AAAAAAAA0012", METER)
    assert not address_matches("AAAAAAAA0013", METER)
    assert not address_matches(METER, "AAAAAAAAAAAA")


def test_an_address_reply_that_contradicts_its_sender_is_not_believed() -> None:
    for data in (b"", bytes(6)):
        with pytest.raises(RemoteError):
            reads.parse_address_reply(Frame(METER, 0x93, data))


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (0x0012, RefusalCode.CUSTOMER),  # the customer number is the worse news
        (0x0030, RefusalCode.CUSTOMER),
        (0x0022, RefusalCode.DUPLICATE),
        (0x8000, RefusalCode.MAC),
        (0x0001, RefusalCode.OTHER),
        (0x0200, RefusalCode.UNSPECIFIED),
        (0x0000, RefusalCode.UNSPECIFIED),
    ],
)
def test_of_several_reasons_the_gravest_is_told_and_the_word_kept(word: int, code: RefusalCode) -> None:
    assert parse_refusal(serr(*word.to_bytes(2, "little"))) == Refusal(code, word, 0xC3)


def test_a_refusal_of_one_byte_reads_like_the_low_byte_of_two() -> None:
    assert parse_refusal(serr(0x02)).code == RefusalCode.DUPLICATE
    assert build_refusal(Frame(METER, 0x03), RefusalCode.DUPLICATE, 1) == serr(0x02)


def test_one_vendor_words_its_refusals_as_codes() -> None:
    codes = [parse_refusal(serr(byte), Wording.CODES).code for byte in (0x80, 0x81, 0x82, 0x02)]
    assert codes == [RefusalCode.COUNT, RefusalCode.CUSTOMER, RefusalCode.HOARD, RefusalCode.UNSPECIFIED]


@pytest.mark.parametrize("frame", [Frame(METER, 0xC3), Frame(METER, 0xC3, bytes(3)), Frame(METER, 0x83, b"\x02")])
def test_a_refusal_without_a_reason_is_unknown_and_not_a_no(frame: Frame) -> None:
    with pytest.raises(RemoteError):
        parse_refusal(frame)


@given(st.sampled_from(RefusalCode), st.sampled_from([Control.READ, Control.WRITE, Control.RELAY, Control.SECURITY]))
def test_refusals_that_can_be_said_are_understood(code: RefusalCode, control: Control) -> None:
    try:
        said = build_refusal(Frame(METER, control), code)
    except LocalError as error:
        assert error.code == "no_such_refusal"
        return
    assert parse_refusal(said).code == code


def test_relay_refusals_of_two_bytes_have_words_of_their_own() -> None:
    asked = Frame(METER, Control.RELAY)
    for code in (RefusalCode.KEEP_POWER, RefusalCode.EXPIRY, RefusalCode.ALREADY_OPEN, RefusalCode.MAC):
        assert parse_refusal(build_refusal(asked, code, 2)).code == code


STATUSES = st.builds(StatusWord3, *[st.booleans()] * 3, st.sampled_from(PrepayKind), *[st.booleans()] * 4)


@given(STATUSES)
def test_status_words_are_read_back(status: StatusWord3) -> None:
    assert status_from_bytes(status_to_bytes(status)) == status


def test_bits_of_the_status_word_mean_what_the_standard_says() -> None:
    assert status_from_bytes(b"\x00\x00") == StatusWord3()
    assert status_from_bytes(b"\x40\x00").relay_command_open
    assert not status_from_bytes(b"\x40\x00").relay_open
    assert status_from_bytes(b"\x80\x02") == StatusWord3(alarm=True, prepay_kind=PrepayKind.MONEY)
    assert status_from_bytes(b"\x00\x03").prepay_kind == PrepayKind.UNKNOWN
    assert status_from_bytes(b"\x00\x30") == StatusWord3(keep_power=True, authenticated=True)
    closed = StatusWord3(local_account_opened=False, remote_account_opened=False)
    assert status_from_bytes(b"\x00\xc0") == closed
    with pytest.raises(RemoteError):
        status_from_bytes(b"\x00")
