"""May a meter be cut for its balance now, and if not, why (SPEC M-5, M-6, M-8; rules as data)?

Everything that stands against a cut is a code, and all of them are said: whoever asks learns the whole case at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.clock import local_day
from app.domain.notice import MessageKind, MessageState, is_quiet
from app.domain.rules import CutRules


class Against(StrEnum):
    """`balance_above`: there is still money, counting the overdraft limit. `not_warned`: no warning of this descent was
    made; `warning_not_delivered`: there were some, and too few of them are proved to have arrived;
    `warned_too_lately`: they have, and people have not had the time to act.
    """

    BALANCE_ABOVE = "balance_above"
    BALANCE_UNKNOWN = "balance_unknown"
    BALANCE_OLD = "balance_old"
    KEEP_POWER = "keep_power"
    PAYMENT_UNDER_WAY = "payment_under_way"
    ADVANCE_RUNNING = "advance_running"
    GRACE = "grace"
    NOT_WARNED = "not_warned"
    WARNING_NOT_DELIVERED = "warning_not_delivered"
    WARNED_TOO_LATELY = "warned_too_lately"
    OUTAGE_AREA = "outage_area"
    OUTAGE_JUST_OVER = "outage_just_over"
    AMNESTY = "amnesty"
    NO_CUT_HOURS = "no_cut_hours"
    NO_CUT_DAY = "no_cut_day"
    HOLIDAY = "holiday"
    HEAT_DAY = "heat_day"
    COLD_DAY = "cold_day"


UNWARNED = frozenset({Against.NOT_WARNED, Against.WARNING_NOT_DELIVERED})
WARNS = frozenset(
    {
        MessageKind.ALARM_A,
        MessageKind.ALARM_B,
        MessageKind.ALARM_OWING,
        MessageKind.REMINDER,
        MessageKind.DISCONNECTED,
    }
)
"""Kinds of messages that tell people of the money that is going or gone."""

_MAY_STILL_ARRIVE = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN, MessageState.SENT)


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning about the meter to one person, and what became of it. `delivered_at`: the provider's word."""

    state: MessageState
    made_at: datetime
    delivered_at: datetime | None = None

    def counts(self, since: datetime) -> bool:
        """Is it proved that it arrived, and is it about this descent?"""
        return self.state is MessageState.DELIVERED and self.delivered_at is not None and self.made_at >= since


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a meter at the moment of asking. Money in minor units.

    `spent_since`: since when there has been no money left, the overdraft included. `descent_from`: the oldest open
    alarm episode began then, or the last credit came after that; warnings from before it tell of something else.
    `restored_at`: when the last outage of the place was said to be over. `amnesty`: one holds for the place.
    """

    balance_minor: int | None
    balance_read_at: datetime | None
    overdraft_limit_minor: int = 0
    spent_since: datetime | None = None
    descent_from: datetime | None = None
    warnings: tuple[Warned, ...] = ()
    keep_power: bool = False
    money_coming: bool = False
    advanced_at: datetime | None = None
    outage: bool = False
    restored_at: datetime | None = None
    amnesty: bool = False

    @property
    def has_money(self) -> bool:
        """Is there anything left to use?"""
        return self.balance_minor is not None and self.balance_minor > -self.overdraft_limit_minor


@dataclass(frozen=True, slots=True)
class Verdict:
    """`allowed`: exactly where nothing stands against it."""

    reasons: tuple[Against, ...] = field(default=())

    @property
    def allowed(self) -> bool:
        """May it be cut now?"""
        return not self.reasons

    @property
    def only_unwarned(self) -> bool:
        """Is the missing warning all that stands against it?"""
        return bool(self.reasons) and UNWARNED.issuperset(self.reasons)


def verdict(facts: Facts, rules: CutRules, zone: ZoneInfo, now: datetime) -> Verdict:
    """Say what stands against a cut, the money first, the calendar last."""
    found = (*_money(facts, rules, now), *_warning(facts, rules, now), *place(facts, rules, now))
    return Verdict((*found, *calendar(rules, zone, now)))


def spent_since(
    before: datetime | None, balance_minor: int, overdraft_limit_minor: int, at: datetime
) -> datetime | None:
    """Since when nothing is left, after a reading at `at`; None: something is."""
    if balance_minor > -overdraft_limit_minor:
        return None
    return before or at


def calendar(rules: CutRules, zone: ZoneInfo, now: datetime) -> tuple[Against, ...]:
    """What of the no-cut calendar holds at `now`, by local days and hours."""
    hours = (Against.NO_CUT_HOURS,) if _in_hours(rules, now.astimezone(zone).time()) else ()
    return hours + _days(rules, local_day(now, zone))


def opens_at(rules: CutRules, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The first moment at or after `now` at which the calendar lets cuts through; None: not within a year."""
    at, last = now, now + timedelta(days=366)
    while at <= last:
        local = at.astimezone(zone)
        if _days(rules, local.date()):
            at = _local(zone, local.date() + timedelta(days=1), time(0), now)
        elif _in_hours(rules, local.time()):
            at = _end_of_hours(rules, local, zone, now)
        else:
            return at
    return None


