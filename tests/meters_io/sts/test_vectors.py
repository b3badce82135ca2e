"""Every published vector, made of its inputs and read back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from meters_io.errors import RemoteError
from meters_io.sts.amounts import (
    decode_currency,
    decode_units,
    encode_currency,
    encode_units,
    hundred_thousandths_of,
    tenths_of,
)
from meters_io.sts.anatomy import read_token
from meters_io.sts.ciphers import Algorithm, cipher_of
from meters_io.sts.ciphers.des import encrypt_block
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.ciphers.sta import SAMPLE_TABLES, Sta
from meters_io.sts.crc import currency_crc, plain_crc
from meters_io.sts.displays import TestToken, encode_test
from meters_io.sts.key_change import (
    FirstSection,
    KeyChange,
    SecondSection,
    Section,
    assemble,
    change_between,
    encode_key_change,
    encode_section,
    read_section,
)
from meters_io.sts.keys import (
    Dkga,
    KeyType,
    MeterConfig,
    VendingKey,
    control_block,
    decoder_key,
    dkga04_data,
    pan_block,
)
from meters_io.sts.management import ManagementToken, encode_management, value_set
from meters_io.sts.pan import MeterPan, luhn_digit, parse_meter_number
from meters_io.sts.tid import BaseDate, next_free, tid_at, time_of
from meters_io.sts.token import TokenClass, as_hex, from_hex, open_token, read_class, seal
from meters_io.sts.transfer import CreditToken, encode_credit, granted
from tests.meters_io.sts.published import Inputs, Vector, cipher_for, key_of, of_kind, recorded, vectors

KINDS = {
    "des", "misty1", "sta_block_sample_tables", "crc", "crc_bytes", "amount_field", "currency_field", "tid",
    "dkga02", "dkga04", "luhn", "pan_valid", "drn_valid", "control_block", "pan_block", "dec_hex", "token",
    "decode_fields", "keychange",
}  # fmt: skip


def each(kind: str) -> pytest.MarkDecorator:
    """Run a test for each vector of a kind."""
    found = of_kind(kind)
    return pytest.mark.parametrize("vector", found, ids=[vector.id for vector in found])


def issued_at(vector: Vector) -> tuple[datetime, BaseDate]:
    moment = datetime.fromisoformat(vector.inputs["issue"]).replace(tzinfo=UTC)
    return moment, BaseDate(vector.inputs["base_date"])


def test_no_vector_is_of_a_kind_nobody_runs() -> None:
    assert {vector.kind for vector in vectors()} == KINDS


def test_every_vector_has_a_name_of_its_own() -> None:
    assert len({vector.id for vector in vectors()}) == len(vectors())


@each("des")
def test_des_enciphers_as_published(vector: Vector) -> None:
    key, plain = bytes.fromhex(vector.inputs["key"]), int(vector.inputs["plaintext"], 16)
    assert encrypt_block(key, plain) == vector.hex("ciphertext")


@each("misty1")
def test_misty1_enciphers_as_published(vector: Vector) -> None:
    cipher, plain = Misty1(bytes.fromhex(vector.inputs["key"])), int(vector.inputs["plaintext"], 16)
    assert cipher.encrypt(plain) == vector.hex("ciphertext")
    assert cipher.decrypt(vector.hex("ciphertext")) == plain


@each("sta_block_sample_tables")
def test_sta_enciphers_as_published(vector: Vector) -> None:
    cipher = Sta(bytes.fromhex(vector.inputs["key"]), SAMPLE_TABLES)
    plain = int(vector.inputs["plaintext"], 16)
    assert cipher.encrypt(plain) == vector.hex("ciphertext")
    assert cipher.decrypt(vector.hex("ciphertext")) == plain
    assert int(seal(TokenClass.CREDIT, plain >> 16, cipher)) == vector.hex("token66")


@each("crc")
def test_the_crc_covers_class_and_data(vector: Vector) -> None:
    assert plain_crc(int(vector.inputs["data48"], 16)) == vector.hex("crc")


@each("crc_bytes")
def test_the_crc_of_seven_bytes_is_as_published(vector: Vector) -> None:
    crc = currency_crc if vector.inputs["currency"] else plain_crc
    assert crc(int(vector.inputs["bytes"], 16)) == vector.hex("crc")


@each("amount_field")
def test_units_take_the_published_field(vector: Vector) -> None:
    field = encode_units(vector.inputs["units"])
    assert field == vector.hex("field")
    assert decode_units(field) >= vector.inputs["units"]


@each("currency_field")
def test_currency_takes_the_published_field(vector: Vector) -> None:
    amount = int(Decimal(vector.inputs["amount"]) * 100_000)
    field = encode_currency(amount)
    assert field == vector.hex("field")
    assert decode_currency(field) >= amount


@each("tid")
def test_a_minute_has_the_published_tid(vector: Vector) -> None:
    moment, base = issued_at(vector)
    assert tid_at(moment, base) == vector.hex("tid")
    assert time_of(vector.hex("tid"), base) == moment


@each("dkga04")
def test_dkga04_derives_the_published_key(vector: Vector) -> None:
    inputs = vector.inputs
    secret, kt = bytes.fromhex(inputs["vk"]), KeyType(inputs["kt"])
    key = VendingKey(secret, inputs["sgc"], inputs["krn"], kt, base_date=BaseDate(inputs["base_date"]))
    meter = MeterConfig(MeterPan(inputs["pan"]), int(inputs["ti"]), Algorithm(inputs["ea"]))
    assert dkga04_data(key, meter).hex().upper() == vector.expected["data_block"]
    assert decoder_key(key, meter).hex().upper() == vector.expected["key"]


@each("dkga02")
def test_dkga02_derives_the_published_key(vector: Vector) -> None:
    inputs = vector.inputs
    secret, kt = bytes.fromhex(inputs["vk"]), KeyType(inputs["kt"])
    key = VendingKey(secret, inputs["sgc"], inputs["krn"], kt, dkga=Dkga.DKGA02)
    meter = MeterConfig(MeterPan(inputs["pan"]), int(inputs["ti"]), Algorithm.STA)
    assert decoder_key(key, meter).hex().upper() == vector.expected["key"]


@each("luhn")
def test_luhn_digits_are_as_published(vector: Vector) -> None:
    assert luhn_digit(vector.inputs["digits"]) == vector.expected["check"]


@each("pan_valid")
def test_published_pans_are_valid(vector: Vector) -> None:
    assert parse_meter_number(vector.inputs["pan"]).digits == vector.inputs["pan"]
    assert vector.expected == {"valid": True}


@each("drn_valid")
def test_published_wrong_numbers_are_refused(vector: Vector) -> None:
    with pytest.raises(RemoteError) as refusal:
        parse_meter_number(vector.inputs["drn"])
    assert refusal.value.code == "meter_check_digit"
    assert vector.expected == {"valid": False}


@each("control_block")
def test_control_blocks_are_as_published(vector: Vector) -> None:
    inputs = vector.inputs
    key = VendingKey(bytes(20), inputs["sgc"], inputs["krn"], KeyType(inputs["kt"]))
    assert control_block(key, int(inputs["ti"])) == vector.hex("block")


@each("pan_block")
def test_pan_blocks_are_as_published(vector: Vector) -> None:
    inputs = vector.inputs
    assert pan_block(inputs["iin"], inputs["iain"], KeyType(inputs["kt"])) == vector.hex("block")


@each("dec_hex")
def test_digits_and_hex_are_one_number(vector: Vector) -> None:
    assert as_hex(vector.inputs["token"]) == vector.expected["hex17"]
    assert from_hex(str(vector.expected["hex17"])) == vector.inputs["token"]


@each("token")
def test_tokens_are_made_of_their_inputs_digit_for_digit(vector: Vector) -> None:
    assert made_of(vector) == vector.expected["token"]


@each("token")
def test_tokens_say_what_their_inputs_are(vector: Vector) -> None:
    digits, inputs = str(vector.expected["token"]), vector.inputs
    cipher = cipher_for(inputs["meter"]) if "meter" in inputs else None
    assert read_class(digits) == inputs["class"]
    token = read_token(digits, cipher)
    if isinstance(token, TestToken):
        assert encode_test(token) == digits
        return
    assert isinstance(token, CreditToken | ManagementToken)
    assert (token.subclass, token.tid, token.rnd) == (inputs["subclass"], tid_of(vector), inputs.get("rnd"))
    if isinstance(token, CreditToken):
        assert token.amount == granted(token.subclass, value_of(vector))
    else:
        assert token.value == value_set(token.subclass, value_of(vector))


def made_of(vector: Vector) -> str:
    """Make a token of what its vector gives: class 1 of bits, the others of a time, a value and a meter's key."""
    inputs = vector.inputs
    if inputs["class"] == TokenClass.TEST:
        return encode_test(displayed(inputs))
    key, meter = key_of(inputs["meter"])
    assert key.base_date == inputs["base_date"]
    encode = encode_credit if inputs["class"] == TokenClass.CREDIT else encode_management
    cipher = cipher_of(meter.ea, decoder_key(key, meter), SAMPLE_TABLES)
    return encode(cipher, inputs["subclass"], value_of(vector), tid_of(vector), inputs.get("rnd", 0))


