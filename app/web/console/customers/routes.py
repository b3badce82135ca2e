"""Addresses: customers: found by balance and place, exported, chosen for a reminder."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.customers import show
from app.web.console.paths import get

ROUTES: list[BaseRoute] = [
    get("/customers", show.show_customers, Permission.SEE_CUSTOMERS),
    get("/customers.csv", show.export_csv, Permission.SEE_CUSTOMERS),
    get("/customers.xlsx", show.export_xlsx, Permission.SEE_CUSTOMERS),
    get("/customers/{number}", show.show_customer, Permission.SEE_CUSTOMERS),
]
