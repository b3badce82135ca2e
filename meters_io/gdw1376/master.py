"""Whether a terminal is there: what a master believes of a link, as a table of transitions. Time is passed in.

A terminal dials, logs in, and then sends a heartbeat every few minutes; it redials after more than three that nobody
confirmed. Any frame proves that it lives, only a login makes it known.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from meters_io.gdw1376.link import LinkMessage, Login, Logout

MISSED_LIMIT = 3


class LinkState(StrEnum):
    """What we believe."""

    OFFLINE = "offline"
    ONLINE = "online"


class LinkEvent(StrEnum):
    """What we heard, or did not."""

    LOGIN = "login"
    FRAME = "frame"  # a heartbeat, an answer, a report
    LOGOUT = "logout"
    CLOSED = "closed"
    SILENCE = "silence"  # too many heartbeats missed


_TABLE = {
    (LinkState.OFFLINE, LinkEvent.LOGIN): LinkState.ONLINE,
    (LinkState.OFFLINE, LinkEvent.FRAME): LinkState.OFFLINE,  # alive, but nobody we know
    (LinkState.OFFLINE, LinkEvent.LOGOUT): LinkState.OFFLINE,
    (LinkState.OFFLINE, LinkEvent.CLOSED): LinkState.OFFLINE,
    (LinkState.OFFLINE, LinkEvent.SILENCE): LinkState.OFFLINE,
    (LinkState.ONLINE, LinkEvent.LOGIN): LinkState.ONLINE,  # a retry, or a newer connection
    (LinkState.ONLINE, LinkEvent.FRAME): LinkState.ONLINE,
    (LinkState.ONLINE, LinkEvent.LOGOUT): LinkState.OFFLINE,
    (LinkState.ONLINE, LinkEvent.CLOSED): LinkState.OFFLINE,
    (LinkState.ONLINE, LinkEvent.SILENCE): LinkState.OFFLINE,
}
_HEARD = (LinkEvent.LOGIN, LinkEvent.FRAME, LinkEvent.LOGOUT)


@dataclass(frozen=True, slots=True)
class Link:
    """One terminal as the master sees it. `changed_at`: since when the state holds."""

    heartbeat: timedelta
    state: LinkState = LinkState.OFFLINE
    last_heard: datetime | None = None
    changed_at: datetime | None = None


def event_of(message: LinkMessage) -> LinkEvent:
    """Say what a link message means for the link."""
    match message:
        case Login():
            return LinkEvent.LOGIN
        case Logout():
            return LinkEvent.LOGOUT
        case _:
            return LinkEvent.FRAME


def after(link: Link, event: LinkEvent, now: datetime) -> Link:
    """Return the link as it is after `event`."""
    state = _TABLE[link.state, event]
    return replace(
        link,
        state=state,
        last_heard=now if event in _HEARD else link.last_heard,
        changed_at=link.changed_at if state == link.state else now,
    )


def after_waiting(link: Link, now: datetime) -> Link:
    """Return the link as it is when nothing more was heard until `now`: offline once the limit is passed."""
    due = silent_at(link)
    return link if due is None or now < due else after(link, LinkEvent.SILENCE, now)


def missed(link: Link, now: datetime) -> int:
    """Return how many heartbeats have been missed by `now`."""
    if link.last_heard is None:
        return 0
    return max(0, (now - link.last_heard) // link.heartbeat)


def silent_at(link: Link) -> datetime | None:
    """Return when silence will count as offline, so that one timer is enough; None when it already is."""
    if link.state == LinkState.OFFLINE or link.last_heard is None:
        return None
    return link.last_heard + (MISSED_LIMIT + 1) * link.heartbeat
