"""Archive rules (档案规则): how a make of concentrator numbers protocols and ports; made, changed, given, removed."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.archive import STANDARD, ArchiveTerms, Protocol
from app.domain.roles import Permission
from app.models import ArchiveRules
from app.services import alarm_schemes
from app.services.archive import rules
from app.services.archive.rules import RulesRefused, RulesWish
from app.services.kiosks import care
from app.web.console.archive.giving import id_in_path, meant, number
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

PATH = "/console/archive-rules"


async def show_all(request: Request, desk: Desk) -> Response:
    """GET /console/archive-rules."""
    async with deps(request).begin() as db:
        found = await rules.list_rules(db)
    context: dict[str, object] = {"rules": found, "none_usual": not any(line.row.usual for line in found)}
    context |= {"may": desk.officer.may, "permissions": Permission}
    return console_page(request, "archive/rules_list.html", context, desk=desk)


async def show_one(request: Request, desk: Desk) -> Response:
    """GET /console/archive-rules/new, /console/archive-rules/{id}."""
    return await _show(request, desk, id_in_path(request, "rules_id"))


async def _show(
    request: Request, desk: Desk, rules_id: UUID | None, typed: Mapping[str, str] | None = None, wrong: str = ""
) -> Response:
    async with deps(request).begin() as db:
        row = await db.get(ArchiveRules, rules_id) if rules_id else None
        if rules_id and row is None:
            raise HTTPException(404)
        areas, places = await alarm_schemes.areas(db), await care.places(db)
    form = dict(typed) if typed is not None else _typed(row)
    context = {"row": row, "form": form, "wrong": wrong, "areas": areas, "places": places, "protocols": tuple(Protocol)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "archive/rules.html", context, desk=desk, status=status)


def _typed(row: ArchiveRules | None) -> dict[str, str]:
    terms = rules.terms_of(row) if row else STANDARD
    found = {f"number_{protocol}": str(number_) for protocol, number_ in terms.numbers.items()}
    found |= {name: str(getattr(terms, name)) for name in ("carrier_port", "zigbee_port", "master_port")}
    found |= {"wired_ports": ", ".join(map(str, terms.wired_ports)), "zigbee_prefix": terms.zigbee_prefix}
    return found | {"name": row.name if row else ""} | ({"usual": "yes"} if row and row.usual else {})


async def save(request: Request, desk: Desk) -> Response:
    """POST /console/archive-rules/new, /console/archive-rules/{id}: save, give, give_usual, remove."""
    known, form, rules_id = deps(request), await fields(request), id_in_path(request, "rules_id")
    staff, now = desk.officer.id, known.now()
    try:
        async with known.begin() as db:
            match form.get("act", ""):
                case "give" if rules_id is not None:
                    await rules.give_rules(db, rules_id, await meant(db, form), staff, now)
                case "give_usual":
                    await rules.give_rules(db, None, await meant(db, form), staff, now)
                case "remove" if rules_id is not None:
                    await rules.remove_rules(db, rules_id, staff, now)
                case _:
                    wish = RulesWish(form.get("name", "").strip(), _terms(form), form.get("usual") == "yes")
                    await rules.save_rules(db, rules_id, wish, staff, now)
    except RulesRefused as refused:
        return await _show(request, desk, rules_id, form, refused.code)
    except ValueError as wrong:
        return await _show(request, desk, rules_id, form, str(wrong))
    return see_other(PATH)


def _terms(form: Mapping[str, str]) -> ArchiveTerms:
    """Raises ValueError with the field's name."""
    listed = form.get("wired_ports", "").replace("，", ",").split(",")
    return ArchiveTerms(
        numbers={protocol: number(form.get(f"number_{protocol}", ""), "numbers") for protocol in Protocol},
        carrier_port=number(form.get("carrier_port", ""), "carrier_port"),
        zigbee_port=number(form.get("zigbee_port", ""), "zigbee_port"),
        wired_ports=tuple(number(each, "wired_ports") for each in listed if each.strip()),
        master_port=number(form.get("master_port", ""), "master_port"),
        zigbee_prefix=form.get("zigbee_prefix", "").strip(),
    )
