"""Addresses. The meter itself: balance, why it is dark, notices, emergency credit."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
