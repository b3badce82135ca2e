"""What the console's head leads to: groups, their parts, and the pages of the part one is in."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.roles import Permission
from app.services.staff import Officer
from app.web.marking import N_


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the head; `code` is what its address ends in, and what its templates set as `here`."""

    code: str
    words: str
    needs: Permission

    @property
    def path(self) -> str:
        """Its address."""
        return f"/console/{self.code}"


@dataclass(frozen=True, slots=True)
class Part:
    """Pages that serve one task; a group with more pages than one row can hold has several."""

    words: str
    entries: tuple[Entry, ...]

    @property
    def path(self) -> str:
        """Where the part's own name leads."""
        return self.entries[0].path


@dataclass(frozen=True, slots=True)
class Group:
    """Pages of one kind of work, in one part or in several."""

    code: str
    words: str
    parts: tuple[Part, ...]

    @property
    def path(self) -> str:
        """Where the group's own name leads."""
        return self.parts[0].path

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its pages, whichever part they are in."""
        return tuple(entry for part in self.parts for entry in part.entries)


def _part(words: str, *entries: Entry) -> Part:
    return Part(words, entries)


def _whole(code: str, words: str, *entries: Entry) -> Group:
    """A group whose pages fit into one row."""
    return Group(code, words, (Part(words, entries),))


P = Permission
GROUPS = (
    _whole(
        "work",
        N_("Money and supply"),
        Entry("reviews", N_("Reviews"), P.SEE_WORK),
        Entry("purchases", N_("Purchases"), P.SEE_WORK),
        Entry("cash", N_("Cash desk"), P.TAKE_CASH),
        Entry("refunds", N_("Refunds"), P.HAND_OUT_REFUNDS),
        Entry("reversals", N_("Reversals"), P.SEE_WORK),
        Entry("bills", N_("Bills"), P.SEE_BILLS),
        Entry("tariffs", N_("Tariffs"), P.SEE_WORK),
    ),
    _whole(
        "people",
        N_("Residents"),
        Entry("customers", N_("Customers"), P.SEE_CUSTOMERS),
        Entry("campaigns", N_("Bulk sends"), P.SEND_CAMPAIGNS),
        Entry("outages", N_("Outage notices"), P.TELL_OUTAGES),
        Entry("messages", N_("Messages"), P.SEE_MESSAGES),
        Entry("suppressions", N_("Left alone"), P.SEE_MESSAGES),
        Entry("reports", N_("Reports"), P.SEE_REPORTS),
    ),
    Group(
        "devices",
        N_("Devices"),
        (
            _part(
                N_("Find"),
                Entry("devices", N_("Grid"), P.READ_DEVICES),
                Entry("anomalies", N_("Not read"), P.READ_DEVICES),
                Entry("unreachable", N_("Hard to reach"), P.READ_DEVICES),
            ),
            _part(
                N_("Work"),
                Entry("operations", N_("Operations"), P.READ_DEVICES),
                Entry("downloads", N_("Downloads"), P.READ_DEVICES),
                Entry("commissioning", N_("Commissioning"), P.READ_DEVICES),
                Entry("swaps", N_("Meter exchange"), P.READ_DEVICES),
                Entry("handhelds", N_("Hand-helds"), P.USE_HANDHELDS),
            ),
            _part(
                N_("Collection"),
                Entry("collection", N_("Collection schemes"), P.READ_DEVICES),
                Entry("lines", N_("How meters hang"), P.READ_DEVICES),
                Entry("masters", N_("Master meters"), P.READ_DEVICES),
                Entry("archive", N_("Archives"), P.READ_DEVICES),
                Entry("archive-rules", N_("Archive rules"), P.READ_DEVICES),
            ),
            _part(
                N_("Events and alarms"),
                Entry("events", N_("Events"), P.SEE_EVENTS),
                Entry("terminal-events", N_("Terminal events"), P.READ_DEVICES),
                Entry("schemes", N_("Alarm schemes"), P.CHANGE_EVENTS),
            ),
            _part(
                N_("Ways in"),
                Entry("frontends", N_("Front-ends"), P.READ_DEVICES),
                Entry("gateways", N_("Gateways"), P.READ_DEVICES),
                Entry("head-ends", N_("Head ends"), P.READ_DEVICES),
                Entry("kiosks", N_("Terminals"), P.CARE_FOR_KIOSKS),
            ),
        ),
    ),
    _whole(
        "rules",
        N_("Rules"),
        Entry("alarms", N_("Alarm levels"), P.CHANGE_ALARMS),
        Entry("cuts", N_("Cuts"), P.CHANGE_CUT_RULES),
        Entry("templates", N_("Templates"), P.WRITE_TEMPLATES),
        Entry("carriers", N_("Providers"), P.CHANGE_PROVIDERS),
        Entry("rules", N_("All rules"), P.CHANGE_RULES),
        Entry("staff", N_("Staff"), P.CHANGE_STAFF),
        Entry("audit", N_("Audit log"), P.SEE_AUDIT),
    ),
)


def open_groups(officer: Officer) -> tuple[Group, ...]:
    """What somebody's roles open; a group or a part without a page for them is not shown."""
    found = [Group(group.code, group.words, _open_parts(group.parts, officer)) for group in GROUPS]
    return tuple(group for group in found if group.parts)


def _open_parts(parts: Sequence[Part], officer: Officer) -> tuple[Part, ...]:
    found = [Part(p.words, tuple(e for e in p.entries if officer.may(e.needs))) for p in parts]
    return tuple(part for part in found if part.entries)


def group_of(groups: Sequence[Group], here: str) -> Group | None:
    """The group that the page `here` is in."""
    return next((g for g in groups if any(entry.code == here for entry in g.entries)), None)


def part_of(group: Group, here: str) -> Part | None:
    """The part of its group that the page `here` is in."""
    return next((p for p in group.parts if any(entry.code == here for entry in p.entries)), None)
