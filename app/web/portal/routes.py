"""The portal's addresses."""

from starlette.routing import BaseRoute, Route

from app.web.portal import balance, labels, lookup

ROUTES: list[BaseRoute] = [
    Route("/", lookup.show_lookup, methods=["GET"]),
    Route("/accounts/{number}", lookup.show_account, methods=["GET"]),
    Route("/m/{number}", balance.show_balance, methods=["GET"]),
    Route("/m/{number}/read", balance.read_now, methods=["POST"]),
    Route("/m/{number}/qr.svg", labels.draw_meter_code, methods=["GET"]),
]
