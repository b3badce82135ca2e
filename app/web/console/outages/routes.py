"""Addresses: outage notices, and what keeps supply on: no-cut calendar, amnesty."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
