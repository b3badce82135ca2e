"""Languages of readers. Sentences in templates and code are English; `locale/` holds the other languages."""

from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parent.parent / "locale"


class Locale(StrEnum):
    """A language that we speak; the words that cookies, links and contacts use."""

    ZH = "zh"
    EN = "en"


DEFAULT = Locale.ZH
_FOLDERS = {Locale.ZH: "zh_Hans"}  # English needs none: it is what the sentences are written in
_BABEL = {Locale.ZH: "zh_Hans_CN", Locale.EN: "en_GB"}
_MOST_TAGS = 10


def babel_name(locale: Locale) -> str:
    """The locale as Babel calls it, for dates and figures."""
    return _BABEL[locale]


def catalogues(locale: Locale) -> list[Catalog]:
    """The .po files of a language, each as it was read."""
    folder = _FOLDERS.get(locale)
    if folder is None:
        return []
    return [_read(path) for path in sorted((FOLDER / folder / "LC_MESSAGES").glob("*.po"))]


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, abort_invalid=True)


@cache
def translations(locale: Locale) -> NullTranslations:
    """What gettext needs, compiled in memory from the .po files: nothing to build, nothing that can be stale."""
    if locale not in _FOLDERS:
        return NullTranslations()
    all_words, compiled = Catalog(locale=_FOLDERS[locale]), BytesIO()
    for catalogue in catalogues(locale):
        for message in catalogue:
            if message.id:  # the first is the file's head
                all_words[message.id] = message
    write_mo(compiled, all_words)
    compiled.seek(0)
    return GNUTranslations(compiled)


def locale_or_none(word: str | None) -> Locale | None:
    """The locale of that name, if we speak it."""
    return Locale(word) if word in tuple(Locale) else None


def preferred(accept_language: str) -> Locale:
    """The reader's best language by the browser's Accept-Language (RFC 9110, 12.5.4), or the default."""
    wishes = [_wish(tag) for tag in accept_language.split(",")[:_MOST_TAGS]]
    spoken = [(weight, locale) for locale, weight in wishes if locale is not None and weight > 0]
    return max(spoken, key=lambda wish: wish[0])[1] if spoken else DEFAULT


def _wish(tag: str) -> tuple[Locale | None, float]:
    name, _, weight = tag.partition(";")
    language = name.strip().lower().partition("-")[0]
    number = weight.strip().removeprefix("q=")
    try:
        return locale_or_none(language), float(number) if weight else 1.0
    except ValueError:
        return None, 0.0
