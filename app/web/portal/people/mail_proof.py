"""The link by which the owner of a mail address agrees to be told."""

from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.proving import link_word, same_word
from app.services import mail_proofs
from app.services.ways import WayError
from app.web.pages import page
from app.web.state import deps


async def show_confirmation(request: Request) -> Response:
    """GET /mail/{id}/{word}: ask for consent. A reader of links that opens it on its own agrees to nothing."""
    known, proof_id = deps(request), _proven(request)
    async with known.begin() as db:
        waits = await mail_proofs.open_proof(db, proof_id, known.now()) is not None
    return _confirmation(request, "" if waits else "mail_over")


async def confirm_mail(request: Request) -> Response:
    """POST /mail/{id}/{word}: the owner agrees. No sign-in: the mailbox itself is the proof."""
    known, proof_id = deps(request), _proven(request)
    try:
        async with known.begin() as db:
            await mail_proofs.confirm_mail(db, proof_id, known.now())
    except WayError as error:
        return _confirmation(request, error.code)
    return _confirmation(request, done=True)


def _proven(request: Request) -> UUID:
    """The id of a link whose word is right; not found for any other."""
    proof_id: UUID = request.path_params["id"]
    right = link_word(deps(request).settings.session_secret.get_secret_value(), proof_id)
    if not same_word(request.path_params["word"], right):
        raise HTTPException(404)
    return proof_id


def _confirmation(request: Request, code: str = "", *, done: bool = False) -> Response:
    status = HTTPStatus.GONE if code else HTTPStatus.OK
    return page(request, "portal/mail.html", {"code": code, "done": done}, status=status)
