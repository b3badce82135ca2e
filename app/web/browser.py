"""What a browser says that it is. Enough for choosing what to offer; nothing that is secret may hang on it."""

from starlette.requests import HTTPConnection

from app.domain import ways
from app.domain.payment import Way
from app.domain.ways import Place
from app.web.state import deps

_WECHAT = "micromessenger"
_PHONES = ("mobile", "android", "iphone", "harmony")


def in_wechat(request: HTTPConnection) -> bool:
    """Whether the page is looked at in WeChat's own browser (developers.weixin.qq.com: "MicroMessenger")."""
    return _WECHAT in _agent(request)


def place_of(request: HTTPConnection) -> Place:
    """Where the page is looked at."""
    if in_wechat(request):
        return Place.WECHAT
    return Place.PHONE if any(word in _agent(request) for word in _PHONES) else Place.DESKTOP


def offered(request: HTTPConnection) -> tuple[tuple[str, Way], ...]:
    """The providers that can be paid by here, each with its best way, in the order of the settings."""
    providers = deps(request).providers or {}
    return ways.offered({name: provider.ways for name, provider in providers.items()}, place_of(request))


def _agent(request: HTTPConnection) -> str:
    return request.headers.get("user-agent", "").lower()
