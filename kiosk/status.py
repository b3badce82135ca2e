"""A page for technicians and watchdogs: how the terminal is, in JSON, on loopback. No meter, no money, no token."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiosk.counter import Counter


def make_status(counter: Counter) -> Starlette:
    """GET /status."""

    async def status(_: Request) -> Response:
        works = await counter.works()
        return JSONResponse(
            {
                "state": works.state.value,
                "paying": works.paying,
                "tokens": works.tokens,
                "printing": works.printing,
                "queue": works.queue,
                "health": await counter.health(),
            },
            headers={"cache-control": "no-store"},
        )

    return Starlette(routes=[Route("/status", status), Route("/", status)])
