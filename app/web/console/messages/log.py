"""The log of messages, and one message from its cause to its end."""

from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.bookmark import Bookmark, read_bookmark
from app.domain.masking import Mask
from app.domain.notice import MessageKind, MessageState
from app.domain.roles import Permission
from app.models.account import ChannelName
from app.services import message_log, message_story
from app.services.message_log import LogWish
from app.web.console.pages import Desk, console_page
from app.web.forms import query
from app.web.state import deps

_LONGEST_TEXT = 254
Word = TypeVar("Word", bound=StrEnum)


async def show_log(request: Request, desk: Desk) -> Response:
    """GET /console/messages?q=...&kind=...&state=...&channel=...&campaign=...&before=...: newest first."""
    known, wish = deps(request), _wish(request, by_part=desk.officer.may(Permission.SEE_ADDRESSES))
    async with known.begin() as db:
        page = await message_log.search(db, wish)
        today = await message_log.today(db, known.now())
    context = {
        "page": page,
        "wish": wish,
        "today": today,
        "kinds": tuple(MessageKind),
        "states": tuple(MessageState),
        "channels": tuple(ChannelName),
        "shown": Mask.of(desk.officer).reach,
        "more": _more(request, page.more) if page.more else "",
    }
    return console_page(request, "messages/log.html", context, desk=desk)


async def show_message(request: Request, desk: Desk) -> Response:
    """GET /console/messages/{id}."""
    found = request.path_params["message_id"]
    async with deps(request).begin() as db:
        story = await message_story.tell(db, found)
    if story is None:
        raise HTTPException(404)
    return console_page(
        request, "messages/message.html", {"story": story, "shown": Mask.of(desk.officer).reach}, desk=desk
    )


def _wish(request: Request, *, by_part: bool) -> LogWish:
    return LogWish(
        text=query(request, "q").strip()[:_LONGEST_TEXT],
        by_part=by_part,
        kind=_one_of(MessageKind, query(request, "kind")),
        state=_one_of(MessageState, query(request, "state")),
        channel=_one_of(ChannelName, query(request, "channel")),
        campaign_id=_id(query(request, "campaign")),
        before=read_bookmark(query(request, "before")),
    )


def _one_of(words: type[Word], typed: str) -> Word | None:
    return words(typed) if typed in tuple(words) else None


def _id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _more(request: Request, place: Bookmark) -> str:
    kept = {name: value for name, value in request.query_params.items() if name != "before"}
    return "?" + urlencode(kept | {"before": str(place)})
