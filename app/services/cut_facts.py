"""Loads what stands for and against cutting meters, for one or for many in the same few statements (SPEC M-6)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, literal, union_all
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.announcement import IN_FORCE, LAPSES_AFTER, OUTAGES, AnnouncementState, phase
from app.domain.cutting import WARNS, Facts, Warned
from app.domain.notice import MessageState
from app.domain.payment import PaymentState
from app.domain.purchase import ON_ITS_WAY
from app.domain.relay import Supply
from app.domain.review import ReviewAct, ReviewKind
from app.domain.rules import CutRules
from app.models import (
    Account,
    Advance,
    Alarm,
    Amnesty,
    Announcement,
    Campaign,
    Concentrator,
    GridNode,
    Message,
    Meter,
    Payment,
    Purchase,
    Review,
)
from app.models.account import ChannelName
from app.services.announcements import span_of
from app.services.brake import MONEY_WITH_STAFF

PERSONAL = (ChannelName.SMS, ChannelName.VOICE, ChannelName.EMAIL, ChannelName.WECHAT)
"""Media that end at a person: nobody is warned by what lies on a page unread, or by what a machine took."""


@dataclass(frozen=True, slots=True)
class Spent:
    """A meter with the facts of its case. `account_number`: who pays."""

    meter: Meter
    account_number: str
    area: str
    facts: Facts


@dataclass(slots=True)
class _Moments:
    """What happened to a meter's money, and when."""

    alarm: datetime | None = None
    credit: datetime | None = None
    coming: datetime | None = None
    advance: datetime | None = None


@dataclass(slots=True)
class _Places:
    """Where outages and amnesties hold, by grid node; None: everywhere. `restored`: when the last was over."""

    outages: set[UUID | None] = field(default_factory=set)
    restored: dict[UUID | None, datetime] = field(default_factory=dict)
    amnesties: set[UUID | None] = field(default_factory=set)


async def cases(db: AsyncSession, meter_ids: Collection[UUID], rules: CutRules, now: datetime) -> list[Spent]:
    """The case of each meter, in no order. Seven statements, however many meters."""
    rows = await _meters(db, meter_ids)
    warnings = await _warnings(db, meter_ids, now - timedelta(hours=rules.warning_counts_h))
    moments = await _moments(db, meter_ids)
    places = await _places(db, now, now - timedelta(minutes=rules.restored_rest_min))
    found = []
    for meter, account, path, area in rows:
        above: set[UUID | None] = {None, *(UUID(part) for part in path.split("/") if part)}
        facts = _facts(meter, warnings[meter.id], moments[meter.id], places, above)
        found.append(Spent(meter, account, area, facts))
    return found


def _facts(meter: Meter, warnings: list[Warned], moments: _Moments, places: _Places, above: set[UUID | None]) -> Facts:
    return Facts(
        balance_minor=meter.balance_minor,
        balance_read_at=meter.balance_read_at,
        overdraft_limit_minor=meter.overdraft_limit_minor,
        spent_since=meter.spent_since,
        descent_from=_descent(meter, moments),
        warnings=tuple(warnings),
        keep_power=meter.supply == Supply.KEEP_POWER,
        money_coming=moments.coming is not None,
        advanced_at=moments.advance,
        outage=not above.isdisjoint(places.outages),
        restored_at=max((at for node, at in places.restored.items() if node in above), default=None),
        amnesty=not above.isdisjoint(places.amnesties),
    )


def _descent(meter: Meter, moments: _Moments) -> datetime | None:
    """Since when the balance has been falling: what was warned of before the last credit is another story.

    A credit that did not bring the balance above its end began no new descent.
    """
    began = moments.alarm or meter.spent_since
    lifted = moments.credit is not None and meter.spent_since is not None and moments.credit <= meter.spent_since
    return max(filter(None, (began, moments.credit if lifted else None)), default=None)


async def _meters(db: AsyncSession, ids: Collection[UUID]) -> Sequence[tuple[Meter, str, str, str]]:
    wanted = (
        select(Meter, Account.number, GridNode.path, GridNode.name)
        .join(Account, col(Account.id) == col(Meter.account_id))
        .join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
        .join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
    )
    return (await db.exec(wanted.where(col(Meter.id).in_(ids)))).all()


async def _warnings(db: AsyncSession, ids: Collection[UUID], oldest: datetime) -> dict[UUID, list[Warned]]:
    """What went to no real provider reached nobody."""
    wanted = sql_select(
        col(Message.meter_id),
        col(Message.state),
        col(Message.created_at),
        col(Message.delivered_at),
        col(Message.rehearsed),
    ).where(col(Message.meter_id).in_(ids), col(Message.kind).in_(WARNS), col(Message.created_at) >= oldest)
    found: dict[UUID, list[Warned]] = defaultdict(list)
    for meter_id, state, made_at, delivered_at, rehearsed in await db.execute(
        wanted.where(col(Message.channel).in_(PERSONAL), ~_of_free_words())
    ):
        became = MessageState.FAILED if rehearsed and state == MessageState.DELIVERED else MessageState(state)
        found[meter_id].append(Warned(became, made_at, delivered_at))
    for meter_id, at in await db.execute(_in_person(ids, oldest)):
        if meter_id is not None and at is not None:
            found[meter_id].append(Warned(MessageState.DELIVERED, at, at))
    return found


