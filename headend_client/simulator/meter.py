"""A meter with local fee control: money, levels, relay. Both profiles share it; how credit comes in is theirs.

Rules from the state functions of two meter firmware trees (DL/T 645-2007 meters of State Grid, local fee control):
money runs down at the price in force; at the end of the overdraft the relay opens and stays open; closing again needs
money above item 04001005; keep-power overrides all of it; a trip by order overrides the balance.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from headend_client.simulator.faults import Behaviour, Script
from headend_client.simulator.rundown import UJ_PER_WH, Use, consume
from headend_client.simulator.state import (
    E5_PER_CENT,
    Cause,
    Credit,
    Level,
    MeterState,
    Paid,
    RelayState,
    begin_script,
    level_of,
)
from headend_client.simulator.world import MeterSpec, Reclose
from meters_io.dlt645.status import PrepayKind, StatusWord3

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a meter stands in: local time, how much faster than the clock it uses energy, dice."""

    zone: tzinfo
    speed: float
    random: Callable[[int], bytes]


class Meter:
    """One meter over its state. Time is told by `advance`, which goes before everything else."""

    def __init__(self, spec: MeterSpec, state: MeterState, around: Surroundings) -> None:
        self.spec = spec
        self.state = state
        self.around = around
        self._seen: datetime | None = None  # while nobody simulates a meter no time passes in it

    @property
    def behaviour(self) -> Behaviour:
        """The script in force."""
        return self.state.behaviour or self.spec.behaviour

    @property
    def balance_cents(self) -> int:
        """Item 00900200."""
        return max(self.state.money_e5, 0) // E5_PER_CENT

    @property
    def overdraft_cents(self) -> int:
        """Item 00900201."""
        return max(-self.state.money_e5, 0) // E5_PER_CENT

    @property
    def energy_wh(self) -> int:
        """Item 00010000."""
        return self.state.energy_uj // UJ_PER_WH

    @property
    def hoard_cents(self) -> int:
        """Item 04001004; zero is no limit."""
        if self.behaviour.script is Script.HOARDER and not self.spec.limits.hoard_cents:
            return self.behaviour.figures.limit_cents
        return self.spec.limits.hoard_cents

    def advance(self, now: datetime) -> None:
        """Live until `now`."""
        seen, self._seen = self._seen, now
        if seen is not None and now > seen:
            self._live(int((now - seen) // _MICROSECOND * self.around.speed))
        self._wake(now)
        self._freeze(now)
        self.settle()

    def status(self) -> StatusWord3:
        """Return status word 3 without what the security chip knows."""
        state = self.state
        return StatusWord3(
            relay_open=state.relay.is_open,
            relay_command_open=state.relay.command_open,
            alarm=state.level is not Level.NORMAL or state.remote_alarm,
            prepay_kind=PrepayKind.MONEY,
            keep_power=state.keep_power,
            remote_account_opened=state.account_open,
        )

    def credit(self, paid: Paid, now: datetime) -> None:
        """Take accepted money: debt is paid first by itself, for money and debt are one number here."""
        before = self.state.money_e5
        after = before + paid.amount_e5
        self.state.credits.append(Credit(now, paid.kind, paid.amount_e5, before, after, paid.count, paid.tid))
        self.state.money_e5 = after
        self.settle()
        if self.state.relay.cause is Cause.DEBT and self.may_close():
            self._lifted()

    def settle(self) -> None:
        """Let the level follow the money, and the relay the level."""
        state = self.state
        before, state.level = state.level, level_of(state.money_e5, self.spec.limits)
        if state.keep_power or state.relay.is_open:
            return
        if state.level is Level.OFF:
            self.trip(Cause.DEBT)
        elif self.spec.warning_trips and state.level > before and state.level >= Level.ALARM_2:
            state.relay = RelayState(is_open=True, cause=Cause.WARNING)

    def trip(self, cause: Cause) -> None:
        """Open the relay."""
        self.state.relay = RelayState(is_open=True, command_open=True, cause=cause)

    def close(self) -> None:
        """Close the relay."""
        self.state.relay = RelayState()

    def may_close(self) -> bool:
        """Tell whether the money allows supply; once it went off for debt, more is asked than to stay on."""
        state = self.state
        if state.keep_power:
            return True
        if state.relay.cause is Cause.DEBT:
            return state.money_e5 > max(self.spec.limits.reclose_cents * E5_PER_CENT, 0)
        return state.level is not Level.OFF

    def press_key(self) -> None:
        """Do what the resident's hand does: close a relay that may be closed."""
        relay = self.state.relay
        if relay.is_open and not relay.command_open and self.may_close():
            self.close()

    def play(self, behaviour: Behaviour) -> None:
        """Give the meter another part."""
        self.state.behaviour = behaviour
        begin_script(self.state, behaviour)

    def has_its_way(self) -> bool:
        """Tell whether the script's fault comes now, and count it."""
        times = self.behaviour.figures.times
        if times is not None and self.state.played >= times:
            return False
        self.state.played += 1
        return True

    def _live(self, span_us: int) -> None:
        load_w = self.spec.load_w if self.state.load_w is None else self.state.load_w
        use = Use(load_w, self.spec.price_e4)
        while span_us > 0 and not self.state.relay.is_open:
            span_us = consume(self.state, use, span_us, self._next_floor())
            self.settle()

    def _next_floor(self) -> int | None:
        """Return the next lower sum at which the relay may open."""
        if self.state.keep_power:
            return None
        limits = self.spec.limits
        floors = [-limits.overdraft_cents * E5_PER_CENT]
        if self.spec.warning_trips:
            floors += [0, limits.alarm_2_cents * E5_PER_CENT]
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

    def _freeze(self, now: datetime) -> None:
        """Keep the figures of midnight, or of the first look after it."""
        midnight = now.astimezone(self.around.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        if self.state.frozen_at is None or self.state.frozen_at < midnight:
            self.state.frozen_at = midnight
            self.state.frozen_wh = self.energy_wh

    def _lifted(self) -> None:
        match self.spec.reclose:
            case Reclose.CLOSE:
                self.close()
            case Reclose.ALLOW:
                self.state.relay.command_open = False
            case Reclose.WAIT:
                pass
