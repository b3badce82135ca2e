"""Money, energy and time as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.i18n import Locale
from app.web.format import Format

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ZH, EN = (Format(locale, SHANGHAI, "CNY") for locale in (Locale.ZH, Locale.EN))


@pytest.mark.parametrize(
    ("amount_minor", "text"),
    [(0, "¥0.00"), (5, "¥0.05"), (-1235, "-¥12.35"), (1_000_000, "¥10,000.00")],
)
def test_money_has_its_sign_and_two_places(amount_minor: int, text: str) -> None:
    assert ZH.money(amount_minor) == EN.money(amount_minor) == text


@pytest.mark.parametrize(("amount_minor", "text"), [(6000, "¥60"), (6001, "¥60.01"), (-100, "-¥1")])
def test_whole_amounts_are_short_and_others_lose_nothing(amount_minor: int, text: str) -> None:
    assert EN.whole(amount_minor) == text


@pytest.mark.parametrize(("amount_minor", "text"), [(6000, "60"), (100_000, "1000"), (6050, "60.5")])
def test_a_form_field_gets_plain_digits(amount_minor: int, text: str) -> None:
    assert EN.plain(amount_minor) == text


def test_a_currency_without_minor_units_is_not_divided() -> None:
    assert Format(Locale.EN, SHANGHAI, "JPY").money(500).endswith("500")


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        (datetime(2026, 3, 2, 0, 5, tzinfo=UTC), "08:05", "08:05"),
        (datetime(2026, 3, 1, 16, 5, tzinfo=UTC), "00:05", "00:05"),
        (datetime(2026, 3, 1, 15, 5, tzinfo=UTC), "3月1日 23:05", "1 Mar 23:05"),
        (datetime(2025, 3, 1, 15, 5, tzinfo=UTC), "2025年3月1日 23:05", "1 Mar 2025 23:05"),
    ],
)
def test_a_moment_is_said_in_local_time_as_short_as_it_can_be(at: datetime, zh: str, en: str) -> None:
    assert (ZH.moment(at, NOW), EN.moment(at, NOW)) == (zh, en)


def test_records_carry_the_whole_date_and_seconds() -> None:
    assert EN.full(NOW) == ZH.full(NOW) == "2026-03-02 09:00:00"
    assert EN.clock(NOW) == "09:00:00"


def test_energy_and_prices_carry_their_units() -> None:
    assert EN.energy(12_340) == "12.3 kWh"
    assert EN.price(5683) == "¥0.5683"
    assert EN.price(5000) == "¥0.50"


def test_codes_are_read_in_blocks_of_four() -> None:
    assert EN.blocks("12345678901") == ["1234", "5678", "901"]
