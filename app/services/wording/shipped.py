"""The words that ship: templates/<kind>/<locale>.<medium>.txt, with a subject beside them for what has a title.

Texts to a phone serve wherever a medium has no words of its own; a voice has its own where a link would be read out.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.domain.notice import MessageKind
from app.domain.template import media
from app.i18n import DEFAULT, Locale, locale_or_none
from app.models.account import ChannelName

FOLDER = Path(__file__).resolve().parent / "templates"
_TITLED = (ChannelName.EMAIL, ChannelName.WECHAT, ChannelName.WEBHOOK, ChannelName.INBOX)


class NoWords(LookupError):
    """A kind is not told over this medium: a defect of whoever planned it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Words before facts are put into them. A text to a phone has no title."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Which words: what is told, in which language, over which medium."""

    kind: MessageKind
    locale: Locale
    channel: ChannelName

    @property
    def name(self) -> str:
        """For people who look for it: "alarm_a/zh.sms"."""
        return f"{self.kind}/{self.locale}.{self.channel}"

    @property
    def titled(self) -> bool:
        """Does what is sent have a title?"""
        return self.channel in _TITLED


def spoken(locale: str) -> Locale:
    """The language of a contact; our default for one that we have stopped speaking."""
    return locale_or_none(locale) or DEFAULT


@cache
def shipped(wording: Wording) -> Source:
    """The words that ship with us. Raises NoWords where the kind is not told over the medium."""
    if wording.channel not in media(MessageKind(wording.kind)):
        raise NoWords(wording.name)
    return Source(_read(wording, "subject") or "" if wording.titled else "", _body(wording))


def _body(wording: Wording) -> str:
    own = _read(wording, wording.channel)
    found = own if own is not None else _read(wording, ChannelName.SMS)
    if found is None:
        raise NoWords(wording.name)
    return found


def _read(wording: Wording, part: str) -> str | None:
    path = FOLDER / wording.kind / f"{wording.locale}.{part}.txt"
    return path.read_text("utf-8").strip() if path.is_file() else None
