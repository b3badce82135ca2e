"""To which concentrators something is given, as a form says: one, or everything below a place of the grid."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.services import alarm_schemes
from app.web.console.devices.tree import id_or_none


async def meant(db: AsyncSession, form: Mapping[str, str]) -> list[UUID]:
    """The concentrators that `place` and `scope` (one, area) mean."""
    place = id_or_none(form.get("place", ""))
    if place is None:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return await alarm_schemes.below(db, place) if form.get("scope") == "area" else [place]


def id_in_path(request: Request, name: str) -> UUID | None:
    """An id in the address; None for "new"."""
    found = request.path_params.get(name)
    return found if isinstance(found, UUID) else None


def number(text: str, field: str) -> int:
    """A whole number of a form. Raises ValueError with the field's name."""
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise ValueError(field)
    return int(text)
