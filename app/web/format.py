"""Money, energy and time as people read them, in the reader's language and the utility's time. The one place for it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from app.i18n import Locale, babel_name

_NARROW = {"CN¥": "¥", "US$": "$"}  # one installation has one currency: no need to say whose sign it is
_WH_PER_KWH = 1000


@dataclass(frozen=True, slots=True)
class Format:
    """Formats for one reader."""

    locale: Locale
    zone: ZoneInfo
    currency: str

    def money(self, amount_minor: int) -> str:
        """Minor units as "¥37.50"."""
        return self._narrow(format_currency(self._major(amount_minor), self.currency, locale=self._babel))

    def whole(self, amount_minor: int) -> str:
        """Minor units as "¥60" where nothing would be lost, else as `money`."""
        if self._major(amount_minor) % 1:
            return self.money(amount_minor)
        return self._narrow(
            format_currency(
                self._major(amount_minor), self.currency, "¤#,##0", locale=self._babel, currency_digits=False
            )
        )

    def plain(self, amount_minor: int) -> str:
        """Minor units as a form field holds them: "60" or "37.5"."""
        return f"{self._major(amount_minor).normalize():f}"

    def price(self, price_e4: int) -> str:
        """A price per kWh in 1/10000 of the currency unit as "¥0.5683"."""
        amount = Decimal(price_e4) / 10_000
        return self._narrow(
            format_currency(amount, self.currency, "¤#,##0.00##", locale=self._babel, currency_digits=False)
        )

    def energy(self, energy_wh: int) -> str:
        """Watt-hours as "12.3 kWh"."""
        return f"{format_decimal(Decimal(energy_wh) / _WH_PER_KWH, '#,##0.0', locale=self._babel)} kWh"

    def kwh(self, energy_kwh: int) -> str:
        """Whole kWh as "1,200 kWh"."""
        return f"{self.count(energy_kwh)} kWh"

    def clock(self, at: datetime) -> str:
        """The time of day with seconds: "09:01:07"."""
        return format_time(at, "HH:mm:ss", tzinfo=self.zone, locale=self._babel)

    def moment(self, at: datetime, now: datetime) -> str:
        """When something was, as short as it can be said: "09:01", "2 Mar 09:01", "2 Mar 2025 09:01"."""
        there, here = at.astimezone(self.zone), now.astimezone(self.zone)
        if there.date() == here.date():
            return format_time(at, "HH:mm", tzinfo=self.zone, locale=self._babel)
        return f"{self._day(there, with_year=there.year != here.year)} {there:%H:%M}"

    def full(self, at: datetime) -> str:
        """Day and time for the record: "2026-03-02 09:01:07"."""
        return format_datetime(at, "yyyy-MM-dd HH:mm:ss", tzinfo=self.zone, locale=self._babel)

    def exact(self, at: datetime) -> str:
        """Time of day to the millisecond, for what machines did: "09:01:07.250"."""
        return f"{at.astimezone(self.zone):%H:%M:%S}.{at.microsecond // 1000:03d}"

    def day(self, at: datetime) -> str:
        """The day for the record: "2026-03-02"."""
        return format_datetime(at, "yyyy-MM-dd", tzinfo=self.zone, locale=self._babel)

    def short_day(self, day: date) -> str:
        """A day of this year: "2 Mar"."""
        return format_date(day, {Locale.ZH: "M月d日", Locale.EN: "d MMM"}[self.locale], locale=self._babel)

    def month(self, day: date) -> str:
        """A month with its year: "March 2026"."""
        pattern = {Locale.ZH: "y年M月", Locale.EN: "MMMM y"}[self.locale]
        return format_date(day, pattern, locale=self._babel)

    def short_month(self, day: date) -> str:
        """A month with its year where there is little room: "Mar 26", "26-03"."""
        return f"{day:%y-%m}" if self.locale is Locale.ZH else format_date(day, "MMM yy", locale=self._babel)

    def percent(self, tenths: int) -> str:
        """Tenths of a per cent as "99.9 %"; whole ones without a place behind the point."""
        pattern = "#,##0.0 %" if tenths % 10 else "#,##0 %"
        return format_percent(Decimal(tenths) / 1000, pattern, locale=self._babel)

    def count(self, number: int) -> str:
        """A whole number in groups: "1,204"."""
        return format_decimal(number, "#,##0", locale=self._babel)

    def span(self, length: timedelta) -> str:
        """A length of time in its largest unit: "3 min", "2 days"."""
        return format_timedelta(length, threshold=1, format="short", locale=self._babel)

    def blocks(self, digits: str) -> list[str]:
        """A long code in blocks of four, as people read it aloud and type it."""
        return [digits[start : start + 4] for start in range(0, len(digits), 4)]

    @property
    def _babel(self) -> str:
        return babel_name(self.locale)

    def _major(self, amount_minor: int) -> Decimal:
        return Decimal(amount_minor).scaleb(-get_currency_precision(self.currency))

    def _narrow(self, text: str) -> str:
        for wide, sign in _NARROW.items():
            text = text.replace(wide, sign)
        return text

    def _day(self, day: datetime, *, with_year: bool) -> str:
        patterns = {Locale.ZH: ("M月d日", "y年M月d日"), Locale.EN: ("d MMM", "d MMM y")}
        return format_date(day, patterns[self.locale][with_year], locale=self._babel)
