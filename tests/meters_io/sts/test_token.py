"""Twenty digits and sixty-six bits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.crc import currency_crc, plain_crc
from meters_io.sts.token import Opened, TokenClass, as_hex, from_hex, open_test, open_token, read_class, seal
from tests.meters_io.sts.published import Recorded

CIPHER = Misty1(bytes(range(16)))
DATA = st.integers(0, (1 << 48) - 1)
ENCIPHERED = st.sampled_from([TokenClass.CREDIT, TokenClass.MANAGEMENT])


@pytest.mark.parametrize(
    ("plain", "enciphered", "digits"),
    [
        (0x05599863000119E6, 0x492083C0AE7CE455, "23716100501183194197"),
        (0x05014EEC00013188, 0xD431F4B09E0E9F62, "70630503470028726114"),
        (0x05014EEC00013188, 0x2D98A5617B45BE2E, "58625789986991357486"),
    ],
)
def test_published_blocks_become_their_published_digits(plain: int, enciphered: int, digits: str) -> None:
    cipher = Recorded(plain, enciphered)
    assert seal(TokenClass.CREDIT, plain >> 16, cipher) == digits
    assert open_token(digits, cipher) == Opened(TokenClass.CREDIT, plain >> 16)


@pytest.mark.parametrize(
    ("data48", "digits"),
    [
        (0x0FFFFFFFFF00, "56493153725450313471"),  # test 0, everything
        (0x1FFFFFFF0000, "02305843005052951967"),
        (0x000000000000, "00000000000134220736"),
        (0x200000000000, "02305843009347914912"),  # extended read
        (0x2FC000000000, "03440750115445279822"),
    ],
)
def test_meter_tests_are_not_enciphered(data48: int, digits: str) -> None:
    assert seal(TokenClass.TEST, data48, None) == digits
    assert open_token(digits, CIPHER) == Opened(TokenClass.TEST, data48)


@pytest.mark.parametrize(
    ("covered", "crc"),
    [
        (0x00004A2D900FF2, 0x0FFA),
        (0x000B19EB230100, 0xC207),
        (0x0005C02A552710, 0x1970),
        (0x02_1564E602FFFF, 0xDCF5),
        (0x02_3F127F78CDD2, 0xC8CC),
        (0x02_4F0220BE39B8, 0x36F9),
    ],
)
def test_published_checksums_come_out(covered: int, crc: int) -> None:
    assert plain_crc(covered) == crc


@pytest.mark.parametrize(("covered", "crc"), [(0x00004A2D900FF2, 0x7BC4), (0x004052B13960AA, 0xC385)])
def test_published_currency_checksums_come_out(covered: int, crc: int) -> None:
    assert currency_crc(covered) == crc


@given(ENCIPHERED, DATA)
def test_what_is_sealed_opens_again(token_class: TokenClass, data48: int) -> None:
    digits = seal(token_class, data48, CIPHER)
    assert len(digits) == 20
    assert digits.isdecimal()
    assert read_class(digits) is token_class
    assert open_token(digits, CIPHER) == Opened(token_class, data48)


@given(DATA)
def test_a_sealed_meter_test_opens_again(data48: int) -> None:
    digits = seal(TokenClass.TEST, data48, None)
    assert open_token(digits, CIPHER) == open_test(digits) == Opened(TokenClass.TEST, data48)
    assert int(as_hex(digits), 16) == int(digits)
    assert from_hex(as_hex(digits)) == digits


@pytest.mark.parametrize(
    "digits",
    [
        "", "1", "123456789012345678901", "1234567890123456789a", "1234 5678 9012 3456 7890", "-1234567890123456789",
        "73786976294838206464",  # 2^66
        "99999999999999999999", "١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦٧٨٩٠", "1234567890123456789²", "1234567890123456789\n",
    ],
)  # fmt: skip
def test_what_is_not_a_token_is_refused_for_its_form(digits: str) -> None:
    for read in (read_class, as_hex, lambda text: open_token(text, CIPHER)):
        with pytest.raises(RemoteError) as refusal:
            read(digits)
        assert refusal.value.code == "token_format"


@pytest.mark.parametrize(
    ("digits", "fault"),
    [
        ("1234567890123456789", "there are 19"),
        ("123456789012345678901", "there are 21"),
        ("12345678901234567x90", "character 18 is not a digit"),
        ("1234 5678 9012 3456 7890", "character 5 is not a digit"),
        ("73786976294838206464", "the number is too large"),
    ],
)
def test_a_refused_token_says_where_it_is_wrong_and_not_what_it_was(digits: str, fault: str) -> None:
    with pytest.raises(RemoteError) as refusal:
        read_class(digits)
    assert str(refusal.value) == f"a token is 20 digits below 2^66: {fault}"
    assert (refusal.value.code, refusal.value.field) == ("token_format", "token")


@pytest.mark.parametrize(
    "text", ["", "0", "0000000008000BC0", "000000000008000BC0", "0000000000800 BC0", "-000000000008000B",
             "0x000000000008000", "4000000000000000G", "40000000000000000", "0000000000_8000BC", "٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠"],
)  # fmt: skip
def test_hex_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(RemoteError) as refusal:
        from_hex(text)
    assert (refusal.value.code, refusal.value.field) == ("token_format", "token")


@pytest.mark.parametrize("token_class", [TokenClass.CREDIT, TokenClass.MANAGEMENT])
def test_an_enciphered_token_is_not_opened_without_a_cipher(token_class: TokenClass) -> None:
    with pytest.raises(RemoteError) as refusal:
        open_test(seal(token_class, 1, CIPHER))
    assert (refusal.value.code, refusal.value.field) == ("token_class", "class")


@pytest.mark.parametrize("digits", ["73786976294838206463", "00000000000402653184"])
def test_the_reserved_class_is_refused(digits: str) -> None:
    assert read_class(digits) is TokenClass.RESERVED
    with pytest.raises(RemoteError) as refusal:
        open_token(digits, CIPHER)
    assert refusal.value.code == "token_class"


@pytest.mark.parametrize("place", range(20))
def test_one_wrong_digit_of_a_token_is_noticed(place: int) -> None:
    digits = "00000000000134220736"
    for other in {*"0123456789"} - {digits[place]}:
        with pytest.raises(RemoteError) as refusal:
            open_test(digits[:place] + other + digits[place + 1 :])
        assert refusal.value.code in {"token_crc", "token_class", "token_format"}


def test_another_key_fails_the_checksum() -> None:
    with pytest.raises(RemoteError) as refusal:
        open_token(seal(TokenClass.CREDIT, 0x050000010001, CIPHER), Misty1(bytes(16)))
    assert refusal.value.code == "token_crc"


@pytest.mark.parametrize(("token_class", "cipher"), [(TokenClass.TEST, CIPHER), (TokenClass.CREDIT, None)])
def test_only_meter_tests_go_without_a_cipher(token_class: TokenClass, cipher: Misty1 | None) -> None:
    with pytest.raises(LocalError) as refusal:
        seal(token_class, 0, cipher)
    assert refusal.value.code == "token_cipher"


@pytest.mark.parametrize("data48", [-1, 1 << 48])
def test_data_of_more_bits_than_a_token_has_are_refused(data48: int) -> None:
    for token_class, cipher in ((TokenClass.CREDIT, CIPHER), (TokenClass.TEST, None)):
        with pytest.raises(LocalError) as refusal:
            seal(token_class, data48, cipher)
        assert (refusal.value.code, refusal.value.field) == ("data_range", "data48")


@given(st.text(max_size=24) | st.integers(0, 10**20 - 1).map(lambda number: f"{number:020d}"))
def test_any_text_opens_or_is_refused(digits: str) -> None:
    try:
        open_token(digits, CIPHER)
    except RemoteError as refusal:
        assert refusal.code in {"token_format", "token_class", "token_crc"}
