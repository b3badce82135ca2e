"""Figures as one reader has them: written for the eye, or in words that a voice reads well."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_currency, get_currency_name, get_currency_precision

from app.i18n import Locale, babel_name
from app.models.account import ChannelName
from app.settings import Settings

_NARROW = {"CN¥": "¥", "US$": "$"}  # one installation has one currency: no need to say whose sign it is
_PLAIN_SPACE = str.maketrans({"\u00a0": " ", "\u202f": " "})  # one of them, and an SMS holds 70 characters, not 160
_WRITTEN = {Locale.ZH: "M月d日HH:mm", Locale.EN: "d MMM HH:mm"}
_READ_OUT = {Locale.ZH: "M月d日H点mm分", Locale.EN: "HH:mm 'on' d MMMM"}
_UNITS = {"CNY": {Locale.ZH: "元", Locale.EN: "yuan"}}
_HEARD_DIGITS = 4
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Figures:
    """Writes for one language and one medium."""

    locale: Locale
    zone: ZoneInfo
    currency: str
    aloud: bool

    def money(self, amount_minor: int, currency: str = "") -> str:
        """Minor units as "¥37.50"; aloud as "37.50 yuan"."""
        unit = currency or self.currency
        return (
            self._aloud(_major(amount_minor, unit), unit) if self.aloud else _written(amount_minor, unit, self.locale)
        )

    def _aloud(self, major: Decimal, currency: str) -> str:
        """No sign and no grouping, which voices stumble over; a minus is a word."""
        amount = f"{abs(major):f}"
        if amount.rstrip("0").endswith("."):
            amount = amount.partition(".")[0]
        chinese = self.locale is Locale.ZH
        minus = ("负" if chinese else "minus ") if major < 0 else ""
        known = _UNITS.get(currency, {}).get(self.locale)
        unit = known or get_currency_name(currency, abs(major), locale=babel_name(self.locale))
        return f"{minus}{amount}{'' if chinese else ' '}{unit}"

    def kwh(self, energy_kwh: int) -> str:
        """Whole kWh as "100 kWh", aloud as "100 kilowatt hours"; in Chinese as "100度", which is shorter in an SMS."""
        if self.locale is Locale.ZH:
            return f"{energy_kwh}度"
        return f"{energy_kwh} kilowatt hours" if self.aloud else f"{energy_kwh} kWh"

    def moment(self, at: datetime) -> str:
        """Local time without the year: "2 Mar 09:05"."""
        patterns = _READ_OUT if self.aloud else _WRITTEN
        text = format_datetime(at, patterns[self.locale], tzinfo=self.zone, locale=babel_name(self.locale))
        return text.translate(_PLAIN_SPACE)

    def number(self, digits: str) -> str:
        """A meter's number; a voice says how it ends, figure by figure."""
        return " ".join(digits[-_HEARD_DIGITS:]) if self.aloud else digits

    def blocks(self, digits: str) -> str:
        """A code in blocks of four; aloud figure by figure, with a rest after each block."""
        parts = [digits[start : start + 4] for start in range(0, len(digits), 4)]
        return ", ".join(" ".join(part) for part in parts) if self.aloud else " ".join(parts)


def _major(amount_minor: int, currency: str) -> Decimal:
    return Decimal(amount_minor).scaleb(-get_currency_precision(currency))


@lru_cache(_KEPT)
def _written(amount_minor: int, currency: str, locale: Locale) -> str:
    """A message names half a dozen sums, most of them nothing or a round figure; to write one takes a while."""
    text = format_currency(_major(amount_minor, currency), currency, locale=babel_name(locale)).translate(_PLAIN_SPACE)
    for wide, sign in _NARROW.items():
        text = text.replace(wide, sign)
    return text


def figures(locale: Locale, channel: ChannelName, settings: Settings) -> Figures:
    """The figures of one reader."""
    return Figures(locale, ZoneInfo(settings.timezone), settings.currency, channel is ChannelName.VOICE)
