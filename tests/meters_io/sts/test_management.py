"""Management tokens: what they set, and what of that reaches the meter."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import CodecError, LocalError, RemoteError
from meters_io.sts.amounts import UNITS_MAX
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.ciphers.sta import SAMPLE_TABLES, Sta
from meters_io.sts.keys import decoder_key
from meters_io.sts.management import (
    ALL_REGISTERS,
    ExtendedSetting,
    Flag,
    Management,
    ManagementToken,
    cleared_registers,
    encode_management,
    extended_setting,
    flag_setting,
    management_field,
    read_management,
    value_set,
)
from meters_io.sts.tid import TID_LIMIT
from meters_io.sts.token import Opened, TokenClass, open_token, seal
from meters_io.sts.transfer import Credit
from tests.meters_io.sts.published import EA11_METER, KEY

DECODER_KEY = decoder_key(KEY, EA11_METER)
CIPHER = Misty1(DECODER_KEY)
LIMITS = [Management.MAXIMUM_POWER_LIMIT, Management.MAXIMUM_PHASE_UNBALANCE]
OTHERS = sorted(set(Management) - set(LIMITS))
TIDS = st.integers(0, TID_LIMIT - 1)
NIBBLES = st.integers(0, 15)


@given(st.sampled_from(OTHERS), st.integers(0, 0xFFFF), TIDS, NIBBLES)
def test_sixteen_bits_read_back(subclass: Management, value: int, tid: int, rnd: int) -> None:
    digits = encode_management(DECODER_KEY, subclass, value, tid, rnd)
    assert read_management(open_token(digits, CIPHER)) == ManagementToken(subclass, tid, rnd, value)
    assert value_set(subclass, value) == value


@given(st.sampled_from(LIMITS), st.integers(0, UNITS_MAX), TIDS, NIBBLES)
def test_a_power_limit_reads_back_as_what_the_meter_sets(subclass: Management, watts: int, tid: int, rnd: int) -> None:
    digits = encode_management(DECODER_KEY, subclass, watts, tid, rnd)
    token = read_management(open_token(digits, CIPHER))
    assert token == ManagementToken(subclass, tid, rnd, value_set(subclass, watts))
    assert watts <= token.value <= watts + 999


@given(st.binary(min_size=8, max_size=8), st.sampled_from(Management), st.integers(0, 0xFFFF), TIDS, NIBBLES)
def test_an_ea07_meter_reads_them_with_its_tables(key: bytes, subclass: int, value: int, tid: int, rnd: int) -> None:
    cipher = Sta(key, SAMPLE_TABLES)
    digits = encode_management(cipher, subclass, value, tid, rnd)
    assert read_management(open_token(digits, cipher)) == ManagementToken(
        subclass, tid, rnd, value_set(subclass, value)
    )


@given(st.integers(0, (1 << 48) - 1))
def test_whatever_opens_as_management_is_written_back(data48: int) -> None:
    opened = Opened(TokenClass.MANAGEMENT, data48)
    try:
        token = read_management(opened)
    except RemoteError as refusal:
        assert (refusal.code, opened.subclass) in {("subclass", each) for each in (3, 4, 8, 9)}
        return
    digits = encode_management(CIPHER, token.subclass, token.value, token.tid, token.rnd)
    assert open_token(digits, CIPHER) == opened


@pytest.mark.parametrize(
    ("subclass", "value", "tid", "rnd", "code", "field"),
    [
        (-1, 0, 1, 5, "subclass", "subclass"),
        (3, 0, 1, 5, "subclass", "subclass"),
        (4, 0, 1, 5, "subclass", "subclass"),
        (8, 0, 1, 5, "subclass", "subclass"),
        (9, 0, 1, 5, "subclass", "subclass"),
        (16, 0, 1, 5, "subclass", "subclass"),
        (0, -1, 1, 5, "amount_range", "amount"),
        (6, UNITS_MAX + 1, 1, 5, "amount_range", "amount"),
        (1, -1, 1, 5, "value_range", "value"),
        (10, 0x10000, 1, 5, "value_range", "value"),
        (5, 0, -1, 5, "tid_range", "tid"),
        (5, 0, TID_LIMIT, 5, "tid_range", "tid"),
        (5, 0, 1, -1, "rnd_range", "rnd"),
        (5, 0, 1, 16, "rnd_range", "rnd"),
    ],
)
def test_what_no_token_can_carry_is_refused(
    subclass: int, value: int, tid: int, rnd: int, code: str, field: str
) -> None:
    with pytest.raises(LocalError) as refusal:
        encode_management(DECODER_KEY, subclass, value, tid, rnd)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_credit_is_not_read_as_management() -> None:
    with pytest.raises(RemoteError) as refusal:
        read_management(Opened(TokenClass.CREDIT, 0))
    assert (refusal.value.code, refusal.value.field) == ("token_class", "class")


@pytest.mark.parametrize("register", list(Credit))
def test_a_token_clears_one_register(register: Credit) -> None:
    assert cleared_registers(register) == (register,)


def test_a_token_clears_all_registers() -> None:
    assert cleared_registers(ALL_REGISTERS) == tuple(Credit)


@pytest.mark.parametrize("value", [8, 0xFFFE])
def test_a_register_that_does_not_exist_is_refused(value: int) -> None:
    with pytest.raises(RemoteError) as refusal:
        cleared_registers(value)
    assert (refusal.value.code, refusal.value.field) == ("register", "value")


def test_the_published_flag_values_come_out() -> None:
    off, on = (flag_setting(Flag.CONFORMANCE_TEST, on=on) for on in (False, True))
    assert (off.value, on.value) == (0xFC00, 0xFC01)
    assert management_field(Management.EXTENDED_SET, on.value) == 0xFC01


@given(st.integers(0, 511), st.booleans())
def test_a_flag_reads_back(flag: int, on: bool) -> None:
    assert extended_setting(flag_setting(flag, on=on).value).flag == (flag, on)


@given(st.integers(0, 0xFFFF))
def test_an_extended_setting_is_index_and_data(value: int) -> None:
    setting = extended_setting(value)
    assert setting == ExtendedSetting(value // 1024, value % 1024)
    assert setting.value == value
    assert (setting.flag is None) == (setting.index != 63)


@pytest.mark.parametrize(
    "make",
    [
        lambda: flag_setting(512, on=True),
        lambda: flag_setting(-1, on=True),
        lambda: ExtendedSetting(64, 0),
        lambda: ExtendedSetting(0, 1024),
        lambda: ExtendedSetting(-1, 0),
        lambda: extended_setting(0x10000),
    ],
)
def test_an_extended_setting_beyond_its_bits_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(CodecError) as refusal:
        make()
    assert refusal.value.code == "extended_range"


def test_a_class_0_block_does_not_open_as_management() -> None:
    digits = seal(TokenClass.CREDIT, 0x1564E602FFFF, CIPHER)
    with pytest.raises(RemoteError):
        read_management(open_token(digits, CIPHER))
