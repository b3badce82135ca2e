"""The providers' bills: each day's match, and the differences that wait for somebody, the oldest first."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from app.domain.payment import Way
from app.models import BillDay
from app.services.bills import list_days, open_differences
from app.web.console.pages import Desk, console_page
from app.web.state import deps

_LOOKED_BACK = 7


async def show_bills(request: Request, desk: Desk) -> Response:
    """GET /console/bills."""
    async with deps(request).begin() as db:
        days, differences = await list_days(db), await open_differences(db)
    context = {"days": days, "differences": differences, "missing": _missing(request, days)}
    return console_page(request, "bills.html", context, desk=desk)


def _missing(request: Request, days: list[BillDay]) -> list[tuple[date, str]]:
    """Days of the last week that are over and whose bill has not come, newest first; none before the first match."""
    known = deps(request)
    today = known.now().astimezone(ZoneInfo(known.settings.timezone)).date()
    there = {(day.day, day.provider) for day in days}
    first = {name: min(day for day, its in there if its == name) for name in {name for _, name in there}}
    names = [provider.name for provider in (known.providers or {}).values() if provider.ways != {Way.CASH}]
    past = [today - timedelta(days=back) for back in range(1, _LOOKED_BACK + 1)]
    return [
        (day, name) for day in past for name in names if (day, name) not in there and day >= first.get(name, past[0])
    ]
