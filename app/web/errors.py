"""Pages for what went wrong: what happened, and what to do."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ExceptionHandler

from app.web.headers import secure
from app.web.pages import page
from app.web.state import deps, nonce

_CODES = {403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 429: "too_many"}


def error_page(request: Request, status: int, code: str = "") -> HTMLResponse:
    """A page for `status`. `code` picks its words where the status alone says too little."""
    staff = request.url.path.startswith("/console")
    known = code or _CODES.get(status, "bad_request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "crashed")
    return page(request, "error.html", {"code": known, "status": status, "staff": staff}, status=status)


async def show_error(request: Request, error: Exception) -> Response:
    """Any HTTPException of a route, in words."""
    if not isinstance(error, HTTPException):
        raise error
    answer = error_page(request, error.status_code)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def show_crash(request: Request, error: Exception) -> Response:
    """Our fault. This answer leaves outside of all middleware, so it takes its headers along."""
    answer = error_page(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    secure(answer.headers, nonce(request), https=deps(request).settings.public_url.startswith("https:"))
    return answer


EXCEPTION_HANDLERS: dict[int | type[Exception], ExceptionHandler] = {
    HTTPException: show_error,
    HTTPStatus.INTERNAL_SERVER_ERROR: show_crash,
}
