"""Eight weeks of warnings: what was planned, what became of it, who paid before the cut and who did not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.told.episodes import Episode, episodes
from app.demo.told.home import Home, write
from app.demo.told.post import About, Post, to_contact, to_inbox
from app.demo.told.words import Said, words
from app.domain.disconnection import Outcome
from app.domain.notice import ALARMS, MessageKind
from app.models import Alarm, Contact, Disconnection, Message, Purchase, RelayState
from app.models.account import ChannelName

WEEKS = 8
_TOLD_AT = time(8)
_IN_THE_INBOX = timedelta(days=30)
_READ_AFTER = timedelta(days=3)
_LOOKED_AT = timedelta(hours=6)
NOBODY_THERE = 33
"""The household whose number does not exist any more."""
_REMARKS = {Outcome.HELPED: "已联系，社区帮助缴费", Outcome.OTHER: "旧表已拆除"}


@dataclass(slots=True)
class Weeks:
    """Everything that is written. `here`: the present moment, local time."""

    here: datetime
    staff_id: UUID
    post: Post = field(default_factory=Post)
    alarms: list[Alarm] = field(default_factory=list)
    relays: list[RelayState] = field(default_factory=list)
    dark: list[Disconnection] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        """The utility's."""
        return ZoneInfo(str(self.here.tzinfo))

    def is_past(self, at: datetime) -> bool:
        """Is it within the weeks that are told of?"""
        return at > self.here - timedelta(weeks=WEEKS)


async def tell_weeks(db: AsyncSession, weeks: Weeks, homes: Sequence[Home]) -> None:
    """Write the past of all homes in some statements."""
    for home in homes:
        dice = Random(home.place)  # noqa: S311  (a story)
        _bought(weeks, home)
        newer: dict[UUID, Message] = {}
        for episode in episodes(home.days):
            if weeks.is_past(episode.opened.read_at):
                _episode(weeks, home, episode, dice, newer)
    await write(db, Alarm, weeks.alarms)
    await write(db, RelayState, weeks.relays)
    await write(db, Disconnection, weeks.dark)
    await weeks.post.send(db)


def _bought(weeks: Weeks, home: Home) -> None:
    """Whoever bought was told that it arrived."""
    for lived in home.days:
        bought = lived.bought
        if bought is None or bought.credited_at is None or not weeks.is_past(bought.credited_at):
            continue
        at = bought.credited_at + timedelta(seconds=2)
        about = About(MessageKind.PURCHASE_CREDITED, bought.id, home.meter.id, at, at)
        for contact in _first_of_each(home):
            said = Said(home.meter.number, at, bought.balance_after_minor or 0, bought.credit_minor)
            body = words(about.kind, contact.locale, said)
            message = to_contact(about, contact, body)
            _ = weeks.post.failed(message) if home.place == NOBODY_THERE else weeks.post.delivered(message)


def _first_of_each(home: Home) -> list[Contact]:
    return [contact for contact in home.contacts if contact.stands_in_for_id is None]


def _episode(weeks: Weeks, home: Home, episode: Episode, dice: Random, newer: dict[UUID, Message]) -> None:
    """An episode's rows: the deepest of a day is told; what is told of the deeper comes first, it may replace it."""
    bought = episode.closed.bought
    if bought is None or bought.credited_at is None:
        return
    alarm = _alarm(home, episode, bought.credited_at)
    weeks.alarms.append(alarm)
    if not episode.deepest:
        return
    opened = episode.opened.read_at
    told_at = datetime.combine(opened.astimezone(weeks.zone).date(), _TOLD_AT, weeks.zone)
    told_at += timedelta(seconds=dice.randrange(90))
    kind = ALARMS[episode.tone]
    about = About(kind, alarm.id, home.meter.id, opened, told_at, episode.opened.reading_id)
    said = Said(home.meter.number, opened.astimezone(weeks.zone), alarm.balance_minor)
    for contact in _first_of_each(home):
        body = words(kind, contact.locale, said)
        newer[contact.id] = _tell(weeks.post, home, to_contact(about, contact, body), newer.get(contact.id), dice)
    _lay_down(weeks, home, about, alarm)
    if alarm.balance_minor < 0 and bought.created_at > told_at and dice.random() < 0.8:
        _goes_dark(weeks, home, told_at, bought, dice)


