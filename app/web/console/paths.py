"""How an address of the console is made: behind the door, for those whose roles allow it."""

from starlette.routing import Route

from app.domain.roles import Permission
from app.web.console.door import StaffPage, for_staff


def get(path: str, route: StaffPage, needs: Permission) -> Route:
    """A page under /console."""
    return Route(f"/console{path}", for_staff(route, needs), methods=["GET"])


def post(path: str, route: StaffPage, needs: Permission) -> Route:
    """A form under /console."""
    return Route(f"/console{path}", for_staff(route, needs), methods=["POST"])
