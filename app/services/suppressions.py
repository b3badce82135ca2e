"""Addresses that are left alone: put on the list, taken off it, looked up in it (SPEC N-8, N-12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Contact, Suppression
from app.models.account import ChannelName

_MOST_FOUND = 200
Address = tuple[str, str]
"""Channel and address."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An address, how wide it is left alone, and why. `evidence`: the provider's word, or somebody's remark."""

    channel: ChannelName
    address: str
    scope: SuppressionScope
    reason: SuppressionReason
    evidence: str = ""
    message_id: UUID | None = None
    staff_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What a list shows. `words`: a part of the address, or all of it where its reader sees masked ones: digit by digit
    a mask would be no mask. `lifted`: those that no longer stand too."""

    words: str = ""
    by_part: bool = True
    scope: SuppressionScope | None = None
    lifted: bool = False
    start: int = 0
    most: int = 50


def listed_as(channel: str, address: str) -> str:
    """An address as the list knows it: mailboxes are told apart by nobody's capitals, and an end to reminders holds
    however the next one to write spells it."""
    return address.casefold() if channel == ChannelName.EMAIL else address


async def add(db: AsyncSession, entry: Entry, now: datetime) -> bool:
    """Leave an address alone from now on; False where it already is, as wide and by whatever reason."""
    row = Suppression(
        id=uuid4(),
        channel=entry.channel.value,
        address=listed_as(entry.channel, entry.address),
        scope=entry.scope.value,
        reason=entry.reason.value,
        evidence=entry.evidence,
        since=now,
        message_id=entry.message_id,
        staff_id=entry.staff_id,
    )
    return await add_once(db, row)


async def lift(db: AsyncSession, suppression_id: UUID, staff_id: UUID | None, now: datetime) -> bool:
    """Write to an address again; False where that was so already. `staff_id` None: its owner said so (START)."""
    standing_ = update(Suppression).where(col(Suppression.id) == suppression_id, col(Suppression.lifted_at).is_(None))
    lifted = await db.execute(standing_.values(lifted_at=now, lifted_by=staff_id).returning(col(Suppression.id)))
    return lifted.first() is not None


async def lift_address(
    db: AsyncSession, channel: ChannelName, address: str, scope: SuppressionScope, now: datetime
) -> bool:
    """The owner of an address wants to be written to again: what stands against it with `scope` is lifted."""
    statement = update(Suppression).where(col(Suppression.channel) == channel.value)
    statement = statement.where(
        col(Suppression.address) == listed_as(channel, address), col(Suppression.scope) == scope.value
    )
    statement = statement.where(col(Suppression.lifted_at).is_(None)).values(lifted_at=now)
    return (await db.execute(statement.returning(col(Suppression.id)))).first() is not None


async def standing(db: AsyncSession, channel: str, address: str) -> SuppressionScope | None:
    """What stands against an address now, the widest; None: nothing."""
    return (await standing_for(db, [(channel, address)])).get((channel, address))


async def switched_off(db: AsyncSession, channel: str, address: str) -> bool:
    """Has whoever is reached there switched warnings off, at each account that names the address?"""
    theirs = select(Contact.stopped_at).where(Contact.channel == channel)
    if channel == ChannelName.EMAIL:
        theirs = theirs.where(func.lower(Contact.address) == listed_as(channel, address))
    else:
        theirs = theirs.where(Contact.address == address)
    found = list(await db.exec(theirs))
    return bool(found) and None not in found


async def standing_for(db: AsyncSession, addresses: Iterable[Address]) -> dict[Address, SuppressionScope]:
    """What stands against each of these addresses now; those that nothing stands against are left out."""
    wanted: dict[Address, list[Address]] = {}
    for each in addresses:
        wanted.setdefault((each[0], listed_as(*each)), []).append(each)
    if not wanted:
        return {}
    rows = select(Suppression.channel, Suppression.address, Suppression.scope).where(
        col(Suppression.lifted_at).is_(None), col(Suppression.address).in_({address for _, address in wanted})
    )
    found: dict[Address, SuppressionScope] = {}
    for channel, address, scope in await db.exec(rows):
        for each in wanted.get((channel, address), ()):
            if found.get(each) is not SuppressionScope.ALL:
                found[each] = SuppressionScope(scope)
    return found


async def search(db: AsyncSession, wanted: Search) -> list[Suppression]:
    """A page of the list, the newest first."""
    rows = select(Suppression).order_by(col(Suppression.since).desc(), col(Suppression.id))
    if wanted.words and wanted.by_part:
        rows = rows.where(col(Suppression.address).contains(wanted.words, autoescape=True))
    elif wanted.words:
        rows = rows.where(col(Suppression.address).in_((wanted.words, wanted.words.casefold())))
    if wanted.scope is not None:
        rows = rows.where(Suppression.scope == wanted.scope.value)
    if not wanted.lifted:
        rows = rows.where(col(Suppression.lifted_at).is_(None))
    return list(await db.exec(rows.offset(wanted.start).limit(min(wanted.most, _MOST_FOUND))))
