"""Cookies: out of reach of scripts, never sent along from other sites' forms, over https only where we have it."""

from http.cookies import SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send


def cookie(name: str, value: str, *, https: bool, max_age_s: int | None = None) -> str:
    """The Set-Cookie line; without `max_age_s` it ends with the browser."""
    made: SimpleCookie = SimpleCookie({name: value})
    morsel = made[name]
    morsel["path"], morsel["samesite"], morsel["httponly"] = "/", "Lax", True
    if max_age_s is not None:
        morsel["max-age"] = str(max_age_s)
    if https:
        morsel["secure"] = True
    return morsel.OutputString()


def giving(line: str, send: Send) -> Send:
    """Send the answer with a Set-Cookie line more."""

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", line)
        await send(message)

    return send_with_cookie
