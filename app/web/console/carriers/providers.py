"""Who carries what: shares, health in the last hour, and what moved them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.models.account import ChannelName
from app.services import carrier_desk, carriers
from app.services.carrier_desk import CarrierError, Standing
from app.services.carrier_paces import Place
from app.services.media import named
from app.settings import Settings
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps


@dataclass(frozen=True, slots=True)
class Medium:
    """One medium and the providers that carry it; nobody where it is not offered."""

    name: ChannelName
    standings: tuple[Standing, ...]

    @property
    def shared(self) -> bool:
        """Is there anything to share?"""
        return sum(each.named for each in self.standings) > 1

    @property
    def all_off(self) -> bool:
        """Does everything that should go by it wait?"""
        named_ = [each for each in self.standings if each.named]
        return bool(named_) and all(each.row.off_at is not None for each in named_)


async def show_carriers(request: Request, desk: Desk) -> Response:
    """GET /console/carriers."""
    return await _show(request, desk)


async def change_carrier(request: Request, desk: Desk) -> Response:
    """POST /console/carriers/{medium}/{name}: `act` is share, stop or start."""
    known, form = deps(request), await fields(request)
    try:
        place = Place(request.path_params["name"], ChannelName(request.path_params["medium"]))
    except ValueError:
        raise HTTPException(404) from None
    try:
        async with known.begin() as db:
            await _do(db, place, form, desk, known.now())
    except CarrierError as wrong:
        if wrong.code == "unknown_carrier":
            raise HTTPException(404) from None
        return await _show(request, desk, place, wrong.code)
    return see_other("/console/carriers")


async def _do(db: AsyncSession, place: Place, form: Mapping[str, str], desk: Desk, now: datetime) -> None:
    match form.get("act"):
        case "share":
            await carrier_desk.rest_at(db, place, _points(form.get("share", "")), desk.officer.id, now)
        case "stop":
            await carrier_desk.stop(db, place, desk.officer.id, now)
        case "start":
            await carrier_desk.start(db, place, desk.officer.id, now)
        case _:
            raise HTTPException(400)


def _points(typed: str) -> int:
    """Whole points. Raises CarrierError for anything else."""
    plain = typed.strip()
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 3):
        raise CarrierError("share_out_of_range")
    return int(plain)


async def _show(request: Request, desk: Desk, place: Place | None = None, wrong: str = "") -> Response:
    known = deps(request)
    async with known.begin() as db:
        media = await _media(db, known.settings, known.now())
        moves = await carrier_desk.moves(db)
    context = {"media": media, "moves": moves, "wrong_at": place, "wrong": wrong}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "carriers/providers.html", context, desk=desk, status=status)


async def _media(db: AsyncSession, settings: Settings, now: datetime) -> list[Medium]:
    """Every medium that somebody else carries; a provider that the settings name has its row from the first look on."""
    carried = [medium for medium in ChannelName if medium is not ChannelName.INBOX]
    places = [Place(name, medium) for medium in carried for name in named(settings, medium)]
    for medium in carried:
        await carriers.enrol(db, medium, named(settings, medium), now)
    found = await carrier_desk.standings(db, places, now)
    return [Medium(medium, tuple(each for each in found if each.row.medium == medium)) for medium in carried]
