"""Reports: what warnings led to (SPEC M-14), and homes without money (M-13)."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from app.domain.alert_effect import FOLLOWED_FOR
from app.domain.clock import local_day
from app.services.reports.alert_effect import Span, alert_effect
from app.services.reports.disconnected import disconnected
from app.web.charts import Chart, Figure, chart
from app.web.console.pages import Desk, console_page
from app.web.forms import query
from app.web.pages import format_for
from app.web.state import deps

DAYS = (7, 30, 90, 365)
_USUAL = 90
_EVERYBODY = 1000  # tenths of a per cent
_LABELS_ON_AN_AXIS = 8


async def show_alert_effect(request: Request, desk: Desk) -> Response:
    """GET /console/reports?days=...: of the warnings delivered at each level, how many were followed by a payment."""
    days, span = _span(request)
    async with deps(request).begin() as db:
        report = await alert_effect(db, span)
    fmt = format_for(request, deps(request).settings)
    step = max(1, len(report.weeks) // _LABELS_ON_AN_AXIS)
    bars = chart(
        [
            Figure(
                fmt.short_day(week.monday),
                week.effect.paid_tenths,
                fmt.short_day(week.monday) if at % step == 0 else "",
            )
            for at, week in enumerate(report.weeks)
        ],
        least=_EVERYBODY,
    )
    context = {"report": report, "days": days, "choices": DAYS, "bars": bars, "followed_days": FOLLOWED_FOR.days}
    return console_page(request, "reports/alert_effect.html", context, desk=desk)


async def show_disconnected(request: Request, desk: Desk) -> Response:
    """GET /console/reports/disconnections?days=...: incidents by day, how they ended, and what is open."""
    days, span = _span(request)
    async with deps(request).begin() as db:
        report = await disconnected(db, span)
    begun = {each.day: each.began for each in report.days}
    axis = [span.since.date() + timedelta(days=at) for at in range(days)]
    bars = _bars(request, [(day, begun.get(day, 0)) for day in axis])
    context = {"report": report, "days": days, "choices": DAYS, "bars": bars}
    return console_page(request, "reports/disconnected.html", context, desk=desk)


def _bars(request: Request, figures: Sequence[tuple[date, int | None]]) -> Chart:
    """A bar a day or week, with as many dates below as there is room for."""
    fmt = format_for(request, deps(request).settings)
    step = max(1, len(figures) // _LABELS_ON_AN_AXIS)
    named = [(fmt.short_day(day), value) for day, value in figures]
    return chart([Figure(name, value, name if at % step == 0 else "") for at, (name, value) in enumerate(named)])


def _span(request: Request) -> tuple[int, Span]:
    """The last so many local days, today included."""
    known = deps(request)
    typed = query(request, "days")
    days = int(typed) if typed in map(str, DAYS) else _USUAL
    zone = ZoneInfo(known.settings.timezone)
    end = local_day(known.now(), zone) + timedelta(days=1)
    return days, Span(_midnight(end - timedelta(days=days), zone), _midnight(end, zone), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
