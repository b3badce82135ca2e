"""Addresses: events of devices, alarm schemes and responsible persons."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
