"""What a request carries: what the process works with, and what the middleware learned of the reader."""

from starlette.requests import HTTPConnection
from starlette.types import Scope

from app.context import Deps
from app.i18n import DEFAULT, Locale

_OURS = "relight"


def carry(scope: Scope, **facts: str) -> None:
    """Keep facts about a request where every later layer, and the page of a crash, finds them."""
    scope.setdefault(_OURS, {}).update(facts)


def carried(connection: HTTPConnection, name: str) -> str:
    """A fact that an outer layer keeps about a request; empty if it knows none."""
    return str(connection.scope.get(_OURS, {}).get(name, ""))


def deps(connection: HTTPConnection) -> Deps:
    """What this process works with."""
    found = connection.app.state.deps
    if not isinstance(found, Deps):
        raise TypeError("app.state.deps is not set")
    return found


def reader(connection: HTTPConnection) -> Locale:
    """The language of whoever reads the answer."""
    return Locale(carried(connection, "locale") or DEFAULT)


def nonce(connection: HTTPConnection) -> str:
    """The nonce that this answer's own scripts bear."""
    return carried(connection, "nonce")


def csrf_token(connection: HTTPConnection) -> str:
    """What every form on this page must send back."""
    return carried(connection, "csrf")
