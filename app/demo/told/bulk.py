"""A reminder that was sent to many last week, and one that goes out tomorrow."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.told.home import Home, write
from app.demo.told.post import About, Post, to_contact
from app.demo.told.weeks import NOBODY_THERE
from app.demo.told.words import Said, words
from app.domain.campaign import CampaignPurpose, CampaignState, ItemState
from app.domain.notice import MessageKind
from app.domain.plan import Why
from app.models import Audit, Campaign, CampaignItem
from app.services.campaigns import acts, drafts
from app.services.campaigns.acts import Go
from app.services.campaigns.step import NO_LONGER_TRUE
from app.services.customers import CustomerFilter

_CEILING = 3000
_SENT_TO = range(20, 50)
_PAID_SINCE = (24, 35)
_LEFT_ALONE = (27, 38)


async def sent(db: AsyncSession, homes: Sequence[Home], staff_id: UUID, here: datetime) -> None:
    """A reminder of six days ago: most got it, some had paid or are left alone, one number is no more."""
    at = datetime.combine(here.date() - timedelta(days=6), time(10), here.tzinfo)
    row = Campaign(
        id=uuid4(),
        name="周末前余额提醒",
        purpose=CampaignPurpose.REMINDER,
        kind=MessageKind.REMINDER,
        state=CampaignState.DONE,
        choice=CustomerFilter(balance_to_minor=_CEILING).record(),
        ceiling_minor=_CEILING,
        item_count=len(_SENT_TO),
        made_by=staff_id,
        made_at=at - timedelta(minutes=25),
        starts_at=at,
        started_at=at,
        expires_at=at + timedelta(hours=24),
        ended_at=at + timedelta(seconds=2),
    )
    post = Post()
    items = [_item(post, row, homes[place], at) for place in _SENT_TO]
    await write(db, Campaign, [row])
    await write(db, CampaignItem, items)
    for act, when in (("campaign_drafted", row.made_at), ("campaign_started", at)):
        db.add(Audit(staff_id=staff_id, act=act, subject_id=row.id, at=when))
    await post.send(db)


def _item(post: Post, row: Campaign, home: Home, at: datetime) -> CampaignItem:
    item = CampaignItem(id=uuid4(), campaign_id=row.id, place=home.place, meter_id=home.meter.id)
    item.state = ItemState.LEFT_OUT
    if home.place in _PAID_SINCE:
        item.reason = NO_LONGER_TRUE
    elif home.place in _LEFT_ALONE:
        item.reason = Why.SUPPRESSED
    else:
        item.state = ItemState.PLANNED
        _tell(post, row, item, home, at)
    return item


def _tell(post: Post, row: Campaign, item: CampaignItem, home: Home, at: datetime) -> None:
    before = [each for each in home.days if each.read_at < at]
    balance = before[-1].day.balance_minor if before else 0
    contact, about = home.contacts[0], About(MessageKind.REMINDER, row.id, home.meter.id, at, at)
    body = words(about.kind, contact.locale, Said(home.meter.number, at.replace(hour=0, minute=5), balance))
    message = to_contact(about, contact, body)
    message.campaign_id, message.item_id = row.id, item.id
    _ = post.failed(message) if home.place == NOBODY_THERE else post.delivered(message)


async def scheduled(db: AsyncSession, staff_id: UUID, here: datetime) -> None:
    """A reminder that was written this morning and goes out tomorrow at ten, to whoever is low then."""
    row = await drafts.new(db, "明早低余额提醒", staff_id, here - timedelta(minutes=50))
    await drafts.add_found(db, row.id, CustomerFilter(balance_to_minor=1500), here)
    starts_at = datetime.combine(here.date() + timedelta(days=1), time(10), here.tzinfo)
    await acts.start(db, row.id, Go(row.item_count, starts_at, None, staff_id), here - timedelta(minutes=45))
