"""Words as they would go out: with a real account or sample figures, counted, priced, checked, beside those in use."""

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import TemplateError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.access import NumberError
from app.domain.relay import Supply
from app.domain.rules import TemplateRules
from app.domain.segments import Length, measure
from app.domain.template import variables
from app.models.account import ChannelName
from app.services import templates
from app.services.letters import Facts
from app.services.rulebook import rules
from app.services.wording import Source, Wording, Words, render, shipped, values_in_words
from app.services.wording.check import Finding, check
from app.services.wording.cost import Cost, cost_of
from app.services.wording.samples import full
from app.services.wording.trying import facts_of
from app.settings import Settings
from app.web.console.wording.diff import Piece, pieces

_WORDS_OF: dict[str, tuple[str, ...]] = {"supply": tuple(Supply)}


@dataclass(frozen=True, slots=True)
class Known:
    """A variable, and its value in this preview; None where it is missing in it. `words`: what it may be, if that is
    counted.
    """

    name: str
    always: bool
    value: str | None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What the right half of the editor shows. `words` None: they cannot be put together; `findings` say why.

    `wrong`: why the account lends no figures, the code of a number or `figures_missing`; sample figures stand in then.
    """

    words: Words | None
    findings: tuple[Finding, ...]
    length: Length | None
    cost: Cost | None
    changes: list[Piece]
    known: list[Known]
    wrong: str = ""

    @property
    def grave(self) -> bool:
        """May the words not be kept like this?"""
        return any(each.grave for each in self.findings)


async def show(db: AsyncSession, wording: Wording, source: Source, number: str, settings: Settings) -> Shown:
    """Put words together for a look. `number`: of a meter or an account, or nothing for sample figures."""
    facts, wrong = await _facts(db, wording, number)
    held = await rules(db, TemplateRules)
    findings = check(wording, source, settings, held)
    words = _words(wording, facts, source, settings)
    if words is None and number and not wrong and not any(each.grave for each in findings):
        facts, wrong = full(wording.kind, wording.locale), "figures_missing"
        words = _words(wording, facts, source, settings)
    sms = words is not None and wording.channel is ChannelName.SMS
    return Shown(
        words=words,
        findings=findings,
        length=measure(words.body) if words and sms else None,
        cost=cost_of(wording.channel, words.body, held) if words else None,
        changes=await _changes(db, wording, source),
        known=_known(wording, values_in_words(wording, facts, settings)),
        wrong=wrong,
    )


async def _facts(db: AsyncSession, wording: Wording, number: str) -> tuple[Facts, str]:
    if not number.strip():
        return full(wording.kind, wording.locale), ""
    try:
        return await facts_of(db, wording.kind, wording.locale, number), ""
    except NumberError as error:
        return full(wording.kind, wording.locale), error.code


def _words(wording: Wording, facts: Facts, source: Source, settings: Settings) -> Words | None:
    try:
        return render(wording, facts, settings, source)
    except TemplateError:
        return None


async def _changes(db: AsyncSession, wording: Wording, source: Source) -> list[Piece]:
    used = await templates.in_use(db, wording)
    before = Source(used.title, used.body) if used else shipped(wording)
    titles = pieces(before.title, source.title) if wording.titled else []
    parted = [Piece("same", "\n\n")] if titles else []
    return [*titles, *parted, *pieces(before.body, source.body)]


def _known(wording: Wording, values: Mapping[str, str]) -> list[Known]:
    known = sorted(variables(wording.kind).items())
    return [Known(name, each.always, values.get(name), _WORDS_OF.get(name, ())) for name, each in known]
