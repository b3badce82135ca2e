"""The addresses of the terminals' interface, version 1."""

from functools import partial

from starlette.routing import BaseRoute, Route

from app.web.api.kiosk import device, meters, payments, slips
from app.web.api.kiosk.door import Answer, signed

BASE = "/api/kiosk/v1"


def _get(path: str, answer: Answer) -> Route:
    return Route(BASE + path, signed(answer), methods=["GET"])


def _post(path: str, answer: Answer) -> Route:
    return Route(BASE + path, signed(answer), methods=["POST"])


_told_when_locked = partial(signed, locked_too=True)

ROUTES: list[BaseRoute] = [
    Route(f"{BASE}/enrol", device.enrol, methods=["POST"]),
    Route(f"{BASE}/beat", _told_when_locked(device.beat), methods=["POST"]),
    Route(f"{BASE}/events", _told_when_locked(device.record), methods=["POST"]),
    _get("/cache", device.cache),
    _get("/announcements", device.announcements),
    _get("/meters/{number}", meters.show),
    _post("/meters/{number}/read", meters.read),
    _post("/meters/{number}/payments", payments.begin),
    _get("/payments/{ref}", payments.show),
    _post("/payments/{ref}/close", payments.close),
    _get("/slips/by-receipt/{number}", slips.show_by_receipt),
    _get("/slips/{purchase}", slips.show),
]
