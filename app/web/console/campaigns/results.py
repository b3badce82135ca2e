"""What became of each recipient of a bulk send, on pages and as files; and the broken lines of its file."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.campaign import CampaignAct, CampaignState, ItemState, allowed
from app.domain.masking import Mask
from app.domain.notice import MessageState
from app.models import Audit, Campaign
from app.services.campaigns import files, views
from app.services.campaigns.views import Recipient, Wanted
from app.web.console import listing
from app.web.console.campaigns.writing import id_in_path
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import query
from app.web.state import deps, reader

_PART = 2000
_DIGITS = 9
_HEAD = ("line", "account", "meter", "to", "state", "reason", "way")


async def show_recipients(request: Request, desk: Desk) -> Response:
    """GET /console/campaigns/{id}/recipients?state=...&outcome=...&after=..."""
    known, wanted = deps(request), _wanted(request)
    async with known.begin() as db:
        row = await db.get(Campaign, id_in_path(request))
        if row is None:
            raise HTTPException(404)
        found = await views.recipients(db, row.id, wanted)
    context = {
        "row": row,
        "found": found,
        "wanted": wanted,
        "mask": Mask.of(desk.officer),
        "more": len(found) == views.ITEMS,
        "may_change": CampaignAct.CHANGE in allowed(CampaignState(row.state)),
        "states": tuple(ItemState),
        "outcomes": tuple(MessageState),
    }
    return console_page(request, "campaigns/recipients.html", context, desk=desk)


def _wanted(request: Request) -> Wanted:
    state, outcome, after = query(request, "state"), query(request, "outcome"), query(request, "after")
    return Wanted(
        state=ItemState(state) if state in tuple(ItemState) else None,
        reason=query(request, "reason")[:60],
        outcome=MessageState(outcome) if outcome in tuple(MessageState) else None,
        after=int(after) if after.isascii() and after.isdecimal() and len(after) <= _DIGITS else 0,
    )


async def recipients_csv(request: Request, desk: Desk) -> Response:
    """GET /console/campaigns/{id}/recipients.csv."""
    name = await _on_record(request, desk, "csv")
    return listing.csv_file(name, _rows(request, Mask.of(desk.officer)))


async def recipients_xlsx(request: Request, desk: Desk) -> Response:
    """GET /console/campaigns/{id}/recipients.xlsx."""
    name = await _on_record(request, desk, "xlsx")
    return await listing.xlsx_file(name, _rows(request, Mask.of(desk.officer)))


async def _on_record(request: Request, desk: Desk, ending: str, act: str = "campaign_exported") -> str:
    """Write down who takes the list; return its name."""
    known = deps(request)
    async with known.begin() as db:
        row = await db.get(Campaign, id_in_path(request))
        if row is None:
            raise HTTPException(404)
        detail: dict[str, str | int | None] = {"format": ending, "rows": row.item_count}
        db.add(Audit(staff_id=desk.officer.id, act=act, subject_id=row.id, detail=detail, at=known.now()))
    return listing.stamped("recipients", known.now())


async def _rows(request: Request, mask: Mask) -> listing.Rows:
    known, words, campaign_id = deps(request), Terms(reader(request)), id_in_path(request)
    first = _wanted(request)
    wanted = Wanted(first.state, first.reason, first.outcome)
    yield [[words("column", code) for code in _HEAD]]
    while True:
        async with known.begin() as db:
            part = await views.recipients(db, campaign_id, wanted, _PART)
        if part:
            wanted = Wanted(wanted.state, wanted.reason, wanted.outcome, part[-1].item.place)
            yield [_cells(each, mask, words) for each in part]
        if len(part) < _PART:
            return


def _cells(each: Recipient, mask: Mask, words: Terms) -> list[listing.Cell]:
    item = each.item
    ways = "; ".join(f"{words('channel', channel)}: {words('message', state)}" for channel, state, _ in each.messages)
    return [
        item.line,
        each.account_number,
        each.meter_number,
        mask.reach(item.address) if item.address else "",
        words("item", item.state),
        words("left_out", item.reason) if item.reason else "",
        ways,
    ]


async def faults_csv(request: Request, desk: Desk) -> Response:
    """GET /console/campaigns/{id}/faults.csv: every line of the last file that cannot be used, and why."""
    await _on_record(request, desk, "csv", act="campaign_faults_exported")
    return listing.csv_file(listing.stamped("broken-lines", deps(request).now()), _faults(request))


async def _faults(request: Request) -> listing.Rows:
    known, words, campaign_id = deps(request), Terms(reader(request)), id_in_path(request)
    yield [[words("column", code) for code in ("line", "fault", "value")]]
    after = 0
    while True:
        async with known.begin() as db:
            part = await files.faults_of(db, campaign_id, after, _PART)
        if part:
            after = part[-1].line
            yield [[each.line, words("fileline", each.code), each.value] for each in part]
        if len(part) < _PART:
            return
