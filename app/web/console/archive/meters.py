"""How one meter hangs at its concentrator, and whether the terminal keeps what it buys."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.archive import BAUDS, BadHanging, Hanging, Line, Protocol
from app.domain.money import AmountError, parse_balance
from app.domain.purchase_control import MOST_GROUP, MOST_ROUND, BadGroup, CountedIn, GroupTerms
from app.models import Meter, MeterGroup, MeterLine
from app.services import groups
from app.services.archive import hanging, rules
from app.services.devices import meter_page
from app.services.groups import GroupRefused
from app.web.console.archive.giving import number
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, ref_in_path
from app.web.pages import see_other
from app.web.state import deps

W = TypeVar("W", Line, Protocol, CountedIn)


async def show_line(request: Request, desk: Desk) -> Response:
    """GET /console/meters/{number}/line."""
    return await _show(request, desk)


async def _show(request: Request, desk: Desk, typed: Mapping[str, str] | None = None, wrong: str = "") -> Response:
    async with deps(request).begin() as db:
        meter_id = await meter_page.id_of(db, ref_in_path(request, "number"))
        if meter_id is None:
            raise HTTPException(404)
        meter = await db.get_one(Meter, meter_id)
        terms = await rules.terms_for(db, meter.concentrator_id)
        how = hanging.hanging_of(meter, await db.get(MeterLine, meter.id), terms)
        group = await groups.row_of(db, meter)
        held = await db.get(MeterLine, meter.id)
    form = _typed(how, group) | dict(typed or {})
    context = {
        "meter": meter, "form": form, "wrong": wrong, "group": group, "held": held, "terms": terms,
        "lines": tuple(Line), "protocols": tuple(Protocol), "bauds": BAUDS, "counts": tuple(CountedIn),
        "may_hold": group is not None and groups.holds(meter), "most_reason": groups.LONGEST_REASON,
        "numbers": range(1, MOST_GROUP + 1), "rounds": range(1, MOST_ROUND + 1),
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "archive/meter.html", context, desk=desk, status=status)


def _typed(how: Hanging, group: MeterGroup | None) -> dict[str, str]:
    found = {"line": how.line.value, "port": str(how.port), "protocol": how.protocol.value, "baud": str(how.baud)}
    found["collector"] = how.collector
    if group is None:
        return found
    terms = groups.terms_of(group)
    in_money = terms.counted_in is CountedIn.MONEY
    found |= {f"round_{each}": "yes" for each in terms.rounds}
    found |= {"number": str(terms.number), "counted_in": terms.counted_in.value}
    for name, value in (("alarm", terms.alarm), ("trip", terms.trip)):
        found[name] = f"{value // 100}.{value % 100:02d}" if in_money else str(value)
    return found


async def save_line(request: Request, desk: Desk) -> Response:
    """POST /console/meters/{number}/line: hang, group, no_group."""
    known, form, of = deps(request), await fields(request), ref_in_path(request, "number")
    try:
        async with known.begin() as db:
            meter_id = await meter_page.id_of(db, of)
            if meter_id is None:
                raise HTTPException(404)
            meter = await db.get_one(Meter, meter_id)
            match form.get("act", ""):
                case "hang":
                    await hanging.hang(db, meter.id, _hanging(meter, form), desk.officer.id, known.now())
                case "group":
                    await groups.set_group(db, meter.id, _group(form), desk.officer.id, known.now())
                case "no_group":
                    given_up = form.get("reason", "")
                    await groups.remove_group(db, meter.id, desk.officer.id, known.now(), reason=given_up)
                case _:
                    raise HTTPException(HTTPStatus.BAD_REQUEST)
    except GroupRefused as refused:
        return await _show(request, desk, form, refused.code)
    except (BadHanging, BadGroup) as bad:
        return await _show(request, desk, form, f"bad_{bad.field}")
    except ValueError as wrong:
        return await _show(request, desk, form, f"bad_{wrong}")
    return see_other(f"/console/meters/{of}/line")


def _hanging(meter: Meter, form: Mapping[str, str]) -> Hanging:
    """Raises BadHanging, ValueError with a field's name."""
    return Hanging(
        address=meter.address,
        line=_word(Line, form.get("line", ""), "line"),
        port=number(form.get("port", ""), "port"),
        protocol=_word(Protocol, form.get("protocol", ""), "protocol"),
        baud=number(form.get("baud", ""), "baud"),
        collector=form.get("collector", "").strip(),
    )


def _group(form: Mapping[str, str]) -> GroupTerms:
    counted = _word(CountedIn, form.get("counted_in", ""), "counted_in")
    return GroupTerms(
        number=number(form.get("number", ""), "group"),
        rounds=tuple(each for each in range(1, MOST_ROUND + 1) if form.get(f"round_{each}") == "yes"),
        counted_in=counted,
        alarm=_amount(form.get("alarm", ""), counted, "alarm"),
        trip=_amount(form.get("trip", ""), counted, "trip"),
    )


def _amount(text: str, counted: CountedIn, field: str) -> int:
    if counted is CountedIn.ENERGY:
        return number(text, field)
    try:
        return parse_balance(text.strip())
    except AmountError:
        raise ValueError(field) from None


def _word(words: type[W], text: str, field: str) -> W:
    try:
        return words(text)
    except ValueError:
        raise ValueError(field) from None
