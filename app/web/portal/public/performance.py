"""The public performance page, and the same figures as data (SPEC M-18)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.domain.performance import WITHIN, Performance, Share
from app.services.performance import performance
from app.web.pages import page
from app.web.state import deps

_KEPT_FOR = timedelta(minutes=1)
_PUBLIC = {"cache-control": "public, max-age=60"}


class Figures:
    """The figures of one process: counted at most once a minute, however many people look."""

    def __init__(self) -> None:
        self._counted: tuple[datetime, Performance] | None = None

    async def get(self, request: Request) -> Performance:
        """The figures, at most a minute old."""
        known = deps(request)
        now = known.now()
        if self._counted and timedelta() <= now - self._counted[0] < _KEPT_FOR:
            return self._counted[1]
        async with known.begin() as db:
            counted = await performance(db, now, ZoneInfo(known.settings.timezone))
        self._counted = now, counted
        return counted


def _figures(request: Request) -> Figures:
    state = request.app.state
    if not hasattr(state, "figures"):
        state.figures = Figures()
    kept = state.figures
    if not isinstance(kept, Figures):
        raise TypeError("app.state.figures")
    return kept


async def show_performance(request: Request) -> Response:
    """GET /performance."""
    figures = await _figures(request).get(request)
    return page(request, "portal/public/performance.html", {"figures": figures, "minutes": minutes()})


async def give_performance(request: Request) -> Response:
    """GET /performance.json."""
    figures = await _figures(request).get(request)
    return JSONResponse(as_data(figures), headers=_PUBLIC)


def minutes() -> list[int]:
    """The promises, in minutes."""
    return [int(span.total_seconds()) // 60 for span in WITHIN]


def as_data(figures: Performance) -> dict[str, object]:
    """The figures as JSON: counts, so that everybody divides for themselves."""
    return {
        "since": figures.since.isoformat(),
        "until": figures.until.isoformat(),
        "lit_within_minutes": {str(m): _pair(s) for m, s in zip(minutes(), figures.within, strict=True)},
        "not_lit_yet": figures.open,
        "months": [
            {
                "month": month.first.isoformat()[:7],
                "lit_within_minutes": {str(m): _pair(s) for m, s in zip(minutes(), month.within, strict=True)},
                "not_lit_yet": month.open,
            }
            for month in figures.months
        ],
        "warned_before_cut": _pair(figures.warned),
        "restoration_estimates_kept": _pair(figures.estimates),
        "restoration_estimates_moved": figures.revised,
    }


def _pair(share: Share) -> dict[str, int]:
    return {"kept": share.kept, "of": share.of}


ROUTES: list[BaseRoute] = [
    Route("/performance", show_performance, methods=["GET"]),
    Route("/performance.json", give_performance, methods=["GET"]),
]
