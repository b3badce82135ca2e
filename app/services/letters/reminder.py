"""A reminder that staff send in bulk: still true when its turn comes, or it does not go (SPEC N-5, M-7)."""

from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.campaign import CampaignState, Reason
from app.domain.notice import MessageKind
from app.models import Account, ApiMessage, Campaign, Message, Meter
from app.services.letters.alarm import pay_link
from app.services.letters.facts import Facts, ReminderFacts
from app.services.letters.letter import Letter, Loader, of_meter, reader_of
from app.services.wording.engine import fill


async def _reminder(db: AsyncSession, message: Message) -> Letter:
    if message.campaign_id is None:
        return await _of_program(db, message)
    campaign = await db.get_one(Campaign, message.campaign_id)
    words = ReminderFacts(campaign.texts.get(f"{message.locale}.title", ""), campaign.texts.get(message.locale, ""))
    goes_on = campaign.state != CampaignState.STOPPED  # a contact that stands in is planned later than its slice
    if message.meter_id is None:  # a line of a recipient file: an address, and no account that we know
        return Letter(message, None, replace(_NO_METER, reminder=words), goes_on)
    meter = await db.get_one(Meter, message.meter_id)
    account = await db.get_one(Account, meter.account_id)
    reason = Reason(campaign.ceiling_minor, campaign.owing)
    holds = goes_on and reason.holds(meter.balance_minor, account.arrears_minor)
    facts = replace(of_meter(meter), arrears_minor=account.arrears_minor, reminder=words)
    return Letter(message, await reader_of(db, message), replace(facts, link=await pay_link(db, message, meter)), holds)


async def _of_program(db: AsyncSession, message: Message) -> Letter:
    """Words that another program of the utility asked us to send, to an address that it named."""
    asked = await db.get_one(ApiMessage, message.cause_id)
    given: dict[str, object] = dict(asked.variables)
    words = ReminderFacts(fill(asked.title, given), fill(asked.text, given), plain=True)
    return Letter(message, None, replace(_NO_METER, reminder=words), holds=True)


_NO_METER = Facts("", None, None, None)
LOADERS: dict[MessageKind, Loader] = {MessageKind.REMINDER: _reminder}
