"""How meters hang, as a file."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app.services.archive import bulk
from app.services.archive.bulk import Known
from app.services.archive.meter_file import METERS
from app.web.console import listing
from app.web.console.archive.filed import FilePages, in_parts
from app.web.console.pages import Desk

LINES = FilePages(
    subject=METERS,
    path="/console/lines",
    files="/console/lines",
    list_template="archive/lines.html",
    file_template="archive/line_file.html",
    words=bulk.WORDS,
    name="how-meters-hang",
)


async def lines_csv(request: Request, desk: Desk) -> Response:
    """GET /console/lines.csv?node=: how meters hang now, in the shape that can be handed in again."""
    head = (*METERS.layout.columns, "concentrator")
    return await LINES.give_out(request, desk, in_parts(request, head, _behind, _cells))


async def _behind(db: AsyncSession, last: Known | None, node_id: UUID | None, most: int) -> list[Known]:
    return await bulk.after_number(db, last.number if last else "", node_id, most)


def _cells(each: Known) -> Sequence[listing.Cell]:
    h = each.standing.hanging
    hangs = h.line.value, h.port, h.protocol.value, h.baud, h.collector, each.standing.point
    return [each.number, *hangs, each.concentrator]
