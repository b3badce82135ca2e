"""Puts facts into the reader's words.

Templates are plain text: templates/<kind>/<locale>.<channel>.txt, for mail with a subject beside it. A template that
speaks of something that is not there is an error, not a gap.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_currency, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.domain import proving
from app.domain.notice import CODE_LASTS, MessageKind
from app.i18n import DEFAULT, Locale, babel_name, locale_or_none
from app.models.account import ChannelName
from app.services.letters import Facts
from app.settings import Settings

FOLDER = Path(__file__).resolve().parent / "templates"
_NARROW = {"CN¥": "¥", "US$": "$"}  # one installation has one currency: no need to say whose sign it is
_WHEN = {Locale.ZH: "M月d日HH:mm", Locale.EN: "d MMM HH:mm"}


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says. An SMS has no title. `kept` is the body for our record: without what proves an address."""

    title: str
    body: str
    kept: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Which template: what is told, in which language, over which channel."""

    kind: MessageKind
    locale: Locale
    channel: ChannelName

    @property
    def body(self) -> str:
        """The template's name."""
        return f"{self.kind}/{self.locale}.{self.channel}.txt"

    @property
    def title(self) -> str | None:
        """The name of the subject's template, for mail."""
        return f"{self.kind}/{self.locale}.subject.txt" if self.channel is ChannelName.EMAIL else None


def spoken(locale: str) -> Locale:
    """The language of a contact; our default for one that we have stopped speaking."""
    return locale_or_none(locale) or DEFAULT


def render(wording: Wording, facts: Facts, settings: Settings) -> Words:
    """Render body and title. Raises jinja2.UndefinedError or TemplateNotFound: defects of a template."""
    variables = _variables(facts, wording.locale, settings)
    body = _environment().get_template(wording.body).render(variables).strip()
    title = _environment().get_template(wording.title).render(variables).strip() if wording.title else ""
    kept = body
    for word in (*_proofs(facts, settings), pay_word(facts, settings)):
        kept = proving.masked(kept, word)
    return Words(title, body, kept)


def _proofs(facts: Facts, settings: Settings) -> tuple[str, ...]:
    """A code's digits and a link's word, for messages that prove an address."""
    if facts.proof_id is None:
        return ()
    key = settings.session_secret.get_secret_value()
    return proving.login_digits(key, facts.proof_id), proving.link_word(key, facts.proof_id)


def pay_word(facts: Facts, settings: Settings) -> str:
    """The secret of the pay link that goes with a message; empty where there is none, or no key to make it with."""
    key = settings.session_secret.get_secret_value()
    known = facts.link.id if facts.link is not None else None
    return proving.pay_word(key, known) if key and known is not None else ""


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  (plain text: escaping would put &amp; into an SMS)
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _variables(facts: Facts, locale: Locale, settings: Settings) -> dict[str, object]:
    def money(amount_minor: int) -> str:
        return _money(amount_minor, locale, settings.currency)

    variables: dict[str, object] = {
        "meter": facts.meter_number,
        "supply": facts.supply.value,
        "amount": _money(facts.amount_minor, locale, facts.currency or settings.currency),
        "by_hand": facts.by_hand,
        "credit": money(facts.credit_minor),
        "arrears": money(facts.arrears_minor),
        "has_credit": facts.credit_minor > 0,
        "has_arrears": facts.arrears_minor > 0,
        "days_left": facts.days_left,
        "tokens": [_blocks(digits) for digits in facts.tokens],
        "link": f"{settings.public_url}/m/{facts.meter_number}",
        "minutes": int(CODE_LASTS.total_seconds() // 60),
    }
    word = pay_word(facts, settings)
    variables["pay_link"] = f"{settings.public_url}/p/{word}" if word else f"{variables['link']}/pay"
    if facts.proof_id is not None:
        variables["code"], word = _proofs(facts, settings)
        variables["confirm_link"] = f"{settings.public_url}/mail/{facts.proof_id}/{word}"
    if facts.receipt_of:
        variables["receipt_link"] = f"{settings.public_url}/purchases/{facts.receipt_of}/receipt"
    if facts.balance_minor is not None:
        variables["balance"] = money(facts.balance_minor)
        variables["overdraft"] = money(-facts.balance_minor) if facts.balance_minor < 0 else ""
    if facts.read_at is not None:
        variables["read_at"] = _when(facts.read_at, locale, settings)
    return variables


VARIABLES = (
    frozenset(
        ("meter", "supply", "amount", "credit", "arrears", "has_credit", "has_arrears", "days_left", "tokens", "link")
    )
    | {"minutes", "code", "confirm_link", "receipt_link", "pay_link", "by_hand"}
    | {"balance", "overdraft", "read_at"}
)


def _money(amount_minor: int, locale: Locale, currency: str) -> str:
    major = Decimal(amount_minor).scaleb(-get_currency_precision(currency))
    text = format_currency(major, currency, locale=babel_name(locale))
    for wide, sign in _NARROW.items():
        text = text.replace(wide, sign)
    return text


def _when(at: datetime, locale: Locale, settings: Settings) -> str:
    return format_datetime(at, _WHEN[locale], tzinfo=ZoneInfo(settings.timezone), locale=babel_name(locale))


def _blocks(digits: str) -> str:
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
