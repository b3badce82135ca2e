"""Forgets traces of work whose time of keeping is over: frames, kept promises, ended tasks (RetentionRules).

Bookings, purchases, receipts, reviews and the audit log are never touched here. What proves where the money of a
purchase, a payment or a refund went is kept far longer than the rest, and as long as that has no end, for ever.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select
from sqlalchemy import delete as sql_delete
from sqlalchemy import select as sql_select
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.purchase import ON_ITS_WAY
from app.domain.rules import RetentionRules
from app.models import AmiTask, Exchange, Note, Purchase, Review
from app.outbox import Job
from app.services import rulebook
from app.services.retention import Forget

SLICE = 5_000
"""Rows a transaction: these have no words to be wiped, and come by the million."""
OF_MONEY = (
    Job.ISSUE_TOKEN,
    Job.DOWNLOAD_PURCHASE,
    Job.READ_RECORDS,
    Job.CHECK_RELAY,
    Job.ANNOUNCE_CREDIT,
    Job.ANNOUNCE_TOKEN,
    Job.RENDER_RECEIPT,
    Job.ASK_PROVIDER,
    Job.CHARGE_RULE,
    Job.REFUND_PAYMENT,
)
"""Jobs whose tries are part of the story of a purchase, a payment or a refund."""
_OTHERS = tuple(job for job in Job if job not in OF_MONEY)

_FRAME, _NOTE, _TASK = table_of(Exchange), table_of(Note), table_of(AmiTask)
_UNDECIDED = [state.value for state in ON_ITS_WAY]


async def forget_frames(db: AsyncSession, now: datetime) -> int:
    """Frames that carried no purchase."""
    limit = now - timedelta(days=(await rulebook.rules(db, RetentionRules)).frame_days)
    old = sql_select(_FRAME.c.id).where(_FRAME.c.purchase_id.is_(None), _FRAME.c.at < limit)
    return await _gone(db, Exchange, old)


async def forget_evidence(db: AsyncSession, now: datetime) -> int:
    """Frames that carried a purchase, once it has an end and nobody is asked about it."""
    limit = now - timedelta(days=(await rulebook.rules(db, RetentionRules)).evidence_days)
    purchase, review = table_of(Purchase), table_of(Review)
    open_ = sql_select(purchase.c.id).where(purchase.c.id == _FRAME.c.purchase_id, purchase.c.state.in_(_UNDECIDED))
    asked = sql_select(review.c.id).where(review.c.purchase_id == _FRAME.c.purchase_id, review.c.settled_at.is_(None))
    old = sql_select(_FRAME.c.id).where(_FRAME.c.purchase_id.is_not(None), _FRAME.c.at < limit)
    return await _gone(db, Exchange, old.where(~open_.exists(), ~asked.exists()).order_by(_FRAME.c.at))


async def forget_promises(db: AsyncSession, now: datetime) -> int:
    """Kept promises that money does not hang on."""
    limit = now - timedelta(days=(await rulebook.rules(db, RetentionRules)).promise_days)
    return await _gone(db, Note, _kept(_OTHERS, limit))


async def forget_promises_of_money(db: AsyncSession, now: datetime) -> int:
    """Kept promises about purchases that have an end, and about payments and refunds."""
    limit = now - timedelta(days=(await rulebook.rules(db, RetentionRules)).evidence_days)
    purchase = table_of(Purchase)
    open_ = sql_select(purchase.c.id).where(purchase.c.id == _NOTE.c.subject_id, purchase.c.state.in_(_UNDECIDED))
    return await _gone(db, Note, _kept(OF_MONEY, limit).where(~open_.exists()))


async def forget_tasks(db: AsyncSession, now: datetime) -> int:
    """Ended tasks of existing head ends; one whose end nobody knows bars its meter, and stays."""
    limit = now - timedelta(days=(await rulebook.rules(db, RetentionRules)).task_days)
    return await _gone(db, AmiTask, sql_select(_TASK.c.id).where(_TASK.c.ended_at < limit))


TRACES: tuple[Forget, ...] = (
    forget_frames,
    forget_evidence,
    forget_promises,
    forget_promises_of_money,
    forget_tasks,
)


def _kept(jobs: tuple[Job, ...], limit: datetime) -> Select[Any]:
    return sql_select(_NOTE.c.id).where(_NOTE.c.job.in_([job.value for job in jobs]), _NOTE.c.done_at < limit)


async def _gone(db: AsyncSession, model: type[SQLModel], old: Select[Any]) -> int:
    """Delete one slice of these rows; what somebody holds waits for the next round."""
    key = next(iter(table_of(model).primary_key))
    some = old.limit(SLICE).with_for_update(skip_locked=True, of=table_of(model))
    return len((await db.execute(sql_delete(table_of(model)).where(key.in_(some)).returning(key))).all())
