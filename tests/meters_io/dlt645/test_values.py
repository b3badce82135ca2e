from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645 import values
from meters_io.errors import LocalError, RemoteError
from tests.meters_io.samples import CHINA

MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


@given(st.integers(0, 99_999_999))
def test_money_is_read_back_to_the_cent(amount_cents: int) -> None:
    assert values.money_from_bytes(values.money_to_bytes(amount_cents)) == amount_cents


@given(st.integers(-7_999_999, 7_999_999))
def test_signed_registers_are_read_back(number: int) -> None:
    assert values.signed_from_bytes(values.signed_to_bytes(number, 4), 4) == number


@given(MOMENTS)
def test_moments_and_clocks_are_read_back(moment: datetime) -> None:
    assert values.moment_from_bytes(values.moment_to_bytes(moment, CHINA), CHINA) == moment
    assert values.clock_from_bytes(values.clock_to_bytes(moment, CHINA), CHINA) == moment
    minute = moment.replace(second=0)
    assert values.moment_from_bytes(values.moment_to_bytes(moment, CHINA, 5), CHINA) == minute


def test_a_register_full_of_ones_is_not_available() -> None:
    for width in (2, 4):
        assert values.number_from_bytes(b"\xff" * width, width) is None
        assert values.number_to_bytes(None, width) == b"\xff" * width
        assert values.signed_from_bytes(values.signed_to_bytes(None, width), width) is None
    assert values.money_from_bytes(values.money_to_bytes(None)) is None
    assert values.energy_from_bytes(values.energy_to_bytes(None)) is None


def test_energy_keeps_whole_steps_as_a_register_does() -> None:
    assert values.energy_from_bytes(values.energy_to_bytes(12_349)) == 12_340


def test_nothing_happened_yet_is_no_moment() -> None:
    assert values.moment_from_bytes(bytes(5), CHINA) is None
    assert values.moment_from_bytes(b"\xff" * 6, CHINA) is None
    assert values.moment_to_bytes(None, CHINA) == bytes(6)


def test_the_weekday_of_a_clock_counts_from_sunday() -> None:
    sunday = datetime(2019, 10, 27, 4, 0, tzinfo=UTC)
    assert values.clock_to_bytes(sunday, CHINA).hex() == "00001200271019"


@pytest.mark.parametrize("raw", ["0012", "000000003213", "601200010126", "001225010126", "0a1200010126"])
def test_a_moment_that_does_not_exist_is_their_error(raw: str) -> None:
    with pytest.raises(RemoteError):
        values.moment_from_bytes(bytes.fromhex(raw), CHINA)


@pytest.mark.parametrize("raw", [b"", b"\x00" * 3, b"\x00" * 5])
def test_a_register_of_the_wrong_width_is_their_error(raw: bytes) -> None:
    with pytest.raises(RemoteError) as caught:
        values.money_from_bytes(raw)
    assert caught.value.code == "bad_length"


def test_an_unset_clock_is_their_error() -> None:
    with pytest.raises(RemoteError):
        values.clock_from_bytes(bytes(7), CHINA)


@pytest.mark.parametrize("amount_cents", [-1, 100_000_000])
def test_money_that_a_register_cannot_hold_is_our_error(amount_cents: int) -> None:
    with pytest.raises(LocalError):
        values.money_to_bytes(amount_cents)


def test_a_number_that_reaches_into_the_sign_is_our_error() -> None:
    with pytest.raises(LocalError):
        values.signed_to_bytes(80_000_000, 4)


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (datetime(2026, 1, 1), "naive_time"),  # noqa: DTZ001
        (datetime(1999, 1, 1, tzinfo=UTC), "out_of_range"),
        (datetime(2099, 12, 31, 20, tzinfo=UTC), "out_of_range"),
    ],
)
def test_a_moment_that_two_digits_cannot_hold_is_our_error(moment: datetime, code: str) -> None:
    with pytest.raises(LocalError) as caught:
        values.moment_to_bytes(moment, CHINA)
    assert caught.value.code == code
    with pytest.raises(LocalError):
        values.moment_to_bytes(datetime(2026, 1, 1, tzinfo=UTC), CHINA, 4)
