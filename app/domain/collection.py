"""What is collected from concentrators without anybody asking, and when: collection schemes (SPEC H-5, 采集方案).

A *frozen* figure of a day is what a meter held at the end of that day. It is stored under that day, and its `read_at`
is the midnight that ends it; figures that were read while a day ran are older than that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.clock import local_day
from app.domain.curve import DENSITIES
from app.domain.wallet import BY_TARIFF, ReadingKind

MOST_FILLED = 62  # days that a DL/T 645 meter keeps what it froze (DL/T 645-2007, appendix A.3)
MOST_AGAIN = timedelta(minutes=15)
_MONEY = (ReadingKind.BALANCE,)
_ENERGY = (ReadingKind.ENERGY,)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a scheme says. What nobody set has these defaults.

    `daily_from`: local time of the daily round; meters have frozen their day by then. `fill_days`: so many days back
    are filled when they are missing. `master_interval_min`: how often concentrators read their master meters; None:
    as they are set. `scan_every_min`: no purchase that is paid waits longer than this between two tries while its
    concentrator is on line; 0: only its own back-off counts. `by_tariff`: energy of each tariff too, where it is read.
    `curve_min`: curves of master meters, a point every so many minutes; None: none.
    """

    on: bool = True
    daily_from: time = time(0, 20)
    fill_days: int = 7
    money: bool = True
    energy: bool = True
    master_interval_min: int | None = None
    scan_every_min: int = 0
    events: bool = True
    by_tariff: bool = False
    curve_min: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError with the name of the field that cannot hold."""
        if not 1 <= self.fill_days <= MOST_FILLED:
            raise ValueError("fill_days")
        if self.master_interval_min is not None and not 1 <= self.master_interval_min <= 60:
            raise ValueError("master_interval_min")
        if not 0 <= self.scan_every_min <= 1440:
            raise ValueError("scan_every_min")
        if self.curve_min is not None and self.curve_min not in DENSITIES:
            raise ValueError("curve_min")
        if self.by_tariff and not self.energy:
            raise ValueError("by_tariff")
        if self.on and not (self.money or self.energy):
            raise ValueError("money")

    @property
    def kinds(self) -> tuple[ReadingKind, ...]:
        """What is wanted of a day."""
        return (_MONEY if self.money else ()) + (_ENERGY if self.energy else ())

    @property
    def kept(self) -> tuple[ReadingKind, ...]:
        """What is stored of it, where it is told. Not every meter has tariffs, so that none is missing for them."""
        return self.kinds + (BY_TARIFF if self.by_tariff else ())

    def of_meter(self, *, remote: bool) -> "Figures":
        """What is wanted of one meter. `remote`: the ledger holds its money, so that it is charged by its registers,
        whatever the scheme says, and its wallet says nothing."""
        return Figures(_ENERGY, _ENERGY + BY_TARIFF) if remote else Figures(self.kinds, self.kept)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is wanted of a meter's day. `asked`: missing where it is not there. `kept`: stored where it is told."""

    asked: tuple[ReadingKind, ...]
    kept: tuple[ReadingKind, ...]


USUAL = Terms()
"""What holds where no scheme was made the usual one."""


def round_is_due(terms: Terms, zone: ZoneInfo, now: datetime) -> bool:
    """Has the time of today's round come?"""
    return terms.on and now.astimezone(zone).time() >= terms.daily_from


def days_wanted(terms: Terms, zone: ZoneInfo, now: datetime) -> tuple[date, ...]:
    """The days that are over and may still be filled, yesterday first."""
    today = local_day(now, zone)
    return tuple(today - timedelta(days=back) for back in range(1, terms.fill_days + 1))


def frozen_at(day: date, zone: ZoneInfo) -> datetime:
    """The instant whose figures a day's freeze has: the midnight that ends it, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of one meter. `frozen`: days with a frozen figure, by kind. `any_figure`: days with any balance.

    `first`: its first day of all; None: nothing was ever read. `read_today`: somebody has read its balance today.
    """

    frozen: dict[ReadingKind, frozenset[date]]
    any_figure: frozenset[date]
    first: date | None
    read_today: bool


def missing_in_bulk(known: Known, kinds: Iterable[ReadingKind], days: tuple[date, ...]) -> tuple[date, ...]:
    """Days of which the concentrator is asked for a meter: yesterday, and what lies behind its first day, if frozen
    figures of any wanted kind are not there.
    """
    wanted = tuple(kinds)
    return tuple(
        day
        for place, day in enumerate(days)
        if (place == 0 or _after_first(known, day)) and not _complete(known, wanted, day)
    )


def missing_singly(known: Known, days: tuple[date, ...], *, money: bool) -> tuple[date, ...]:
    """Days for which a meter is asked itself. Yesterday, unless it was read today; older days only where they are a
    hole in what is known, for a meter that cannot freeze has live figures instead, and that is enough.
    """
    if not money:
        return tuple(
            day
            for place, day in enumerate(days)
            if (place == 0 or _after_first(known, day)) and day not in known.frozen.get(ReadingKind.ENERGY, frozenset())
        )
    newest = days[:1] if not known.read_today and not _complete(known, _MONEY, days[0]) else ()
    return newest + tuple(day for day in days[1:] if _after_first(known, day) and day not in known.any_figure)


def _after_first(known: Known, day: date) -> bool:
    return known.first is not None and known.first < day


def _complete(known: Known, kinds: tuple[ReadingKind, ...], day: date) -> bool:
    return all(day in known.frozen.get(kind, frozenset()) for kind in kinds)


def balance_from_freeze(balance_minor: int | None) -> int | None:
    """A frozen balance, as far as it says something: at zero a meter may have run into its overdraft, which
    concentrators do not keep (Q/GDW 1376.1, F167), so that the meter itself has to be asked.
    """
    return balance_minor if balance_minor else None
