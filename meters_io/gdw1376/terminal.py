"""The link as a terminal lives it, by the habits that parameter F1 sets: a pure state machine.

    dialled --login--> confirmed? --yes--> online --heartbeat each period, reports until confirmed-->
                           |no: again, and after the last try redial          more than 3 heartbeats unanswered: redial

Every function returns the link as it is then, and what is to be done: send frames, or dial anew. Time is passed in.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from meters_io.errors import LocalError
from meters_io.gdw1376.exchange import next_number
from meters_io.gdw1376.frame import Frame, Terminal
from meters_io.gdw1376.link import Heartbeat, LinkMessage, Login, build_link
from meters_io.gdw1376.master import MISSED_LIMIT

SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(seconds=180)


@dataclass(frozen=True, slots=True)
class Habits:
    """What parameter F1 sets. `wait`: for a confirmation, 30 to 180 s. `resends`: how often a login is tried again.

    `tells_clock`: heartbeats carry the clock, as in the edition of 2013, in local time of `zone`.
    """

    terminal: Terminal
    zone: tzinfo
    wait: timedelta = SHORTEST_WAIT
    resends: int = 3
    heartbeat: timedelta = timedelta(minutes=5)
    tells_clock: bool = False


def habits_of(terminal: Terminal, zone: tzinfo, wait_and_resends: int, heartbeat_min: int) -> Habits:
    """Return the habits of a terminal with these values in F1: its word (bits 11..0 seconds, 13..12 resends) and the
    heartbeat in minutes. The wait is clamped as terminals do it.
    """
    wait = timedelta(seconds=wait_and_resends & 0xFFF)
    wait = min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)
    return Habits(terminal, zone, wait, wait_and_resends >> 12 & 3, timedelta(minutes=max(heartbeat_min, 1)))


class Stage(StrEnum):
    """How far the link has come."""

    OFFLINE = "offline"
    LOGGING_IN = "logging_in"
    ONLINE = "online"


class Kind(StrEnum):
    """What waits to be confirmed."""

    LOGIN = "login"
    HEARTBEAT = "heartbeat"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A frame that was sent and is not confirmed. `tries`: how often it was sent."""

    kind: Kind
    frame: Frame
    due_at: datetime
    tries: int = 1


