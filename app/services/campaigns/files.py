"""Takes a recipient file into a draft: what it names is added, what it does not is kept line by line (SPEC N-5).

All of it in one transaction: a file is in the draft as a whole or not at all, and nothing is sent by it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import campaign as life
from app.domain.campaign import Bar, CannotAct
from app.models import Audit, Campaign, CampaignFault, CampaignItem
from app.services.campaigns import items
from app.services.campaigns.drafts import changeable
from app.services.campaigns.recipients import Addressed, Fault, LineFault, Numbered, Recipients

_AT_ONCE = 10_000

_METERS = text(
    """
    insert into campaign_item (id, campaign_id, place, meter_id, line, state, reason)
    select gen_random_uuid(), :campaign, :last + row_number() over (order by named.line, meter.number), meter.id,
        named.line, 'waiting', ''
    from unnest(cast(:lines as int[]), cast(:numbers as text[])) as named (line, number)
    join meter on meter.number = named.number
    on conflict do nothing
    """
)
_ACCOUNTS = text(
    """
    insert into campaign_item (id, campaign_id, place, meter_id, line, state, reason)
    select gen_random_uuid(), :campaign, :last + row_number() over (order by named.line, meter.number), meter.id,
        named.line, 'waiting', ''
    from unnest(cast(:lines as int[]), cast(:numbers as text[])) as named (line, number)
    join account on account.number = named.number join meter on meter.account_id = account.id
    on conflict do nothing
    """
)
_ADDRESSES = text(
    """
    insert into campaign_item (id, campaign_id, place, channel, address, locale, line, state, reason)
    select gen_random_uuid(), :campaign, :last + row_number() over (order by line), channel, address, locale, line,
        'waiting', ''
    from unnest(cast(:lines as int[]), cast(:channels as text[]), cast(:addresses as text[]), cast(:locales as text[]))
        as named (line, channel, address, locale)
    on conflict do nothing
    """
)
_UNKNOWN_METERS = text(
    """
    select line, number from unnest(cast(:lines as int[]), cast(:numbers as text[])) as named (line, number)
    where not exists (select from meter where meter.number = named.number)
    """
)
_UNKNOWN_ACCOUNTS = text(
    """
    select line, number from unnest(cast(:lines as int[]), cast(:numbers as text[])) as named (line, number)
    where not exists (
        select from meter join account on account.id = meter.account_id where account.number = named.number)
    """
)
_FAULTS = text(
    """
    insert into campaign_fault (campaign_id, line, code, value)
    select :campaign, line, code, value
    from unnest(cast(:lines as int[]), cast(:codes as text[]), cast(:values as text[])) as broken (line, code, value)
    on conflict do nothing
    """
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: so many recipients added, so many lines that could not be used."""

    added: int
    broken: int


async def take(db: AsyncSession, campaign_id: UUID, read: Recipients, staff_id: UUID, now: datetime) -> Taken:
    """Add what a file names to a draft, in place of what an earlier file named. Raises CannotAct."""
    row = await changeable(db, campaign_id)
    await _forget_earlier(db, row)
    if row.item_count + len(read.meters) + len(read.accounts) + len(read.addresses) > life.MOST_ITEMS:
        raise CannotAct(Bar.TOO_MANY)
    before = row.item_count
    faults = list(read.faults)
    faults += await _add_numbers(db, row, read.meters, _METERS, _UNKNOWN_METERS)
    faults += await _add_numbers(db, row, read.accounts, _ACCOUNTS, _UNKNOWN_ACCOUNTS)
    for part in _parts(read.addresses):
        await _add_addresses(db, row, part)
    row.item_count = await _count(db, row.id)
    await _keep(db, row.id, faults)
    taken = Taken(row.item_count - before, len(faults))
    detail: dict[str, str | int | None] = {"added": taken.added, "broken": taken.broken}
    db.add(Audit(staff_id=staff_id, act="campaign_file", subject_id=row.id, detail=detail, at=now))
    return taken


async def _forget_earlier(db: AsyncSession, row: Campaign) -> None:
    await db.execute(delete(CampaignFault).where(col(CampaignFault.campaign_id) == row.id))
    its = delete(CampaignItem).where(col(CampaignItem.campaign_id) == row.id, col(CampaignItem.line).is_not(None))
    await db.execute(its)
    row.item_count = await _count(db, row.id)


async def _count(db: AsyncSession, campaign_id: UUID) -> int:
    wanted = select(func.count()).select_from(CampaignItem).where(CampaignItem.campaign_id == campaign_id)
    return (await db.exec(wanted)).one()


def _parts(lines: Sequence[Addressed]) -> Iterator[Sequence[Addressed]]:
    return (lines[start : start + _AT_ONCE] for start in range(0, len(lines), _AT_ONCE))


async def _add_numbers(
    db: AsyncSession, row: Campaign, named: Sequence[Numbered], adding: TextClause, missing: TextClause
) -> list[Fault]:
    """Add the meters behind numbers; return the lines whose number nobody knows."""
    code = LineFault.METER_UNKNOWN if missing is _UNKNOWN_METERS else LineFault.ACCOUNT_UNKNOWN
    faults = []
    for start in range(0, len(named), _AT_ONCE):
        part = named[start : start + _AT_ONCE]
        about = {"lines": [each.line for each in part], "numbers": [each.number for each in part]}
        faults += [Fault(line, code, number) for line, number in await db.execute(missing, about)]
        await db.execute(adding, about | await _place(db, row))
    return faults


async def _add_addresses(db: AsyncSession, row: Campaign, part: Sequence[Addressed]) -> None:
    about = {"lines": [each.line for each in part], "addresses": [each.address for each in part]}
    how = {"channels": [each.channel.value for each in part], "locales": [each.locale.value for each in part]}
    await db.execute(_ADDRESSES, {**about, **how, **await _place(db, row)})


async def _place(db: AsyncSession, row: Campaign) -> dict[str, UUID | int]:
    return {"campaign": row.id, "last": await items.last_place(db, row.id)}


async def _keep(db: AsyncSession, campaign_id: UUID, faults: Sequence[Fault]) -> None:
    for start in range(0, len(faults), _AT_ONCE):
        part = faults[start : start + _AT_ONCE]
        about = {"lines": [each.line for each in part], "values": [each.value for each in part]}
        await db.execute(_FAULTS, {**about, "codes": [each.code.value for each in part], "campaign": campaign_id})


async def faults_of(db: AsyncSession, campaign_id: UUID, after: int, most: int) -> list[CampaignFault]:
    """The broken lines of the last file, in order, from behind line `after`."""
    wanted = select(CampaignFault).where(CampaignFault.campaign_id == campaign_id, CampaignFault.line > after)
    return list(await db.exec(wanted.order_by(col(CampaignFault.line)).limit(most)))
