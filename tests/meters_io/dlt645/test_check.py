"""What is doubted although the sum of its frame is right."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645 import reads
from meters_io.dlt645.check import (
    check_count,
    check_echo,
    check_moment,
    check_rise,
    check_value,
    read_checked,
    value_of,
)
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.items import item_of
from meters_io.dlt645.refusals import Refusal, RefusalCode, build_refusal
from meters_io.errors import CodecError, RemoteError
from meters_io.layout import read_all
from tests.meters_io.dlt645.strategies import FRAMES, identifiers

METER = "201000000012"
MORE = Frame(METER, 0x12, bytes.fromhex("0100300302"))


def answer(di: int, hexed: str) -> tuple[Frame, Frame]:
    return reads.build_read(METER, di), reads.build_read_reply(METER, di, bytes.fromhex(hexed))


def refused_field(di: int, hexed: str) -> tuple[str, str | None]:
    with pytest.raises(RemoteError) as caught:
        read_checked(*answer(di, hexed))
    return caught.value.code, caught.value.field


@pytest.mark.parametrize(
    ("di", "raw", "code", "field"),
    [
        (0x00010000, "00000e00", "not_bcd", "value"),
        (0x0201FF00, "00220a22", "not_bcd", "value.1"),
        (0x04000102, "000024", "bad_date", "value.hh"),
        (0x04000102, "600000", "bad_date", "value.ss"),
        (0x04000101, "07201126", "bad_date", "value.WW"),
        (0x04000108, "0000300227", "bad_date", "value.DD"),
        (0x04000108, "0000011327", "bad_date", "value.MM"),
        (0x02060100, "0110", "out_of_range", "value"),
        (0x02800002, "0099", "out_of_range", "value"),
        (0x0333FF01, "3025201126" + "0100" + "00000000" * 4, "bad_date", "value.at.hh"),
        (0x040604FF, "00000000" * 3 + "000113" * 4, "bad_date", "value.settled_on.0.MM"),
        (0x05080201, "0a00" + "00000000" * 2, "not_bcd", "value.count"),
        (0x1D000101, "000030311126", "bad_date", "value.hh"),
        (0x00010000, "000000", "bad_length", "value"),
    ],
)
def test_what_no_meter_can_mean_is_refused_by_field(di: int, raw: str, code: str, field: str) -> None:
    assert refused_field(di, raw) == (code, field)


def test_a_good_answer_is_its_value() -> None:
    assert read_checked(*answer(0x00900200, "56980100")) == Decimal("198.56")
    assert read_checked(*answer(0x02010200, "ffff")) is None
    assert read_checked(*answer(0x12345678, "0102")) == "0102"
    assert read_checked(*answer(0x03330101, "0000000000")) == "0000000000"


def test_a_part_of_a_long_answer_is_no_value_and_all_of_it_is() -> None:
    asked = reads.build_read(METER, 0x00010000)
    with pytest.raises(RemoteError) as caught:
        read_checked(asked, reads.build_read_reply(METER, 0x00010000, bytes(4), more=True))
    assert caught.value.code == "unexpected_more"
    assert value_of(0x00010000, bytes.fromhex("56341200")) == Decimal("1234.56")


def test_a_refusal_is_a_value() -> None:
    asked = reads.build_read(METER, 0x00010000)
    no = build_refusal(asked, RefusalCode.NO_DATA)
    assert check_echo(asked, no) == read_checked(asked, no) == Refusal(RefusalCode.NO_DATA, 2, 0xD1)


@pytest.mark.parametrize(
    ("request_", "reply", "code"),
    [
        (reads.build_read(METER, 1), reads.build_read_reply("201000000013", 1, b""), "wrong_address"),
        (reads.build_read(METER, 1), reads.build_read_reply(METER, 2, b""), "wrong_di"),
        (reads.build_read(METER, 1), Frame(METER, 0x94), "wrong_control"),
        (reads.build_read(METER, 1), reads.build_read(METER, 1), "wrong_control"),
        (MORE, Frame(METER, 0x92, bytes.fromhex("01003003aa01")), "wrong_seq"),
        (MORE, Frame(METER, 0x92, bytes.fromhex("01003003")), "wrong_seq"),
    ],
)
def test_an_echo_that_differs_answers_something_else(request_: Frame, reply: Frame, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        check_echo(request_, reply)
    assert caught.value.code == code


def test_the_right_part_of_a_long_answer_passes() -> None:
    assert check_echo(MORE, Frame(METER, 0x92, bytes.fromhex("01003003aa02"))) is None


def test_a_purchase_count_stays_or_rises_by_one() -> None:
    check_count(7, 7)
    check_count(7, 8)
    for now in (6, 9, 0):
        with pytest.raises(RemoteError, match=f"from 7 to {now}"):
            check_count(7, now)


@pytest.mark.parametrize(
    ("last", "now", "code"),
    [("100", "99.99", "register_fell"), ("100", "200.01", "register_jumped"), ("999999.99", "100", "register_fell")],
)
def test_a_register_that_falls_or_leaps_is_doubted(last: str, now: str, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        check_rise(Decimal(last), Decimal(now), Decimal(100), "forward")
    assert (caught.value.code, caught.value.field) == (code, "forward")


def test_a_register_may_rise_and_begin_again_after_its_last_digit() -> None:
    check_rise(Decimal(100), Decimal(200), Decimal(100))
    check_rise(Decimal(100), Decimal(100), Decimal(0))
    check_rise(Decimal("999999.99"), Decimal("0.01"), Decimal(1))


@pytest.mark.parametrize(("template", "digits"), [("YYMMDDhhmm", "2402292359"), ("MMDDhh", "123123"), ("hhmm", "0000")])
def test_moments_that_there_are_pass(template: str, digits: str) -> None:
    check_moment(template, digits)


def test_29_february_needs_a_leap_year() -> None:
    with pytest.raises(RemoteError):
        check_moment("YYMMDD", "230229")


@given(FRAMES, FRAMES)
def test_whatever_comes_back_is_a_value_or_a_codec_error(asked: Frame, reply: Frame) -> None:
    try:
        read_checked(asked, reply)
    except CodecError as error:
        assert error.code


@given(identifiers(), st.binary(max_size=60))
def test_any_value_of_any_item_is_good_or_doubted(di: int, raw: bytes) -> None:
    item = item_of(di)
    assert item is not None
    try:
        value = read_all(item.form, raw)
    except RemoteError:
        return
    try:
        check_value(item, value)
    except RemoteError as error:
        assert error.code in {"not_bcd", "bad_date", "out_of_range"}
