"""Addresses: alarm levels: policies, accounts one by one and in bulk, levels from real use."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
