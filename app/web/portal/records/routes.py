"""Addresses. What happened: the tracker, history, receipts, use."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
