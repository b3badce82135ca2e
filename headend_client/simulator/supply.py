"""Money, levels and relay of a meter with local fee control: whether there is supply. Both profiles share it.

Rules from the state functions of two meter firmware trees (DL/T 645-2007 meters of State Grid, local fee control):
at the end of the overdraft the relay opens and stays open; closing again needs money above item 04001005; keep-power
overrides all of it; a trip by order overrides the balance; a relay may wait with opening until the current is small.
"""

from datetime import datetime

from headend_client.simulator.faults import Behaviour, Script
from headend_client.simulator.rundown import UJ_PER_WH
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
    shared_out,
)
from headend_client.simulator.world import Limits, MeterSpec, Reclose
from meters_io.bits import bcd_from_bytes
from meters_io.dlt645.status import PrepayKind, StatusWord3

HIGH_CURRENT = "04001402"
_NOMINAL_V = 220


class Supply:
    """One meter's money and relay over its state. Time is somebody else's: `meter.Meter`."""

    __slots__ = ("spec", "state")  # there may be 200,000 of these in a process

    def __init__(self, spec: MeterSpec, state: MeterState) -> None:
        self.spec = spec
        self.state = state
        if not state.tariffs_uj:  # remembered before meters told tariffs apart
            state.tariffs_uj = shared_out(state.energy_uj)

    @property
    def behaviour(self) -> Behaviour:
        """The script in force."""
        return self.state.behaviour or self.spec.behaviour

    @property
    def limits(self) -> Limits:
        """Items 04001001 to 04001005."""
        return self.state.limits or self.spec.limits

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
    def energies_wh(self) -> tuple[int, ...]:
        """The total, and each tariff's."""
        return (self.energy_wh, *(energy // UJ_PER_WH for energy in self.state.tariffs_uj))

    @property
    def load_w(self) -> int:
        """What the household would draw."""
        return self.spec.load_w if self.state.load_w is None else self.state.load_w

    @property
    def power_w(self) -> int:
        """What it draws."""
        return 0 if self.state.relay.is_open else self.load_w

    @property
    def hoard_cents(self) -> int:
        """Item 04001004; zero is no limit."""
        if self.behaviour.script is Script.HOARDER and not self.limits.hoard_cents:
            return self.behaviour.figures.limit_cents
        return self.limits.hoard_cents

    def status(self) -> StatusWord3:
        """Return status word 3 without what the security chip knows."""
        state = self.state
        return StatusWord3(
            relay_open=state.relay.is_open,
            relay_command_open=state.relay.command_open,
            alarm=state.level is not Level.NORMAL or state.remote_alarm,
            prepay_kind=PrepayKind.MONEY if self.spec.has_wallet else PrepayKind.NONE,
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
        before, state.level = state.level, self._level()
        if state.keep_power or state.relay.is_open:
            return
        if state.relay.command_open:
            state.relay.is_open = not self._waits_for_current()
        elif state.level is Level.OFF:
            self.trip(Cause.DEBT)
        elif self.spec.warning_trips and state.level > before and state.level >= Level.ALARM_2:
            state.relay = RelayState(is_open=True, cause=Cause.WARNING)

    def _level(self) -> Level:
        return level_of(self.state.money_e5, self.limits) if self.spec.has_wallet else Level.NORMAL

    def trip(self, cause: Cause) -> None:
        """Open the relay, or order it open where the current is too large to be broken now."""
        waits = not self.state.relay.is_open and self._waits_for_current()
        self.state.relay = RelayState(is_open=not waits, command_open=True, cause=cause)

    def close(self) -> None:
        """Close the relay."""
        self.state.relay = RelayState()

    def may_close(self) -> bool:
        """Tell whether the money allows supply; once it went off for debt, more is asked than to stay on."""
        state = self.state
        if state.keep_power:
            return True
        if state.relay.cause is Cause.DEBT:
            return state.money_e5 > max(self.limits.reclose_cents * E5_PER_CENT, 0)
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

    def _waits_for_current(self) -> bool:
        """Tell whether more flows than item 04001402 (mA) allows to be broken; zero or unset: any current is broken."""
        limit = self.state.parameters.get(HIGH_CURRENT)
        if not isinstance(limit, str):
            return False
        limit_ma = bcd_from_bytes(bytes.fromhex(limit))
        return 0 < limit_ma < self.load_w * 1000 // _NOMINAL_V

    def _lifted(self) -> None:
        match self.spec.reclose:
            case Reclose.CLOSE:
                self.close()
            case Reclose.ALLOW:
                self.state.relay.command_open = False
            case Reclose.WAIT:
                pass
