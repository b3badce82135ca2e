"""The demo's phones: what was sent to each seeded phone and mailbox. Served only where `demo` is set."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.services import phonebook
from app.web.pages import page
from app.web.state import deps


async def show_phones(request: Request) -> Response:
    """GET /demo/phone: every phone that something arrived at."""
    async with deps(request).begin() as db:
        phones = await phonebook.phones(db, _secret(request))
    return page(request, "portal/phones.html", {"phones": phones}, block="live")


async def show_phone(request: Request) -> Response:
    """GET /demo/phone/{contact_id}: one phone, as its owner sees it."""
    async with deps(request).begin() as db:
        phone = await phonebook.phone(db, request.path_params["contact_id"], _secret(request))
    if phone is None:
        raise HTTPException(404)
    return page(request, "portal/phone.html", {"phone": phone}, block="live")


def _secret(request: Request) -> str:
    return deps(request).settings.session_secret.get_secret_value()


ROUTES: list[BaseRoute] = [
    Route("/demo/phone", show_phones, methods=["GET"]),
    Route("/demo/phone/{contact_id:uuid}", show_phone, methods=["GET"]),
]
