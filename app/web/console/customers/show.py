"""The list of customers, the same as a file, and one account."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.context import Deps
from app.domain.masking import Mask
from app.domain.relay import Supply
from app.domain.roles import Permission
from app.models import Audit
from app.services import customer_page, customers
from app.services.campaigns import drafts
from app.services.customer_filter import TooManyTerms
from app.services.customers import CustomerRow, Question
from app.web.console import listing
from app.web.console.customers.asked import TYPED, Asked, place, read, read_place
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.format import Format
from app.web.forms import query, ref_in_path
from app.web.pages import format_for
from app.web.state import deps, reader

PATH = "/console/customers"
MOST_LISTED = 1_000_000
_PART = {customers.Sort.NUMBER: 2_000, customers.Sort.BALANCE: 20_000}  # by balance, each part looks over all meters


async def show_customers(request: Request, desk: Desk) -> Response:
    """GET /console/customers?account=...&to=...&after=...&draft=...: a page of those who are asked for."""
    known, asked = deps(request), asked_in(request, desk)
    found: Sequence[CustomerRow] = ()
    totals, draft, picked = customers.Sums(0, 0, 0), None, frozenset[UUID]()
    async with known.begin() as db:
        areas = await customer_page.areas(db)
        if not asked.wrong:
            try:
                found = await customers.find(
                    db, asked.wanted, asked.sort, read_place(query(request, "after")), known.now()
                )
                totals = await customers.sums(db, asked.wanted, known.now())
            except TooManyTerms as error:
                asked.wrong[error.field] = "too_many_terms"
        if desk.officer.may(Permission.SEND_CAMPAIGNS):
            draft = await drafts.latest_draft(db, desk.officer.id)
            picked = await drafts.picked_among(db, draft.id, [r.meter_id for r in found]) if draft else picked
    context = _context(asked, found, totals) | {
        "areas": areas,
        "draft": draft,
        "picked": picked,
        "mask": Mask.of(desk.officer),
        "may_send": desk.officer.may(Permission.SEND_CAMPAIGNS),
        "first": not query(request, "after"),
        "most_listed": listing.MOST_XLSX,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if asked.wrong else HTTPStatus.OK
    return console_page(request, "customers/list.html", context, desk=desk, status=status)


def asked_in(request: Request, desk: Desk) -> Asked:
    """What the address asks for; whoever sees names masked asks for whole ones."""
    by_part = desk.officer.may(Permission.SEE_ADDRESSES)
    return read({name: query(request, name) for name in TYPED}, by_part=by_part)


def _context(asked: Asked, found: Sequence[CustomerRow], totals: customers.Sums) -> dict[str, object]:
    more = len(found) == customers.PAGE
    return {
        "asked": asked,
        "found": found,
        "sums": totals,
        "supplies": tuple(Supply),
        "sorts": tuple(customers.Sort),
        "more": asked.address(PATH, after=place(found[-1].place)) if more else "",
        "start": asked.address(PATH),
        "as_csv": asked.address(f"{PATH}.csv"),
        "as_xlsx": asked.address(f"{PATH}.xlsx"),
    }


async def export_csv(request: Request, desk: Desk) -> Response:
    """GET /console/customers.csv: everybody who is asked for, as they are found."""
    asked = asked_in(request, desk)
    if not await _on_record(request, desk, asked, "csv", MOST_LISTED):
        return await show_customers(request, desk)
    known = deps(request)
    return listing.csv_file(
        listing.stamped("customers", known.now()), _rows(request, known, asked, Mask.of(desk.officer))
    )


async def export_xlsx(request: Request, desk: Desk) -> Response:
    """GET /console/customers.xlsx: the same as a spreadsheet, which holds less."""
    asked = asked_in(request, desk)
    if not await _on_record(request, desk, asked, "xlsx", listing.MOST_XLSX):
        return await show_customers(request, desk)
    known = deps(request)
    rows = _rows(request, known, asked, Mask.of(desk.officer))
    return await listing.xlsx_file(listing.stamped("customers", known.now()), rows)


async def _on_record(request: Request, desk: Desk, asked: Asked, ending: str, most: int) -> bool:
    """Write down who takes which list; False where it cannot be given: the page then says why."""
    if asked.wrong:
        return False
    known = deps(request)
    async with known.begin() as db:
        try:
            count = (await customers.sums(db, asked.wanted, known.now())).count
        except TooManyTerms:
            return False
        if count > most:
            return False
        detail: dict[str, str | int | None] = {"format": ending, "rows": count}
        detail["asked"] = "; ".join(f"{name}={value}" for name, value in asked.wanted.record().items())
        db.add(Audit(staff_id=desk.officer.id, act="customers_exported", detail=detail, at=known.now()))
    return True


_HEAD = ("account", "meter", "name", "address", "area", "balance", "read_at", "arrears", "supply", "depth", "contacts")


async def _rows(request: Request, known: Deps, asked: Asked, mask: Mask) -> listing.Rows:
    """The rows, some at a time: each part is a transaction of its own, so that a slow reader holds nothing."""
    fmt, words = format_for(request, known.settings), Terms(reader(request))
    yield [[words("column", code) for code in _HEAD]]
    after, question, most = None, Question(asked.wanted, asked.sort, known.now()), _PART[asked.sort]
    while True:
        async with known.begin() as db:
            part = await customers.find_more(db, question, after, most)
        if part:
            after = part[-1].place
            yield [_cells(row, mask, fmt, words) for row in part]
        if len(part) < most:
            return


def _cells(row: CustomerRow, mask: Mask, fmt: Format, words: Terms) -> list[listing.Cell]:
    balance = None if row.balance_minor is None else float(fmt.plain(row.balance_minor))
    return [
        row.account_number,
        row.meter_number,
        mask.person(row.name),
        mask.place(row.address),
        row.area,
        balance,
        fmt.full(row.read_at) if row.read_at else "",
        float(fmt.plain(row.arrears_minor)),
        words("supply", row.supply),
        row.depth,
        row.contacts,
    ]


async def show_customer(request: Request, desk: Desk) -> Response:
    """GET /console/customers/{account number}."""
    async with deps(request).begin() as db:
        seen = await customer_page.view(db, ref_in_path(request, "number"))
    if seen is None:
        raise HTTPException(404)
    context = {
        "seen": seen,
        "mask": Mask.of(desk.officer),
        "may_see_messages": desk.officer.may(Permission.SEE_MESSAGES),
    }
    context |= {"may_see_alarms": desk.officer.may(Permission.CHANGE_ALARMS)}
    return console_page(request, "customers/one.html", context, desk=desk)
