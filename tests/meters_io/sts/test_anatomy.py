"""Any token of any class says what it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import CodecError, LocalError, RemoteError
from meters_io.sts.anatomy import read_opened, read_token
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.displays import TestToken, encode_test
from meters_io.sts.key_change import SecondSection, encode_section
from meters_io.sts.management import Management, ManagementToken, encode_management
from meters_io.sts.token import Opened, TokenClass, seal
from meters_io.sts.transfer import Credit, CreditToken, encode_credit
from tests.each import each

CIPHER = Misty1(bytes(range(16)))
NAMED = {
    TokenClass.CREDIT: set(range(8)),
    TokenClass.TEST: {0, 1, 2, *range(6, 16)},
    TokenClass.MANAGEMENT: set(range(16)),
}


@pytest.mark.parametrize(
    ("digits", "token"),
    [
        (encode_credit(CIPHER, Credit.WATER, 12, 77, 5), CreditToken(Credit.WATER, 77, 5, 12)),
        (encode_management(CIPHER, Management.CLEAR_TAMPER, 0, 77, 5), ManagementToken(5, 77, 5, 0)),
        (encode_section(CIPHER, SecondSection(15, 7, 0x01020304)), SecondSection(15, 7, 0x01020304)),
        (encode_test(TestToken(0, 4)), TestToken(0, 4)),
        (seal(TokenClass.CREDIT, 0x9_12345678901, CIPHER), Opened(TokenClass.CREDIT, 0x9_12345678901)),
        (seal(TokenClass.TEST, 0x4_12345678901, None), Opened(TokenClass.TEST, 0x4_12345678901)),
    ],
)
def test_a_token_is_read_by_its_class_and_subclass(digits: str, token: object) -> None:
    assert read_token(digits, CIPHER) == token


@each(sorted(NAMED))
@each(range(16))
def test_every_subclass_of_the_catalogue_has_a_reading(subclass: int, token_class: TokenClass) -> None:
    token = read_opened(Opened(token_class, subclass << 44 | 0x12345678901))
    assert isinstance(token, Opened) == (subclass not in NAMED[token_class])
    assert token.subclass == subclass


def test_a_display_needs_no_cipher() -> None:
    assert read_token("00000000000134220736", None) == TestToken(0, 0)


@pytest.mark.parametrize("token_class", [TokenClass.CREDIT, TokenClass.MANAGEMENT])
def test_what_is_enciphered_needs_one(token_class: TokenClass) -> None:
    with pytest.raises(LocalError) as refusal:
        read_token(seal(token_class, 0, CIPHER), None)
    assert (refusal.value.code, refusal.value.field) == ("token_cipher", "cipher")


def test_the_reserved_class_has_no_reading() -> None:
    for cipher in (CIPHER, None):
        with pytest.raises(RemoteError) as refusal:
            read_token("00000000000402653184", cipher)
        assert (refusal.value.code, refusal.value.field) == ("token_class", "class")


@given(st.text(max_size=24) | st.integers(0, 10**20 - 1).map(lambda number: f"{number:020d}"), st.booleans())
def test_any_text_has_a_reading_or_a_typed_refusal(digits: str, keyed: bool) -> None:
    try:
        read_token(digits, CIPHER if keyed else None)
    except CodecError as refusal:
        assert (refusal.code, refusal.field) in {
            ("token_format", "token"), ("token_class", "class"), ("token_crc", "crc"), ("token_cipher", "cipher"),
        }  # fmt: skip


@given(st.sampled_from(sorted(NAMED)), st.integers(0, (1 << 48) - 1))
def test_whatever_opens_has_a_reading(token_class: TokenClass, data48: int) -> None:
    assert read_opened(Opened(token_class, data48)).subclass == data48 >> 44
