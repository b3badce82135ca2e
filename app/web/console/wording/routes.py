"""Addresses: templates: versions, preview, segments and cost, approval."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
