"""Addresses: messages: the log, one message from plan to delivery, addresses that are left alone."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.messages import log
from app.web.console.paths import get

ROUTES: list[BaseRoute] = [
    get("/messages", log.show_log, Permission.SEE_MESSAGES),
    get("/messages/{message_id:uuid}", log.show_message, Permission.SEE_MESSAGES),
]
