"""Signing in by WeChat, the proof that our domain is ours, and the signature for WeChat's scanner."""

import hmac
import logging
import re
import secrets
from urllib.parse import urlencode, urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.services import residents
from app.web.cookies import cookie
from app.web.forms import query
from app.web.pages import see_other
from app.web.portal.labels import public_address
from app.web.resident import came_with, keep_session, place_after_sign_in
from app.web.state import deps
from app.wechat import OfficialAccount, WechatError, sdk_signature

log = logging.getLogger(__name__)

_COOKIE = "wechat_state"
_LASTS_S = 600
_CODE = re.compile(r"[A-Za-z0-9_-]{1,128}")


def account(request: Request) -> OfficialAccount:
    """The official account, one a process. HTTPException 404 where there is none."""
    known = deps(request)
    settings = known.settings
    if not settings.wechat_appid:
        raise HTTPException(404)
    made = getattr(request.app.state, "wechat", None)
    if not isinstance(made, OfficialAccount):
        secret = settings.wechat_secret.get_secret_value()
        made = OfficialAccount(settings.wechat_appid, secret, settings.wechat_url, known.now)
        request.app.state.wechat = made
    return made


async def enter(request: Request) -> Response:
    """GET /wechat/enter?next=...: to WeChat and back, silently (snsapi_base). Our cookie holds what must come back."""
    appid, state = account(request).appid, secrets.token_hex(16)
    asked = {
        "appid": appid,
        "redirect_uri": public_address(request, "/wechat/back"),
        "response_type": "code",
        "scope": "snsapi_base",
        "state": state,
    }
    place = f"{deps(request).settings.wechat_open_url}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"
    answer = RedirectResponse(place, 303)
    kept = _signer(request).dumps([state, place_after_sign_in(query(request, "next") or "/")])
    _give(request, answer, str(kept), _LASTS_S)
    return answer


async def back(request: Request) -> Response:
    """GET /wechat/back: sign in whoever this browser went to WeChat for; a refusal leaves a guest, who may pay too."""
    who = account(request)
    try:
        state, place = _signer(request).loads(request.cookies.get(_cookie_name(request), ""), max_age=_LASTS_S)
    except (BadSignature, ValueError):
        return see_other("/")  # another browser began this, or none
    code = query(request, "code")
    if not hmac.compare_digest(query(request, "state").encode(), str(state).encode()) or not _CODE.fullmatch(code):
        return _end(request, "/")
    try:
        openid = await who.openid_of(code)
    except WechatError as error:
        log.warning("sign-in by WeChat failed: %s %s", error.code, error.errcode)
        return _end(request, str(place))
    known = deps(request)
    async with known.begin() as db:
        _, secret = await residents.sign_in_with_openid(db, openid, known.now(), came_with(request))
    answer = _end(request, str(place))
    keep_session(request, answer, secret)
    return answer


async def sign_page(request: Request) -> Response:
    """GET /wechat/sdk?url=...: what wx.config needs on a page of ours; for other pages nothing is signed."""
    who, url = account(request), query(request, "url").partition("#")[0]
    try:
        ours, asked = urlsplit(deps(request).settings.public_url), urlsplit(url)
    except ValueError as error:
        raise HTTPException(400) from error
    if (asked.scheme, asked.netloc) != (ours.scheme, ours.netloc):
        raise HTTPException(400)
    try:
        ticket = await who.ticket()
    except WechatError as error:
        log.warning("no ticket of WeChat: %s %s", error.code, error.errcode)
        raise HTTPException(503) from error
    nonce, timestamp = secrets.token_hex(8), int(deps(request).now().timestamp())
    signed = sdk_signature(ticket, nonce, timestamp, url)
    words = {"appId": who.appid, "nonceStr": nonce, "timestamp": timestamp, "signature": signed}
    return JSONResponse(words, headers={"cache-control": "no-store"})


async def prove_domain(request: Request) -> Response:
    """GET /MP_verify_{word}.txt: the file that proves to WeChat that a domain is ours."""
    word = request.path_params["word"]
    known = [each.strip() for each in deps(request).settings.wechat_verifications.split(",")]
    if not word or word not in known:
        raise HTTPException(404)
    return PlainTextResponse(word)


def _signer(request: Request) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(deps(request).settings.session_secret.get_secret_value(), salt="wechat state")


def _end(request: Request, place: str) -> Response:
    """Go on; the state that was brought back is spent."""
    answer = see_other(place)
    _give(request, answer, "", 0)
    return answer


def _give(request: Request, answer: Response, value: str, max_age_s: int) -> None:
    https = _https(request)
    answer.headers.append("set-cookie", cookie(_cookie_name(request), value, https=https, max_age_s=max_age_s))
    answer.headers["cache-control"] = "no-store"


def _cookie_name(request: Request) -> str:
    """With the prefix no neighbour under our domain can plant a state of its own (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{_COOKIE}" if _https(request) else _COOKIE


def _https(request: Request) -> bool:
    return deps(request).settings.public_url.startswith("https:")


ROUTES: list[BaseRoute] = [
    Route("/wechat/enter", enter, methods=["GET"]),
    Route("/wechat/back", back, methods=["GET"]),
    Route("/wechat/sdk", sign_page, methods=["GET"]),
    Route("/MP_verify_{word}.txt", prove_domain, methods=["GET"]),
]
