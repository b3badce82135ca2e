"""What was bought and what was used: for people of the house; payers see what they paid themselves (SPEC R-1, R-6)."""

from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from app.domain.standing import Sight, Standing, may_see
from app.domain.usage import Day, Month
from app.services.history import Who, bought_for
from app.services.kept_meters import standing
from app.services.lookup import MeterView
from app.services.usage import DAYS, Usage, usage_of
from app.web.charts import Chart, Figure, chart
from app.web.format import Format
from app.web.forms import query
from app.web.pages import format_for, page
from app.web.portal.meters import meter_in_path
from app.web.resident import sign_in_path, signed_in
from app.web.state import deps

_LABELS_EVERY = 5


async def show_history(request: Request) -> Response:
    """GET /m/{number}/history?after=: purchases page by page, daily balances, use by day and month."""
    meter, me, known = await meter_in_path(request), await signed_in(request), deps(request)
    if me is None:
        return _closed(request, meter, sign_in_path(request))
    async with known.begin() as db:
        stands = await standing(db, me.id, meter.id)
        if stands is None:
            return _closed(request, meter, "/my")
        inside, after = may_see(stands, Sight.HISTORY), query(request, "after")
        shelf = await bought_for(db, meter.id, Who(me.id, own_only=not inside), after)
        first = inside and not after
        used = await usage_of(db, meter.id, ZoneInfo(known.settings.timezone), known.now()) if first else None
    given = {"meter": meter, "shelf": shelf, "inside": inside, "after": after, "payer": stands is Standing.PAYER}
    answer = page(request, "portal/history.html", given | _use(request, used))
    answer.headers["cache-control"] = "no-store"
    return answer


def _closed(request: Request, meter: MeterView, door: str) -> Response:
    """Not a refusal: how to get in, and what can be done without."""
    answer = page(request, "portal/history_closed.html", {"meter": meter, "door": door})
    answer.headers["cache-control"] = "no-store"
    return answer


def _use(request: Request, used: Usage | None) -> dict[str, object]:
    if used is None or not used.any:
        return {"used": None}
    fmt = format_for(request, deps(request).settings)
    return {
        "used": used,
        "by_day": chart([_day(day, at, fmt) for at, day in enumerate(used.days)]),
        "by_month": _months(used, fmt),
    }


def _day(day: Day, at: int, fmt: Format) -> Figure:
    labelled = (DAYS - 1 - at) % _LABELS_EVERY == 0  # counted back from today
    return Figure(fmt.short_day(day.day), day.use_minor, fmt.short_day(day.day) if labelled else "")


def _months(used: Usage, fmt: Format) -> Chart:
    def figure(now: Month, then: Month) -> Figure:
        return Figure(fmt.month(now.first), now.use_minor, str(now.first.month), then.use_minor, used.last_year)

    return chart([figure(now, then) for now, then in used.months])
