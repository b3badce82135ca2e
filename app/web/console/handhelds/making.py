"""Making a file: what, for whom, who carries it, until when; a look at what would go; and the file.

One form that is sent twice, as for operations: to look (`act=look`), which changes nothing, and to make (`act=make`)
what was looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.handheld import CARRIED
from app.domain.money import AmountError, parse_balance
from app.domain.operation import TRAITS, OperationKind
from app.domain.operation_arguments import TripCause
from app.models import Operation
from app.services import customer_page
from app.services.customer_filter import TooManyTerms
from app.services.handhelds import making, views
from app.services.handhelds.making import CannotCarry, Made, Wish
from app.services.operations.whom import Whom
from app.web.console.customers.asked import Asked
from app.web.console.customers.asked import read as read_asked
from app.web.console.devices.tree import id_or_none
from app.web.console.handhelds.one import PATH, number
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

_PICKED = ("meter", "account", "node")
_TYPED = ("kind", "operation", "holder", "due", "cause", "reason", "limit", *_PICKED)
_BACK_BY = timedelta(hours=18)  # of tomorrow, by the local clock


class _Looked(Exception):
    """A look is over, and nothing of it stays."""

    def __init__(self, made: Made) -> None:
        super().__init__()
        self.made = made


@dataclass(slots=True)
class _Order:
    """What the form says."""

    kind: OperationKind
    typed: Mapping[str, str]
    asked: Asked
    wrong: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    made: Made | None = None

    @property
    def operation_id(self) -> UUID | None:
        return id_or_none(self.typed.get("operation", ""))

    @property
    def whom(self) -> Whom:
        """Nothing typed is nobody, and so is what cannot be meant."""
        told = {name for name in _PICKED if self.asked.typed[name]}
        if not told or self.asked.wrong:
            return Whom()
        return Whom(node_id=self.asked.wanted.node_id) if told == {"node"} else Whom(wanted=self.asked.wanted)

    @property
    def fingerprint(self) -> str:
        """Tells what was looked at from anything else."""
        return sha256(repr([self.typed.get(name, "").strip() for name in _TYPED]).encode()).hexdigest()[:16]


async def show_new(request: Request, desk: Desk) -> Response:
    """GET /console/handhelds/new?kind=&operation=&meter=&node=: which orders; then the form."""
    typed = {name: query(request, name) for name in _TYPED}
    if typed["kind"] not in CARRIED:
        context = {"kinds": [kind for kind in CARRIED if desk.officer.may(TRAITS[kind].permission)]}
        return console_page(request, "handhelds/choose.html", context | {"kept": request.url.query}, desk=desk)
    zone = ZoneInfo(deps(request).settings.timezone)
    typed["holder"] = typed["holder"] or desk.officer.name
    typed["due"] = typed["due"] or _usual_due(deps(request).now(), zone)
    return await _show(request, desk, _order(typed, desk))


def _usual_due(now: datetime, zone: ZoneInfo) -> str:
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return (datetime.combine(tomorrow, datetime.min.time()) + _BACK_BY).strftime("%Y-%m-%dT%H:%M")


def _order(typed: Mapping[str, str], desk: Desk) -> _Order:
    kind = OperationKind(typed["kind"])
    if not desk.officer.may(TRAITS[kind].permission):
        raise HTTPException(HTTPStatus.FORBIDDEN)
    return _Order(kind, typed, read_asked({name: typed.get(name, "") for name in _PICKED}, by_part=False))


async def make(request: Request, desk: Desk) -> Response:
    """POST /console/handhelds/new: look at what would go, or make the file."""
    known, form = deps(request), await fields(request)
    if form.get("kind") not in CARRIED:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    wanted = _order(form, desk)
    try:
        async with known.begin() as db:
            made = await making.make(db, _wish(wanted, desk, ZoneInfo(known.settings.timezone)), known.now())
            _check_seen(wanted, made)
    except _Looked as looked:
        wanted.made = looked.made
    except TooManyTerms:
        wanted.wrong = "handheld_nobody"
    except CannotCarry as refused:
        wanted.wrong, wanted.left_out = refused.code, refused.left_out
    else:
        return see_other(f"{PATH}/{made.file.id}")
    return await _show(request, desk, wanted)


def _check_seen(wanted: _Order, made: Made) -> None:
    """End the transaction without a trace, where it was to look only, or is not what was looked at."""
    if wanted.typed.get("act") != "make":
        raise _Looked(made)
    if wanted.typed.get("looked") != wanted.fingerprint or number(wanted.typed.get("seen", "")) != made.going:
        raise CannotCarry("handheld_not_seen")


def _wish(wanted: _Order, desk: Desk, zone: ZoneInfo) -> Wish:
    form = wanted.typed
    return Wish(
        kind=wanted.kind,
        staff_id=desk.officer.id,
        holder=form.get("holder", ""),
        due_at=_due(form.get("due", ""), zone),
        whom=wanted.whom,
        operation_id=wanted.operation_id,
        cause=form.get("cause", ""),
        reason=form.get("reason", ""),
        limit_minor=_limit(form.get("limit", "").strip()),
    )


def _due(typed: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CannotCarry("handheld_due") from None


def _limit(typed: str) -> int | None:
    try:
        return parse_balance(typed) if typed else None
    except AmountError:
        raise CannotCarry("handheld_no_limit") from None


async def _show(request: Request, desk: Desk, wanted: _Order) -> Response:
    known = deps(request)
    async with known.begin() as db:
        areas = await customer_page.areas(db)
        operation = await db.get(Operation, wanted.operation_id) if wanted.operation_id else None
        unreached = await views.unreached(db, operation.id) if operation else 0
    context = {
        "wanted": wanted,
        "kind": wanted.kind,
        "form": dict(wanted.typed),
        "areas": areas,
        "operation": operation,
        "unreached": unreached,
        "causes": tuple(TripCause),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wanted.wrong else HTTPStatus.OK
    return console_page(request, "handhelds/make.html", context, desk=desk, status=status)
