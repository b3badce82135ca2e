"""Codes into the reader's words. A code that has none (a maker's own error word) is shown as it came."""

from app.i18n import Locale, translations
from app.web.console.alarms import words as alarms
from app.web.console.archive import words as archive
from app.web.console.campaigns import words as campaigns
from app.web.console.carriers import words as carriers
from app.web.console.customers import words as customers
from app.web.console.devices import words as devices
from app.web.console.events import words as events
from app.web.console.fees import words as fees
from app.web.console.frame_words import FRAMES
from app.web.console.gateways import words as gateways
from app.web.console.handhelds import words as handhelds
from app.web.console.head_ends import words as head_ends
from app.web.console.kiosk_words import KIOSKS
from app.web.console.link_words import LINKS
from app.web.console.messages import words as messages
from app.web.console.money_words import MONEY
from app.web.console.notice_words import NOTICES
from app.web.console.outages import words as outages
from app.web.console.people import words as people
from app.web.console.reasons import REASONS
from app.web.console.reports import words as reports
from app.web.console.swaps import words as swaps
from app.web.console.wording import words as wording
from app.web.console.words import DESK

_PARTS = (
    alarms,
    archive,
    campaigns,
    carriers,
    customers,
    devices,
    events,
    fees,
    gateways,
    handhelds,
    head_ends,
    messages,
    outages,
    people,
    reports,
    swaps,
    wording,
)
TERMS: dict[str, str] = DESK | REASONS | FRAMES | KIOSKS | LINKS | MONEY | NOTICES
for _part in _PARTS:
    TERMS |= _part.WORDS


class Terms:
    """The console's words in one language. Called with what kind of code it is, and the code."""

    def __init__(self, locale: Locale) -> None:
        self._words = translations(locale)

    def __call__(self, kind: str, code: object) -> str:
        sentence = TERMS.get(f"{kind}_{code}")
        return self._words.gettext(sentence) if sentence else str(code)

    def has(self, kind: str, code: object) -> bool:
        """Do we have words for it?"""
        return f"{kind}_{code}" in TERMS

    def why(self, text: str) -> str:
        """A reason, or a chain of reasons joined by colons: "unreachable: no_link"."""
        parts = [self("why", part.strip().removeprefix("security_")) for part in text.split(":")]
        return ": ".join(part for part in parts if part)

    def account(self, name: str) -> str:
        """An account of the ledger: its name, whose it is, and its currency if that is a foreign one."""
        first, *rest = name.split(":")
        if first == "fund":
            return self("ledger", first)  # whose it is says the booking
        return " ".join([self("ledger", first), *rest])
