"""Alarm policies in the console: the list, one as a form of rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.alarm import USUAL, AlarmTone, AlertCycle, AlertUnit, Level
from app.services.levels import changes_list, policies
from app.services.levels.policies import PolicyDraft, PolicyError, PolicyView
from app.web.console.alarms.typed import MOST_ROWS, Typed, read_policy
from app.web.console.pages import Desk, console_page
from app.web.format import Format
from app.web.forms import fields, query
from app.web.pages import format_for, see_other
from app.web.state import deps

PATH = "/console/alarms"
_BLANK = {"tone": AlarmTone.NOTICE, "unit": AlertUnit.MONEY, "value": "", "on": True, "cycle": "once", "hour": "9"}


async def show_alarms(request: Request, desk: Desk) -> Response:
    """GET /console/alarms: policies, and the latest changes for many."""
    async with deps(request).begin() as db:
        found, changes = await policies.listed(db), await changes_list.latest(db)
    context = {"policies": found, "changes": changes, "default": USUAL, "missing": query(request, "missing")}
    return console_page(request, "alarms/list.html", context, desk=desk)


async def show_policy(request: Request, desk: Desk) -> Response:
    """GET /console/alarms/policies/new, /console/alarms/policies/{id}."""
    known = await _known(request)
    fmt = format_for(request, deps(request).settings)
    policy = known.policy if known else USUAL
    rows = [written(level, fmt) for level in policy.levels]
    typed = {"name": known.name if known else "", "margin": fmt.plain(policy.margin_minor)}
    typed["usual"] = "1" if known and known.usual else ""
    return _form(request, desk, known, _Sheet(typed, rows, {}))


def written(level: Level, fmt: Format) -> dict[str, object]:
    """A level as a form's row holds it."""
    value = fmt.plain(level.value) if level.unit is AlertUnit.MONEY else str(level.value)
    hour = str(level.hour)
    return {
        "tone": level.tone,
        "unit": level.unit,
        "value": value,
        "on": level.on,
        "cycle": level.cycle,
        "hour": hour,
    }


async def save_policy(request: Request, desk: Desk) -> Response:
    """POST /console/alarms/policies/new, /console/alarms/policies/{id}: save it, or take it away."""
    known, form, policy = deps(request), await fields(request), await _known(request)
    policy_id = policy.id if policy else None
    typed = Typed(form)
    try:
        if policy_id is not None and form.get("act") == "take_away":
            async with known.begin() as db:
                await policies.take_away(db, policy_id, desk.officer.id, known.now())
            return see_other(PATH)
        draft = read_policy(typed)
        if not typed.faults:
            return await _save(request, desk, policy_id, draft)
    except PolicyError as error:
        typed.faults["" if error.depth is None else f"value_{_row_of(form, error.depth)}"] = error.code
    rows = [_typed_row(form, row) for row in range(1, MOST_ROWS + 1)]
    return _form(request, desk, policy, _Sheet(form, rows, typed.faults))


async def _save(request: Request, desk: Desk, policy_id: UUID | None, draft: PolicyDraft) -> Response:
    known = deps(request)
    async with known.begin() as db:
        await policies.save(db, policy_id, draft, desk.officer.id, known.now())
    return see_other(PATH)


def _row_of(form: Mapping[str, str], depth: int) -> int:
    """The row that a depth was typed in: rows without a figure are passed over."""
    rows = [row for row in range(1, MOST_ROWS + 1) if form.get(f"value_{row}", "").strip()]
    return rows[depth - 1] if depth <= len(rows) else depth


def _typed_row(form: Mapping[str, str], row: int) -> dict[str, object]:
    found: dict[str, object] = {name: form.get(f"{name}_{row}", "") for name in _BLANK}
    return found | {"on": form.get(f"on_{row}") == "1"}


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What the form shows: fields, rows of levels, and what is wrong by field."""

    typed: Mapping[str, str]
    rows: list[dict[str, object]]
    faults: Mapping[str, str]


def _form(request: Request, desk: Desk, policy: PolicyView | None, sheet: _Sheet) -> Response:
    blank = [dict(_BLANK) for _ in range(MOST_ROWS - len(sheet.rows))]
    context = {
        "policy": policy,
        "given": sheet.typed,
        "rows": [*sheet.rows, *blank],
        "faults": sheet.faults,
        "tones": tuple(AlarmTone),
        "units": tuple(AlertUnit),
        "cycles": tuple(AlertCycle),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if sheet.faults else HTTPStatus.OK
    return console_page(request, "alarms/policy.html", context, desk=desk, status=status)


async def _known(request: Request) -> PolicyView | None:
    """The policy of the address; None for a new one. Not found for one that is not there."""
    policy_id = request.path_params.get("policy_id")
    if policy_id is None:
        return None
    async with deps(request).begin() as db:
        found = next((each for each in await policies.listed(db) if each.id == policy_id), None)
    if found is None:
        raise HTTPException(404)
    return found
