"""Why did I get this? One message to the people of a meter, from its cause to its end (SPEC R-7, N-8)."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.masking import reach
from app.domain.notice import MessageKind, stops
from app.domain.standing import Sight, may_see
from app.services import message_story
from app.services.kept_meters import Mine
from app.services.residents import Me
from app.web.pages import page
from app.web.portal.people.mine import for_mine
from app.web.resident import must_sign_in
from app.web.state import deps

_SECRETS = (MessageKind.LOGIN_CODE, MessageKind.CONFIRM_ADDRESS, MessageKind.PURCHASE_TOKEN)


@must_sign_in
@for_mine
async def show_told(request: Request, me: Me, mine: Mine) -> Response:
    """GET /my/{number}/told/{id}: what it was about, where the figure came from, what became of it, how to stop it."""
    if not may_see(mine.standing, Sight.SETTINGS):
        raise HTTPException(404)
    async with deps(request).begin() as db:
        story = await message_story.tell(db, request.path_params["id"])
    if story is None or story.message.meter_id != mine.meter_id:
        raise HTTPException(404)
    context: dict[str, object] = {
        "mine": mine,
        "story": story,
        "address": reach(story.address) if story.address else "",
        "words": "" if story.kind in _SECRETS else story.message.body,
        "stoppable": stops(story.kind),
    }
    return page(request, "portal/told.html", context)
