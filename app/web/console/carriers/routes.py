"""Addresses: providers of messages: health and shares, trial mode, keys of other programs."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.carriers import providers
from app.web.console.paths import get, post

ROUTES: list[BaseRoute] = [
    get("/carriers", providers.show_carriers, Permission.CHANGE_PROVIDERS),
    post("/carriers/{medium}/{name}", providers.change_carrier, Permission.CHANGE_PROVIDERS),
]
