"""Finds every sentence that pages say, as gettext's tools would."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

from app.i18n import Locale, catalogues

APP = Path(__file__).resolve().parents[3] / "app"
_FOLDERS = ("web", "demo")
_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}

Sentence = str | tuple[str, ...]


def spoken() -> dict[Sentence, str]:
    """Every sentence in templates and code, and where it stands; one with a plural is a pair."""
    options = {"**/templates/**.html": {"trimmed": "false"}}
    found = [each for folder in _FOLDERS for each in extract_from_dir(APP / folder, _METHODS, options, _KEYWORDS)]
    return {_sentence(message): f"{name}:{line}" for name, line, message, _, _ in found if message}


def _sentence(message: str | list[str] | tuple[str, ...] | None) -> Sentence:
    return message if isinstance(message, str) else tuple(message or ())


def translated(locale: Locale) -> Iterator[tuple[Sentence, Sentence]]:
    """Every sentence of a language's catalogues with its translation."""
    for catalogue in catalogues(locale):
        for message in catalogue:
            if message.id and not message.fuzzy:
                yield _sentence(message.id), _sentence(message.string)
