"""Whether a terminal is there: what a master believes of a link, as a table of transitions. Time is passed in.

A terminal dials, logs in, and then sends a heartbeat every few minutes; it redials after more than three that nobody
confirmed. Any frame proves that it lives, only a login makes it known. A newer connection replaces the older one, whose
end then means nothing any more. `terminal.py` is the other side.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from meters_io.errors import RemoteError
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.link import LinkMessage, Login, Logout, build_confirm
from meters_io.gdw1376.tail import split_tail

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
    """One terminal as the master sees it. `changed_at`: since when the state holds.

    `connection`: the number of the connection it logged in over; 0 while it has none, or where nobody counts them.
    """

    heartbeat: timedelta
    state: LinkState = LinkState.OFFLINE
    last_heard: datetime | None = None
    changed_at: datetime | None = None
    connection: int = 0


def event_of(message: LinkMessage) -> LinkEvent:
    """Say what a link message means for the link."""
    match message:
        case Login():
            return LinkEvent.LOGIN
        case Logout():
            return LinkEvent.LOGOUT
        case _:
            return LinkEvent.FRAME


def after(link: Link, event: LinkEvent, now: datetime, connection: int = 0) -> Link:
    """Return the link as it is after `event` on `connection`. What comes of an older connection changes nothing."""
    if event != LinkEvent.LOGIN and connection != link.connection:
        return link
    state = _TABLE[link.state, event]
    return replace(
        link,
        state=state,
        last_heard=now if event in _HEARD else link.last_heard,
        changed_at=link.changed_at if state == link.state else now,
        connection=connection if state == LinkState.ONLINE else 0,
    )


def replaced_by(link: Link, connection: int) -> int | None:
    """Return the connection that must be closed when the terminal logs in over `connection`; None if there is none."""
    if link.state == LinkState.OFFLINE or link.connection == connection:
        return None
    return link.connection


def after_waiting(link: Link, now: datetime) -> Link:
    """Return the link as it is when nothing more was heard until `now`: offline once the limit is passed."""
    due = silent_at(link)
    return link if due is None or now < due else after(link, LinkEvent.SILENCE, now, link.connection)


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


def confirmation_of(frame: Frame) -> Frame | None:
    """Return what a master must answer at once: a confirmation of what a terminal wants confirmed (CON), and of every
    link message, asked for or not, because an unconfirmed terminal redials.
    """
    if not frame.control.up or frame.afn == Afn.CONFIRM:
        return None
    return build_confirm(frame) if frame.seq.confirm or frame.afn == Afn.LINK else None


class Reports:
    """Tells a spontaneous report from its repetition: a terminal sends it until it is confirmed, and confirmations get
    lost. Remembers the last report of each of the sixteen numbers.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, bytes]] = {}

    def is_new(self, report: Frame) -> bool:
        """Say whether this report was not heard before; it must be confirmed either way."""
        said = (report.afn, _units_of(report))
        if self._known.get(report.seq.number) == said:
            return False
        self._known[report.seq.number] = said
        return True


def _units_of(report: Frame) -> bytes:
    """The units without the tail: a repetition has a newer time tag."""
    try:
        return split_tail(report)[0]
    except RemoteError:
        return report.body
