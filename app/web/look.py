"""How large the type is: what was just chosen (`?type=`), else what was chosen before.

Elderly mode: text of 18 px and more, controls of 60 px and more, fewer choices (SPEC R-11). `large` is 20 px, `largest`
30 px. A choice is a plain link, as for the language.
"""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.cookies import cookie, giving
from app.web.state import carried, carry

TYPE = "type"
NORMAL, LARGE, LARGEST = "normal", "large", "largest"
SIZES = (NORMAL, LARGE, LARGEST)
_A_YEAR_S = 365 * 86400


class TypeChoice:
    """Finds the reader's size of type and remembers a choice."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app, self._https = app, https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        chosen = connection.query_params.get(TYPE)
        size = chosen if chosen in SIZES else connection.cookies.get(TYPE)
        carry(scope, **{TYPE: size if size in (LARGE, LARGEST) else ""})
        if chosen in SIZES:
            send = giving(cookie(TYPE, str(chosen), https=self._https, max_age_s=_A_YEAR_S), send)
        await self._app(scope, receive, send)


def type_size(connection: HTTPConnection) -> str:
    """`large`, `largest`, or nothing for the usual size."""
    return carried(connection, TYPE)


def is_large(connection: HTTPConnection) -> bool:
    """Does the reader want large type and fewer choices?"""
    return bool(type_size(connection))


def chosen_type(connection: HTTPConnection) -> bool | None:
    """What was chosen by this very request; None if nothing was."""
    chosen = connection.query_params.get(TYPE)
    return chosen != NORMAL if chosen in SIZES else None
