"""A meter as it lives: money runs down with use at the price of the hour, days are frozen, switch times come.

How credit comes in is the profiles' (`esam`, `sts_meter`); what money does to the relay is in `supply`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from headend_client.simulator.past import past_days
from headend_client.simulator.rundown import Use, consume
from headend_client.simulator.state import E5_PER_CENT, Cause, FrozenDay, MeterState, RelayState
from headend_client.simulator.supply import Supply
from headend_client.simulator.tariffs import Tariffs, usual_tariffs
from headend_client.simulator.world import MeterSpec

DAYS_KEPT = 62
_DAYS_MADE_UP = 7  # midnights without supply that a meter freezes afterwards
_MICROSECOND = timedelta(microseconds=1)
_LEAST = timedelta(seconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a meter stands in: local time, how much faster than the clock it uses energy, dice."""

    zone: tzinfo
    speed: float
    random: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class _Page:
    """A span of time in which nothing is due and one tariff holds, and what that was worked out from."""

    begins: datetime
    ends: datetime
    tariff: int
    tariffs: Tariffs | None
    ahead_s: int
    close_at: datetime | None


class Meter(Supply):
    """One meter over its state. Time is told by `advance`, which goes before everything else."""

    __slots__ = ("_page", "_seen", "around")

    def __init__(self, spec: MeterSpec, state: MeterState, around: Surroundings) -> None:
        super().__init__(spec, state)
        self.around = around
        self._seen: datetime | None = None  # while nobody simulates a meter no time passes in it
        self._page: _Page | None = None

    @property
    def tariffs(self) -> Tariffs:
        """What it charges by."""
        return self.state.tariffs or usual_tariffs(self.spec.price_e4)

    def clock(self, now: datetime) -> datetime:
        """Return what the meter's own clock shows."""
        return now + timedelta(seconds=self.state.clock_ahead_s)

    def local(self, now: datetime) -> datetime:
        """Return what the meter's own clock shows, in local time."""
        return self.clock(now).astimezone(self.around.zone)

    def set_clock(self, shown: datetime, now: datetime) -> None:
        """Let the clock show something else. A day that it jumps over is frozen afterwards, none is frozen twice."""
        self.state.clock_ahead_s = (shown - now.replace(microsecond=0)) // timedelta(seconds=1)
        self._page_at(now)

    def price_e4(self, now: datetime) -> int:
        """Item 02800020: the price in force, yuan/10000."""
        return self.tariffs.prices[self.tariffs.tariff_at(self.local(now)) - 1]

    def frozen(self, days_ago: int) -> FrozenDay | None:
        """Return the newest midnight (1) or one before it (2 ... 62)."""
        days = self.state.frozen
        return days[-days_ago] if 1 <= days_ago <= len(days) else None

    def advance(self, now: datetime) -> None:
        """Live until `now`, from one change of price, day or relay to the next."""
        at, self._seen = self._seen or now, now
        page = self._page_at(at)
        while at < now:
            until = min(now, page.ends)
            self._live(int((until - at) // _MICROSECOND * self.around.speed), page.tariff)
            at, page = until, self._page_at(until)
        self.settle()

    def _page_at(self, now: datetime) -> _Page:
        """Return the page that `now` is on, and do what is due where it is a new one."""
        page, state = self._page, self.state
        if page is not None and page.begins <= now < page.ends:
            known = (page.ahead_s, page.close_at) == (state.clock_ahead_s, state.relay.close_at)
            if known and page.tariffs is state.tariffs:
                return page
        self._turn_pages(now)
        self._page = page = self._open_page(now)
        return page

    def _turn_pages(self, now: datetime) -> None:
        """Do what is due: end a timed trip, switch tables, freeze a midnight."""
        self._wake(now)
        if self.state.tariffs is not None:
            self.state.tariffs = self.state.tariffs.switched(self.clock(now))
        self._freeze(self.local(now))

    def _open_page(self, now: datetime) -> _Page:
        state, local = self.state, self.local(now)
        ahead = timedelta(seconds=state.clock_ahead_s)
        ends = self.tariffs.next_change(local).astimezone(UTC) - ahead
        switch = self.tariffs.next_switch(self.clock(now))
        if switch is not None:
            ends = min(ends, switch - ahead)
        if state.relay.close_at is not None:
            ends = min(ends, state.relay.close_at)
        ends = max(ends, now + _LEAST)  # a clock that is set back for winter does not stand still
        tariff = self.tariffs.tariff_at(local)
        begins = now - timedelta(seconds=local.second, microseconds=local.microsecond)  # no period begins amid a minute
        return _Page(begins, ends, tariff, state.tariffs, state.clock_ahead_s, state.relay.close_at)

    def _live(self, span_us: int, tariff: int) -> None:
        use = Use(self.load_w, self.tariffs.prices[tariff - 1] if self.spec.has_wallet else 0)
        before = self.state.energy_uj
        while span_us > 0 and not self.state.relay.is_open:
            span_us = consume(self.state, use, span_us, self._next_floor())
            self.settle()
        self.state.tariffs_uj[tariff - 1] += self.state.energy_uj - before

    def _next_floor(self) -> int | None:
        """Return the next lower sum at which the relay may open."""
        if self.state.keep_power or not self.spec.has_wallet:
            return None
        floors = [-self.limits.overdraft_cents * E5_PER_CENT]
        if self.spec.warning_trips:
            floors += [0, self.limits.alarm_2_cents * E5_PER_CENT]
        return max((floor for floor in floors if floor < self.state.money_e5), default=None)

    def _wake(self, now: datetime) -> None:
        """End a timed trip."""
        relay = self.state.relay
        if relay.close_at is None or now < relay.close_at:
            return
        if relay.close_by_hand:
            self.state.relay = RelayState(is_open=True, cause=relay.cause)
        elif self.may_close():
            self.close()
        else:
            self.trip(Cause.DEBT)

    def _freeze(self, local: datetime) -> None:
        """Keep the figures of midnight, or of the first look after it; of several midnights, the last seven."""
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        days, newest = self.state.frozen, midnight.astimezone(UTC)
        if not days and self.spec.first.days_before:
            days += past_days(self.state, self.tariffs, self.load_w, midnight, self.spec.first.days_before)
        missing = 1 if not days else max(0, -(-(newest - days[-1].at) // _DAY))
        for ago in reversed(range(min(missing, _DAYS_MADE_UP))):
            at = (midnight - ago * _DAY).astimezone(UTC)
            if not days or days[-1].at < at:
                days.append(FrozenDay(at, self.state.money_e5, self.state.purchase_count, self.energies_wh))
        del days[:-DAYS_KEPT]
