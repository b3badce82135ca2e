"""Pages of the console: the common page with the console's words, and never kept by a browser or a proxy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.domain.rules import SendingRules
from app.services.staff import Officer
from app.web.console.facts import (
    entry_fact,
    evidence_briefly,
    evidence_facts,
    frame_facts,
    gist,
    money_in,
    spaced,
)
from app.web.console.nav import group_of, open_groups, part_of
from app.web.console.terms import Terms
from app.web.pages import format_for, page
from app.web.state import deps, reader

HOME = "/console/reviews"
SIGN_IN = "/console/sign-in"
SECOND_STEP = "/console/second-step"
AGAIN = "/console/again"


@dataclass(frozen=True, slots=True)
class Desk:
    """Who asks for a page, how many questions wait, and what leaves the house."""

    officer: Officer
    open_reviews: int
    sending: SendingRules = field(default_factory=SendingRules)


def console_page(
    request: Request, template: str, context: Mapping[str, object], *, desk: Desk | None = None, status: int = 200
) -> HTMLResponse:
    """Render a page; `desk` None: nobody is signed in. "x.html#part": where htmx asks, only that block of it."""
    terms = Terms(reader(request))
    fmt = format_for(request, deps(request).settings)
    words: dict[str, object] = {
        "desk": desk,
        "groups_for": lambda at: open_groups(at.officer) if at else (),
        "group_of": group_of,
        "part_of": part_of,
        "term": terms,
        "evidence_facts": lambda evidence: evidence_facts(evidence, fmt, terms),
        "evidence_briefly": lambda evidence: evidence_briefly(evidence, fmt, terms),
        "frame_facts": lambda fields: frame_facts(fields, fmt, terms),
        "entry_fact": lambda entry: entry_fact(entry, fmt, terms),
        "money_in": lambda amount_minor, currency: money_in(fmt, amount_minor, currency),
        "spaced": spaced,
        "gist": lambda fields: gist(fields, fmt, terms),
    }
    name, _, block = template.partition("#")
    answer = page(request, f"console/{name}", words | dict(context), block=block or None, status=status)
    unkept(answer)
    return answer


def unkept(answer: Response) -> None:
    """What only staff may see is not left behind in a cache."""
    answer.headers["cache-control"] = "no-store"
