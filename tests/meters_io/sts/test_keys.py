"""Decoder keys: what is derived, and what is refused."""

import pytest

from meters_io.errors import LocalError
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.keys import Dkga, KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.pan import MeterPan
from meters_io.sts.tid import BaseDate
from tests.meters_io.sts.published import EA07_METER, EA11_METER, KEY, PAN, SECRET

OLD_SECRET = bytes.fromhex("ABABABABABABABAB")
OLD_KEY = VendingKey(OLD_SECRET, "123456", base_date=BaseDate.Y1993, dkga=Dkga.DKGA02)


@pytest.mark.parametrize(
    ("key", "meter", "expected"),
    [
        (OLD_KEY, EA07_METER, "E653341F9D5BF36F"),
        (KEY, EA07_METER, "87F3ECBB2E46B48F"),
        (KEY, EA11_METER, "929BD3A415C9420A05EC5EE9F3CE91C3"),
        (KEY, MeterConfig(PAN, 2, Algorithm.STA), "7F78CDD220BE39B8"),
        (
            VendingKey(SECRET, "203557", 6, base_date=BaseDate.Y2035),
            MeterConfig(PAN, 2),
            "39FA45A353CB729549DC515A68A25C98",
        ),
    ],
)
def test_the_keys_of_the_published_traces_come_out(key: VendingKey, meter: MeterConfig, expected: str) -> None:
    assert decoder_key(key, meter).hex().upper() == expected


def test_with_dkga02_the_base_date_does_not_change_the_key() -> None:
    later = VendingKey(OLD_SECRET, "123456", base_date=BaseDate.Y2014, dkga=Dkga.DKGA02)
    assert decoder_key(later, EA07_METER) == decoder_key(OLD_KEY, EA07_METER)


def test_a_common_key_is_the_same_for_every_meter_of_the_group() -> None:
    key = VendingKey(OLD_SECRET, "123456", kt=KeyType.DCTK, dkga=Dkga.DKGA02)
    other = MeterConfig(MeterPan("600727111111111153"), ea=Algorithm.STA)
    assert decoder_key(key, EA07_METER) == decoder_key(key, other)


@pytest.mark.parametrize(
    ("key", "meter", "code"),
    [
        (VendingKey(bytes(8), "123456", dkga=Dkga.DKGA01), EA07_METER, "dkga_refused"),
        (VendingKey(bytes(16), "123456", dkga=Dkga.DKGA03), EA07_METER, "dkga_refused"),
        (KEY, MeterConfig(PAN, ea=Algorithm.DES), "ea_refused"),
        (OLD_KEY, MeterConfig(PAN, ea=Algorithm.DES), "ea_refused"),
        (OLD_KEY, EA11_METER, "ea_refused"),
        (VendingKey(SECRET, "201457", kt=KeyType.DITK), EA11_METER, "kt_refused"),
        (VendingKey(SECRET, "201457", kt=KeyType.DCTK), EA11_METER, "kt_refused"),
    ],
)
def test_what_has_no_public_description_is_refused(key: VendingKey, meter: MeterConfig, code: str) -> None:
    with pytest.raises(LocalError) as refusal:
        decoder_key(key, meter)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("key", "ea", "message"),
    [
        (
            VendingKey(bytes(8), "123456", dkga=Dkga.DKGA01), Algorithm.STA,
            "DKGA01 is not supported: DKGA02 and DKGA04 are",
        ),
        (
            VendingKey(bytes(16), "123456", dkga=Dkga.DKGA03), Algorithm.STA,
            "DKGA03 is not supported: DKGA02 and DKGA04 are",
        ),
        (KEY, Algorithm.DES, "EA09 is withdrawn and not supported: EA07 and EA11 are"),
        (OLD_KEY, Algorithm.DES, "EA09 is withdrawn and not supported: EA07 and EA11 are"),
        (OLD_KEY, Algorithm.MISTY1, "DKGA02 makes keys for EA07 only: EA11 takes DKGA04"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_supported_instead(key: VendingKey, ea: Algorithm, message: str) -> None:
    with pytest.raises(LocalError) as refusal:
        decoder_key(key, MeterConfig(PAN, ea=ea))
    assert str(refusal.value) == message


@pytest.mark.parametrize("sgc", ["", "12345", "1234567", "12345x", "１２３４５６"])
def test_a_supply_group_code_has_six_digits(sgc: str) -> None:
    with pytest.raises(LocalError) as refusal:
        VendingKey(SECRET, sgc)
    assert refusal.value.field == "sgc"


@pytest.mark.parametrize("krn", [0, 10])
def test_a_key_revision_runs_from_one_to_nine(krn: int) -> None:
    with pytest.raises(LocalError) as refusal:
        VendingKey(SECRET, "201457", krn)
    assert refusal.value.field == "krn"


@pytest.mark.parametrize("ken", [-1, 256])
def test_a_key_expiry_number_is_a_byte(ken: int) -> None:
    with pytest.raises(LocalError) as refusal:
        VendingKey(SECRET, "201457", ken=ken)
    assert refusal.value.field == "ken"


@pytest.mark.parametrize("ti", [-1, 100])
def test_a_tariff_index_has_two_digits(ti: int) -> None:
    with pytest.raises(LocalError) as refusal:
        MeterConfig(PAN, ti)
    assert refusal.value.field == "ti"


@pytest.mark.parametrize("dkga", list(Dkga))
def test_a_vending_key_has_the_length_of_its_algorithm(dkga: Dkga) -> None:
    with pytest.raises(LocalError) as refusal:
        VendingKey(bytes(12), "201457", dkga=dkga)
    assert refusal.value.code == "key_length"


def test_a_vending_key_does_not_show_its_secret() -> None:
    assert SECRET.hex() not in repr(KEY)
    assert repr(SECRET) not in repr(KEY)
