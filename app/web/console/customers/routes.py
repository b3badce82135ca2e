"""Addresses: customers: found by balance and place, exported, chosen for a reminder."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
