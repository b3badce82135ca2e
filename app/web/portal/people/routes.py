"""Addresses. Signing in, my meters, and how I want to be warned."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
