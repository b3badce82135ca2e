"""The statement of a meter whose money the ledger holds: what came, what each day cost, and what is left."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.roles import Permission
from app.models import Meter
from app.services.fees import statement
from app.services.fees.statement import Limits, Line, Statement
from app.web.console import listing
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.format import Format
from app.web.forms import fields, ref_in_path
from app.web.pages import format_for, see_other
from app.web.state import deps, reader

_COLUMNS = ("when", "what", "first", "last", "kwh", "amount", "left", "ref")
_DIGITS = 9


async def show_statement(request: Request, desk: Desk) -> Response:
    """GET /console/meters/{number}/statement."""
    return await _page(request, desk)


async def _page(request: Request, desk: Desk, wrong: str = "", status: int = 200) -> Response:
    async with deps(request).begin() as db:
        seen = await statement.statement_of(db, await _meter(request, db))
    context = {"seen": seen, "may": desk.officer.may, "permissions": Permission, "wrong": wrong}
    context |= {"against": _against(seen), "saved": not wrong and "saved" in request.query_params}
    return console_page(request, "fees/statement.html", context, desk=desk, status=status)


async def _meter(request: Request, db: AsyncSession) -> Meter:
    found = (await db.exec(select(Meter).where(Meter.number == ref_in_path(request, "number")))).first()
    if found is None:
        raise HTTPException(404)
    return found


def _against(seen: Statement) -> list[str]:
    """What stood against a cut when it was last asked for; nothing while there is money."""
    spent = seen.meter.spent_since is not None and seen.fund is not None
    return [code for code in seen.fund.against.split(",") if code] if spent and seen.fund else []


async def statement_csv(request: Request, desk: Desk) -> Response:
    """GET /console/meters/{number}/statement.csv."""
    known = deps(request)
    async with known.begin() as db:
        meter = await _meter(request, db)
        lines = await statement.lines_of(db, meter.id, statement.MOST)
        listing.note_export(db, request, desk.officer.id, meter.id)
    fmt, words = format_for(request, known.settings), Terms(reader(request))

    async def rows() -> listing.Rows:
        yield [
            [words("column", f"statement_{name}") for name in _COLUMNS],
            *(_cells(each, fmt, words) for each in lines),
        ]

    return listing.csv_file(listing.stamped(f"statement-{meter.number}", known.now()), rows())


def _cells(line: Line, fmt: Format, words: Terms) -> list[listing.Cell]:
    energy_kwh = line.energy_wh / 1000 if line.energy_wh is not None else None
    money = float(fmt.plain(line.amount_minor)), float(fmt.plain(line.balance_minor))
    kind = words("booking", line.kind)
    return [fmt.full(line.at), kind, str(line.first or ""), str(line.last or ""), energy_kwh, *money, line.ref or ""]


async def set_limits(request: Request, desk: Desk) -> Response:
    """POST /console/meters/{number}/statement: its limits, which are ours while the ledger holds its money."""
    known, form = deps(request), await fields(request)
    try:
        limits = Limits(_minor(form.get("overdraft", "")), _minor(form.get("reclose", "")))
    except ValueError as wrong:
        return await _page(request, desk, str(wrong), 422)
    async with known.begin() as db:
        meter = await _meter(request, db)
        done = await statement.set_limits(db, meter.id, limits, desk.officer.id, known.now())
    await known.bell.ring_quietly()
    if not done:
        raise HTTPException(409)
    return see_other(f"/console/meters/{meter.number}/statement?saved=1")


def _minor(typed: str) -> int:
    """An amount as people type it: 12 or 12.50. Raises ValueError."""
    whole, dot, part = typed.strip().partition(".")
    if (
        not whole.isascii()
        or not (whole + part).isdecimal()
        or len(part) > 2
        or len(whole) > _DIGITS
        or (dot and not part)
    ):
        raise ValueError("amount")
    return int(whole or 0) * 100 + int(part.ljust(2, "0") or 0)
