"""Addresses. Paying: the pay page, links that open it filled in, rules that do it by themselves."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
