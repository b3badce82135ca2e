"""The published traces, from the clock to the digits.

Where the cipher's tables are licensed (EA07) the way goes up to the plain block; the digits that were published for
that block stand in for the cipher.
"""

from datetime import UTC, datetime

import pytest

from meters_io.sts.ciphers import Algorithm
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.crc import plain_crc
from meters_io.sts.key_change import KeyChange, assemble, change_between, encode_key_change, read_section, sections_of
from meters_io.sts.keys import Dkga, KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.management import ALL_REGISTERS, Management, ManagementToken, encode_management, read_management
from meters_io.sts.tid import BaseDate, next_free, tid_at
from meters_io.sts.token import TokenClass, open_token
from meters_io.sts.transfer import Credit, decode_credit, encode_credit
from tests.meters_io.sts.published import EA07_METER, EA11_METER, KEY, PAN, SECRET, recorded

OTHER_GROUP = VendingKey(SECRET, "203557", krn=6, base_date=BaseDate.Y2035)


def tid_of(base: BaseDate, *moment: int) -> int:
    year, month, day, hour, minute = moment
    return next_free(tid_at(datetime(year, month, day, hour, minute, tzinfo=UTC), base), None)


def test_a_kwh_under_dkga02_and_ea07() -> None:
    key = VendingKey(bytes.fromhex("AB" * 8), "123456", base_date=BaseDate.Y1993, dkga=Dkga.DKGA02)
    assert decoder_key(key, EA07_METER).hex() == "e653341f9d5bf36f"
    tid = tid_of(BaseDate.Y1993, 2004, 3, 1, 13, 55)
    assert tid == 0x599863
    cipher = recorded(0x05599863000119E6, "23716100501183194197")
    assert cipher.enciphered == 0x492083C0AE7CE455
    assert encode_credit(cipher, Credit.ELECTRICITY, 1, tid, 5) == "23716100501183194197"


def test_a_kwh_under_dkga04_and_ea07() -> None:
    assert decoder_key(KEY, EA07_METER).hex() == "87f3ecbb2e46b48f"
    tid = tid_of(BaseDate.Y2014, 2014, 3, 1, 13, 0)
    cipher = recorded(0x05014EEC00013188, "70630503470028726114")
    assert cipher.enciphered == 0xD431F4B09E0E9F62
    assert encode_credit(cipher, Credit.ELECTRICITY, 1, tid, 5) == "70630503470028726114"


def test_a_kwh_under_dkga04_and_ea11() -> None:
    key = decoder_key(KEY, EA11_METER)
    assert key.hex() == "929bd3a415c9420a05ec5ee9f3ce91c3"
    assert Misty1(key).encrypt(0x05014EEC00013188) == 0x2D98A5617B45BE2E
    digits = encode_credit(key, Credit.ELECTRICITY, 1, tid_of(BaseDate.Y2014, 2014, 3, 1, 13, 0), 5)
    assert digits == "58625789986991357486"


def test_an_amount_of_money() -> None:
    tid = tid_of(BaseDate.Y2014, 2024, 4, 21, 10, 1)
    assert tid == 0x52B139
    cipher = recorded(0x4052B13960AA_C385, "42334201269947232996")
    assert encode_credit(cipher, Credit.ELECTRICITY_CURRENCY, 100_000, tid, 5) == "42334201269947232996"
    assert decode_credit(cipher, "42334201269947232996").tid == tid


def test_a_register_cleared_in_the_reserved_minute() -> None:
    tid = tid_of(BaseDate.Y2014, 2026, 7, 29, 0, 1)
    assert tid == 0x64E602
    cipher = recorded(0x1564E602FFFF_DCF5, "68645810801068127886")
    assert encode_management(cipher, Management.CLEAR_CREDIT, ALL_REGISTERS, tid, 5) == "68645810801068127886"
    read = read_management(open_token("68645810801068127886", cipher))
    assert read == ManagementToken(Management.CLEAR_CREDIT, tid, 5, ALL_REGISTERS)


def blocks_of(change: KeyChange) -> list[int]:
    """The plain blocks of a set, CRC and all."""
    data = [section.subclass << 44 | section.data44 for section in sections_of(change)]
    return [data48 << 16 | plain_crc(TokenClass.MANAGEMENT << 48 | data48) for data48 in data]


@pytest.mark.parametrize(
    ("change", "data", "tokens"),
    [
        pytest.param(
            change_between(KEY, KEY, MeterConfig(PAN, 2, Algorithm.STA)),
            [0x3F127F78CDD2, 0x4F0220BE39B8],
            ["06510894141453018386", "22979178279997208272"],
            id="another tariff index",
        ),
        pytest.param(
            change_between(KEY, KEY, MeterConfig(PAN, 2, Algorithm.STA), three_tokens=True),
            [0x3F167F78CDD2, 0x4F0220BE39B8, 0x80312F100000],
            ["52506022850399603630", "22979178279997208272", "39620459059615037790"],
            id="another tariff index, in three",
        ),
        pytest.param(
            change_between(KEY, OTHER_GROUP, MeterConfig(PAN, 2, Algorithm.STA)),
            [0x3F6ABDC28DCF, 0x4F026005434D],
            ["65413070543688156280", "27469374567476953413"],
            id="another base date",
        ),
    ],
)
def test_a_key_change_under_ea07(change: KeyChange, data: list[int], tokens: list[str]) -> None:
    blocks = blocks_of(change)
    assert [block >> 16 for block in blocks] == data
    ciphers = [recorded(block, digits) for block, digits in zip(blocks, tokens, strict=True)]
    sections = [read_section(open_token(digits, known)) for digits, known in zip(tokens, ciphers, strict=True)]
    assert tuple(sections) == sections_of(change)


def test_the_checksums_of_a_key_change_are_as_published() -> None:
    change = change_between(KEY, KEY, MeterConfig(PAN, 2, Algorithm.STA))
    assert change.key.hex() == "7f78cdd220be39b8"
    assert [block & 0xFFFF for block in blocks_of(change)] == [0xC8CC, 0x36F9]


def test_a_key_change_under_ea11_that_rolls_over() -> None:
    change = change_between(KEY, OTHER_GROUP, MeterConfig(PAN, 2))
    assert change == KeyChange(
        bytes.fromhex("39FA45A353CB729549DC515A68A25C98"), 255, 6, KeyType.DUTK, 2, "203557", rollover=True
    )
    assert [block >> 16 for block in blocks_of(change)] == [
        0x3F6A39FA45A3,
        0x4F0268A25C98,
        0x8B2553CB7295,
        0x903149DC515A,
    ]
    old = Misty1(decoder_key(KEY, EA11_METER))
    tokens = encode_key_change(old, change)
    assert tokens == (
        "39536809214641544852",
        "23263472884016433225",
        "45268691985939334940",
        "65389277406881242890",
    )
    assert assemble([read_section(open_token(digits, old)) for digits in reversed(tokens)], Algorithm.MISTY1) == change
