"""What somebody holds before the scanner, or types: told apart by kind and length alone. Pure.

Twenty digits are always a token, whatever they begin with, so no token is ever sent to a payment provider.
Payers' codes: WeChat Pay 18 digits, 10 to 15 in front; Alipay 16 to 24 digits, 25 to 30 in front; UnionPay 19
digits, 62 in front; the rehearsal bank 18 digits, 99 in front (their merchant documents on paying by the payer's code).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit

LONGEST = 512
TOKEN_DIGITS = 20
_WECHAT = re.compile("1[0-5][0-9]{16}")
_ALIPAY = re.compile("(?:2[5-9]|30)[0-9]{14,22}")
_UNIONPAY = re.compile("62[0-9]{17}")
_REHEARSAL = re.compile("99[0-9]{16}")
_RECEIPT = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})-[0-9A-Z]{8}")
_BADGE = re.compile("B-[0-9A-Z]{6,32}")
_METER_PAGE = re.compile("/m/([0-9]{11,12})/?")
_PURCHASE_PAGE = re.compile("/purchases/([0-9A-Za-z_-]{8,64})/?")
_LINK = re.compile("[A-Za-z][A-Za-z0-9+.-]*:")


class CodeKind(StrEnum):
    """What a code is. `elsewhere`: a link that does not lead to us; it is never followed."""

    METER = "meter"
    ACCOUNT = "account"
    TOKEN = "token"
    PAYER = "payer"
    RECEIPT = "receipt"
    PURCHASE = "purchase"
    BADGE = "badge"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Code:
    """`text`: the digits or the reference, cleaned of what people and printers put between. Often a secret."""

    kind: CodeKind
    text: str = field(repr=False)


def route(raw: str, our_hosts: Collection[str]) -> Code:
    """Say what `raw` is. `our_hosts`: as a URL has them, in lower case, with their port where one is written."""
    text = raw[:LONGEST].strip()
    if _LINK.match(text):
        return _route_link(text, our_hosts)
    digits = _digits(text)
    if digits:
        return Code(_kind_of_digits(digits), digits)
    plain = text.upper()
    if _is_receipt(plain):
        return Code(CodeKind.RECEIPT, plain)
    return Code(CodeKind.BADGE if _BADGE.fullmatch(plain) else CodeKind.UNKNOWN, plain)


def blocks(digits: str) -> tuple[str, ...]:
    """Long numbers as people read them: in fours, the last one shorter."""
    return tuple(digits[at : at + 4] for at in range(0, len(digits), 4))


def luhn_holds(digits: str) -> bool:
    """Tell whether the last digit is the check digit of those before (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _route_link(text: str, our_hosts: Collection[str]) -> Code:
    try:
        link = urlsplit(text)
    except ValueError:
        return Code(CodeKind.ELSEWHERE, text)
    if link.scheme not in ("http", "https") or link.netloc.lower() not in our_hosts:
        return Code(CodeKind.ELSEWHERE, text)
    if (found := _METER_PAGE.fullmatch(link.path)) and luhn_holds(found[1]):
        return Code(CodeKind.METER, found[1])
    if found := _PURCHASE_PAGE.fullmatch(link.path):
        return Code(CodeKind.PURCHASE, found[1])
    return Code(CodeKind.UNKNOWN, text)


def _kind_of_digits(digits: str) -> CodeKind:
    if len(digits) == TOKEN_DIGITS:
        return CodeKind.TOKEN
    if any(form.fullmatch(digits) for form in (_WECHAT, _ALIPAY, _UNIONPAY, _REHEARSAL)):
        return CodeKind.PAYER
    if len(digits) in (11, 12) and luhn_holds(digits):
        return CodeKind.METER
    if len(digits) == 10 and luhn_holds(digits):
        return CodeKind.ACCOUNT
    return CodeKind.UNKNOWN


def _digits(text: str) -> str:
    """The digits if nothing but digits, spaces and hyphens is there; full-width ones count. A receipt is not."""
    if _is_receipt(text.upper()):
        return ""
    bare = "".join(text.replace("-", " ").split())
    return "".join(str(int(c)) for c in bare) if bare.isdecimal() else ""


def _is_receipt(text: str) -> bool:
    found = _RECEIPT.fullmatch(text)
    if found is None:
        return False
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True
