"""Vectors in the spellings that a file may use, and what becomes of refusals."""

from __future__ import annotations

import pytest

from meters_io.conformance.runner import run
from meters_io.conformance.shape import Entry, Family, Json, JsonObject
from meters_io.conformance.verdict import Verdict
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.ciphers.sta import SAMPLE_TABLES, Sta
from meters_io.sts.key_change import KeyChange, encode_key_change
from meters_io.sts.keys import MeterConfig, VendingKey, decoder_key
from meters_io.sts.pan import MeterPan
from meters_io.sts.transfer import encode_credit

METER: JsonObject = {
    "ea": 11,
    "dkga": "04",
    "vk": "ABABABABABABABAB949494949494949401234567",
    "pan": "600727000000000009",
    "kt": 2,
    "sgc": "201457",
    "ti": "01",
    "krn": 1,
    "ken": 255,
    "base_date": 2014,
}
CREDIT: JsonObject = {"meter": METER, "class": 0, "subclass": 0, "issue": "2014-03-01T13:00", "amount": "0.1"}
CREDIT_TOKEN = "58625789986991357486"  # trace C of the published material
KEY_11 = "929BD3A415C9420A05EC5EE9F3CE91C3"
KEY_07 = bytes.fromhex("0ABC12DEF3456789")


def verdict_on(kind: str, inputs: JsonObject, expected: JsonObject) -> Verdict:
    (verdict,) = run([Entry("it", {"id": "it", "kind": kind, "inputs": inputs, "expected": expected})], Family.STS)
    return verdict


def passes(kind: str, inputs: JsonObject, expected: JsonObject) -> bool:
    return verdict_on(kind, inputs, expected).passed


@pytest.mark.parametrize(
    "change",
    [
        {"units": 1, "amount": None},
        {"amount": "0.01"},  # rounded up
        {"field16": "0001", "amount": None},
        {"data44": "5014EEC0001", "amount": None, "issue": None},
        {"tid": "014EEC", "issue": None},
        {"issue": "2014-03-01T13:00:59"},
        {"issue": "2014-03-01 13:00:00Z"},
        {"issue": "2014-03-01T21:00+08:00"},
        {"rnd": "5"},
        {"meter": {**METER, "pan": None, "drn": "00000000000"}},
        {"meter": {**METER, "pan": None, "iin": "600727", "iain": "00000000000"}},
        {"meter": {**METER, "ti": 1, "krn": "1", "kt": "2", "dkga": 4, "base_date": "2014-01-01"}},
        {"meter": {"ea": 11, "decoder_key": "929BD3A415C9420A05EC5EE9F3CE91C3", "base_date": 2014}},
    ],
)
def test_a_credit_token_may_be_asked_for_in_many_ways(change: JsonObject) -> None:
    assert passes("token", {**CREDIT, **change}, {"token": CREDIT_TOKEN})


@pytest.mark.parametrize("spelling", ["5862 5789 9869 9135 7486", "58625-78998-69913-57486", CREDIT_TOKEN])
def test_a_token_may_be_grouped(spelling: str) -> None:
    assert passes("token", CREDIT, {"token": spelling})


def test_more_may_be_said_of_a_token_than_its_digits() -> None:
    known: JsonObject = {"hex17": "32D98A5616345BE2E", "data48": "05014EEC0001", "class": 0, "subclass": 0}
    known |= {"crc": "3188", "block": "05014EEC00013188"}
    assert passes("token", CREDIT, {"token": CREDIT_TOKEN, **known})
    assert not passes("token", CREDIT, {"token": CREDIT_TOKEN, **known, "subclass": 1})


def test_a_token_of_one_minute_past_midnight_carries_the_next_minute() -> None:
    clear: JsonObject = {"meter": METER, "class": 2, "subclass": 1, "issue": "2026-07-29T00:01", "field16": "FFFF"}
    assert passes("token", clear, {"data48": "1564E602FFFF"})
    assert passes("token", {**clear, "special": True}, {"data48": "1564E601FFFF"})
    assert passes("tid", {"base_date": 2014, "issue": "2026-07-29T00:01"}, {"tid": "64E602"})
    assert passes("tid", {"base_date": 2014, "issue": "2026-07-29T00:01", "reserved": True}, {"tid": "64E601"})


def test_a_set_of_four_leaves_open_what_the_file_leaves_open() -> None:
    inputs: JsonObject = {"old": METER, "new": {**METER, "sgc": "203557", "krn": 6, "ti": "02", "base_date": 2035}}
    tokens: list[Json] = [
        "39536809214641544852",
        "23263472884016433225",
        "45268691985939334940",
        "65389277406881242890",
    ]
    assert passes("keychange", inputs, {"tokens": tokens})
    assert passes("keychange", inputs, {"tokens": [tokens[0], None, None, tokens[3]]})
    assert not passes("keychange", inputs, {"tokens": tokens[:3]})
    assert not passes("keychange", inputs, {"tokens": [*tokens, tokens[0]]})
    assert not passes("keychange", inputs, {"tokens": [None, None, None, None]})


