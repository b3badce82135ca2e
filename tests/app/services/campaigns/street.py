"""A street of many meters, and the steps of a bulk send to it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import Begin
from app.domain.campaign import CampaignPurpose
from app.domain.notice import MessageKind
from app.models import Account, Campaign, CampaignItem, Contact, Message, Meter, Note, Staff
from app.models.account import ChannelName
from app.outbox import Job
from app.services.campaigns import acts, items
from app.services.campaigns import step as steps
from app.services.campaigns.acts import Go
from tests import build
from tests.clocks import Clock

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Street:
    """Meters beside the two of the small utility, each with an account and a telephone of its own."""

    begin: Begin
    clock: Clock
    town: build.Utility
    staff_id: UUID
    meters: list[Meter]

    async def draft(self, **fields: object) -> UUID:
        """A reminder to all of them that nobody has let go yet."""
        row = Campaign(
            id=uuid4(),
            name="Spring",
            purpose=CampaignPurpose.REMINDER,
            kind=MessageKind.REMINDER,
            made_by=self.staff_id,
            made_at=self.clock(),
        )
        for name, value in fields.items():
            setattr(row, name, value)
        async with self.begin() as db:
            db.add(row)
            await db.flush()
            wanted = items.meters_below(None).where(col(Meter.id).in_([meter.id for meter in self.meters]))
            await items.add_meters(db, row, wanted)
        return row.id

    async def going(self, **fields: object) -> UUID:
        """The same, let go."""
        campaign_id = await self.draft(**fields)
        await self.go(campaign_id)
        return campaign_id

    async def go(self, campaign_id: UUID, *, starts_at: datetime | None = None) -> None:
        async with self.begin() as db:
            await acts.start(db, campaign_id, Go(len(self.meters), starts_at, None, self.staff_id), self.clock())

    async def steps(self, campaign_id: UUID) -> bool:
        """One step, if one is due."""
        async with self.begin() as db:
            return await self.step_in(db, campaign_id)

    async def step_in(self, db: AsyncSession, campaign_id: UUID) -> bool:
        wanted = select(Note.id).where(Note.subject_id == campaign_id, Note.job == Job.STEP_CAMPAIGN)
        note_id = (await db.exec(wanted.where(col(Note.done_at).is_(None)))).first()
        note = await outbox.take(db, note_id, self.clock()) if note_id is not None else None
        if note is not None:
            await steps.step(db, note, ZONE, self.clock())
        return note is not None

    async def row(self, campaign_id: UUID) -> Campaign:
        async with self.begin() as db:
            return await db.get_one(Campaign, campaign_id)

    async def states(self, campaign_id: UUID) -> dict[tuple[str, str], int]:
        """How many items stand how, and why."""
        wanted = select(CampaignItem.state, CampaignItem.reason, func.count())
        wanted = wanted.where(CampaignItem.campaign_id == campaign_id)
        async with self.begin() as db:
            found = await db.exec(wanted.group_by(CampaignItem.state, CampaignItem.reason))
            return {(state, reason): count for state, reason, count in found}

    async def texts(self, campaign_id: UUID) -> list[Message]:
        """Its messages to telephones."""
        wanted = select(Message).where(Message.campaign_id == campaign_id, Message.channel == ChannelName.SMS)
        async with self.begin() as db:
            return list(await db.exec(wanted))


async def open_street(begin: Begin, clock: Clock, meters: int) -> Street:
    """Build it."""
    async with begin() as db:
        town = await build.utility(db, clock())
        staff = Staff(login="lin", name="Lin", password_hash="never used here")
        db.add(staff)
        made = [await _house(db, town, number) for number in range(meters)]
    return Street(begin, clock, town, staff.id, made)


async def _house(db: AsyncSession, town: build.Utility, number: int) -> Meter:
    account = Account(
        number=build.numbered(f"2{number:08d}"), customer_id=town.account.customer_id, tariff_id=town.account.tariff_id
    )
    db.add(account)
    await db.flush()
    meter = Meter(
        number=build.numbered(f"203{number:08d}"),
        address=build.numbered(f"203{number:08d}"),
        model_id=town.esam.model_id,
        account_id=account.id,
        concentrator_id=town.concentrator.id,
        balance_minor=100,
    )
    contact = Contact(account_id=account.id, channel="sms", address=f"+8613900{number:06d}", locale="en")
    db.add_all([meter, contact])
    await db.flush()
    return meter
