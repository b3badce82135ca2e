"""The way in through WeChat, offered inside WeChat: what its own payment needs, and a sign-in without a code."""

from urllib.parse import urlencode

from starlette.requests import Request

from app.services.buyers import openid_of
from app.web.browser import in_wechat
from app.web.resident import signed_in
from app.web.state import deps


async def known_openid(request: Request) -> str:
    """The openid of whoever is signed in; empty for guests, and for somebody known by a phone alone."""
    me = await signed_in(request)
    if me is None:
        return ""
    async with deps(request).begin() as db:
        return await openid_of(db, me.id)


async def way_in(request: Request, place: str) -> str:
    """The address that has WeChat say who is here and leads on to `place`, a page of ours.

    Empty outside WeChat, where no official account is set, and for whom WeChat has named already.
    """
    if not deps(request).settings.wechat_appid or not in_wechat(request) or await known_openid(request):
        return ""
    return f"/wechat/enter?{urlencode({'next': place})}"
