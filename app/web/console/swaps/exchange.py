"""Meter exchange: the list, a new one, and one as it goes on (SPEC H-7)."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.fees import Registers
from app.domain.masking import Mask
from app.domain.money import AmountError, parse_balance
from app.domain.roles import Permission
from app.domain.swapping import CannotSwap, Found, SwapBar, SwapState, SwapWay
from app.models import MeterModel
from app.services.swaps import beginning, finishing, funds, reading, views
from app.services.swaps.beginning import NewMeter, Wish
from app.services.swaps.reading import Seen
from app.services.swaps.views import SwapLine
from app.web.console import listing
from app.web.console.devices.one import id_in_path
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields, query
from app.web.pages import format_for, see_other
from app.web.state import deps, reader

PATH = "/console/swaps"
_HEAD = (
    "old_meter",
    "new_meter",
    "account",
    "state",
    "way",
    "balance",
    "count",
    "energy_kwh",
    "read_at",
    "began",
    "by",
)
_DIGITS = 10
_PART = 1000
_WH = 1000


async def show_swaps(request: Request, desk: Desk) -> Response:
    """GET /console/swaps?state=&skip=: the newest first."""
    state, skip = _state(request), _number(query(request, "skip")) or 0
    async with deps(request).begin() as db:
        found = await views.list_swaps(db, state, skip)
    context = {"found": found[: views.PAGE], "more": len(found) > views.PAGE, "skip": skip, "page_size": views.PAGE}
    context |= {"state": state, "states": tuple(SwapState)}
    return console_page(request, "swaps/list.html", context, desk=desk)


async def swaps_csv(request: Request, desk: Desk) -> Response:
    """GET /console/swaps.csv?state=: all of them, with the last figures of the old meters."""
    known, state = deps(request), _state(request)
    async with known.begin() as db:
        listing.note_export(db, request, desk.officer.id)
    words = Terms(reader(request))

    async def rows() -> listing.Rows:
        yield [[words("column", code) for code in _HEAD]]
        skip = 0
        while True:
            async with known.begin() as db:
                part = await views.list_swaps(db, state, skip, _PART)
            yield [_cells(request, each, words) for each in part]
            if len(part) < _PART:
                return
            skip += _PART

    return listing.csv_file(listing.stamped("meter-exchanges", known.now()), rows())


def _cells(request: Request, each: SwapLine, words: Terms) -> list[listing.Cell]:
    swap, fmt = each.swap, format_for(request, deps(request).settings)
    return [
        each.old_number,
        swap.new_number,
        each.account_number,
        words("swap", swap.state),
        words("swap_way", swap.way),
        float(fmt.plain(swap.last_balance_minor)) if swap.last_balance_minor is not None else None,
        swap.last_count,
        swap.last_energy_wh / _WH if swap.last_energy_wh is not None else None,
        fmt.full(swap.last_read_at) if swap.last_read_at else "",
        fmt.full(swap.made_at),
        each.maker,
    ]


async def show_new(request: Request, desk: Desk) -> Response:
    """GET /console/swaps/new?meter=."""
    return await _form(request, desk, {"old": query(request, "meter")})


async def _form(request: Request, desk: Desk, typed: Mapping[str, str], bar: SwapBar | None = None) -> Response:
    async with deps(request).begin() as db:
        models: list[MeterModel] = await views.models(db)
    context = {"filled": dict(typed), "models": models, "bar": bar, "ways": tuple(SwapWay)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bar else HTTPStatus.OK
    return console_page(request, "swaps/new.html", context, desk=desk, status=status)


async def begin(request: Request, desk: Desk) -> Response:
    """POST /console/swaps: the exchange begins, and the old meter is read."""
    known, typed = deps(request), await fields(request)
    try:
        wish = _wish(typed, desk)
        async with known.begin() as db:
            swap = await beginning.begin(db, wish, known.now())
    except CannotSwap as refused:
        return await _form(request, desk, typed, refused.bar)
    await known.bell.ring_quietly()
    return see_other(f"{PATH}/{swap.id}")


def _wish(typed: Mapping[str, str], desk: Desk) -> Wish:
    try:
        model_id = UUID(typed.get("model", ""))
    except ValueError:
        raise CannotSwap(SwapBar.BAD_NUMBER) from None
    new = NewMeter(
        number=typed.get("number", ""),
        address=typed.get("address", ""),
        model_id=model_id,
        sgc=typed.get("sgc", "").strip(),
        krn=_number(typed.get("krn", "")),
        ti=_number(typed.get("ti", "")),
    )
    way = typed.get("way", "")
    if way not in tuple(SwapWay):
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return Wish("".join(typed.get("old", "").split()), new, SwapWay(way), typed.get("reason", ""), desk.officer.id)


async def show_swap(request: Request, desk: Desk) -> Response:
    """GET /console/swaps/{id}."""
    return await _show(request, desk)


async def _show(
    request: Request, desk: Desk, bar: SwapBar | None = None, form: Mapping[str, str] | None = None
) -> Response:
    async with deps(request).begin() as db:
        seen = await views.view(db, id_in_path(request, "swap_id"))
    if seen is None:
        raise HTTPException(404)
    context: dict[str, object] = {"seen": seen, "bar": bar, "form": dict(form or {}), "mask": Mask.of(desk.officer)}
    context |= {"may": desk.officer.may, "permissions": Permission}
    status = HTTPStatus.CONFLICT if bar else HTTPStatus.OK
    return console_page(request, "swaps/one.html", context, desk=desk, status=status)


async def act(request: Request, desk: Desk) -> Response:
    """POST /console/swaps/{id}: read again, take figures off the display, finish, or call it off."""
    known, swap_id, form = deps(request), id_in_path(request, "swap_id"), await fields(request)
    staff_id, now = desk.officer.id, known.now()
    try:
        async with known.begin() as db:
            if await views.view(db, swap_id) is None:
                raise HTTPException(404)
            match form.get("act", ""):
                case "read":
                    await beginning.ask_again(db, swap_id, staff_id, now)
                case "seen":
                    await reading.note_seen(db, swap_id, _seen(form), staff_id, now)
                case "seen_energy":
                    seen = _registers(form, "energy", "tariffs"), form.get("remark", "")
                    await funds.note_seen(db, swap_id, seen, staff_id, now)
                case "finish":
                    if form.get("start", "").strip():
                        start, believed = _registers(form, "start", "start_tariffs"), form.get("believed") == "on"
                        await funds.note_start(db, swap_id, start, believed=believed)
                    await finishing.finish(db, swap_id, _said(form), staff_id, now)
                case "cancel":
                    await beginning.cancel(db, swap_id, staff_id, now)
                case _:
                    raise HTTPException(HTTPStatus.BAD_REQUEST)
    except CannotSwap as refused:
        return await _show(request, desk, refused.bar, form)
    await known.bell.ring_quietly()
    return see_other(f"{PATH}/{swap_id}")


def _seen(form: Mapping[str, str]) -> Seen:
    count, energy = form.get("count", "").strip(), form.get("energy", "").strip()
    try:
        balance = parse_balance(form.get("balance", ""))
        energy_wh = parse_balance(energy) * 10 if energy else None  # two places of a kWh
    except AmountError:
        raise CannotSwap(SwapBar.BAD_FIGURE) from None
    if count and _number(count) is None:
        raise CannotSwap(SwapBar.BAD_FIGURE)
    return Seen(balance, _number(count), energy_wh, form.get("remark", ""))


def _registers(form: Mapping[str, str], total: str, tariffs: str) -> Registers:
    """Registers in kWh as they were typed: in all, and those by tariff one after the other. Raises CannotSwap."""
    try:
        found = [parse_balance(word) * 10 for word in (form.get(total, "").strip(), *form.get(tariffs, "").split())]
    except AmountError:
        raise CannotSwap(SwapBar.BAD_FIGURE) from None
    return Registers(found[0], tuple(found[1:]))


def _said(form: Mapping[str, str]) -> dict[UUID, Found]:
    """What was said of each purchase in doubt: fields `found_<id>`."""
    said = {}
    for name, word in form.items():
        if name.startswith("found_") and word in (Found.IN_METER, Found.NOT_IN_METER):
            try:
                said[UUID(name.removeprefix("found_"))] = Found(word)
            except ValueError:
                raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    return said


def _state(request: Request) -> SwapState | None:
    word = query(request, "state")
    return SwapState(word) if word in tuple(SwapState) else None


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None
