"""Which language a reader gets: what was just chosen (`?lang=`), else chosen before, else what the browser asks for."""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.i18n import locale_or_none, preferred
from app.web.cookies import cookie, giving
from app.web.state import carry

COOKIE = "lang"
PARAMETER = "lang"
_A_YEAR_S = 365 * 86400


class LocaleChoice:
    """Finds the reader's language and remembers a choice. A choice is a plain link, so there is nowhere to redirect."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app, self._https = app, https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        chosen = locale_or_none(connection.query_params.get(PARAMETER))
        kept = locale_or_none(connection.cookies.get(COOKIE))
        carry(scope, locale=chosen or kept or preferred(connection.headers.get("accept-language", "")))
        if chosen:
            send = giving(cookie(COOKIE, chosen, https=self._https, max_age_s=_A_YEAR_S), send)
        await self._app(scope, receive, send)
