"""Asking for an operation: what, with which arguments, to whom; a look at whom it would be done to; and its beginning.

One form that is sent twice: first to look (`act=look`), then to begin (`act=begin`) with the number of devices that was
shown. If by then there are others, it is shown again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.money import AmountError, parse_balance
from app.domain.operation import TRAITS, CannotOperate, OperationKind, Subject
from app.domain.operation_arguments import Argument, ArgumentField, BadArgument, FieldKind, fields_of, read
from app.domain.relay_rules import REASON_WANTED
from app.domain.roles import Permission
from app.models import Concentrator
from app.services import customer_page
from app.services.customer_filter import TooManyTerms
from app.services.operations import plan, whom
from app.services.operations.plan import Wish
from app.services.operations.whom import Preview, Whom
from app.web.console.customers.asked import Asked
from app.web.console.customers.asked import read as read_asked
from app.web.console.devices import tables
from app.web.console.devices.operations import PATH
from app.web.console.devices.tree import id_or_none
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

SECOND_LOOK_FROM = 100
_NUMBERS = 9
_MOST_DAYS = timedelta(days=60)
_PICKED = ("account", "meter", "node", "from", "to", "supply", "silent", "owing")


class _Wrong(Exception):
    """Something typed that cannot be meant. `code` names it, `field` where it stands."""

    def __init__(self, code: str, at: str = "") -> None:
        super().__init__(code)
        self.code, self.at = code, at


@dataclass(slots=True)
class _Order:
    """What the form says."""

    kind: OperationKind
    typed: Mapping[str, str]
    asked: Asked
    concentrator_id: UUID | None
    wrong: dict[str, str] = field(default_factory=dict)
    preview: Preview | None = None

    @property
    def fingerprint(self) -> str:
        """Tells what was looked at from anything else: arguments and devices."""
        told = sorted((k, v.strip()) for k, v in self.typed.items() if k in (*_PICKED, "at") or k.startswith("arg_"))
        return sha256(repr([str(self.kind), *(each for each in told if each[1])]).encode()).hexdigest()[:16]

    @property
    def whom(self) -> Whom:
        """To whom. Nothing typed is nobody: a form sent by mistake reaches nothing."""
        if self.concentrator_id is not None:
            return Whom(concentrator_ids=(self.concentrator_id,))
        told = {name for name in _PICKED if self.asked.typed[name]}
        if not told:
            return Whom()
        if told == {"node"}:
            return Whom(node_id=self.asked.wanted.node_id)
        return Whom(wanted=self.asked.wanted)


async def show_new(request: Request, desk: Desk) -> Response:
    """GET /console/operations/new?kind=&meter=&node=&at=: which operation; then its form."""
    typed = {name: query(request, name) for name in ("kind", "at", *_PICKED)}
    kind = typed["kind"]
    if kind not in tuple(OperationKind):
        kinds = [(subject, _kinds(subject, desk)) for subject in Subject]
        context = {"kinds": kinds, "kept": request.url.query, "traits": TRAITS}
        return console_page(request, "devices/choose.html", context, desk=desk)
    return await _show(request, desk, _order(OperationKind(kind), typed, desk))


def _kinds(subject: Subject, desk: Desk) -> list[OperationKind]:
    return [kind for kind, what in TRAITS.items() if what.subject is subject and desk.officer.may(what.permission)]


def _order(kind: OperationKind, typed: Mapping[str, str], desk: Desk) -> _Order:
    if not desk.officer.may(TRAITS[kind].permission):
        raise HTTPException(HTTPStatus.FORBIDDEN)
    asked = read_asked({name: typed.get(name, "") for name in _PICKED}, by_part=False)
    return _Order(kind, typed, asked, id_or_none(typed.get("at", "")), dict(asked.wrong))


async def order(request: Request, desk: Desk) -> Response:
    """POST /console/operations/new: look at whom it would be done to, or begin."""
    known, form = deps(request), await fields(request)
    if form.get("kind") not in tuple(OperationKind):
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    wanted = _order(OperationKind(form["kind"]), form, desk)
    if wanted.wrong:
        return await _show(request, desk, wanted)
    begun = await _begun(request, desk, wanted)
    if begun is None:
        return await _show(request, desk, wanted)
    await known.bell.ring_quietly()
    return see_other(f"{PATH}/{begun}")


async def _begun(request: Request, desk: Desk, wanted: _Order) -> UUID | None:
    """Begin, and return its id; None: it was only looked at, or cannot be, and `wanted` says why."""
    known = deps(request)
    try:
        wish = _wish(wanted, desk, known.now(), ZoneInfo(known.settings.timezone))
        if wanted.typed.get("act") == "begin":
            _check_seen(wanted, wish)
            async with known.begin() as db:
                return (await plan.plan(db, wish, wanted.whom, known.now())).id
        read(wanted.kind, wish.arguments)
        async with known.begin() as db:
            wanted.preview = await whom.preview(db, TRAITS[wanted.kind].subject, wanted.whom, known.now())
    except _Wrong as wrong:
        wanted.wrong[wrong.at] = wrong.code
    except BadArgument as bad:
        wanted.wrong[bad.field] = "argument_bad"
    except TooManyTerms as many:
        wanted.wrong[many.field] = "too_many_terms"
    except CannotOperate as refused:
        wanted.wrong[""] = refused.code
    return None


def _wish(wanted: _Order, desk: Desk, now: datetime, zone: ZoneInfo) -> Wish:
    form = wanted.typed
    seen = form.get("seen", "")
    return Wish(
        kind=wanted.kind,
        staff_id=desk.officer.id,
        arguments={each.name: _argument(each, _typed(each, form)) for each in _fields(wanted)},
        reason=form.get("reason", ""),
        starts_at=_starts(form.get("starts", "").strip(), zone, now),
        confirmed=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) <= _NUMBERS else 0,
    )


def _fields(wanted: _Order) -> tuple[ArgumentField, ...]:
    return fields_of(wanted.kind)


def _typed(about: ArgumentField, form: Mapping[str, str]) -> str:
    try:
        return tables.compose(about, form)
    except tables.BadCell:
        raise _Wrong("argument_bad", about.name) from None


def _argument(about: ArgumentField, typed: str) -> Argument:
    if about.kind is not FieldKind.MONEY or not typed:
        return typed or None
    try:
        return parse_balance(typed)
    except AmountError as error:
        raise _Wrong(error.code, about.name) from None


def _starts(typed: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    if not typed:
        return None
    try:
        starts = datetime.fromisoformat(typed).replace(tzinfo=zone).astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        raise _Wrong("starts_bad", "starts") from None
    if not now - timedelta(minutes=5) <= starts <= now + _MOST_DAYS:
        raise _Wrong("starts_bad", "starts")
    return starts


def _check_seen(wanted: _Order, wish: Wish) -> None:
    """What changes devices is what was looked at; of many, the number is typed in by hand."""
    if TRAITS[wanted.kind].changes and wanted.typed.get("looked") != wanted.fingerprint:
        raise _Wrong("operation_not_seen")
    count = wish.confirmed or 0
    again = wanted.typed.get("again", "").strip().replace(",", "")
    if count >= SECOND_LOOK_FROM and again != str(count):
        raise _Wrong("type_number", "again")


async def _show(request: Request, desk: Desk, wanted: _Order) -> Response:
    known = deps(request)
    async with known.begin() as db:
        areas = await customer_page.areas(db)
        at = await db.get(Concentrator, wanted.concentrator_id) if wanted.concentrator_id else None
        if wanted.wrong and wanted.typed.get("act") == "begin" and wanted.wrong.keys() <= {"", "again"}:
            wanted.preview = await _look_again(db, wanted, known.now())
    context = {
        "wanted": wanted,
        "kind": wanted.kind,
        "traits": TRAITS[wanted.kind],
        "argument_fields": _fields(wanted),
        "form": dict(wanted.typed),
        "tables": tables.TABLES,
        "cells": lambda about: tables.cells(about, wanted.typed),
        "areas": areas,
        "at": at,
        "reason_wanted": wanted.kind in REASON_WANTED,
        "second_look": SECOND_LOOK_FROM,
        "may_customers": desk.officer.may(Permission.SEE_CUSTOMERS),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wanted.wrong else HTTPStatus.OK
    return console_page(request, "devices/order.html", context, desk=desk, status=status)


async def _look_again(db: AsyncSession, wanted: _Order, now: datetime) -> Preview | None:
    try:
        return await whom.preview(db, TRAITS[wanted.kind].subject, wanted.whom, now)
    except TooManyTerms:
        return None
