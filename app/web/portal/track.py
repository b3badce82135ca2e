"""The tracker: from money to light, live."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.services.tracker import Tracker, tracker
from app.web.forms import ref_in_path
from app.web.pages import STOP_POLLING, page, see_other
from app.web.state import deps


async def show_payment(request: Request) -> Response:
    """GET /payments/{ref}: where a provider sends people back to. Once there is a purchase, its page has the story."""
    story = await _story(request)
    if story.purchase_ref:
        return see_other(f"/purchases/{story.purchase_ref}")
    return _show(request, story, f"/payments/{story.payment_ref}")


async def show_purchase(request: Request) -> Response:
    """GET /purchases/{ref}: one line per fact, until there is light."""
    story = await _story(request)
    if story.purchase_ref is None:
        raise HTTPException(404)
    return _show(request, story, f"/purchases/{story.purchase_ref}")


async def _story(request: Request) -> Tracker:
    known = deps(request)
    async with known.begin() as db:
        story = await tracker(db, ref_in_path(request), known.now())
    if story is None:
        raise HTTPException(404)
    return story


def _show(request: Request, story: Tracker, here: str) -> Response:
    status = 200 if story.look_again_s else STOP_POLLING
    return page(request, "portal/track.html", {"story": story, "here": here}, block="live", status=status)
