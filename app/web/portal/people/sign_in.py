"""Sign in with a phone: ask for a code, type it, and out again."""

from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from app.domain.code_limits import CodeTrouble
from app.services import residents, sign_in
from app.services.residents import Me
from app.services.sign_in import Asker, CodesSpent, PhoneError
from app.web.cookies import cookie
from app.web.forms import fields, query
from app.web.limits import counted_address
from app.web.pages import page, see_other
from app.web.portal.wechat_in import way_in
from app.web.resident import SIGN_IN, came_with, keep_look, keep_session, must_sign_in, place_after_sign_in, signed_in
from app.web.state import deps, reader

CODE = "/sign-in/code"
_ATTEMPT = "sign-in"  # the cookie that binds a code to the browser which asked for it
_ATTEMPT_S = 15 * 60


async def show_sign_in(request: Request) -> Response:
    """GET /sign-in: ask for the phone. Whoever is signed in with one goes on."""
    wanted = query(request, "next")
    me = await signed_in(request)
    if me is not None and me.phone:
        return see_other(place_after_sign_in(wanted))
    context: dict[str, object] = {"typed": "", "code": "", "until": None, "wanted": wanted}
    return await _show_sign_in(request, context)


async def ask(request: Request) -> Response:
    """POST /sign-in: send a code. The answer is the same whether we know the phone or not."""
    form = await fields(request)
    known, wanted, typed = deps(request), form.get("next", ""), form.get("phone", "")
    context: dict[str, object] = {"typed": typed, "wanted": wanted, "until": None}
    try:
        phone = sign_in.read_phone(typed, known.settings.country)
        asker = Asker(phone, reader(request), counted_address(request.scope) or "")
        async with known.begin() as db:
            most = known.settings.sign_in_codes_an_hour
            code_id = await sign_in.ask_code(db, asker, _secret(request), known.now(), most)
    except PhoneError as error:
        context["code"] = error.code
        return await _show_sign_in(request, context, HTTPStatus.UNPROCESSABLE_ENTITY)
    except CodesSpent as spent:
        context |= {"code": "codes_spent", "until": spent.until}
        return await _show_sign_in(request, context, HTTPStatus.TOO_MANY_REQUESTS)
    await known.bell.ring_quietly()
    answer = see_other(_with_next(CODE, wanted))
    _keep_attempt(request, answer, str(code_id))
    return answer


async def _show_sign_in(request: Request, context: dict[str, object], status: int = HTTPStatus.OK) -> Response:
    context["wechat_in"] = await way_in(request, place_after_sign_in(str(context["wanted"])))
    return _unkept(page(request, "portal/sign_in.html", context, status=status))


async def show_code(request: Request) -> Response:
    """GET /sign-in/code: ask for the digits."""
    return await _ask_digits(request, query(request, "next"))


async def check(request: Request) -> Response:
    """POST /sign-in/code: the right digits sign in, under a new secret; a code serves once."""
    form = await fields(request)
    known, wanted, attempt = deps(request), form.get("next", ""), _attempt(request)
    if attempt is None:
        return see_other(_with_next(SIGN_IN, wanted))
    async with known.begin() as db:
        found = await sign_in.check_code(db, attempt, form.get("digits", ""), _secret(request), known.now())
        secret = ""
        if found.phone:
            who, secret = await residents.sign_in_with_phone(db, found.phone, known.now(), came_with(request))
            await keep_look(request, db, who)
    if found.trouble is not None:
        return await _ask_digits(request, wanted, found.trouble)
    answer = see_other(place_after_sign_in(wanted))
    keep_session(request, answer, secret)
    _keep_attempt(request, answer, "")
    return answer


async def sign_out(request: Request) -> Response:
    """POST /sign-out: this browser's session is over, on our side too."""
    known = deps(request)
    async with known.begin() as db:
        await residents.close_session(db, came_with(request))
    return _out(request)


@must_sign_in
async def sign_out_everywhere(request: Request, me: Me) -> Response:
    """POST /sign-out/everywhere: all sessions of this resident are over."""
    async with deps(request).begin() as db:
        await residents.close_all(db, me.id)
    return _out(request)


def _out(request: Request) -> Response:
    answer = see_other("/")
    keep_session(request, answer, "")
    return answer


async def _ask_digits(request: Request, wanted: str, trouble: CodeTrouble | None = None) -> Response:
    attempt = _attempt(request)
    async with deps(request).begin() as db:
        to = await sign_in.sent_to(db, attempt) if attempt else None
    if to is None:
        return see_other(_with_next(SIGN_IN, wanted))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if trouble else HTTPStatus.OK
    context: dict[str, object] = {
        "to": to,
        "code": trouble or "",
        "wanted": wanted,
        "again": _with_next(SIGN_IN, wanted),
    }
    return _unkept(page(request, "portal/sign_in_code.html", context, status=status))


def _with_next(path: str, wanted: str) -> str:
    return f"{path}?{urlencode({'next': wanted})}" if wanted and place_after_sign_in(wanted) == wanted else path


def _attempt(request: Request) -> UUID | None:
    try:
        return UUID(request.cookies.get(_ATTEMPT, ""))
    except ValueError:
        return None


def _keep_attempt(request: Request, answer: Response, attempt: str) -> None:
    https = deps(request).settings.public_url.startswith("https:")
    line = cookie(_ATTEMPT, attempt, https=https, max_age_s=_ATTEMPT_S if attempt else 0)
    answer.headers.append("set-cookie", line)


def _unkept(answer: Response) -> Response:
    answer.headers["cache-control"] = "no-store"
    return answer


def _secret(request: Request) -> str:
    return deps(request).settings.session_secret.get_secret_value()