def displayed(inputs: Inputs) -> TestToken:
    if "data44" in inputs:
        return TestToken(inputs["subclass"], int(inputs["data44"], 16) >> 8)
    return TestToken(inputs["subclass"], int(inputs["control"], 16), inputs["mfr"])


def tid_of(vector: Vector) -> int:
    moment, base = issued_at(vector)
    return next_free(tid_at(moment, base), None)


def value_of(vector: Vector) -> int:
    inputs = vector.inputs
    if "currency" in inputs:
        return hundred_thousandths_of(Decimal(inputs["currency"]))
    if "field16" in inputs:
        return int(inputs["field16"], 16)
    return inputs["units"] if "units" in inputs else tenths_of(Decimal(inputs["amount"]))


@each("decode_fields")
def test_published_key_change_sections_hold_their_fields(vector: Vector) -> None:
    """The tables of these two are licensed, so the cipher only knows their pair of blocks."""
    digits, expected = vector.inputs["token"], vector.expected
    assert read_class(digits) == expected["class"]
    section = published_section(vector)
    data48 = section.subclass << 44 | section.data44
    cipher = recorded(data48 << 16 | plain_crc(TokenClass.MANAGEMENT << 48 | data48), digits)
    assert section.subclass == expected["subclass"]
    assert encode_section(cipher, section) == digits
    assert read_token(digits, cipher) == section


