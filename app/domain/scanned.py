"""What a scanned code is: a place of ours, a number, or nothing to follow. Nobody is led to another site (SPEC R-1)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from app.domain.access import Number, NumberError, NumberKind, parse_number


class CodeError(Exception):
    """A code that is not followed. `code` says why: scan_empty, scan_elsewhere, scan_secret, scan_unknown."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ScannedKind(StrEnum):
    """`page`: a path of ours. `number`: of a meter or an account. `receipt`: the number on a slip."""

    PAGE = "page"
    NUMBER = "number"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code that leads somewhere: `text` is a path, the digits, or the receipt's number."""

    kind: ScannedKind
    text: str
    number: Number | None = None


_LONGEST = 500
_SECRET_DIGITS = 16  # tokens have 20, payers' codes 16 to 24: they open money, so they go nowhere from here
_RECEIPT = re.compile(r"[0-9]{8}-[0-9A-F]{4,12}", re.ASCII | re.IGNORECASE)
_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", re.ASCII)
_LINK = re.compile(r"[a-z][a-z0-9+.-]*:", re.ASCII | re.IGNORECASE)


def read_code(text: str, public_url: str) -> Scanned:
    """Say what a scanned code is. Raises CodeError, also for a link to anybody but us."""
    text = text.strip()
    if not text:
        raise CodeError("scan_empty")
    if len(text) > _LONGEST:
        raise CodeError("scan_unknown")
    if _LINK.match(text) or text.startswith(("//", "\\", "/")):
        return Scanned(ScannedKind.PAGE, _own_path(text, public_url))
    if _RECEIPT.fullmatch(text):
        return Scanned(ScannedKind.RECEIPT, text.upper())
    return _number(text)


def _own_path(link: str, public_url: str) -> str:
    """The path of a link to ourselves: same scheme, host and port, and nothing that a browser would read otherwise."""
    ours = urlsplit(public_url)
    try:
        there = urlsplit(link)
        same = (there.scheme, there.hostname, there.port) == (ours.scheme, ours.hostname, ours.port)
    except ValueError as error:
        raise CodeError("scan_elsewhere") from error
    if not same or there.username is not None or there.password is not None or "\\" in link:
        raise CodeError("scan_elsewhere")
    base = ours.path.rstrip("/")
    path = there.path.removeprefix(base) + (f"?{there.query}" if there.query else "")
    if not there.path.startswith(base) or not _PATH.fullmatch(path):
        raise CodeError("scan_elsewhere")
    return path


def _number(text: str) -> Scanned:
    digits = "".join(sign for sign in text if sign.isdigit())
    if len(digits) >= _SECRET_DIGITS:
        raise CodeError("scan_secret")
    try:
        number = parse_number(text)
    except NumberError as error:
        raise CodeError("scan_unknown") from error
    return Scanned(ScannedKind.NUMBER, number.digits, number)


def leads_to_meter(scanned: Scanned) -> bool:
    """Is it the number of one meter?"""
    return scanned.number is not None and scanned.number.kind is NumberKind.METER
