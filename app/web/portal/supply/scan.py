"""The camera page. What was scanned is judged here and not in the browser, and comes in a form, never in an address."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from app.domain.scanned import CodeError, read_code
from app.services.scans import place_of
from app.web.forms import fields
from app.web.headers import policy
from app.web.pages import page, see_other
from app.web.state import deps, nonce

_CAMERA = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


async def show_scan(request: Request) -> Response:
    """GET /scan: the only page that may use the camera and run WebAssembly."""
    return _show(request)


async def read_scan(request: Request) -> Response:
    """POST /scan: lead to what the code names, or say why not. A link to anybody else is never followed."""
    known = deps(request)
    try:
        scanned = read_code((await fields(request)).get("code", ""), known.settings.public_url)
        async with known.begin() as db:
            return see_other(await place_of(db, scanned))
    except CodeError as error:
        return _show(request, error.code, HTTPStatus.UNPROCESSABLE_ENTITY)


def _show(request: Request, code: str = "", status: int = HTTPStatus.OK) -> Response:
    answer = page(request, "portal/supply/scan.html", {"code": code}, status=status)
    loose = policy(nonce(request)).replace("'strict-dynamic'", "'strict-dynamic' 'wasm-unsafe-eval'")
    answer.headers["content-security-policy"] = loose
    answer.headers["permissions-policy"] = _CAMERA
    return answer
