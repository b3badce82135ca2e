"""The utility's rules: each set as a form."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.rules import RULE_SETS, Rules
from app.services import rulebook
from app.web.console.pages import Desk, console_page
from app.web.console.people.rule_form import RuleField, RuleWrong, as_typed, read, shown
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

_SETS = {each.code: each for each in RULE_SETS}


async def show_rules(request: Request, desk: Desk) -> Response:
    """GET /console/rules?saved=code."""
    return await _show(request, desk)


async def save_rules(request: Request, desk: Desk) -> Response:
    """POST /console/rules: one set, whole."""
    known, form = deps(request), await fields(request)
    kind = _SETS.get(form.get("set", ""))
    if kind is None:
        raise HTTPException(400)
    try:
        new = read(kind, form)
    except RuleWrong as wrong:
        return await _show(request, desk, kind, as_typed(kind, form), wrong.field)
    async with known.begin() as db:
        await rulebook.save(db, new, desk.officer.id, known.now())
    return see_other(f"/console/rules?saved={kind.code}#{kind.code}")


async def _show(
    request: Request,
    desk: Desk,
    kind: type[Rules] | None = None,
    typed: list[RuleField] | None = None,
    wrong: str = "",
) -> Response:
    """Every set as it holds; the one that somebody typed wrong as they typed it."""
    async with deps(request).begin() as db:
        sets = {each.code: shown(await rulebook.rules(db, each)) for each in RULE_SETS}
        changed = await rulebook.changes(db)
    if kind is not None and typed is not None:
        sets[kind.code] = typed
    context = {"sets": sets, "changed": changed, "wrong": wrong, "at": kind.code if kind else ""}
    context["saved"] = request.query_params.get("saved", "") if not wrong else ""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "people/rules.html", context, desk=desk, status=status)
