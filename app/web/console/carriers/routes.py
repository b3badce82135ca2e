"""Addresses: providers of messages: health and shares, trial mode, keys of other programs."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
