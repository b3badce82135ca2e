"""Meter numbers: the printed number (DRN) and the 18-digit MeterPAN around it (IEC 62055-41, 6.1.2)."""

from dataclasses import dataclass

from meters_io.errors import RemoteError

_SHORT_IIN = "600727"  # issuer of meters with 11-digit numbers
_LONG_IIN = "0000"  # issuer of meters with 13-digit numbers
_SERIAL_DIGITS = 8 + 1  # at the end of a DRN, its check digit behind it
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # a digit doubled, less 9 where that exceeds 9


def luhn_digit(digits: str) -> int:
    """Return the check digit (0-9) that belongs after `digits`. Other characters: RemoteError
    `meter_number`.
    """
    _require_digits(digits)
    places = [ord(char) - 48 for char in reversed(digits)]
    total = sum(_DOUBLED[place] for place in places[::2]) + sum(places[1::2])
    return -total % 10


def is_checked(digits: str) -> bool:
    """Tell whether the last of `digits` is the Luhn digit of those before it."""
    sound = len(digits) > 1 and digits.isascii() and digits.isdecimal()
    return sound and luhn_digit(digits[:-1]) == int(digits[-1])


@dataclass(frozen=True, slots=True)
class MeterPan:
    """An 18-digit MeterPAN whose two check digits (its own and the DRN's) are right.

    Raises RemoteError: `meter_number` (not 18 digits) or `meter_check_digit`.
    """

    digits: str

    def __post_init__(self) -> None:
        _require_digits(self.digits)
        if len(self.digits) != 18:
            raise RemoteError(f"a MeterPAN has 18 digits, not {len(self.digits)}", code="meter_number", field="pan")
        if not is_checked(self.digits):
            raise RemoteError("the last digit does not check the others", code="meter_check_digit", field="pan")
        if not is_checked(self.drn):
            message = "the last digit of the meter number inside does not check the others"
            raise RemoteError(message, code="meter_check_digit", field="drn")

    @property
    def iin(self) -> str:
        """Issuer: 0000 or six digits. The first four digits decide, not the length of what was typed."""
        return _LONG_IIN if self.digits.startswith(_LONG_IIN) else self.digits[:6]

    @property
    def drn(self) -> str:
        """The number printed on the meter: 11 digits, or 13 behind issuer 0000. Also called IAIN."""
        return self.digits[len(self.iin) : -1]

    @property
    def mfr_code(self) -> str:
        """The manufacturer: two digits in a DRN of 11, four in one of 13."""
        return self.drn[:-_SERIAL_DIGITS]

    @property
    def serial(self) -> str:
        """The decoder serial number (DSN), eight digits."""
        return self.drn[-_SERIAL_DIGITS:-1]


def pan_of_drn(drn: str) -> MeterPan:
    """Return the MeterPAN of an 11- or 13-digit meter number, its check digit verified.

    Raises RemoteError: `meter_number` (length or characters) or `meter_check_digit`.
    """
    _require_digits(drn)
    if len(drn) not in (11, 13):
        message = f"a meter number has 11 or 13 digits, or 18 as a MeterPAN, not {len(drn)}"
        raise RemoteError(message, code="meter_number", field="drn")
    if not is_checked(drn):
        raise RemoteError("the last digit does not check the others", code="meter_check_digit", field="drn")
    body = (_SHORT_IIN if len(drn) == 11 else _LONG_IIN) + drn
    return MeterPan(f"{body}{luhn_digit(body)}")


def parse_meter_number(text: str) -> MeterPan:
    """Read a meter number as people write it: a DRN of 11 or 13 digits, or the 18-digit MeterPAN.

    Raises RemoteError: `meter_number` or `meter_check_digit`.
    """
    return MeterPan(text) if len(text) == 18 else pan_of_drn(text)


def _require_digits(text: str) -> None:
    if text.isascii() and text.isdecimal():
        return
    place = next((at for at, char in enumerate(text, 1) if not (char.isascii() and char.isdecimal())), None)
    message = f"character {place} of the meter number is not a digit" if place else "there is no meter number"
    raise RemoteError(message, code="meter_number", field="drn")
