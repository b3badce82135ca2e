"""The pay page of the rehearsal bank: HTML without JavaScript, for phones first."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader

from app.payments.sandbox.bank.book import BankAgreement, BankOrder
from app.payments.sandbox.bank.till import PAYABLE, Act, OrderState, Press
from app.payments.sandbox.bank.words import LANGUAGES

HERE = Path(__file__).parent
STYLE = (HERE / "static" / "bank.css").read_bytes()
WAITS: dict[str, timedelta | None] = {
    "after_20": timedelta(seconds=20),
    "after_60": timedelta(seconds=60),
    "after_300": timedelta(seconds=300),
    "after_expiry": None,
}

_PAGES = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
_AMOUNT = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?")
_ORIGIN = re.compile(r"[A-Za-z0-9.:\[\]-]+")


class BadForm(ValueError):
    """What was sent is not what the page's form sends."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says. `problem`: the word of what was wrong with the form that was sent."""

    order: BankOrder | None
    state: OrderState | None
    language: str
    zone: ZoneInfo
    problem: str = ""


def render(shown: Shown) -> str:
    """The page of one order, or the page that says that there is none."""
    order = shown.order
    return _PAGES.get_template("pay.html").render(
        words=LANGUAGES[shown.language],
        language=shown.language,
        order=order,
        state=shown.state,
        payable=shown.state in PAYABLE,
        problem=shown.problem,
        waits=WAITS,
        amount=_units(order.amount_minor) if order else "",
        wrong=_units(max(1, order.amount_minor // 2)) if order else "",
        until=f"{datetime.fromtimestamp(order.expires_at, shown.zone):%Y-%m-%d %H:%M:%S}" if order else "",
    )


def render_agreement(agreement: BankAgreement | None, language: str) -> str:
    """The page of one agreement, or the page that says that there is none."""
    return _PAGES.get_template("agree.html").render(
        words=LANGUAGES[language],
        language=language,
        agreement=agreement,
        most=_units(agreement.most_minor) if agreement else "",
    )


def security_headers(order: BankOrder | BankAgreement | None) -> dict[str, str]:
    """Nothing but our own style sheet; forms go to us, and through our redirect to the shop."""
    policy = [
        "default-src 'none'",
        "style-src 'self'",
        f"form-action 'self'{_origin(order)}",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
    return {
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }


def _origin(order: BankOrder | BankAgreement | None) -> str:
    """The shop's origin, if it is one that cannot break out of the header."""
    address = urlsplit(order.return_url) if order else None
    if address is None or not _ORIGIN.fullmatch(address.netloc):
        return ""
    return f" {address.scheme}://{address.netloc}"


def read_press(body: bytes) -> Press:
    """Read the form of the page. Raises BadForm."""
    try:
        given = dict(parse_qsl(body.decode("ascii"), max_num_fields=10, errors="strict"))
        act = Act(given.get("act", ""))
    except ValueError as error:
        raise BadForm from error
    return Press(act, _wrong_minor(act, given.get("wrong", "")), _wait(given.get("wait")), told="lose" not in given)


def _wrong_minor(act: Act, typed: str) -> int:
    if act is not Act.WRONG:
        return 0
    if not _AMOUNT.fullmatch(typed.strip()) or Decimal(typed.strip()) == 0:
        raise BadForm
    return int(Decimal(typed.strip()) * 100)


def _wait(chosen: str | None) -> timedelta | None:
    if chosen is not None and chosen not in WAITS:
        raise BadForm
    return WAITS[chosen or "after_20"]


def _units(amount_minor: int) -> str:
    return f"{amount_minor // 100}.{amount_minor % 100:02d}"
