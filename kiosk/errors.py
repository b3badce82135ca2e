"""Why the terminal's program cannot go on. What may happen in a day's work is a value, not an error.

KioskError         the text says what to do
+- NotEnrolled     there is no key here yet, or no platform that knows it
+- NotReached      the platform does not answer; trying again may help
+- StateDamaged    the state folder cannot be read or written
+- NoFont          slips need a font that has Chinese
+- BadAnswer       the platform said something that cannot be read; raised and caught inside `api` and `plain`
"""


class KioskError(Exception):
    """Base of this program's errors."""


class NotEnrolled(KioskError):
    """The terminal has not been enrolled."""


class NotReached(KioskError):
    """The platform could not be asked."""


class StateDamaged(KioskError):
    """A file of the state folder is missing, damaged or not ours to open."""


class NoFont(KioskError):
    """No font was found to draw slips with."""


class BadAnswer(KioskError):
    """JSON from the platform that is not what the contract says; `path` says where."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or 'answer'}: {reason}")
        self.path = path
