"""A page for technicians and watchdogs: how the terminal is, in JSON, on loopback. No meter, no money, no token."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiosk.counter import Counter


def status_route(counter: Counter) -> Route:
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

    return Route("/status", status, methods=["GET"])
