"""Addresses: gateways that we dial."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.gateways import pages
from app.web.console.paths import get, post

P = Permission
_GATEWAY = "/gateways/{gateway_id:uuid}"
ROUTES: list[BaseRoute] = [
    get("/gateways", pages.show_gateways, P.READ_DEVICES),
    get("/gateways.csv", pages.gateways_csv, P.READ_DEVICES),
    get("/gateways/new", pages.show_new, P.CHANGE_ARCHIVE),
    post("/gateways/new", pages.add, P.CHANGE_ARCHIVE),
    get(_GATEWAY, pages.show_gateway, P.CHANGE_ARCHIVE),
    post(_GATEWAY, pages.change, P.CHANGE_ARCHIVE),
]
