"""Numbers of receipts, and of the credit notes that void them."""

from datetime import date


def receipt_number(day: date, ref: str) -> str:
    """A number for people: the day it was issued and the last eight places of the purchase's reference."""
    return f"{day:%Y%m%d}-{ref[-8:].upper()}"


def credit_note_number(day: date, places: str) -> str:
    """A number that nobody takes for a receipt's: the day it was issued, and eight places of the receipt's own."""
    return f"C{day:%Y%m%d}-{places.upper()}"
