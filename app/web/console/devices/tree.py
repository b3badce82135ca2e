"""The grid tree with quick search: places on the left, their meters beside them."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from app.domain.masking import Mask
from app.domain.roles import Permission
from app.services import grid
from app.services.devices import finding
from app.services.devices.finding import By, FoundMeter, Search
from app.web.console import listing
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.format import Format
from app.web.forms import query
from app.web.pages import format_for
from app.web.state import deps, reader

PATH = "/console/devices"
_PART = 2000
_LONGEST = 3000
_HEAD = ("meter", "meter_address", "account", "name", "address", "concentrator", "area", "balance", "read_at", "supply")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, and how its address goes on."""

    search: Search
    wrong: str = ""

    def address(self, path: str = PATH, **other: str | UUID | None) -> str:
        """`path` with what was asked; `other` in place of it."""
        kept = {
            "q": self.search.typed,
            "by": "" if self.search.by is By.ANY else self.search.by.value,
            "node": self.search.node_id,
            "at": self.search.concentrator_id,
        } | other
        said = {name: str(value) for name, value in kept.items() if value}
        return f"{path}?{urlencode(said)}" if said else path


def asked_in(request: Request, desk: Desk) -> Asked:
    """Read the address. Whoever sees names masked asks for whole ones."""
    typed, by = query(request, "q").strip(), query(request, "by")
    search = Search(
        typed[:_LONGEST],
        By(by) if by in tuple(By) else By.ANY,
        id_or_none(query(request, "node")),
        id_or_none(query(request, "at")),
        desk.officer.may(Permission.SEE_ADDRESSES),
        query(request, "after")[:12],
    )
    return Asked(search, "too_many_terms" if len(typed) > _LONGEST else "")


def id_or_none(text: str) -> UUID | None:
    """An id as an address has it."""
    try:
        return UUID(text)
    except ValueError:
        return None


async def show_devices(request: Request, desk: Desk) -> Response:
    """GET /console/devices?q=&by=&node=&at=&after="""
    asked = asked_in(request, desk)
    found: list[FoundMeter] = []
    total = 0
    async with deps(request).begin() as db:
        branches = await grid.tree(db, asked.search.node_id)
        leaves = await finding.concentrators_at(db, asked.search.node_id) if asked.search.node_id else []
        try:
            found = await finding.find(db, asked.search)
            total = await finding.count(db, asked.search)
        except ValueError:
            asked = replace(asked, wrong="too_many_terms")
    context = {
        "asked": asked,
        "branches": branches,
        "leaves": leaves,
        "found": found,
        "total": total,
        "bys": tuple(By),
        "more": asked.address(after=found[-1].number) if len(found) == finding.PAGE else "",
        "mask": Mask.of(desk.officer),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if asked.wrong else HTTPStatus.OK
    return console_page(request, "devices/tree.html", context, desk=desk, status=status)


async def devices_csv(request: Request, desk: Desk) -> Response:
    """GET /console/devices.csv: everything that was asked for."""
    asked, known, total = asked_in(request, desk), deps(request), 0
    async with known.begin() as db:
        try:
            total = await finding.count(db, asked.search)
        except ValueError:
            asked = replace(asked, wrong="too_many_terms")
        if not asked.wrong:
            listing.note_export(db, request, desk.officer.id, rows=total)
    if asked.wrong:
        return await show_devices(request, desk)
    return listing.csv_file(listing.stamped("meters", known.now()), _rows(request, asked, Mask.of(desk.officer)))


async def _rows(request: Request, asked: Asked, mask: Mask) -> listing.Rows:
    known, words = deps(request), Terms(reader(request))
    fmt = format_for(request, known.settings)
    yield [[words("column", code) for code in _HEAD]]
    search = replace(asked.search, after="")
    while True:
        async with known.begin() as db:
            part = await finding.find(db, search, _PART)
        if part:
            search = replace(search, after=part[-1].number)
            yield [_cells(row, mask, fmt, words) for row in part]
        if len(part) < _PART:
            return


def _cells(row: FoundMeter, mask: Mask, fmt: Format, words: Terms) -> list[listing.Cell]:
    return [
        row.number,
        row.address,
        row.account_number,
        mask.person(row.name),
        mask.place(row.place),
        row.concentrator,
        row.area,
        None if row.balance_minor is None else float(fmt.plain(row.balance_minor)),
        fmt.full(row.read_at) if row.read_at else "",
        words("supply", row.supply),
    ]
