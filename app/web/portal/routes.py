"""The portal's addresses."""

from starlette.routing import BaseRoute, Route

from app.web.portal import balance, labels, lookup
from app.web.portal.buying.routes import ROUTES as BUYING
from app.web.portal.people.routes import ROUTES as PEOPLE
from app.web.portal.public.in_hand import ROUTES as IN_HAND
from app.web.portal.public.performance import ROUTES as PUBLIC
from app.web.portal.records.routes import ROUTES as RECORDS
from app.web.portal.supply.routes import ROUTES as SUPPLY

ROUTES: list[BaseRoute] = [
    *PEOPLE,
    *SUPPLY,
    *BUYING,
    *RECORDS,
    *PUBLIC,
    *IN_HAND,
    Route("/", lookup.show_lookup, methods=["GET"]),
    Route("/accounts/{number}", lookup.show_account, methods=["GET"]),
    Route("/m/{number}", balance.show_balance, methods=["GET"]),
    Route("/m/{number}/read", balance.read_now, methods=["POST"]),
    Route("/m/{number}/qr.svg", labels.draw_meter_code, methods=["GET"]),
]
