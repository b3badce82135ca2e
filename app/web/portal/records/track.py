"""The tracker: from money to light, with a clock."""

from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.services.tracker import Tracker, tracker
from app.web.forms import ref_in_path
from app.web.live import hub
from app.web.pages import STOP_POLLING, page, see_other
from app.web.state import deps

STREAMED = "streamed"
STREAMED_PACE_S = 20  # how often a page that is told looks all the same: a stream may be held up on its way
_TEMPLATE = "portal/track.html"
_PER_S = 1000


async def show_payment(request: Request) -> Response:
    """GET /payments/{ref}: where a provider sends people back to. Once there is a purchase, its page has the story."""
    read_at = deps(request).now()
    story = await story_of(request)
    if story.purchase_ref:
        return see_other(f"/purchases/{story.purchase_ref}{'?streamed=1' if _streamed(request) else ''}")
    return _show(request, story, read_at)


async def show_purchase(request: Request) -> Response:
    """GET /purchases/{ref}: one line per fact, until there is light."""
    read_at = deps(request).now()
    story = await story_of(request)
    if story.purchase_ref is None:
        raise HTTPException(404)
    return _show(request, story, read_at)


async def story_of(request: Request) -> Tracker:
    """The story that the address names."""
    known = deps(request)
    async with known.begin() as db:
        story = await tracker(db, ref_in_path(request), known.now())
    if story is None:
        raise HTTPException(404)
    return story


def _show(request: Request, story: Tracker, read_at: datetime) -> Response:
    """`read_at`: before the rows were read, so that no fact falls between this page and its stream."""
    status = 200 if story.look_again_s else STOP_POLLING
    since = int(read_at.timestamp() * _PER_S) if hub(request) else None
    given = context(story, streamed=_streamed(request)) | {"since": since}
    return page(request, _TEMPLATE, given, block="live", status=status)


def context(story: Tracker, *, streamed: bool) -> dict[str, object]:
    """What the page and its live part are made from. `streamed`: the page is told, and need not look often."""
    here = f"/purchases/{story.purchase_ref}" if story.purchase_ref else f"/payments/{story.payment_ref}"
    pace = max(story.look_again_s, STREAMED_PACE_S) if streamed and story.look_again_s else story.look_again_s
    return {"story": story, "here": here, "pace": pace, STREAMED: streamed}


def live_part(request: Request, story: Tracker) -> str:
    """What changes on the page, for its stream."""
    return _part(request, context(story, streamed=True), "live")


def slow_pace(request: Request, here: str, pace_s: int) -> str:
    """What replaces the element that looks, once the stream has proved itself."""
    return _part(request, {"here": here, "pace": pace_s, STREAMED: True}, "again")


def _part(request: Request, given: dict[str, object], block: str) -> str:
    """A block as htmx would get it."""
    asking = {**request.scope, "headers": [*request.scope["headers"], (b"hx-request", b"true")]}
    return bytes(page(Request(asking), _TEMPLATE, given, block=block).body).decode()


def _streamed(request: Request) -> bool:
    return request.query_params.get(STREAMED) == "1"
