"""Puts facts into the reader's words: words that ship as files, or a version of them that staff wrote (SPEC N-4)."""

from dataclasses import dataclass, field

from app.domain import proving
from app.services.letters.facts import Facts
from app.services.wording.engine import fill
from app.services.wording.figures import figures
from app.services.wording.shipped import NoWords, Source, Wording, shipped, spoken
from app.services.wording.values import Values, pay_word, secrets_of, values
from app.settings import Settings

__all__ = [
    "NoWords",
    "Source",
    "Wording",
    "Words",
    "as_sent",
    "pay_word",
    "render",
    "shipped",
    "spoken",
    "values_in_words",
]


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says. A text to a phone has no title. `kept` is the body for our record: without what opens
    something. `variables`: the values behind it, in words, for a provider that holds the words itself."""

    title: str
    body: str
    kept: str
    variables: dict[str, str] = field(default_factory=dict)


def render(wording: Wording, facts: Facts, settings: Settings, source: Source | None = None) -> Words:
    """Render title and body of `source`, else of the words that ship.

    Raises NoWords, and jinja2.TemplateError: defects of a template.
    """
    source = source or shipped(wording)
    given = values(facts, settings, figures(wording.locale, wording.channel, settings))
    if "text" in given and facts.reminder and not facts.reminder.plain:  # they may speak of what the kind speaks of
        given["text"] = fill(facts.reminder.text, given)
    title = " ".join(fill(source.title, given).split()) if wording.titled else ""
    body = kept = fill(source.body, given)
    for word in secrets_of(facts, settings).all():
        kept = proving.masked(kept, word)
    return Words(title, body, kept, _all_in_words(given))


def as_sent(kept: str, facts: Facts, settings: Settings) -> str:
    """The words that went out, from what is kept of them: what opens something is derived once more."""
    return proving.unmasked(kept, secrets_of(facts, settings).all())


def values_in_words(wording: Wording, facts: Facts, settings: Settings) -> dict[str, str]:
    """What each variable would be for one reader; what is not known is not there."""
    return _all_in_words(values(facts, settings, figures(wording.locale, wording.channel, settings)))


def _all_in_words(given: Values) -> dict[str, str]:
    return {name: _in_words(value) for name, value in given.items()}


def _in_words(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(str(line) for line in value if isinstance(line, str))
    return str(value)
