"""The audit log: search, pages, and a file to take away."""

import csv
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.domain.bookmark import read_bookmark
from app.services import audit_log
from app.services.audit_log import Entry, Wanted
from app.web.console.pages import Desk, console_page
from app.web.console.people.audit_words import ACTED
from app.web.forms import query
from app.web.state import deps

_FIELDS = ("person", "act", "subject", "since", "until")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_ACT = 40


async def show_audit(request: Request, desk: Desk) -> Response:
    """GET /console/audit?person=&act=&subject=&since=&until=&below="""
    known, wanted = deps(request), _wanted(request)
    async with known.begin() as db:
        entries, place = await audit_log.entries(db, wanted)
        people = await audit_log.people(db)
    typed = {name: query(request, name) for name in _FIELDS}
    asked = {name: value for name, value in typed.items() if value}
    more = urlencode(asked | {"below": str(place)}) if place else ""
    context = {"entries": entries, "people": people, "filled": typed, "more": more, "acts": tuple(ACTED)}
    context |= {"asked": urlencode(asked), "later": wanted.below is not None, "moment": _moment}
    return console_page(request, "people/audit.html", context, desk=desk)


async def export_audit(request: Request, desk: Desk) -> Response:
    """GET /console/audit.csv with the same search; that it was taken is in the log too."""
    known, wanted = deps(request), _wanted(request)
    async with known.begin() as db:
        await audit_log.note_export(db, desk.officer.id, wanted, known.now())
    headers = {"content-disposition": 'attachment; filename="audit.csv"'}
    lines = _lines(audit_log.whole(known.begin, wanted))
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(entries: AsyncIterator[Entry]) -> AsyncIterator[str]:
    yield "\ufeff" + _line(["at", "who", "staff_id", "act", "subject_id", "detail"])
    async for each in entries:
        detail = "; ".join(f"{name}={value}" for name, value in each.detail.items())
        who, staff, subject = each.who or "", str(each.staff_id or ""), str(each.subject_id or "")
        yield _line([each.at.astimezone(UTC).isoformat(), who, staff, each.act, subject, detail])


def _line(cells: list[str]) -> str:
    """One line of CSV. A cell that a table program would take for a formula is kept from being one."""
    written = StringIO()
    csv.writer(written).writerow(["'" + cell if cell.startswith(_FORMULA) else cell for cell in cells])
    return written.getvalue()


def _wanted(request: Request) -> Wanted:
    zone = ZoneInfo(deps(request).settings.timezone)
    last = _day(query(request, "until"))
    return Wanted(
        staff_id=_id(query(request, "person")),
        act=query(request, "act").strip()[:_LONGEST_ACT],
        subject_id=_id(query(request, "subject").strip()),
        since=_begin(_day(query(request, "since")), zone),
        until=_begin(last + timedelta(days=1), zone) if last else None,
        below=read_bookmark(query(request, "below")),
    )


def _begin(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None


def _moment(value: object) -> datetime | None:
    """A particular that is a moment is said as one."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date(2000, 1, 1) <= found < date(2200, 1, 1) else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
