"""How I want to be warned, over which ways, and what was sent (SPEC R-7)."""

from collections.abc import Mapping
from datetime import time
from http import HTTPStatus
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.alarm import MOST_LEVELS, AlertCycle, AlertUnit
from app.domain.proving import link_word, same_word
from app.domain.standing import Deed, Sight, may_do, may_see
from app.domain.wallet import UNIT_MINOR
from app.i18n import DEFAULT, locale_or_none
from app.models import AddressProof
from app.services import alert_rules
from app.services.alert_rules import AlertError, Habit, Rule, Standing
from app.services.kept_meters import Mine
from app.services.residents import Me
from app.web.forms import fields
from app.web.pages import page, see_other
from app.web.portal.people.mine import for_mine, must_hold
from app.web.resident import MINE, must_sign_in
from app.web.state import deps, reader

_LONGEST_FIGURE = 6


@must_sign_in
@for_mine
async def show_alerts(request: Request, me: Me, mine: Mine) -> Response:
    """GET /my/{number}/alerts: levels, ways and history; family looks, holders change."""
    if not may_see(mine.standing, Sight.SETTINGS):
        raise HTTPException(404)
    return await _show(request, mine)


async def _show(request: Request, mine: Mine, code: str = "", typed: str = "", *, asked: bool = False) -> Response:
    async with deps(request).begin() as db:
        standing = await alert_rules.standing(db, mine.meter_id)
        context: dict[str, object] = {
            "mine": mine,
            "holds": may_do(mine.standing, Deed.SETTINGS),
            "standing": standing,
            "rule": standing.rule,
            "figures": _figures(standing),
            "ways": await alert_rules.ways(db, mine.meter_id),
            "told": await alert_rules.history(db, mine.meter_id),
            "hours": range(24),
            "code": code,
            "typed": typed,
            "asked": asked,
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


@must_sign_in
@for_mine
async def change_way(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/alerts/ways/{id}: one contact on or off, its language and quiet hours."""
    must_hold(mine, Deed.SETTINGS)
    known, form = deps(request), await fields(request)
    habit = Habit(
        on=form.get("on") == "1",
        locale=locale_or_none(form.get("locale")) or DEFAULT,
        quiet_from=_hour(form.get("quiet_from", "")),
        quiet_to=_hour(form.get("quiet_to", "")),
    )
    async with known.begin() as db:
        found = await alert_rules.change_way(db, mine.meter_id, request.path_params["id"], habit, known.now())
    if not found:
        raise HTTPException(404)
    return see_other(f"{MINE}/{mine.number}/alerts#ways")


def _hour(typed: str) -> time | None:
    plain = typed.strip()
    return time(int(plain)) if plain.isascii() and plain.isdecimal() and len(plain) <= 2 and int(plain) < 24 else None


@must_sign_in
@for_mine
async def add_mail(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/alerts/mail: write to an address for its owner's consent."""
    must_hold(mine, Deed.SETTINGS)
    known, address = deps(request), (await fields(request)).get("address", "")
    proof = AddressProof(
        id=uuid4(), meter_id=mine.meter_id, resident_id=me.id, address=address, locale=reader(request).value
    )
    try:
        async with known.begin() as db:
            await alert_rules.ask_mail(db, proof, known.now())
    except AlertError as error:
        return await _show(request, mine, error.code, address)
    await known.bell.ring_quietly()
    return await _show(request, mine, asked=True)


async def show_confirmation(request: Request) -> Response:
    """GET /mail/{id}/{word}: ask for consent. A reader of links that opens it on its own agrees to nothing."""
    known, proof_id = deps(request), _proven(request)
    async with known.begin() as db:
        waits = await alert_rules.open_proof(db, proof_id, known.now()) is not None
    return _confirmation(request, "" if waits else "mail_over")


async def confirm_mail(request: Request) -> Response:
    """POST /mail/{id}/{word}: the owner agrees. No sign-in: the mailbox itself is the proof."""
    known, proof_id = deps(request), _proven(request)
    try:
        async with known.begin() as db:
            await alert_rules.confirm_mail(db, proof_id, known.now())
    except AlertError as error:
        return _confirmation(request, error.code)
    return _confirmation(request, done=True)


def _proven(request: Request) -> UUID:
    """The id of a link whose word is right; not found for any other."""
    proof_id: UUID = request.path_params["id"]
    right = link_word(deps(request).settings.session_secret.get_secret_value(), proof_id)
    if not same_word(request.path_params["word"], right):
        raise HTTPException(404)
    return proof_id


def _confirmation(request: Request, code: str = "", *, done: bool = False) -> Response:
    status = HTTPStatus.GONE if code else HTTPStatus.OK
    return page(request, "portal/mail.html", {"code": code, "done": done}, status=status)
