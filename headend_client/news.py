"""What a concentrator tells without being asked: reports of events (AFN 0E), and counters that say that more wait.

report --new?--> observer.reported --> confirmed       ACD and EC in any frame --changed?--> observer.events_waiting

A report is confirmed once the observer has it. One that comes again is confirmed again and told nobody; so is one that
cannot be read, which would come for ever otherwise.
"""

import logging
from datetime import tzinfo
from typing import Protocol

from headend_client.errors import HeadEndError
from headend_client.tally import Mishap, Tally
from headend_client.target import ConcentratorAddress
from meters_io.errors import RemoteError
from meters_io.gdw1376.frame import Frame
from meters_io.gdw1376.master import Reports
from meters_io.gdw1376.reports import Report, is_report, parse_report
from meters_io.gdw1376.tail import EventCounters, split_tail

log = logging.getLogger(__name__)


class Reader(Protocol):
    """Whoever wants to know what concentrators tell. The link is not read until these return."""

    async def reported(self, address: ConcentratorAddress, report: Report) -> None:
        """A concentrator reports events. A HeadEndError leaves the report unconfirmed, so that it comes again."""

    async def events_waiting(self, address: ConcentratorAddress) -> None:
        """A concentrator has counted events that it was not asked for since it logged in here."""


class News:
    """What one link brings. `zone`: local time of the concentrator's clock."""

    def __init__(self, address: ConcentratorAddress, reader: Reader, zone: tzinfo, tally: Tally) -> None:
        self._address, self._reader, self._zone = address, reader, zone
        self._reports = Reports()
        self._counters: EventCounters | None = None
        self.tally = tally

    async def is_taken(self, frame: Frame) -> bool:
        """Take in a frame with which a concentrator starts to talk; say whether it may be confirmed."""
        if not is_report(frame):
            return True
        if not self._reports.is_new(frame):
            self.tally.note(Mishap.DOUBLED)
            return True
        try:
            report = parse_report(frame, self._zone)
        except RemoteError as error:
            log.warning("concentrator %s: a report cannot be read (%s)", self._address, error.code)
            self.tally.note(Mishap.UNREADABLE)
            return True
        return await self._is_told(report)

    async def look_at_counters(self, frame: Frame) -> None:
        """Tell that events wait where a frame says so (ACD) and its counters are not those of the last time."""
        if not frame.control.flag5:
            return
        try:
            _, tail = split_tail(frame)
        except RemoteError:
            return
        if tail.events != self._counters:
            self._counters = tail.events
            await self._reader.events_waiting(self._address)

    async def _is_told(self, report: Report) -> bool:
        try:
            await self._reader.reported(self._address, report)
        except HeadEndError as error:
            log.warning("concentrator %s: a report is not taken (%s)", self._address, error)
            self._reports = Reports()
            return False
        return True
