"""Addresses: messages: the log, one message from plan to delivery, addresses that are left alone."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.messages import log, suppressions
from app.web.console.paths import get, post

ROUTES: list[BaseRoute] = [
    get("/messages", log.show_log, Permission.SEE_MESSAGES),
    get("/suppressions", suppressions.show_suppressions, Permission.SEE_MESSAGES),
    post("/suppressions", suppressions.add_suppression, Permission.CHANGE_SUPPRESSIONS),
    post("/suppressions/{suppression_id:uuid}/lift", suppressions.lift_suppression, Permission.CHANGE_SUPPRESSIONS),
    get("/messages/{message_id:uuid}", log.show_message, Permission.SEE_MESSAGES),
]
