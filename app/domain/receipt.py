"""Receipt numbers."""

from datetime import date


def receipt_number(day: date, ref: str) -> str:
    """A number for people: the day it was issued and the last eight places of the purchase's reference."""
    return f"{day:%Y%m%d}-{ref[-8:].upper()}"
