"""Plans thousands of messages with three statements; what needs a closer look goes the way of `plans.tell_all`.

A closer look is for whoever has contacts that stand in, media that are not offered, addresses that are left alone or
were written to today, or that occur twice, and for meters with messages that wait and might be replaced. Everybody else
is told by INSERT ... SELECT.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.notice import IMPORTANCE, MANNERS, MessageKind, lifetime
from app.services import plans
from app.services.media import offered
from app.services.plans import News
from app.settings import settings

_DAY = timedelta(hours=24)

_LOOK_CLOSER = text(
    """
    with person as (
        select wanted.id as meter_id, meter.account_id, contact.channel, contact.address, contact.stands_in_for_id,
               count(*) over (partition by contact.channel, contact.address) as times
        from unnest(cast(:meters as uuid[])) as wanted (id)
        join meter on meter.id = wanted.id join contact on contact.account_id = meter.account_id
    ), told as (
        select contact.address from message join contact on contact.id = message.contact_id
        where message.created_at > :since
        union select address from message where created_at > :since and address is not null
    )
    select distinct meter_id from person
    where stands_in_for_id is not null or times > 1 or channel <> all(cast(:offered as text[]))
       or address in (select address from told)
       or exists (select from suppression s where s.lifted_at is null and s.channel = person.channel
                  and s.address = case person.channel when 'email' then lower(person.address) else person.address end)
    union
    select wanted.id from unnest(cast(:meters as uuid[])) as wanted (id)
    join message on message.meter_id = wanted.id and message.state = 'queued'
    """
)
_TELL = text(
    """
    with news as (
        select * from unnest(
            cast(:meters as uuid[]), cast(:causes as uuid[]), cast(:onces as text[]), cast(:readings as uuid[])
        ) as news (meter_id, cause_id, once, reading_id)
    ), person as (
        select news.*, meter.account_id, contact.id as contact_id, contact.channel, contact.locale, contact.stopped_at,
               row_number() over (partition by news.meter_id order by contact.position, contact.id) as place
        from news join meter on meter.id = news.meter_id left join contact on contact.account_id = meter.account_id
    ), reader as (
        select meter_id, cause_id, reading_id, contact_id, cast(null as uuid) as account_id, channel, locale,
               once || ':' || contact_id as reader
        from person where contact_id is not null and (stopped_at is null or not cast(:unasked as boolean))
        union all
        select meter_id, cause_id, reading_id, null, account_id, 'inbox', coalesce(locale, 'zh'),
               once || ':' || meter_id || ':' || 'inbox'
        from person where place = 1 and cast(:inbox as boolean)
    ), planned as (
        insert into message (id, contact_id, account_id, meter_id, reading_id, kind, cause_id, dedupe_key, channel,
                             locale, state, created_at, not_before, expires_at, title, body, importance)
        select gen_random_uuid(), contact_id, account_id, meter_id, reading_id, cast(:kind as text), cause_id,
               cast(:kind as text) || ':' || reader, channel, locale, 'queued', cast(:now as timestamptz),
               cast(:now as timestamptz), cast(:expires_at as timestamptz), '', '', cast(:importance as smallint)
        from reader on conflict do nothing returning id, contact_id
    ), promised as (
        insert into outbox (job, subject_id, due_at, created_at, attempts, importance)
        select cast(:job as text), id, cast(:now as timestamptz), cast(:now as timestamptz), 0,
               cast(:importance as smallint) from planned on conflict do nothing
    )
    select count(contact_id) from planned
    """
)


async def plan_many(db: AsyncSession, news: Sequence[News], now: datetime) -> int:
    """Plan news as `plans.tell_account` does each, some thousand at a time; return how many messages go to contacts."""
    if not news:
        return 0
    closer = await _look_closer(db, news, now)
    apart = [each for each in news if not _plain(each) or each.meter_id in closer]
    planned = sum(each.messages for each in await plans.tell_all(db, apart, now)) if apart else 0
    kinds = {each.kind for each in news}
    for kind in sorted(kinds):
        of_kind = [each for each in news if each.kind is kind and _plain(each) and each.meter_id not in closer]
        planned += await _tell(db, kind, of_kind, now) if of_kind else 0
    return planned


def _plain(news: News) -> bool:
    """Is nothing said of it but what every message has?"""
    own = (news.expires_at, news.not_before, news.campaign_id, news.item_id)
    return news.meter_id is not None and own == (None, None, None, None)


async def _look_closer(db: AsyncSession, news: Sequence[News], now: datetime) -> set[UUID]:
    meters = [each.meter_id for each in news if each.meter_id is not None]
    rows = await db.execute(_LOOK_CLOSER, {"meters": meters, "since": now - _DAY, "offered": _offered()})
    return set(rows.scalars().all())


def _offered() -> list[str]:
    return sorted(offered(settings()))


async def _tell(db: AsyncSession, kind: MessageKind, news: Sequence[News], now: datetime) -> int:
    manner = MANNERS[kind]
    about = {
        "meters": [each.meter_id for each in news],
        "causes": [each.cause_id for each in news],
        "onces": [each.once for each in news],
        "readings": [each.reading_id for each in news],
        "kind": kind.value,
        "now": now,
        "expires_at": now + lifetime(kind),
        "importance": IMPORTANCE[kind].value,
        "job": outbox.sending(IMPORTANCE[kind]).value,
        "unasked": manner.unasked,
        "inbox": manner.inbox,
    }
    return int((await db.execute(_TELL, about)).scalar_one())