def published_section(vector: Vector) -> Section:
    found = vector.expected
    fields = {name: found[name] for name in found if name not in {"class", "subclass", "nkho", "nklo"}}
    numbers = {name: value for name, value in fields.items() if isinstance(value, int)}
    if found["subclass"] == 3:
        return FirstSection(
            numbers["ken_high"],
            numbers["krn"],
            bool(numbers["ro"]),
            bool(numbers["kct3"]),
            numbers["kt"],
            vector.hex("nkho"),
        )
    return SecondSection(numbers["ken_low"], numbers["ti"], vector.hex("nklo"))


@each("keychange")
def test_published_key_change_sets_are_made_of_their_meters(vector: Vector) -> None:
    change, cipher = change_of(vector), cipher_for(vector.inputs["old"])
    made, published = encode_key_change(cipher, change), vector.expected["tokens"]
    assert isinstance(published, list)
    assert len(made) == len(published)
    assert [mine for mine, theirs in zip(made, published, strict=True) if theirs is not None] == [
        digits for digits in published if digits is not None
    ]


@each("keychange")
def test_published_key_change_sets_make_up_their_key(vector: Vector) -> None:
    change, cipher = change_of(vector), cipher_for(vector.inputs["old"])
    published = vector.expected["tokens"]
    assert isinstance(published, list)
    digits = [theirs or mine for mine, theirs in zip(encode_key_change(cipher, change), published, strict=True)]
    sections = [read_section(open_token(each, cipher)) for each in digits]
    assert assemble(sections, Algorithm(vector.inputs["new"]["ea"])) == change
    assert change.rollover == bool(vector.inputs["ro"])


def change_of(vector: Vector) -> KeyChange:
    (old, _), (new, meter) = key_of(vector.inputs["old"]), key_of(vector.inputs["new"])
    return change_between(old, new, meter, three_tokens=bool(vector.inputs["kct3"]))


def test_a_fleet_that_counts_in_local_time_has_its_own_tids() -> None:
    moment = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    ahead = timedelta(hours=8)
    assert tid_at(moment, BaseDate.Y2014, ahead) == tid_at(moment, BaseDate.Y2014) + 480
    assert time_of(tid_at(moment, BaseDate.Y2014, ahead), BaseDate.Y2014, ahead) == moment
