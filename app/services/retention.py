"""Forgets personal data whose time of keeping is over (SPEC, personal data; rules as data: RetentionRules).

That something was sent, when, by whom and what became of it stays: reports count rows, not words. What a contact's
address is lives as long as the contact. Nothing is forgotten of a message that may still go out.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Text, case, cast, literal, or_, tuple_
from sqlalchemy import delete as sql_delete
from sqlalchemy import select as sql_select
from sqlalchemy import update as sql_update
from sqlalchemy.sql.dml import Delete, Update
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.campaign import CampaignState
from app.domain.notice import MessageState
from app.domain.rules import RetentionRules
from app.models import (
    AddressProof,
    ApiMessage,
    Campaign,
    CampaignFault,
    CampaignItem,
    InboundMessage,
    LoginCode,
    Message,
    ResidentSession,
    SignInTries,
    StaffSession,
)
from app.services import rulebook

SLICE = 500
PROOFS_KEPT = timedelta(days=7)
CODES_KEPT = timedelta(days=1)
_MAY_STILL_GO = [state.value for state in (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)]

Forget = Callable[[AsyncSession, datetime], Awaitable[int]]
"""Forgets one slice; returns how many rows it was."""


async def forget_messages(db: AsyncSession, now: datetime) -> int:
    """Words and addresses of old messages. The dedupe key names the address too."""
    row = table_of(Message)
    limit = now - timedelta(days=(await rulebook.rules(db, RetentionRules)).message_days)
    old = (row.c.created_at < limit) & row.c.wiped_at.is_(None) & row.c.state.not_in(_MAY_STILL_GO)
    wiped = sql_update(row).values(
        address=case((row.c.address.is_(None), None), else_=literal("")),
        title="",
        body="",
        provider_ref=None,
        dedupe_key=literal("wiped:") + cast(row.c.id, Text),
        wiped_at=now,
    )
    return await _slice(db, Message, wiped, old)


async def forget_inbound(db: AsyncSession, now: datetime) -> int:
    """Who wrote to us, and what."""
    row = table_of(InboundMessage)
    limit = now - timedelta(days=(await rulebook.rules(db, RetentionRules)).inbound_days)
    old = (row.c.at < limit) & or_(row.c.sender != "", row.c.body != "")
    return await _slice(db, InboundMessage, sql_update(row).values(sender="", body=""), old)


async def forget_recipients(db: AsyncSession, now: datetime) -> int:
    """Addresses of recipient files, with the messages that went to them; and of drafts that nobody let go."""
    row = table_of(CampaignItem)
    limit = now - timedelta(days=(await rulebook.rules(db, RetentionRules)).message_days)
    never = (col(Campaign.state) == CampaignState.DRAFT) & (col(Campaign.made_at) < limit)
    past = sql_select(col(Campaign.id)).where((col(Campaign.ended_at) < limit) | never)
    old = row.c.campaign_id.in_(past) & row.c.address.is_not(None) & (row.c.address != "")
    return await _slice(db, CampaignItem, sql_update(row).values(address=""), old)


async def forget_asked(db: AsyncSession, now: datetime) -> int:
    """What other programs asked us to send: words, and the values in them. That it was asked for stays."""
    row = table_of(ApiMessage)
    limit = now - timedelta(days=(await rulebook.rules(db, RetentionRules)).message_days)
    waits = sql_select(col(Message.id)).where(col(Message.state).in_(_MAY_STILL_GO))
    gone = row.c.message_id.is_(None) | row.c.message_id.not_in(waits)
    old = (row.c.asked_at < limit) & (row.c.text != "") & gone
    return await _slice(db, ApiMessage, sql_update(row).values(title="", text="", variables={}), old)


async def forget_faults(db: AsyncSession, now: datetime) -> int:
    """Lines of recipient files that could not be used: most are numbers with a digit too few."""
    row = table_of(CampaignFault)
    limit = now - timedelta(days=(await rulebook.rules(db, RetentionRules)).message_days)
    past = sql_select(col(Campaign.id)).where(col(Campaign.made_at) < limit)
    old = row.c.campaign_id.in_(past) & (row.c.value != "")
    some = sql_select(row.c.campaign_id, row.c.line).where(old).limit(SLICE).with_for_update(skip_locked=True)
    wiped = sql_update(row).values(value="").where(tuple_(row.c.campaign_id, row.c.line).in_(some))
    return len((await db.execute(wiped.returning(row.c.line))).all())


async def forget_codes(db: AsyncSession, now: datetime) -> int:
    """Sign-in codes: a day is as long as they are counted for."""
    return await _gone(db, LoginCode, table_of(LoginCode).c.expires_at < now - CODES_KEPT)


async def forget_proofs(db: AsyncSession, now: datetime) -> int:
    """Mail addresses that were to be confirmed; those that were are contacts."""
    return await _gone(db, AddressProof, table_of(AddressProof).c.expires_at < now - PROOFS_KEPT)


async def forget_tries(db: AsyncSession, now: datetime) -> int:
    """Wrong passwords and codes."""
    return await _gone(db, SignInTries, table_of(SignInTries).c.tried_at < now - CODES_KEPT)


async def forget_sessions(db: AsyncSession, now: datetime) -> int:
    """Sessions that are over, of staff and residents."""
    of_staff = await _gone(db, StaffSession, table_of(StaffSession).c.expires_at < now)
    return max(of_staff, await _gone(db, ResidentSession, table_of(ResidentSession).c.expires_at < now))


EVERYTHING: tuple[Forget, ...] = (
    forget_messages,
    forget_inbound,
    forget_recipients,
    forget_asked,
    forget_faults,
    forget_codes,
    forget_proofs,
    forget_tries,
    forget_sessions,
)


async def _gone(db: AsyncSession, model: type[SQLModel], old: ColumnElement[bool]) -> int:
    return await _slice(db, model, sql_delete(table_of(model)), old)


async def _slice(db: AsyncSession, model: type[SQLModel], statement: Update | Delete, old: ColumnElement[bool]) -> int:
    """Do it to so many rows that nobody holds now; those that somebody holds wait for the next round."""
    key = next(iter(table_of(model).primary_key))
    some = sql_select(key).where(old).limit(SLICE).with_for_update(skip_locked=True)
    done = await db.execute(statement.where(key.in_(some)).returning(key))
    return len(done.all())
