"""When I want to be warned, and what was sent (SPEC R-7). Over which ways: `ways.py`."""

from collections.abc import Mapping
from http import HTTPStatus
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.alarm import MOST_LEVELS, AlertCycle, AlertUnit
from app.domain.standing import Deed, Sight, may_do, may_see
from app.domain.wallet import UNIT_MINOR
from app.services import alert_rules, ways
from app.services.alert_rules import AlertError, Rule, Standing
from app.services.kept_meters import Mine
from app.services.residents import Me
from app.web.forms import fields
from app.web.pages import page, see_other
from app.web.portal.people.mine import for_mine, must_hold
from app.web.resident import MINE, must_sign_in
from app.web.state import deps

_LONGEST_FIGURE = 6


@must_sign_in
@for_mine
async def show_alerts(request: Request, me: Me, mine: Mine) -> Response:
    """GET /my/{number}/alerts: levels, ways and history; family looks, holders change."""
    if not may_see(mine.standing, Sight.SETTINGS):
        raise HTTPException(404)
    return await _show(request, mine)


async def _show(request: Request, mine: Mine, code: str = "") -> Response:
    async with deps(request).begin() as db:
        standing = await alert_rules.standing(db, mine.meter_id)
        context: dict[str, object] = {
            "mine": mine,
            "holds": may_do(mine.standing, Deed.SETTINGS),
            "standing": standing,
            "rule": standing.rule,
            "figures": _figures(standing),
            "ways": await ways.ways(db, mine.meter_id),
            "told": await alert_rules.history(db, mine.meter_id),
            "hours": range(24),
            "code": code,
        }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if code else HTTPStatus.OK
    return page(request, "portal/alerts.html", context, status=status)


def _figures(standing: Standing) -> tuple[str, ...]:
    """The levels as the form holds them: whole currency units, or days; empty where none watches."""
    unit = UNIT_MINOR if standing.rule.unit is AlertUnit.MONEY else 1
    shown = [str(figure // unit) for figure in standing.rule.figures[: standing.most]]
    return (*shown, *[""] * (standing.most - len(shown)))


@must_sign_in
@for_mine
async def save_rule(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/alerts: levels and cycle, or back to the utility's."""
    must_hold(mine, Deed.SETTINGS)
    known, form = deps(request), await fields(request)
    try:
        async with known.begin() as db:
            if form.get("usual") == "1":
                await alert_rules.forget(db, mine.meter_id)
            else:
                await alert_rules.save(db, mine.meter_id, _rule(form), ZoneInfo(known.settings.timezone), known.now())
    except AlertError as error:
        return await _show(request, mine, error.code)
    await known.bell.ring_quietly()
    return see_other(f"{MINE}/{mine.number}/alerts")


def _rule(form: Mapping[str, str]) -> Rule:
    try:
        unit, cycle = AlertUnit(form.get("unit", "")), AlertCycle(form.get("cycle", ""))
    except ValueError as error:
        raise AlertError("alert_levels") from error
    factor = UNIT_MINOR if unit is AlertUnit.MONEY else 1
    typed = [form.get(f"level_{place}", "").strip() for place in range(1, MOST_LEVELS + 1)]
    while typed and not typed[-1]:
        typed.pop()  # levels left empty at the end are not wanted
    return Rule(unit, tuple(_figure(each) * factor for each in typed), cycle, _figure(form.get("hour", "")))


def _figure(typed: str) -> int:
    plain = typed.strip()
    if not (plain.isdecimal() and len(plain) <= _LONGEST_FIGURE):
        raise AlertError("alert_levels")
    return int(plain)
