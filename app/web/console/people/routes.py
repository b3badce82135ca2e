"""Addresses: staff: who may do what, their second step, and the audit log."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
