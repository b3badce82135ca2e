"""Every address of the web, and what wraps them all."""

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from starlette.types import ExceptionHandler

from app.settings import Settings
from app.setup import SetupError
from app.web.api.kiosk.routes import ROUTES as TERMINALS
from app.web.api.v1.routes import ROUTES as PROGRAMS
from app.web.assets import PREFIX, serve_asset
from app.web.console.routes import console_routes
from app.web.csrf import Csrf
from app.web.errors import EXCEPTION_HANDLERS
from app.web.headers import SecurityHeaders
from app.web.hooks import ami as ami_hooks
from app.web.hooks import inbound as inbound_hooks
from app.web.hooks import messages as message_hooks
from app.web.hooks import payments as payment_hooks
from app.web.limits import RateLimit
from app.web.locale import LocaleChoice
from app.web.look import TypeChoice
from app.web.portal import phone
from app.web.portal.routes import ROUTES as PORTAL
from app.web.uploads import BodyLimit
from app.web.wechat.routes import ROUTES as WECHAT

_SHORTEST_SECRET = 32


def portal_routes() -> list[BaseRoute]:
    """What residents open, and the files that pages need."""
    return [*WECHAT, *PORTAL, asset_route()]


def asset_route() -> Route:
    """Where pages find their files."""
    return Route(PREFIX + "{name:path}", serve_asset, methods=["GET"])


def all_routes(settings: Settings) -> list[BaseRoute]:
    """Everything that this installation serves."""
    demo = phone.ROUTES if settings.demo else []
    return [
        *portal_routes(),
        *console_routes(),
        *demo,
        *payment_hooks.ROUTES,
        *message_hooks.ROUTES,
        *inbound_hooks.ROUTES,
        *ami_hooks.ROUTES,
        *TERMINALS,
        *PROGRAMS,
    ]


def exception_handlers() -> dict[int | type[Exception], ExceptionHandler]:
    """Pages for what went wrong."""
    return EXCEPTION_HANDLERS


def web_middleware(settings: Settings) -> list[Middleware]:
    """Outermost first. Raises SetupError if the secret that signs cookies is missing or short."""
    secret = settings.session_secret.get_secret_value()
    if len(secret) < _SHORTEST_SECRET:
        raise SetupError(f"RELIGHT_SESSION_SECRET needs {_SHORTEST_SECRET} random characters or more")
    https = settings.public_url.startswith("https:")
    return [
        Middleware(SecurityHeaders, https=https),
        Middleware(LocaleChoice, https=https),
        Middleware(TypeChoice, https=https),
        Middleware(RateLimit),
        Middleware(BodyLimit),
        Middleware(Csrf, secret=secret, https=https),
    ]
