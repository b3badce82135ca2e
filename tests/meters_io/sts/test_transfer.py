"""Credit tokens, built and read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.amounts import CURRENCY_MAX, UNITS_MAX
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.ciphers.sta import SAMPLE_TABLES, Sta
from meters_io.sts.keys import decoder_key
from meters_io.sts.tid import TID_LIMIT, BaseDate, next_free, tid_at
from meters_io.sts.token import TokenClass, open_token, seal
from meters_io.sts.transfer import CreditToken, decode_credit, encode_credit, granted
from tests.meters_io.sts.published import EA11_METER, KEY

DECODER_KEY = decoder_key(KEY, EA11_METER)
TIDS = st.integers(0, TID_LIMIT - 1)
NIBBLES = st.integers(0, 15)


def test_the_published_kwh_token_comes_out() -> None:
    tid = tid_at(datetime(2014, 3, 1, 13, 0, tzinfo=UTC), BaseDate.Y2014)
    assert tid == 0x014EEC
    assert encode_credit(DECODER_KEY, 0, 1, tid, 5) == "58625789986991357486"
    assert decode_credit(DECODER_KEY, "58625789986991357486") == CreditToken(0, tid, 5, 1)


def test_a_currency_token_lays_its_field_where_the_random_bits_would_be() -> None:
    tid = next_free(tid_at(datetime(2024, 4, 21, 10, 1, tzinfo=UTC), BaseDate.Y2014), None)
    digits = encode_credit(DECODER_KEY, 4, 100_000, tid, 5)
    assert open_token(digits, Misty1(DECODER_KEY)).data48 == 0x4052B13960AA


@given(st.integers(0, 3), st.integers(0, UNITS_MAX), TIDS, NIBBLES)
def test_units_tokens_read_back(subclass: int, amount: int, tid: int, rnd: int) -> None:
    digits = encode_credit(DECODER_KEY, subclass, amount, tid, rnd)
    assert decode_credit(DECODER_KEY, digits) == CreditToken(subclass, tid, rnd, granted(subclass, amount))


@given(st.integers(4, 7), st.integers(-CURRENCY_MAX, CURRENCY_MAX), TIDS, NIBBLES)
def test_currency_tokens_read_back(subclass: int, amount: int, tid: int, rnd: int) -> None:
    digits = encode_credit(DECODER_KEY, subclass, amount, tid, rnd)
    assert decode_credit(DECODER_KEY, digits) == CreditToken(subclass, tid, None, granted(subclass, amount))


@given(st.binary(min_size=8, max_size=8), st.integers(0, UNITS_MAX), TIDS, NIBBLES)
def test_an_ea07_meter_reads_its_tokens_with_its_tables(key: bytes, amount: int, tid: int, rnd: int) -> None:
    cipher = Sta(key, SAMPLE_TABLES)
    digits = encode_credit(cipher, 0, amount, tid, rnd)
    assert decode_credit(cipher, digits) == CreditToken(0, tid, rnd, granted(0, amount))


@pytest.mark.parametrize(
    ("subclass", "amount", "tid", "rnd", "code"),
    [
        (8, 1, 1, 5, "subclass"),
        (-1, 1, 1, 5, "subclass"),
        (0, -1, 1, 5, "amount_range"),
        (0, UNITS_MAX + 1, 1, 5, "amount_range"),
        (4, CURRENCY_MAX + 1, 1, 5, "amount_range"),
        (0, 1, -1, 5, "tid_range"),
        (0, 1, TID_LIMIT, 5, "tid_range"),
        (0, 1, 1, 16, "rnd_range"),
        (4, 1, 1, -1, "rnd_range"),
    ],
)
def test_what_no_token_can_carry_is_refused(subclass: int, amount: int, tid: int, rnd: int, code: str) -> None:
    with pytest.raises(LocalError) as refusal:
        encode_credit(DECODER_KEY, subclass, amount, tid, rnd)
    assert refusal.value.code == code


def test_an_ea07_key_without_tables_is_not_taken_for_another() -> None:
    with pytest.raises(LocalError) as refusal:
        encode_credit(bytes(8), 0, 1, 1, 5)
    assert refusal.value.code == "key_length"


@pytest.mark.parametrize("subclass", [-1, 8])
def test_nothing_is_granted_for_a_subclass_that_is_no_credit(subclass: int) -> None:
    with pytest.raises(LocalError) as refusal:
        granted(subclass, 1)
    assert refusal.value.code == "subclass"


@pytest.mark.parametrize("subclass", range(8, 16))
def test_reserved_subclasses_are_not_read_as_credit(subclass: int) -> None:
    digits = seal(TokenClass.CREDIT, subclass << 44 | 1, Misty1(DECODER_KEY))
    with pytest.raises(RemoteError) as refusal:
        decode_credit(DECODER_KEY, digits)
    assert refusal.value.code == "subclass"


def test_a_management_token_is_not_read_as_credit() -> None:
    digits = seal(TokenClass.MANAGEMENT, 0x1564E602FFFF, Misty1(DECODER_KEY))
    with pytest.raises(RemoteError) as refusal:
        decode_credit(DECODER_KEY, digits)
    assert refusal.value.code == "token_class"


@given(st.text(max_size=24) | st.integers(0, 10**20 - 1).map(lambda number: f"{number:020d}"))
def test_any_text_is_a_credit_or_a_refusal(digits: str) -> None:
    try:
        decode_credit(DECODER_KEY, digits)
    except RemoteError as refusal:
        assert refusal.code in {"token_format", "token_class", "token_crc", "subclass"}
