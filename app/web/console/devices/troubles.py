"""Meters not read for days, meters known to be hard to reach, credit not in its meter yet; each as a file too."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app.models import GridNode
from app.services import customer_page
from app.services.devices import troubles
from app.services.devices.troubles import Undelivered, Undone, Unread, Wanted
from app.services.unreachable import HardToReach, hard_to_reach
from app.web.console import listing
from app.web.console.devices.tree import id_or_none
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.format import Format
from app.web.forms import query
from app.web.pages import format_for
from app.web.state import deps, reader

_PART = 2000
_USUAL_DAYS, _MOST_DAYS = 3, 3650
_DIGITS = 9
Cells = Callable[[Format, Terms], Sequence[listing.Cell]]
_UNREAD = ("meter", "account", "concentrator", "area", "link", "read_at", "missed_at")
_HARD = ("meter", "concentrator", "read_at", "tries", "landed")
_UNDONE = ("purchase", "meter", "concentrator", "amount", "state", "since", "tries", "reason", "due", "work_order")


async def show_unread(request: Request, desk: Desk) -> Response:
    """GET /console/anomalies?days=&node=&after=: meters not read for so many days."""
    known, wanted, days = deps(request), _wanted(request), _days(request)
    async with known.begin() as db:
        areas = await customer_page.areas(db)
        found = await troubles.unread(db, wanted, known.now() - timedelta(days=days))
    more = found[-1].number if len(found) == troubles.PAGE else ""
    context = {"found": found, "wanted": wanted, "days": days, "areas": areas, "more": more}
    return console_page(request, "devices/unread.html", context, desk=desk)


async def unread_csv(request: Request, desk: Desk) -> Response:
    """GET /console/anomalies.csv?days=&node="""
    known, wanted = deps(request), replace(_wanted(request), after="")
    since = known.now() - timedelta(days=_days(request))

    async def parts() -> AsyncIterator[list[Cells]]:
        asked = wanted
        while True:
            async with known.begin() as db:
                part = await troubles.unread(db, asked, since, _PART)
            yield [_unread_cells(each) for each in part]
            if len(part) < _PART:
                return
            asked = replace(asked, after=part[-1].number)

    return await _file(request, desk, ("meters-not-read", _UNREAD), parts())


def _unread_cells(each: Unread) -> Cells:
    return lambda fmt, words: [
        each.number, each.account_number, each.concentrator, each.area,
        words("link", "online" if each.linked else "offline"),
        fmt.full(each.read_at) if each.read_at else "", fmt.full(each.missed_at) if each.missed_at else "",
    ]  # fmt: skip


async def show_unreachable(request: Request, desk: Desk) -> Response:
    """GET /console/unreachable?node=: meters whose remote credit is likely to fail, the worst first."""
    known = deps(request)
    async with known.begin() as db:
        areas = await customer_page.areas(db)
        found = await _hard(request, db)
    context = {"found": found, "areas": areas, "wanted": _wanted(request)}
    return console_page(request, "devices/unreachable.html", context, desk=desk)


async def _hard(request: Request, db: AsyncSession) -> list[HardToReach]:
    node_id = _wanted(request).node_id
    node = await db.get(GridNode, node_id) if node_id else None
    return await hard_to_reach(db, deps(request).now(), below=node.path if node else "")


async def unreachable_csv(request: Request, desk: Desk) -> Response:
    """GET /console/unreachable.csv?node="""

    async def parts() -> AsyncIterator[list[Cells]]:
        async with deps(request).begin() as db:
            found = await _hard(request, db)
        yield [_hard_cells(each) for each in found]

    return await _file(request, desk, ("hard-to-reach", _HARD), parts())


def _hard_cells(each: HardToReach) -> Cells:
    return lambda fmt, _: [
        each.number, each.concentrator, fmt.full(each.heard_at) if each.heard_at else "", each.record.tries,
        each.record.landed,
    ]  # fmt: skip


async def show_undelivered(request: Request, desk: Desk) -> Response:
    """GET /console/downloads?only=work_orders&skip=: what is paid and not in its meter, the oldest first."""
    known, wanted = deps(request), _undone(request)
    async with known.begin() as db:
        found = await troubles.undelivered(db, wanted)
    context = {"found": found, "wanted": wanted, "page_size": troubles.PAGE, "more": len(found) == troubles.PAGE}
    return console_page(request, "devices/downloads.html", context, desk=desk)


async def undelivered_csv(request: Request, desk: Desk) -> Response:
    """GET /console/downloads.csv?only="""
    known, first = deps(request), replace(_undone(request), skip=0)

    async def parts() -> AsyncIterator[list[Cells]]:
        wanted = first
        while True:
            async with known.begin() as db:
                part = await troubles.undelivered(db, wanted, _PART)
            yield [_undone_cells(each) for each in part]
            if len(part) < _PART:
                return
            wanted = replace(wanted, skip=wanted.skip + _PART)

    return await _file(request, desk, ("downloads", _UNDONE), parts())


def _undone_cells(each: Undelivered) -> Cells:
    p, note = each.purchase, each.note
    return lambda fmt, words: [
        p.ref, each.meter_number, each.concentrator, float(fmt.plain(p.amount_minor)), words("purchase", p.state),
        fmt.full(p.created_at), note.attempts if note else 0, words.why(note.last_error or "") if note else "",
        fmt.full(note.due_at) if note else "", words("word", "yes" if each.work_order else "no"),
    ]  # fmt: skip


async def _file(
    request: Request, desk: Desk, what: tuple[str, tuple[str, ...]], parts: AsyncIterator[list[Cells]]
) -> Response:
    """A list as CSV; who takes it is on record."""
    known, (name, head) = deps(request), what
    async with known.begin() as db:
        listing.note_export(db, request, desk.officer.id)
    fmt, words = format_for(request, known.settings), Terms(reader(request))

    async def rows() -> listing.Rows:
        yield [[words("column", code) for code in head]]
        async for part in parts:
            yield [cells(fmt, words) for cells in part]

    return listing.csv_file(listing.stamped(name, known.now()), rows())


def _wanted(request: Request) -> Wanted:
    return Wanted(id_or_none(query(request, "node")), query(request, "after")[:12])


def _undone(request: Request) -> Undone:
    return Undone(query(request, "only") == "work_orders", _number(query(request, "skip"), 0))


def _days(request: Request) -> int:
    days = _number(query(request, "days"), _USUAL_DAYS)
    return days if 0 < days <= _MOST_DAYS else _USUAL_DAYS


def _number(text: str, usual: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else usual