@dataclass(frozen=True, slots=True)
class TerminalLink:
    """The link. `number`: the last PSEQ used. `missed`: heartbeats in a row that nobody confirmed."""

    habits: Habits
    stage: Stage = Stage.OFFLINE
    number: int = 15
    missed: int = 0
    heartbeat_at: datetime | None = None
    unconfirmed: tuple[Unconfirmed, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """Send this frame."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Redial:
    """Close the connection and dial again. `reason`: `login_not_confirmed`, `heartbeats_not_confirmed`."""

    reason: str


Action = Send | Redial
Step = tuple[TerminalLink, tuple[Action, ...]]


def dialled(link: TerminalLink, now: datetime) -> Step:
    """The connection stands: log in. Reports that nobody confirmed are kept for when we are online again."""
    reports = tuple(each for each in link.unconfirmed if each.kind == Kind.REPORT)
    fresh = replace(link, stage=Stage.LOGGING_IN, missed=0, heartbeat_at=None, unconfirmed=reports)
    return _say(fresh, Kind.LOGIN, Login(), now)


def closed(link: TerminalLink) -> TerminalLink:
    """The connection is gone."""
    return replace(link, stage=Stage.OFFLINE, heartbeat_at=None)


def confirmed(link: TerminalLink, number: int, now: datetime) -> Step:
    """The master confirmed what we sent with PSEQ `number`; a number that waits for nothing changes nothing."""
    found = next((each for each in link.unconfirmed if each.frame.seq.number == number), None)
    if found is None or link.stage == Stage.OFFLINE:
        return link, ()
    rest = tuple(each for each in link.unconfirmed if each is not found)
    link = replace(link, unconfirmed=rest)
    if found.kind == Kind.HEARTBEAT:
        return replace(link, missed=0), ()
    if found.kind == Kind.LOGIN:
        return _online(link, now)
    return link, ()


def report(link: TerminalLink, frame: Frame, now: datetime) -> Step:
    """Send a spontaneous report, under the next number and with CON, until it is confirmed; before login it waits.

    LocalError `not_a_report` when the frame does not come from a terminal that starts the talk.
    """
    if not (frame.control.up and frame.control.starts):
        raise LocalError("a report comes from a terminal that starts", code="not_a_report", field="control")
    number = next_number(link.number)
    numbered = frame._replace(seq=replace(frame.seq, number=number, confirm=True))
    waiting = Unconfirmed(Kind.REPORT, numbered, now + link.habits.wait)
    link = replace(link, number=number, unconfirmed=(*link.unconfirmed, waiting))
    return link, (Send(numbered),) if link.stage == Stage.ONLINE else ()


def waited(link: TerminalLink, now: datetime) -> Step:
    """It has become `now`: repeat what was not confirmed in time, send the heartbeat that is due, or dial anew."""
    actions: list[Action] = []
    for each in link.unconfirmed:
        if each.due_at <= now and link.stage != Stage.OFFLINE:
            link, more = _overdue(link, each, now)
            actions += more
    if link.heartbeat_at is not None and link.heartbeat_at <= now:
        link, more = _beat(link, now)
        actions += more
    return link, tuple(actions)


def due_at(link: TerminalLink) -> datetime | None:
    """Return when `waited` has something to do next; None while offline."""
    if link.stage == Stage.OFFLINE:
        return None
    dues = [each.due_at for each in link.unconfirmed if each.kind != Kind.REPORT or link.stage == Stage.ONLINE]
    dues += [link.heartbeat_at] if link.heartbeat_at is not None else []
    return min(dues, default=None)


def _online(link: TerminalLink, now: datetime) -> Step:
    reports = tuple(replace(each, due_at=now + link.habits.wait) for each in link.unconfirmed)
    link = replace(link, stage=Stage.ONLINE, heartbeat_at=now + link.habits.heartbeat, unconfirmed=reports)
    return link, tuple(Send(each.frame) for each in reports)


def _overdue(link: TerminalLink, late: Unconfirmed, now: datetime) -> Step:
    if late.kind == Kind.HEARTBEAT:
        link = replace(link, missed=link.missed + 1, unconfirmed=_without(link, late))
        if link.missed > MISSED_LIMIT:
            return closed(link), (Redial("heartbeats_not_confirmed"),)
        return link, ()
    if late.kind == Kind.LOGIN and late.tries > link.habits.resends:
        return closed(replace(link, unconfirmed=_without(link, late))), (Redial("login_not_confirmed"),)
    if late.kind == Kind.REPORT and link.stage != Stage.ONLINE:
        return link, ()
    again = replace(late, due_at=now + link.habits.wait, tries=late.tries + 1)
    return replace(link, unconfirmed=(*_without(link, late), again)), (Send(late.frame),)


def _beat(link: TerminalLink, now: datetime) -> Step:
    heartbeat = Heartbeat(now if link.habits.tells_clock else None)
    return _say(replace(link, heartbeat_at=now + link.habits.heartbeat), Kind.HEARTBEAT, heartbeat, now)


def _say(link: TerminalLink, kind: Kind, message: LinkMessage, now: datetime) -> Step:
    number = next_number(link.number)
    frame = build_link(link.habits.terminal, message, number, link.habits.zone)
    waiting = Unconfirmed(kind, frame, now + link.habits.wait)
    return replace(link, number=number, unconfirmed=(*link.unconfirmed, waiting)), (Send(frame),)


def _without(link: TerminalLink, gone: Unconfirmed) -> tuple[Unconfirmed, ...]:
    return tuple(each for each in link.unconfirmed if each is not gone)