def test_sections_of_ea07_and_ea11_show_their_fields() -> None:
    change = KeyChange(KEY_07[::-1], ken=254, krn=3, ti=42, sgc="201457", three_tokens=True)
    sections = encode_key_change(Sta(KEY_07, SAMPLE_TABLES), change)
    meter: JsonObject = {"ea": 7, "decoder_key": KEY_07.hex()}
    fields: list[JsonObject] = [
        {"class": 2, "subclass": 3, "ken_high": 15, "krn": 3, "ro": 0, "kct3": 1, "kt": 2, "nkho": "896745F3"},
        {"subclass": 4, "ken_low": 14, "ti": "42", "nklo": "DE12BC0A"},
        {"subclass": 8, "sgc": "201457"},
    ]
    for token, expected in zip(sections, fields, strict=True):
        assert passes("decode_fields", {"meter": meter, "token": token}, expected)


def test_a_credit_token_shows_its_fields() -> None:
    inputs: JsonObject = {"meter": METER, "token": CREDIT_TOKEN}
    fields: JsonObject = {"class": 0, "rnd": 5, "tid": "014EEC", "units": 1, "amount": "0.1", "field16": "0001"}
    assert passes("decode_fields", inputs, {**fields, "issue": "2014-03-01T13:00"})
    assert not passes("decode_fields", inputs, {**fields, "rnd": 6})


def test_operational_tables_serve_where_they_are_given() -> None:
    inputs: JsonObject = {"meter": {"ea": 7, "decoder_key": KEY_07.hex()}, "class": 0, "subclass": 0, "tid": "19EB23"}
    digits = encode_credit(Sta(KEY_07, SAMPLE_TABLES), 0, 256, 0x19EB23, 11)
    entry = Entry(
        "it", {"kind": "token", "inputs": {**inputs, "units": 256, "rnd": "B"}, "expected": {"token": digits}}
    )
    assert next(run([entry], Family.STS, SAMPLE_TABLES)).passed


EXPIRED: JsonObject = {**CREDIT, "meter": {**METER, "ken": 0}}
REFUSED: list[tuple[JsonObject, str]] = [
    (EXPIRED, "KeyExpiredError"),
    (EXPIRED, "key_expired"),
    (EXPIRED, "ESts.VkExpired"),
    ({**CREDIT, "meter": {**METER, "kt": 1}}, "DDTKError"),
    ({**CREDIT, "meter": {**METER, "kt": 1}}, "DDTK"),
    ({**CREDIT, "meter": {**METER, "pan": "600727000000000008"}}, "ESts.DrnOrPan.CheckDigit"),
    ({**CREDIT, "meter": {**METER, "base_date": 2035}}, "ESts.VkBeforeBdt"),
    ({**CREDIT, "amount": "1820162.5"}, "RangeError"),
    ({**CREDIT, "last_tid": "024EEC"}, "clock_behind"),
    ({**CREDIT, "subclass": 9}, "subclass"),
    ({**CREDIT, "class": 2, "amount": None, "meter": {**METER, "ken": 0}}, "KeyExpired"),
    ({**CREDIT, "meter": {**METER, "dkga": "03", "vk": "00" * 16, "ea": 7}}, "DKGA"),
    ({"old": METER, "new": {**METER, "kt": 3}}, "KeyTypeError"),
]


@pytest.mark.parametrize(("inputs", "reason"), REFUSED)
def test_vending_refuses_for_the_reason_that_the_file_names(inputs: JsonObject, reason: str) -> None:
    assert passes("vend_reject", inputs, {"error": reason})
    assert passes("vend_reject", inputs, {"rejected": True})
    assert passes("vend_reject", inputs, {"accepted": False})
    other = "DDTKError" if "xpired" in reason or "expired" in reason else "KeyExpiredError"
    assert not passes("vend_reject", inputs, {"error": other})


def test_a_token_that_is_issued_is_no_refusal() -> None:
    verdict = verdict_on("vend_reject", CREDIT, {"error": "KeyExpiredError"})
    assert [each.got for each in verdict.differences] == [CREDIT_TOKEN]
    assert passes("vend_reject", CREDIT, {"rejected": False, "token": CREDIT_TOKEN})
    assert not passes("vend_reject", EXPIRED, {"rejected": False, "token": CREDIT_TOKEN})


