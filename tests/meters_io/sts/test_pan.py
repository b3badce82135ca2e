"""Meter numbers and their check digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import RemoteError
from meters_io.sts.pan import MeterPan, is_checked, luhn_digit, pan_of_drn, parse_meter_number

DIGITS = "0123456789"


@pytest.mark.parametrize(
    ("drn", "pan", "iin"),
    [
        ("00000000000", "600727000000000009", "600727"),
        ("0100000000008", "000001000000000082", "0000"),
        ("11111111115", "600727111111111153", "600727"),
    ],
)
def test_a_printed_number_and_its_pan_lead_to_each_other(drn: str, pan: str, iin: str) -> None:
    assert pan_of_drn(drn) == parse_meter_number(drn) == parse_meter_number(pan) == MeterPan(pan)
    assert (MeterPan(pan).iin, MeterPan(pan).drn) == (iin, drn)


@pytest.mark.parametrize(
    ("drn", "mfr_code", "serial"),
    [("11111111115", "11", "11111111"), ("0100000000008", "0100", "00000000"), ("12345678903", "12", "34567890")],
)
def test_a_meter_number_names_its_manufacturer_and_serial(drn: str, mfr_code: str, serial: str) -> None:
    pan = pan_of_drn(drn)
    assert (pan.mfr_code, pan.serial) == (mfr_code, serial)
    assert pan.drn == f"{mfr_code}{serial}{luhn_digit(mfr_code + serial)}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "meter_number"),
        ("1234567890", "meter_number"),
        ("123456789012", "meter_number"),
        ("6007270000000000090", "meter_number"),
        ("abcdefghijk", "meter_number"),
        ("600727 00000000009", "meter_number"),
        ("٠٠٠٠٠٠٠٠٠٠٠", "meter_number"),
        ("-0000000000", "meter_number"),
        ("12345678904", "meter_check_digit"),
        ("11111111113", "meter_check_digit"),
        ("0100000000009", "meter_check_digit"),
        ("600727000000000008", "meter_check_digit"),
    ],
)
def test_a_wrong_number_is_refused_by_code(text: str, code: str) -> None:
    with pytest.raises(RemoteError) as refusal:
        parse_meter_number(text)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ("", "drn", "there is no meter number"),
        ("0000000000x", "drn", "character 11 of the meter number is not a digit"),
        ("000000000000", "drn", "a meter number has 11 or 13 digits, or 18 as a MeterPAN, not 12"),
        ("12345678904", "drn", "the last digit does not check the others"),
        ("600727000000000008", "pan", "the last digit does not check the others"),
        ("600727111111111138", "drn", "the last digit of the meter number inside does not check the others"),
    ],
)
def test_a_refused_number_says_where_it_is_wrong(text: str, field: str, message: str) -> None:
    with pytest.raises(RemoteError) as refusal:
        parse_meter_number(text)
    assert (refusal.value.field, str(refusal.value)) == (field, message)


@pytest.mark.parametrize(("digits", "checked"), [("", False), ("0", False), ("00", True), ("01", False), ("x0", False)])
def test_any_digits_are_checked_by_their_last(digits: str, *, checked: bool) -> None:
    assert is_checked(digits) is checked


def test_a_pan_with_a_good_outer_digit_and_a_bad_inner_one_is_refused() -> None:
    body = "60072711111111113"
    with pytest.raises(RemoteError) as refusal:
        MeterPan(f"{body}{luhn_digit(body)}")
    assert refusal.value.code == "meter_check_digit"


@given(st.text(DIGITS, min_size=10, max_size=10) | st.text(DIGITS, min_size=12, max_size=12), st.data())
def test_one_wrong_digit_is_always_noticed(body: str, data: st.DataObject) -> None:
    drn = f"{body}{luhn_digit(body)}"
    assert parse_meter_number(drn).drn == drn
    place = data.draw(st.integers(0, len(drn) - 1))
    other = data.draw(st.sampled_from(DIGITS.replace(drn[place], "")))
    with pytest.raises(RemoteError):
        parse_meter_number(drn[:place] + other + drn[place + 1 :])


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_a_refusal(text: str) -> None:
    try:
        assert len(parse_meter_number(text).digits) == 18
    except RemoteError as refusal:
        assert refusal.code in {"meter_number", "meter_check_digit"}