def _alarm(home: Home, episode: Episode, closed_at: datetime) -> Alarm:
    return Alarm(
        id=uuid4(),
        meter_id=home.meter.id,
        depth=episode.depth,
        tone=episode.tone,
        opened_at=episode.opened.read_at,
        closed_at=closed_at,
        reading_id=episode.opened.reading_id,
        balance_minor=episode.opened.day.balance_minor,
    )


def _tell(post: Post, home: Home, message: Message, after: Message | None, dice: Random) -> Message:
    """Most arrive. `after`: what the same reader was told next about the same meter."""
    chance = dice.random()
    if home.place == NOBODY_THERE and message.channel == ChannelName.SMS:
        return post.failed(message)
    stands_in = home.contacts[-1].stands_in_for_id is not None
    soon = after is not None and timedelta() < after.created_at - message.created_at < timedelta(days=2)
    if stands_in and chance > 0.6:
        return _stand_in(post, home, post.failed(message))
    if after is not None and soon and chance > 0.8:
        return post.replaced(message, after)
    if chance < 0.02:
        return post.unknown(message)
    return post.dropped(message) if chance < 0.04 else post.delivered(message)


def _stand_in(post: Post, home: Home, failed: Message) -> Message:
    """The text did not arrive: mail to the contact that stands in."""
    at = failed.not_before + timedelta(seconds=4)
    about = About(MessageKind(failed.kind), failed.cause_id, failed.meter_id, at, at, failed.reading_id)
    mail = to_contact(about, home.contacts[-1], failed.body)
    mail.stands_in_for_id = failed.id
    return post.delivered(mail)


def _lay_down(weeks: Weeks, home: Home, about: About, alarm: Alarm) -> None:
    if alarm.opened_at < weeks.here - _IN_THE_INBOX:
        return
    locale = home.contacts[0].locale if home.contacts else "zh"
    said = Said(home.meter.number, about.planned_at.astimezone(weeks.zone), alarm.balance_minor)
    body = words(about.kind, locale, said)
    read_at = about.goes_at + _READ_AFTER
    message = to_inbox(about, home.account.id, locale, body)
    weeks.post.laid_down(message, read_at if read_at < weeks.here else None)


def _goes_dark(weeks: Weeks, home: Home, told_at: datetime, bought: Purchase, dice: Random) -> None:
    """The meter cut itself off between the warning and the purchase."""
    began = told_at + (bought.created_at - told_at) * dice.uniform(0.2, 0.7)
    back = bought.credited_at or bought.created_at
    weeks.relays += [_relay(home, began, is_open=True), _relay(home, back, is_open=False)]
    row = Disconnection(id=uuid4(), meter_id=home.meter.id, began_at=began, balance_minor=0)
    row.ended_at, row.outcome = back, Outcome.PAID
    if back - began > _LOOKED_AT:
        row.flagged_at = began + _LOOKED_AT
    if dice.random() < 0.3:
        row.outcome = dice.choice((Outcome.HELPED, Outcome.RESTORED, Outcome.OTHER))
        row.ended_at, row.remark = began + (back - began) / 2, _REMARKS.get(row.outcome, "")
        row.staff_id = None if row.outcome is Outcome.RESTORED else weeks.staff_id
    row.outreach_at = min(began + timedelta(minutes=30), row.ended_at)
    weeks.dark.append(row)
    about = About(MessageKind.DISCONNECTED, row.id, home.meter.id, row.outreach_at, row.outreach_at)
    for contact in _first_of_each(home)[:1]:
        body = words(about.kind, contact.locale, Said(home.meter.number, began.astimezone(weeks.zone)))
        weeks.post.delivered(to_contact(about, contact, body))


def _relay(home: Home, at: datetime, *, is_open: bool) -> RelayState:
    return RelayState(
        id=uuid4(),
        meter_id=home.meter.id,
        relay_open=is_open,
        command_open=is_open,
        keep_power=False,
        after_verb="check_relay",
        read_at=at,
    )
