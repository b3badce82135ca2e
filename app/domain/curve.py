"""Curves of master meters: what a transformer area as a whole drew through a day (SPEC H-5, 总表曲线)."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

DENSITIES = (15, 30, 60)  # minutes between two points, as concentrators keep them
_DAY_MINUTES = 1440


class Quantity(StrEnum):
    """What a curve is of: W, 0.1 V, mA, Wh. The words are those of the head end."""

    POWER_W = "power_w"
    VOLTAGE_A_DV = "voltage_a_dv"
    VOLTAGE_B_DV = "voltage_b_dv"
    VOLTAGE_C_DV = "voltage_c_dv"
    CURRENT_A_MA = "current_a_ma"
    CURRENT_B_MA = "current_b_ma"
    CURRENT_C_MA = "current_c_ma"
    ENERGY_WH = "energy_wh"


def points_a_day(minutes: int) -> int:
    """How many points a day has."""
    return _DAY_MINUTES // minutes


def is_whole(values: Sequence[int | None], minutes: int) -> bool:
    """Is a day's curve complete?"""
    return len(values) == points_a_day(minutes) and None not in values


def merged(held: Sequence[int | None], told: Sequence[int | None], minutes: int) -> list[int | None]:
    """A day's curve with what was told now; what was known stays, for a later answer may have lost it."""
    count = points_a_day(minutes)
    old = [*held, *[None] * count][:count]
    new = [*told, *[None] * count][:count]
    return [was if was is not None else now for was, now in zip(old, new, strict=True)]


def days_to_ask(whole: set[date], today: date, fill_days: int) -> tuple[date, ...]:
    """The days that are over and not whole, yesterday first."""
    days = (today - timedelta(days=back) for back in range(1, fill_days + 1))
    return tuple(day for day in days if day not in whole)
