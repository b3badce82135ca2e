"""The inbox of a meter: everything that was told about it, whatever arrived elsewhere (SPEC R-7, N-3)."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.standing import Sight, may_see
from app.services import inbox
from app.services.kept_meters import Mine
from app.services.residents import Me
from app.web.pages import page
from app.web.portal.people.mine import for_mine
from app.web.resident import must_sign_in
from app.web.state import deps


@must_sign_in
@for_mine
async def show_inbox(request: Request, me: Me, mine: Mine) -> Response:
    """GET /my/{number}/inbox: what is new is marked once, and read from then on."""
    if not may_see(mine.standing, Sight.SETTINGS):
        raise HTTPException(404)
    known = deps(request)
    async with known.begin() as db:
        lying = await inbox.lying(db, mine.meter_id)
        await inbox.mark_read(db, mine.meter_id, known.now())
    return page(request, "portal/inbox.html", {"mine": mine, "lying": lying})
