"""What the console's head leads to: groups, their parts, and the pages of the part one is in."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.roles import Permission
from app.services.staff import Officer
from app.web.marking import N_


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the head; `code` is what its templates set as `here`."""

    code: str
    path: str
    words: str
    needs: Permission


@dataclass(frozen=True, slots=True)
class Part:
    """Pages that serve one task; a group with more pages than one row can hold has several."""

    code: str
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


def _whole(code: str, words: str, *entries: Entry) -> Group:
    """A group whose pages fit into one row."""
    return Group(code, words, (Part(code, words, entries),))


P = Permission
GROUPS = (
    _whole(
        "work",
        N_("Money and supply"),
        Entry("reviews", "/console/reviews", N_("Reviews"), P.SEE_WORK),
        Entry("purchases", "/console/purchases", N_("Purchases"), P.SEE_WORK),
        Entry("cash", "/console/cash", N_("Cash desk"), P.TAKE_CASH),
        Entry("refunds", "/console/refunds", N_("Refunds"), P.HAND_OUT_REFUNDS),
        Entry("reversals", "/console/reversals", N_("Reversals"), P.SEE_WORK),
        Entry("bills", "/console/bills", N_("Bills"), P.SEE_BILLS),
        Entry("tariffs", "/console/tariffs", N_("Tariffs"), P.SEE_WORK),
    ),
    _whole(
        "people",
        N_("Residents"),
        Entry("customers", "/console/customers", N_("Customers"), P.SEE_CUSTOMERS),
        Entry("campaigns", "/console/campaigns", N_("Bulk sends"), P.SEND_CAMPAIGNS),
        Entry("outages", "/console/outages", N_("Outage notices"), P.TELL_OUTAGES),
        Entry("messages", "/console/messages", N_("Messages"), P.SEE_MESSAGES),
        Entry("suppressions", "/console/suppressions", N_("Left alone"), P.SEE_MESSAGES),
        Entry("reports", "/console/reports", N_("Reports"), P.SEE_REPORTS),
    ),
    Group(
        "devices",
        N_("Devices"),
        (
            Part(
                "find",
                N_("Find"),
                (
                    Entry("devices", "/console/devices", N_("Grid"), P.READ_DEVICES),
                    Entry("anomalies", "/console/anomalies", N_("Not read"), P.READ_DEVICES),
                    Entry("unreachable", "/console/unreachable", N_("Hard to reach"), P.READ_DEVICES),
                ),
            ),
            Part(
                "orders",
                N_("Work"),
                (
                    Entry("operations", "/console/operations", N_("Operations"), P.READ_DEVICES),
                    Entry("downloads", "/console/downloads", N_("Downloads"), P.READ_DEVICES),
                    Entry("commissioning", "/console/commissioning", N_("Commissioning"), P.READ_DEVICES),
                    Entry("swaps", "/console/swaps", N_("Meter exchange"), P.READ_DEVICES),
                    Entry("handhelds", "/console/handhelds", N_("Hand-helds"), P.USE_HANDHELDS),
                ),
            ),
            Part(
                "collecting",
                N_("Collection"),
                (
                    Entry("collection", "/console/collection", N_("Collection schemes"), P.READ_DEVICES),
                    Entry("lines", "/console/lines", N_("How meters hang"), P.READ_DEVICES),
                    Entry("archive", "/console/archive", N_("Archives"), P.READ_DEVICES),
                    Entry("archive_rules", "/console/archive-rules", N_("Archive rules"), P.READ_DEVICES),
                ),
            ),
            Part(
                "happenings",
                N_("Events and alarms"),
                (
                    Entry("events", "/console/events", N_("Events"), P.SEE_EVENTS),
                    Entry("told", "/console/terminal-events", N_("Terminal events"), P.READ_DEVICES),
                    Entry("schemes", "/console/schemes", N_("Alarm schemes"), P.CHANGE_EVENTS),
                ),
            ),
            Part(
                "ways_in",
                N_("Ways in"),
                (
                    Entry("frontends", "/console/frontends", N_("Front-ends"), P.READ_DEVICES),
                    Entry("gateways", "/console/gateways", N_("Gateways"), P.READ_DEVICES),
                    Entry("head_ends", "/console/head-ends", N_("Head ends"), P.READ_DEVICES),
                    Entry("kiosks", "/console/kiosks", N_("Terminals"), P.CARE_FOR_KIOSKS),
                ),
            ),
        ),
    ),
    _whole(
        "rules",
        N_("Rules"),
        Entry("alarms", "/console/alarms", N_("Alarm levels"), P.CHANGE_ALARMS),
        Entry("cuts", "/console/cuts", N_("Cuts"), P.CHANGE_CUT_RULES),
        Entry("templates", "/console/templates", N_("Templates"), P.WRITE_TEMPLATES),
        Entry("carriers", "/console/carriers", N_("Providers"), P.CHANGE_PROVIDERS),
        Entry("rules", "/console/rules", N_("All rules"), P.CHANGE_RULES),
        Entry("staff", "/console/staff", N_("Staff"), P.CHANGE_STAFF),
        Entry("audit", "/console/audit", N_("Audit log"), P.SEE_AUDIT),
    ),
)


def open_groups(officer: Officer) -> tuple[Group, ...]:
    """What somebody's roles open; a group or a part without a page for them is not shown."""
    found = [Group(group.code, group.words, _open_parts(group.parts, officer)) for group in GROUPS]
    return tuple(group for group in found if group.parts)


def _open_parts(parts: Sequence[Part], officer: Officer) -> tuple[Part, ...]:
    found = [Part(p.code, p.words, tuple(e for e in p.entries if officer.may(e.needs))) for p in parts]
    return tuple(part for part in found if part.entries)


def group_of(groups: Sequence[Group], here: str) -> Group | None:
    """The group that the page `here` is in."""
    return next((g for g in groups if any(entry.code == here for entry in g.entries)), None)


def part_of(group: Group, here: str) -> Part | None:
    """The part of its group that the page `here` is in."""
    return next((p for p in group.parts if any(entry.code == here for entry in p.entries)), None)