def test_a_reason_in_words_that_nobody_knows_is_a_remark() -> None:
    verdict = verdict_on("vend_reject", EXPIRED, {"reason": "computer says no"})
    assert verdict.passed
    assert verdict.remarks


def test_an_entry_that_lacks_something_is_no_refusal() -> None:
    assert not passes("vend_reject", {**CREDIT, "issue": None}, {"rejected": True})


def test_a_token_outside_of_vending_is_made_even_under_an_expired_key() -> None:
    """Meters must be shown such tokens; whether to sell them is asked in `vend_reject`."""
    expected: JsonObject = {"token": CREDIT_TOKEN}
    assert passes("token", EXPIRED, expected)


@pytest.mark.parametrize("kind", ["", "tokenz", None])
def test_a_kind_that_we_do_not_know_fails(kind: str | None) -> None:
    (verdict,) = run([Entry("it", {"kind": kind, "inputs": {}, "expected": {"token": "1"}})], Family.STS)
    assert [each.field for each in verdict.differences] == ["kind"]


@pytest.mark.parametrize("spelling", ["D8AE00", "d8ae00", "0xD8AE00", "D8AE00h", "14200320", 14200320])
def test_a_tid_may_be_hex_or_decimal(spelling: Json) -> None:
    assert passes("tid", {"base_date": 1993, "issue": "2020-01-01T08:00"}, {"tid": spelling})
    assert not passes("tid", {"base_date": 1993, "issue": "2020-01-01T08:01"}, {"tid": spelling})


@pytest.mark.parametrize("reason", ["the key has expired: TID >> 16 > KEN", "ESts.VkExpired", "11"])
def test_a_reason_may_be_a_sentence(reason: str) -> None:
    verdict = verdict_on("vend_reject", EXPIRED, {"reason": reason})
    assert verdict.passed
    assert not verdict.remarks


def test_sections_of_an_ea11_set_show_their_quarters_of_the_key_and_halves_of_the_group() -> None:
    meter: JsonObject = {"ea": 11, "decoder_key": "929BD3A415C9420A05EC5EE9F3CE91C3"}
    fields: list[tuple[str, JsonObject]] = [
        ("39536809214641544852", {"subclass": 3, "ro": 1, "krn": 6, "ken_high": "15", "nkho": "39FA45A3"}),
        ("23263472884016433225", {"subclass": 4, "ti": 2, "nklo": "68A25C98"}),
        ("45268691985939334940", {"subclass": 8, "sgc_low": "B25", "nkmo2": "53CB7295"}),
        ("65389277406881242890", {"subclass": 9, "sgc_high": 0x031, "nkmo1": "49dc515a"}),
    ]
    for token, expected in fields:
        assert passes("decode_fields", {"meter": meter, "token": token}, expected)


def test_an_ea11_set_has_four_tokens_even_where_a_third_is_asked_for() -> None:
    secret = bytes.fromhex("ABABABABABABABAB949494949494949401234567")
    key = decoder_key(VendingKey(secret, "201457"), MeterConfig(MeterPan("600727000000000009"), ti=2))
    tokens: list[Json] = [*encode_key_change(Misty1(bytes.fromhex(KEY_11)), KeyChange(key, ti=2, sgc="201457"))]
    for wanted in (0, 1, True):
        inputs: JsonObject = {"old": METER, "new": {**METER, "ti": "02"}, "ro": 0, "kct3": wanted}
        assert passes("keychange", inputs, {"tokens": tokens})
        assert not passes("keychange", inputs, {"tokens": tokens[:3]})


def test_a_base_date_may_stand_beside_the_meter() -> None:
    """It makes the key as well as the TID, wherever it stands."""
    bare: JsonObject = {**METER, "base_date": None}
    for year, issue in ((1993, "2004-03-01T13:00"), (2035, "2041-03-04T05:06:07")):
        inside: JsonObject = {**CREDIT, "meter": {**METER, "base_date": year}, "base_date": year, "issue": issue}
        verdict = verdict_on("token", inside, {"token": "0"})
        token = verdict.differences[0].got
        assert passes("token", {**inside, "meter": bare}, {"token": token})
        assert passes("token", {**inside, "base_date": None}, {"token": token})
        assert passes("decode_fields", {"meter": bare, "base_date": year, "token": token}, {"issue": issue[:16]})


def test_a_meter_may_be_told_without_an_object_of_its_own() -> None:
    bare: JsonObject = {"ea": 11, "decoder_key": KEY_11, "token": CREDIT_TOKEN}
    assert passes("decode_fields", bare, {"tid": "014EEC", "units": 1})
    assert passes("token", {**METER, **CREDIT, "meter": None}, {"token": CREDIT_TOKEN})


