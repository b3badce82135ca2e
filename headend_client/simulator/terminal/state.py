"""What a terminal remembers, and the way in for what happens to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from headend_client.simulator.terminal.event_log import EventLog
from headend_client.simulator.terminal.factory import Key, factory_parameters, is_marked
from headend_client.simulator.terminal.groups import Groups, groups_of
from headend_client.simulator.world import ConcentratorSpec
from meters_io.gdw1376.archive import ArchiveEntry
from meters_io.gdw1376.events import PowerLost, TerminalEvent, event_to_plain
from meters_io.gdw1376.reports import Report
from meters_io.layout import Plain

_EVENT_PARAMETERS = (0, 9)


@dataclass(slots=True)
class TerminalState:
    """A terminal. `archive`: by sequence. `ahead_s`: how wrong its clock is. `history_from`: what it read before is
    deleted. `heartbeat_s`: how often it says that it lives. `outgoing`: reports that nobody has confirmed.
    `keeps_power`: no round opens, whatever is left.
    """

    spec: ConcentratorSpec
    ahead_s: float
    heartbeat_s: float
    parameters: dict[Key, Plain]
    archive: dict[int, ArchiveEntry] = field(default_factory=dict)
    events: EventLog = field(default_factory=EventLog)
    outgoing: list[Report] = field(default_factory=list)
    history_from: datetime | None = None
    sets_meter_clocks: bool = False
    may_report: bool = True
    keeps_power: bool = False
    groups: Groups = field(default_factory=Groups)

    def happened(self, event: TerminalEvent) -> None:
        """Record an event as F9 says: at all, and as an important one that is reported without being asked."""
        erc = erc_of(event)
        bitmaps = self.parameters[_EVENT_PARAMETERS]
        marked = bitmaps if isinstance(bitmaps, dict) else {}
        if not is_marked(marked.get("recorded"), erc):
            return
        important = is_marked(marked.get("important"), erc)
        report = self.events.add(event, important=important)
        if important and self.may_report:
            self.outgoing.append(report)

    def points(self) -> dict[int, ArchiveEntry]:
        """Return the archive by measuring point."""
        return {entry.point: entry for entry in self.archive.values()}

    def begin_anew(self) -> None:
        """Take the parameters of the factory; the archive is one of them."""
        self.parameters = factory_parameters(self.spec)
        self.archive = {}
        self.heartbeat_s = self.spec.heartbeat_s


def first_terminal(spec: ConcentratorSpec, entries: Iterable[ArchiveEntry], ahead_s: float) -> TerminalState:
    """Return a terminal as it comes to its place, with the meters that it is to know and a clock so wrong."""
    archive = {entry.sequence: entry for entry in entries}
    parameters = factory_parameters(spec)
    return TerminalState(spec, ahead_s, spec.heartbeat_s, parameters, archive, groups=groups_of(spec.groups))


def archive_of(spec: ConcentratorSpec) -> tuple[ArchiveEntry, ...]:
    """Return the meters of the world file as the archive has them: place and measuring point count from 1."""
    meters = enumerate(spec.meters, 1) if spec.knows_meters else ()
    return tuple(ArchiveEntry(place, place, meter.address, meter.port) for place, meter in meters)


def erc_of(event: TerminalEvent) -> int:
    """Return the code of an event."""
    if isinstance(event, PowerLost):
        return 14
    plain = event_to_plain(event, UTC)
    erc = plain["erc"] if isinstance(plain, dict) else 0
    return erc if isinstance(erc, int) else 0
