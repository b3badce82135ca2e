"""Tests and displays: every row of the catalogue, and what a meter shows for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.displays import (
    MeterTest,
    TestToken,
    control_bits,
    encode_test,
    extended_read,
    meter_test,
    read_test,
)
from meters_io.sts.token import Opened, TokenClass, open_test
from tests.each import each

LONG, SHORT = [0, 2, 11, 12, 13, 14, 15], [1, 6, 7, 8, 9, 10]
MFR_MAX = {0: 0, 1: 0, 2: 0, **dict.fromkeys(range(6, 11), 9999), **dict.fromkeys(range(11, 16), 99)}


@st.composite
def displays(draw: st.DrawFn) -> TestToken:
    subclass = draw(st.sampled_from(sorted(MFR_MAX)))
    control = draw(st.integers(0, (1 << control_bits(subclass)) - 1))
    return TestToken(subclass, control, draw(st.integers(0, MFR_MAX[subclass])))


@given(displays())
def test_a_display_reads_back(token: TestToken) -> None:
    assert read_test(open_test(encode_test(token))) == token


@pytest.mark.parametrize(
    ("token", "digits"),
    [
        (meter_test(0, MeterTest.EVERYTHING), "56493153725450313471"),
        (meter_test(1, MeterTest.EVERYTHING), "02305843005052951967"),
        (TestToken(0, 0), "00000000000134220736"),
        (extended_read(0), "02305843009347914912"),
        (extended_read(63), "03440750115445279822"),
    ],
)
def test_published_displays_come_out(token: TestToken, digits: str) -> None:
    assert encode_test(token) == digits
    assert read_test(open_test(digits)) == token


@each([0, 1])
@each(sorted(set(MeterTest) - {MeterTest.EVERYTHING}))
def test_each_test_has_its_bit(test: MeterTest, subclass: int) -> None:
    token = meter_test(subclass, test)
    assert token.control == 1 << test - 1
    assert token.tests == (test,)


@pytest.mark.parametrize("subclass", [0, 1])
def test_all_ones_is_test_0_whatever_the_length(subclass: int) -> None:
    token = meter_test(subclass, 0)
    assert token.control == (1 << control_bits(subclass)) - 1
    assert token.tests == (MeterTest.EVERYTHING,)


def test_a_token_may_ask_for_several_tests() -> None:
    assert TestToken(0, 0b1011).tests == (MeterTest.LOAD_SWITCH, MeterTest.DISPLAY, MeterTest.KEY_REVISION)
    assert TestToken(0, 0).tests == ()


@each(range(64))
def test_an_extended_read_asks_for_its_index(index: int) -> None:
    token = extended_read(index)
    assert (token.subclass, token.mfr, token.index) == (2, 0, index)
    assert token.control & (1 << 30) - 1 == 0


def test_only_an_extended_read_has_an_index_and_only_tests_have_tests() -> None:
    assert TestToken(0, 1 << 35).index is None
    assert [TestToken(subclass, 5).tests for subclass in (2, 6, 11)] == [(), (), ()]


@pytest.mark.parametrize("subclass", [-1, 2, 3, 6, 11, 16])
def test_a_test_is_of_subclass_0_or_1(subclass: int) -> None:
    with pytest.raises(LocalError) as refusal:
        meter_test(subclass, 1)
    assert (refusal.value.code, refusal.value.field) == ("subclass", "subclass")


@pytest.mark.parametrize("subclass", LONG)
def test_where_the_manufacturer_has_a_byte_the_control_has_36_bits(subclass: int) -> None:
    assert read_test(Opened(TokenClass.TEST, subclass << 44 | 0x123456789 << 8 | 0x2A)) == TestToken(
        subclass, 0x123456789, 0x2A
    )


@pytest.mark.parametrize("subclass", SHORT)
def test_where_the_manufacturer_has_two_the_control_has_28(subclass: int) -> None:
    assert read_test(Opened(TokenClass.TEST, subclass << 44 | 0x1234567 << 16 | 0x270F)) == TestToken(
        subclass, 0x1234567, 9999
    )


@pytest.mark.parametrize(
    ("token", "code", "field"),
    [
        (TestToken(3, 0), "subclass", "subclass"),
        (TestToken(5, 0), "subclass", "subclass"),
        (TestToken(16, 0), "subclass", "subclass"),
        (TestToken(-1, 0), "subclass", "subclass"),
        (TestToken(0, 1 << 36), "control_range", "control"),
        (TestToken(1, 1 << 28), "control_range", "control"),
        (TestToken(2, -1), "control_range", "control"),
        (TestToken(0, 1, 7), "mfr_code", "mfr"),
        (TestToken(1, 1, 7), "mfr_code", "mfr"),
        (TestToken(2, 1, 7), "mfr_code", "mfr"),
        (TestToken(6, 1, 10_000), "mfr_code", "mfr"),
        (TestToken(11, 1, 100), "mfr_code", "mfr"),
        (TestToken(11, 1, -1), "mfr_code", "mfr"),
    ],
)
def test_what_no_token_can_carry_is_refused(token: TestToken, code: str, field: str) -> None:
    with pytest.raises(LocalError) as refusal:
        encode_test(token)
    assert (refusal.value.code, refusal.value.field) == (code, field)


@pytest.mark.parametrize(("subclass", "test"), [(0, -1), (0, 37), (1, 29)])
def test_a_test_that_has_no_bit_is_refused(subclass: int, test: int) -> None:
    with pytest.raises(LocalError) as refusal:
        meter_test(subclass, test)
    assert (refusal.value.code, refusal.value.field) == ("test", "test")


@pytest.mark.parametrize("index", [-1, 64])
def test_an_index_beyond_its_bits_is_refused(index: int) -> None:
    with pytest.raises(LocalError) as refusal:
        extended_read(index)
    assert (refusal.value.code, refusal.value.field) == ("extended_range", "index")


@pytest.mark.parametrize("subclass", [3, 4, 5])
def test_reserved_subclasses_are_not_read(subclass: int) -> None:
    with pytest.raises(RemoteError) as refusal:
        read_test(Opened(TokenClass.TEST, subclass << 44))
    assert (refusal.value.code, refusal.value.field) == ("subclass", "subclass")


def test_another_class_is_not_read_as_a_display() -> None:
    with pytest.raises(RemoteError) as refusal:
        read_test(Opened(TokenClass.CREDIT, 0))
    assert (refusal.value.code, refusal.value.field) == ("token_class", "class")
