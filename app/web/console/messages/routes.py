"""Addresses: messages: the log, one message from plan to delivery, addresses that are left alone."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
