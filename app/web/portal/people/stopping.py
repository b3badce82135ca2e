"""The link in a mail that ends reminders: one click, no sign-in, no cookie (RFC 8058), and the way back."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.masking import reach
from app.domain.proving import same_word, stop_word
from app.i18n import locale_or_none
from app.services import stopping
from app.services.stopping import Reader
from app.web.locale import COOKIE, PARAMETER
from app.web.pages import page, see_other
from app.web.state import carry, deps


async def show(request: Request) -> Response:
    """GET /u/{message}/{word}: what the link does, and one button. A reader of links that opens it ends nothing."""
    message_id = _proven(request)
    async with deps(request).begin() as db:
        reader = _found(await stopping.reader_of(db, message_id))
        stopped = await stopping.stopped(db, reader)
    return _page(request, reader, stopped=stopped)


async def stop(request: Request) -> Response:
    """POST /u/{message}/{word}: no more reminders; mailboxes send it, and our button. A second time changes nothing."""
    known, message_id = deps(request), _proven(request)
    async with known.begin() as db:
        reader = _found(await stopping.reader_of(db, message_id))
        await stopping.stop(db, message_id, "one click", known.now())
    return _page(request, reader, stopped=True)


async def start_again(request: Request) -> Response:
    """POST /u/{message}/{word}/again: they come again."""
    known, message_id = deps(request), _proven(request)
    async with known.begin() as db:
        _found(await stopping.reader_of(db, message_id))
        await stopping.start_again(db, message_id, known.now())
    return see_other(request.url.path.removesuffix("/again"))


def _proven(request: Request) -> UUID:
    """The message whose word is right; not found for any other."""
    message_id: UUID = request.path_params["message"]
    right = stop_word(deps(request).settings.session_secret.get_secret_value(), message_id)
    if not same_word(request.path_params["word"], right):
        raise HTTPException(404)
    return message_id


def _found(reader: Reader | None) -> Reader:
    if reader is None:
        raise HTTPException(404)
    return reader


def _page(request: Request, reader: Reader, *, stopped: bool) -> Response:
    """In the language of the mail, until its reader chooses another here."""
    said = locale_or_none(reader.locale)
    if said and COOKIE not in request.cookies and PARAMETER not in request.query_params:
        carry(request.scope, locale=said.value)
    context: dict[str, object] = {"address": reach(reader.address), "stopped": stopped, "path": request.url.path}
    return page(request, "portal/stop.html", context)