def _in_person(ids: Collection[UUID], oldest: datetime) -> Select[UUID | None, datetime | None]:
    """Whoever settled a held cut by having spoken to the people there has warned them, at that moment."""
    spoken = sql_select(col(Review.meter_id), col(Review.settled_at)).where(
        col(Review.meter_id).in_(ids), col(Review.kind) == ReviewKind.CUT_HELD, col(Review.act) == ReviewAct.WARNED
    )
    return spoken.where(col(Review.settled_at) >= oldest)


def _of_free_words() -> ColumnElement[bool]:
    """A bulk send in words of its own may speak of anything: who got it is not thereby warned that money is going."""
    words = func.coalesce(col(Campaign.texts).op("->>")(col(Message.locale)), "")
    its = sql_select(col(Campaign.id)).where(col(Campaign.id) == col(Message.campaign_id), words != "")
    return its.exists()


async def _moments(db: AsyncSession, ids: Collection[UUID]) -> dict[UUID, _Moments]:
    found: dict[UUID, _Moments] = defaultdict(_Moments)
    for meter_id, what, at in await db.execute(union_all(*_asked(ids))):
        setattr(found[meter_id], what, at)
    return found


def _asked(ids: Collection[UUID]) -> list[Select[tuple[UUID, str, datetime]]]:
    """One branch for each thing that has a moment, each with its own index."""
    coming = union_all(
        sql_select(col(Payment.meter_id), col(Payment.created_at)).where(
            col(Payment.meter_id).in_(ids), col(Payment.state) == PaymentState.WAITING
        ),
        sql_select(col(Purchase.meter_id), col(Purchase.created_at)).where(
            col(Purchase.meter_id).in_(ids), col(Purchase.state).in_(ON_ITS_WAY)
        ),
        sql_select(col(Review.meter_id), col(Review.opened_at)).where(
            col(Review.meter_id).in_(ids), col(Review.kind).in_(MONEY_WITH_STAFF), col(Review.settled_at).is_(None)
        ),
    ).subquery()
    opened = sql_select(col(Alarm.meter_id), literal("alarm"), func.min(Alarm.opened_at))
    credited = sql_select(col(Purchase.meter_id), literal("credit"), func.max(Purchase.credited_at))
    advanced = sql_select(col(Advance.meter_id), literal("advance"), func.max(Advance.granted_at))
    open_alarm = col(Alarm.meter_id).in_(ids), col(Alarm.closed_at).is_(None)
    open_advance = col(Advance.meter_id).in_(ids), col(Advance.repaid_at).is_(None)
    in_meter = col(Purchase.meter_id).in_(ids), col(Purchase.credited_at).is_not(None)
    return [
        opened.where(*open_alarm).group_by(col(Alarm.meter_id)),
        credited.where(*in_meter).group_by(col(Purchase.meter_id)),
        advanced.where(*open_advance).group_by(col(Advance.meter_id)),
        sql_select(coming.c[0], literal("coming"), func.min(coming.c[1])).group_by(coming.c[0]),
    ]


async def _places(db: AsyncSession, now: datetime, rested: datetime) -> _Places:
    found = _Places()
    lately = (col(Announcement.until_at) >= now - LAPSES_AFTER) | (col(Announcement.restored_at) >= rested)
    told = select(Announcement).where(
        col(Announcement.kind).in_(OUTAGES),
        col(Announcement.state) != AnnouncementState.WITHDRAWN,
        col(Announcement.from_at) <= now,
        lately,
    )
    for row in await db.exec(told):
        if phase(span_of(row), now) in IN_FORCE:
            found.outages.add(row.node_id)
        elif row.restored_at is not None:
            found.restored[row.node_id] = max(row.restored_at, found.restored.get(row.node_id, row.restored_at))
    found.amnesties.update((await db.execute(sql_select(col(Amnesty.node_id)).where(standing(now)))).scalars())
    return found


def standing(now: datetime) -> ColumnElement[bool]:
    """Does an amnesty hold at `now`?"""
    begun = (col(Amnesty.from_at) <= now) & col(Amnesty.ended_at).is_(None)
    return begun & (col(Amnesty.until_at).is_(None) | (col(Amnesty.until_at) > now))


async def in_amnesty(db: AsyncSession, meter_id: UUID, now: datetime) -> bool:
    """Does an amnesty hold where this meter is?"""
    node = col(Amnesty.node_id)
    above = (
        sql_select(col(GridNode.path))
        .join(Concentrator, col(Concentrator.node_id) == col(GridNode.id))
        .join(Meter, col(Meter.concentrator_id) == col(Concentrator.id))
        .where(col(Meter.id) == meter_id)
        .scalar_subquery()
    )
    here = node.is_(None) | (func.strpos(above, cast(node, Text)) > 0)
    return (await db.exec(select(Amnesty.id).where(standing(now), here).limit(1))).first() is not None
