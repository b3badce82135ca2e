"""An SMS provider that takes everything at once: Twilio's message API as far as its library needs it.

`python -m benchmarks.bare_carrier PORT`. GET /taken tells (recipient, start of the text, wall clock in seconds);
GET /count how many there are.
"""

import sys
import time
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ACCOUNT: Final = "AC" + "0" * 32
TOKEN: Final = "an auth token"
SENDER: Final = "+15005550006"
_PATIENT: Final = 300  # seconds that a connection may rest: whoever is measured shall not find it closed
_taken: list[tuple[str, str, float]] = []


async def take(request: Request) -> Response:
    """POST Messages.json."""
    form = await request.form()
    _taken.append((str(form["To"]), str(form["Body"])[:40], time.time()))
    sid = f"SM{len(_taken):032x}"
    return JSONResponse({"sid": sid, "account_sid": ACCOUNT, "to": form["To"], "status": "queued"}, 201)


async def list_(_: Request) -> Response:
    """GET Messages.json: nobody's answer is ever lost here."""
    return JSONResponse({"messages": [], "next_page_uri": None, "page": 0})


async def count(_: Request) -> Response:
    """GET /count."""
    return JSONResponse(len(_taken))


async def taken(request: Request) -> Response:
    """GET /taken?from=N."""
    return JSONResponse(_taken[int(request.query_params.get("from", "0")) :])


def main() -> None:
    """Serve until ended."""
    path = "/2010-04-01/Accounts/{account}/Messages.json"
    routes = [Route(path, take, methods=["POST"]), Route(path, list_), Route("/taken", taken), Route("/count", count)]
    uvicorn.run(
        Starlette(routes=routes),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        timeout_keep_alive=_PATIENT,
    )


if __name__ == "__main__":
    main()
