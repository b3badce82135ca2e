"""Addresses: reports: what warnings led to, and homes without money."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.paths import get
from app.web.console.reports import pages

ROUTES: list[BaseRoute] = [
    get("/reports", pages.show_alert_effect, Permission.SEE_REPORTS),
    get("/reports/disconnections", pages.show_disconnected, Permission.SEE_REPORTS),
]
