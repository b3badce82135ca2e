"""Money and time as people read them at the terminal."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from babel.dates import format_date, format_timedelta
from babel.numbers import format_currency

from kiosk.codes import blocks

_BABEL = {"zh": "zh_Hans_CN", "en": "en_GB"}
_NARROW = {"CN¥": "¥", "US$": "$"}
_MINOR = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """Formats for one reader. `currency`: ISO 4217."""

    language: str
    currency: str
    zone: tzinfo

    def money(self, amount_minor: int) -> str:
        """Minor units as "¥37.50"."""
        return self._narrow(format_currency(Decimal(amount_minor) / _MINOR, self.currency, locale=self._babel))

    def whole(self, amount_minor: int) -> str:
        """Minor units as "¥60" where nothing is lost."""
        return self.money(amount_minor) if amount_minor % _MINOR else self.units(amount_minor // _MINOR)

    def units(self, amount: int) -> str:
        """Whole units as "¥60"."""
        shown = format_currency(amount, self.currency, "¤#,##0", locale=self._babel, currency_digits=False)
        return self._narrow(shown)

    def clock(self, at: datetime) -> str:
        """Time of day."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def moment(self, at: datetime, now: datetime) -> str:
        """Time of day, with the day where it is another."""
        there = at.astimezone(self.zone)
        if there.date() == now.astimezone(self.zone).date():
            return self.clock(at)
        pattern = "M月d日" if self.language == "zh" else "d MMM"
        return f"{format_date(there, pattern, locale=self._babel)} {there:%H:%M}"

    def age(self, at: datetime, now: datetime) -> str:
        """How long ago."""
        gone = max(now - at, timedelta())
        if gone < timedelta(minutes=1):
            return {"zh": "刚刚", "en": "just now"}[self.language]
        return format_timedelta(-gone, add_direction=True, threshold=1, locale=self._babel)

    def blocks(self, digits: str) -> str:
        """Long numbers in fours."""
        return " ".join(blocks(digits))

    @property
    def _babel(self) -> str:
        return _BABEL[self.language]

    def _narrow(self, text: str) -> str:
        for wide, sign in _NARROW.items():
            text = text.replace(wide, sign)
        return text
