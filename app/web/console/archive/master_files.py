"""Master meters of the whole grid: those that are there, and files of them, with a template for those to come."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app.domain.archive import DIGITS
from app.domain.master_file import WORDS
from app.models import MasterMeter
from app.services.archive import masters_many
from app.services.archive.master_file import MASTERS
from app.services.archive.masters_many import Spot
from app.web.console import listing
from app.web.console.archive.filed import FilePages, in_parts
from app.web.console.pages import Desk
from app.web.forms import query

PAGE = 100
Found = tuple[MasterMeter, Spot]


async def _listed(request: Request, db: AsyncSession) -> Mapping[str, object]:
    """?after=&waiting=yes: the next ones by address, those only that are not downloaded yet."""
    after, waiting = query(request, "after")[:DIGITS], query(request, "waiting") == "yes"
    masters = await masters_many.after_address(db, after, None, PAGE, waiting=waiting)
    more = masters[-1][0].address if len(masters) == PAGE else ""
    return {"tally": await masters_many.how_many(db), "masters": masters, "waiting": waiting, "next_after": more}


FILES = FilePages(
    subject=MASTERS,
    path="/console/masters",
    files="/console/masters/files",
    list_template="archive/master_files.html",
    file_template="archive/master_file.html",
    words=WORDS,
    name="master-meters",
    more=_listed,
)
_COLUMNS = MASTERS.layout.columns
_HEAD = (*_COLUMNS, "concentrator name", "area")


async def masters_csv(request: Request, desk: Desk) -> Response:
    """GET /console/masters.csv?node=: the master meters as they are, in the shape that can be handed in again."""
    return await FILES.give_out(request, desk, in_parts(request, _HEAD, _behind, _cells))


async def _behind(db: AsyncSession, last: Found | None, node_id: UUID | None, most: int) -> list[Found]:
    return await masters_many.after_address(db, last[0].address if last else "", node_id, most)


def _cells(found: Found) -> Sequence[listing.Cell]:
    each, spot = found
    hangs = each.port, each.protocol, each.baud, each.point
    return [spot.spelled, each.address, each.name, *hangs, spot.name, spot.area]


async def template_csv(request: Request, desk: Desk) -> Response:
    """GET /console/masters/template.csv?node=: a row for each concentrator without a master meter, to be filled in."""
    return await FILES.give_out(request, desk, in_parts(request, _HEAD, _bare_behind, _bare_cells))


async def _bare_behind(db: AsyncSession, last: Spot | None, node_id: UUID | None, most: int) -> list[Spot]:
    return await masters_many.without_any(db, last.spelled if last else "", node_id, most)


def _bare_cells(spot: Spot) -> Sequence[listing.Cell]:
    return [spot.spelled, *[""] * (len(_COLUMNS) - 1), spot.name, spot.area]
