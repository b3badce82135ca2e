"""Addresses: existing head ends."""

from starlette.routing import BaseRoute

from app.domain.roles import Permission
from app.web.console.head_ends import pages
from app.web.console.paths import get, post

P = Permission
_HEAD_END = "/head-ends/{head_end_id:uuid}"
ROUTES: list[BaseRoute] = [
    get("/head-ends", pages.show_head_ends, P.READ_DEVICES),
    get("/head-ends.csv", pages.head_ends_csv, P.READ_DEVICES),
    get("/head-ends/new", pages.show_new, P.CHANGE_ARCHIVE),
    post("/head-ends/new", pages.add, P.CHANGE_ARCHIVE),
    get(_HEAD_END, pages.show_head_end, P.READ_DEVICES),
    post(_HEAD_END, pages.change, P.CHANGE_ARCHIVE),
]
