"""Security headers of every answer."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.state import carry

_FIXED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # a purchase's address is a secret: no provider learns it from us
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_A_YEAR = "max-age=31536000"


def policy(nonce: str, form_targets: str = "") -> str:
    """The content security policy: our own files, scripts by nonce, nothing inline, nothing from elsewhere.

    `form_targets`: origins to which the answer to a form may lead, besides ourselves.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            f"form-action 'self' {form_targets}".strip(),
            "frame-ancestors 'none'",
        ]
    )


def secure(headers: MutableHeaders, nonce: str, *, https: bool) -> None:
    """Set the security headers, except where the answer has set its own."""
    headers.setdefault("content-security-policy", policy(nonce))
    headers.setdefault("cache-control", "private, no-cache")
    for name, value in _FIXED.items():
        headers.setdefault(name, value)
    if https:
        headers.setdefault("strict-transport-security", _A_YEAR)


class SecurityHeaders:
    """Gives every request a nonce and every answer the headers."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app, self._https = app, https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        carry(scope, nonce=nonce)

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure(MutableHeaders(scope=message), nonce, https=self._https)
            await send(message)

        await self._app(scope, receive, send_secured)
