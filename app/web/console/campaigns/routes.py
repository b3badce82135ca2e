"""Addresses: bulk sends: words, preview, cost, progress, pause and stop."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