def test_a_checksum_may_cover_any_bytes() -> None:
    assert passes("crc_bytes", {"bytes": b"123456789".hex(), "currency": False}, {"crc": "374B"})


def test_a_class_of_any_kind_goes_into_a_block_that_is_enciphered() -> None:
    sample: JsonObject = {"key": "0ABC12DEF3456789", "plaintext": "0B19EB230100C207"}
    for token_class, digits in enumerate(("2C45ED1618406DF95", "2C45ED1618C06DF95", "2C45ED1619406DF95")):
        assert passes("sta_block_sample_tables", {**sample, "class": token_class}, {"token66": digits})


def test_the_minute_one_past_midnight_may_be_meant_as_it_is_counted() -> None:
    inputs: JsonObject = {"base_date": 2014, "issue": "2026-07-29T00:01"}
    verdict = verdict_on("tid", inputs, {"tid": "64E601"})
    assert verdict.passed
    assert verdict.remarks
    assert not passes("tid", inputs, {"tid": "64E603"})
    assert not passes("tid", {**inputs, "reserved": False}, {"tid": "64E601"})
    assert not passes("tid", {**inputs, "issue": "2026-07-29T00:02"}, {"tid": "64E601"})


def test_what_a_token_came_to_carry_may_be_asked() -> None:
    known: JsonObject = {"tid": "014EEC", "units": 1, "amount": "0.1", "ciphertext": "2D98A5617B45BE2E"}
    assert passes("token", {**CREDIT, "amount": "0.01"}, {"token": CREDIT_TOKEN, **known})
    assert not passes("token", CREDIT, {"token": CREDIT_TOKEN, **known, "units": 2})


NUMBERS: JsonObject = {"pan": "600727000000000008"}
TOLD_IN_PART: list[tuple[JsonObject, str]] = [
    (NUMBERS, "check_digit"),
    ({"drn": "12345678904"}, "ESts.DrnOrPan.CheckDigit"),
    ({"meter": NUMBERS}, "Luhn"),
    ({"units": 18201625}, "RangeError"),
    ({"class": 0, "subclass": 4, "currency": "1E31"}, "amount out of range"),
    ({"meter": {**METER, "ken": 0}, "issue": "2014-03-01T13:00"}, "KeyExpired"),
    ({"meter": {**METER, "ken": 0}, "tid": "010000", "amount": "0.1"}, "KeyExpired"),
    ({"meter": {**METER, "ken": None}, "ken": 0, "issue": "2014-03-01T13:00"}, "KeyExpired"),
    ({**CREDIT, "meter": {**METER, "ken": 0}, "amount": None, "field16": "0001"}, "KeyExpired"),
    ({**CREDIT, "meter": {**METER, "ken": 0}, "amount": None, "subclass": 4, "field20": "060AA"}, "KeyExpired"),
    ({**CREDIT, "meter": {"ea": 11, "decoder_key": "00" * 16, "ken": 0, "base_date": 2014}}, "KeyExpired"),
    ({**CREDIT, "meter": {"ea": 7, "decoder_key": "00" * 8, "kt": 1}}, "DDTKError"),
    ({"old": {**METER, "pan": "600727000000000008"}, "new": {"krn": 2}}, "Luhn"),
    ({"meter": METER, "new": {"kt": 3}}, "KeyTypeError"),
    ({"old": METER, "new": {**METER, "krn": 10}}, "EParamRange"),
]


@pytest.mark.parametrize(("inputs", "reason"), TOLD_IN_PART)
def test_a_refusal_may_be_asked_for_by_what_it_is_about_alone(inputs: JsonObject, reason: str) -> None:
    assert passes("vend_reject", inputs, {"error": reason})
    assert passes("vend_reject", inputs, {"reject": True})
    other = "DDTKError" if reason != "DDTKError" else "KeyExpired"
    assert not passes("vend_reject", inputs, {"error": other})


SOLD: list[JsonObject] = [
    {"pan": "600727000000000009"},
    {"units": 18201624},
    {"meter": {**METER, "ken": 0}, "tid": "00FFFF"},
    {**CREDIT, "meter": {"ea": 11, "decoder_key": KEY_11, "kt": 0}},
    {**CREDIT, "meter": {**METER, "kt": 1}, "class": 2, "subclass": 5, "amount": None},
    {"old": {**METER, "ken": 0}, "new": {**METER, "krn": 2}},
]


@pytest.mark.parametrize("inputs", SOLD)
def test_what_may_be_sold_is_no_refusal_however_little_is_told(inputs: JsonObject) -> None:
    assert not passes("vend_reject", inputs, {"reject": True})
