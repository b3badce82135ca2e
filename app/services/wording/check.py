"""Checks words before they are kept: they compile, speak of what is known, bear what may be missing, say what they are
for, and are not too long (SPEC N-4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError, nodes

from app.domain.notice import MessageKind
from app.domain.rules import TemplateRules
from app.domain.segments import measure, worth_plain
from app.domain.template import Variable, required, variables
from app.models.account import ChannelName
from app.services.wording import Source, Wording, render
from app.services.wording.samples import TRIED, full
from app.services.wording.syntax import Forbidden, check_shape, names_in, parse
from app.settings import Settings

LONGEST_BODY = 3500
LONGEST_TITLE = 200
_MISSING = re.compile(r"'(\w+)' is undefined")


class Fault(StrEnum):
    """What is wrong. `dear` is a warning: the words may be kept."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    SYNTAX = "syntax"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"
    MAY_BE_MISSING = "may_be_missing"
    NOT_SAID = "not_said"
    TOO_MANY_SEGMENTS = "too_many_segments"
    DEAR = "dear"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault at a field. `name`: the variable, or what is forbidden; `near`: a name that may have been meant."""

    field: str
    fault: Fault
    name: str = ""
    near: str = ""
    line: int = 0
    count: int = 0

    @property
    def grave(self) -> bool:
        """May the words not be kept like this?"""
        return self.fault is not Fault.DEAR


class BadWords(ValueError):
    """Words that cannot be kept; `findings` say why, each at its field."""

    code = "bad_words"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(", ".join(f"{found.field}: {found.fault} {found.name}" for found in findings))
        self.findings = findings


def check(wording: Wording, source: Source, settings: Settings, rules: TemplateRules) -> tuple[Finding, ...]:
    """Everything that is to be said about the words of a template, faults first."""
    known = variables(wording.kind)
    parts = {"body": (source.body, LONGEST_BODY)}
    if wording.titled:
        parts = {"title": (source.title, LONGEST_TITLE)} | parts
    found = [fault for field, (text, most) in parts.items() for fault in check_text(field, text, known, most)]
    if found:
        return tuple(found)
    said = names_in(source.body) | names_in(source.title)
    found = [Finding("body", Fault.NOT_SAID, name) for name in required(wording.kind) if name not in said]
    found += _tried(wording, source, settings)
    return tuple(found) or _priced(wording, source, settings, rules)


def check_free(text: str, kind: MessageKind = MessageKind.REMINDER, most: int = 2000) -> tuple[Finding, ...]:
    """Free words of a bulk send, before anybody is written to: they may speak of what is always known of the kind."""
    known = {name: each for name, each in variables(kind).items() if name not in ("text", "title")}
    return tuple(check_text("text", text, known, most))


def check_text(field: str, text: str, known: Mapping[str, Variable], most: int) -> list[Finding]:
    """Faults that are seen without rendering."""
    if not text.strip():
        return [Finding(field, Fault.EMPTY)]
    if len(text) > most:
        return [Finding(field, Fault.TOO_LONG, count=len(text))]
    try:
        tree = parse(text)
        names = names_in(text)
        strange = [_unknown(field, name, known, tree) for name in sorted(names - set(known))]
        if not strange:
            check_shape(tree, known)
    except TemplateSyntaxError as error:
        return [Finding(field, Fault.SYNTAX, name=error.message or "", line=error.lineno)]
    except Forbidden as error:
        return [Finding(field, Fault.FORBIDDEN, name=error.what, line=error.line)]
    return strange


def _unknown(field: str, name: str, known: Mapping[str, Variable], tree: nodes.Template) -> Finding:
    line = next((each.lineno for each in tree.find_all(nodes.Name) if each.name == name), 0)
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return Finding(field, Fault.UNKNOWN, name, near[0] if near else "", line)


def _tried(wording: Wording, source: Source, settings: Settings) -> list[Finding]:
    """Render with facts of every sort; each thing that is missing is said once."""
    found: dict[str, Finding] = {}
    for facts_of in TRIED:
        try:
            words = render(wording, facts_of(wording.kind, wording.locale), settings, source)
        except UndefinedError as error:
            name = missing_name(error)
            found[name] = Finding("body", Fault.MAY_BE_MISSING, name)
        except TemplateError as error:
            return [Finding("body", Fault.SYNTAX, name=error.message or "")]
        else:
            if not words.body or (wording.titled and not words.title):
                found[""] = Finding("body" if not words.body else "title", Fault.EMPTY)
    return list(found.values())


def missing_name(error: UndefinedError) -> str:
    """The variable that was not there."""
    named = _MISSING.search(error.message or "")
    return named[1] if named else (error.message or "")


def _priced(wording: Wording, source: Source, settings: Settings, rules: TemplateRules) -> tuple[Finding, ...]:
    if wording.channel is not ChannelName.SMS:
        return ()
    body = render(wording, full(wording.kind, wording.locale), settings, source).body
    length = measure(body)
    if length.segments > rules.most_segments:
        return (Finding("body", Fault.TOO_MANY_SEGMENTS, count=length.segments),)
    if not worth_plain(body):
        return ()
    return tuple(
        Finding("body", Fault.DEAR, each.character, each.plain or "", count=each.times) for each in length.dear
    )