def closes_at(rules: CutRules, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The first moment after `now`, which the calendar lets through, at which it does not any more; None: not within
    two days."""
    today, ends = local_day(now, zone), []
    for day in (today, today + timedelta(days=1), today + timedelta(days=2)):
        if _days(rules, day):
            ends.append(_local(zone, day, time(0), now))
        if rules.no_cut_from is not None:
            ends.append(_local(zone, day, rules.no_cut_from, now))
    return min((each for each in ends if each > now), default=None)


def _days(rules: CutRules, day: date) -> tuple[Against, ...]:
    held = (
        (Against.NO_CUT_DAY, day.weekday() in rules.no_cut_weekdays),
        (Against.HOLIDAY, day in rules.holidays),
        (Against.HEAT_DAY, day in rules.heat_days),
        (Against.COLD_DAY, day in rules.cold_days),
    )
    return tuple(reason for reason, holds in held if holds)


def _in_hours(rules: CutRules, at: time) -> bool:
    return is_quiet(at, rules.no_cut_from, rules.no_cut_to)


def _end_of_hours(rules: CutRules, local: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """The next `no_cut_to` of the local clock; an hour later where that clock is put back and shows the hours again."""
    end = rules.no_cut_to or time(0)
    day = local.date() if local.time() < end else local.date() + timedelta(days=1)
    found = _local(zone, day, end, now)
    return found if found > local else found + timedelta(hours=1)


def _local(zone: ZoneInfo, day: date, at: time, now: datetime) -> datetime:
    return datetime.combine(day, at, zone).astimezone(now.tzinfo)


def _money(facts: Facts, rules: CutRules, now: datetime) -> Iterable[Against]:
    if facts.balance_minor is None or facts.balance_read_at is None:
        yield Against.BALANCE_UNKNOWN
    elif now - facts.balance_read_at > timedelta(hours=rules.balance_good_for_h):
        yield Against.BALANCE_OLD
    if facts.has_money:
        yield Against.BALANCE_ABOVE
    if facts.keep_power:
        yield Against.KEEP_POWER
    if facts.money_coming:
        yield Against.PAYMENT_UNDER_WAY
    if facts.advanced_at is not None and now - facts.advanced_at < timedelta(hours=rules.advance_lasts_h):
        yield Against.ADVANCE_RUNNING
    if not facts.has_money and not _grace_is_over(facts, rules, now):
        yield Against.GRACE


def _grace_is_over(facts: Facts, rules: CutRules, now: datetime) -> bool:
    """Where nobody noted since when the money has been gone, it has only just gone."""
    return facts.spent_since is not None and now - facts.spent_since >= timedelta(minutes=rules.grace_min)


def _warning(facts: Facts, rules: CutRules, now: datetime) -> Iterable[Against]:
    """People must have been reached: only "delivered" is proof, and only about this descent, and not long ago."""
    if facts.has_money or not rules.warnings_needed:
        return
    since = warned_from(facts, rules, now)
    arrived = [each for each in facts.warnings if each.counts(since)]
    if len(arrived) < rules.warnings_needed:
        made = any(each.made_at >= since for each in facts.warnings)
        yield Against.WARNING_NOT_DELIVERED if made else Against.NOT_WARNED
    elif not _had_time(arrived, rules, now):
        yield Against.WARNED_TOO_LATELY


def warned_from(facts: Facts, rules: CutRules, now: datetime) -> datetime:
    """Warnings made before this moment do not count."""
    oldest = now - timedelta(hours=rules.warning_counts_h)
    began = facts.descent_from or facts.spent_since or now
    return max(began, oldest)


def _had_time(arrived: list[Warned], rules: CutRules, now: datetime) -> bool:
    """Has the last of the warnings that are needed been there for long enough? A further one gives no new delay."""
    moments = sorted(each.delivered_at for each in arrived if each.delivered_at is not None)
    return now - moments[rules.warnings_needed - 1] >= timedelta(minutes=rules.warned_before_min)


def nothing_to_come(facts: Facts, rules: CutRules, now: datetime) -> bool:
    """Is there no warning of this descent left that could still turn out to have been delivered?"""
    since = max(warned_from(facts, rules, now), now - timedelta(hours=rules.warning_waits_h))
    return not any(each.state in _MAY_STILL_ARRIVE and each.made_at >= since for each in facts.warnings)


def place(facts: Facts, rules: CutRules, now: datetime) -> Iterable[Against]:
    """What stands against any cut at the place: an outage, one that is only just over, an amnesty."""
    if facts.outage:
        yield Against.OUTAGE_AREA
    rest = timedelta(minutes=rules.restored_rest_min)
    if facts.restored_at is not None and now - facts.restored_at < rest:
        yield Against.OUTAGE_JUST_OVER
    if facts.amnesty:
        yield Against.AMNESTY
