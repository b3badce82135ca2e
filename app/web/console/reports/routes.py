"""Addresses: reports: what warnings led to, and homes without money."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
