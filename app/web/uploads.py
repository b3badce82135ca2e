"""How large a body may be: small everywhere but where staff hand in files."""

import re

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

MOST_BODY_BYTES = 256 * 1024
MOST_FILE_BYTES = 8 * 1024 * 1024 + 64 * 1024  # a file, and the form around it
_FILES = re.compile(r"/console/(campaigns/[0-9a-f-]{36}/file|handhelds/back|lines)")


class BodyLimit:
    """Answers 413 to a body that is larger than its address takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._usual = RequestBodyLimitMiddleware(app, max_body_size=MOST_BODY_BYTES)
        self._files = RequestBodyLimitMiddleware(app, max_body_size=MOST_FILE_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        takes_file = scope["type"] == "http" and _FILES.fullmatch(scope["path"])
        await (self._files if takes_file else self._usual)(scope, receive, send)
