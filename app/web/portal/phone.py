"""The demo's phones: what was sent to each, and a box to answer from. Served only where `demo` is set."""

from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.models.account import ChannelName
from app.ports import InboundText
from app.services import phonebook
from app.services.inbound import Came, receive
from app.web.forms import fields
from app.web.pages import page, see_other
from app.web.state import deps

_CARRIER = "rehearsal"
_LONGEST = 300


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


async def reply(request: Request) -> Response:
    """POST /demo/phone/{contact_id}: text=... as if its owner had sent it; the same service as for real texts."""
    known, key = deps(request), request.path_params["contact_id"]
    text = (await fields(request)).get("text", "").strip()[:_LONGEST]
    async with known.begin() as db:
        phone = await phonebook.phone(db, key, _secret(request))
        if phone is None or phone.channel is not ChannelName.SMS:
            raise HTTPException(404)
        if text:
            came = InboundText(ref=f"demo-{uuid4()}", sender=phone.address, sent_to="", body=text)
            await receive(db, Came(_CARRIER, came, known.settings.country), known.now())
    await known.bell.ring_quietly()
    return see_other(request.url.path)


def _secret(request: Request) -> str:
    return deps(request).settings.session_secret.get_secret_value()


ROUTES: list[BaseRoute] = [
    Route("/demo/phone", show_phones, methods=["GET"]),
    Route("/demo/phone/{contact_id:uuid}", show_phone, methods=["GET"]),
    Route("/demo/phone/{contact_id:uuid}", reply, methods=["POST"]),
]
