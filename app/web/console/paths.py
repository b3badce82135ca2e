"""How an address of the console is made: behind the door, for those whose roles allow it."""

from starlette.routing import Route

from app.domain.roles import Permission
from app.web.console.door import StaffPage, for_staff


def get(path: str, route: StaffPage, needs: Permission, *, fresh: bool = False) -> Route:
    """A page under /console. `fresh`: only shortly after somebody has proved who they are."""
    return Route(f"/console{path}", for_staff(route, needs, fresh=fresh), methods=["GET"])


def post(path: str, route: StaffPage, needs: Permission, *, fresh: bool = False) -> Route:
    """A form under /console. `fresh`: only shortly after somebody has proved who they are."""
    return Route(f"/console{path}", for_staff(route, needs, fresh=fresh), methods=["POST"])
