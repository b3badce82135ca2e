"""Addresses: providers of messages: health and shares, trial mode, keys of other programs."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.carriers import keys, providers, sending
from app.web.console.paths import get, post

ROUTES: list[BaseRoute] = [
    get("/carriers", providers.show_carriers, Permission.CHANGE_PROVIDERS),
    get("/carriers/sending", sending.show_sending, Permission.CHANGE_PROVIDERS),
    post("/carriers/sending", sending.change_sending, Permission.CHANGE_PROVIDERS),
    get("/carriers/keys", keys.show_keys, Permission.CHANGE_PROVIDERS),
    post("/carriers/keys", keys.make_key, Permission.CHANGE_PROVIDERS),
    post("/carriers/keys/{key_id:uuid}/revoke", keys.revoke_key, Permission.CHANGE_PROVIDERS),
    post("/carriers/{medium}/{name}", providers.change_carrier, Permission.CHANGE_PROVIDERS),
]
