"""Commissioning (购电投入调试): parameters, live data and remote control, each tried before a meter goes live (H-13).

Remote control is tried with keep-power, on and off again: both are proved by reading back, and nobody sits in the dark
for a trial, not even if it breaks off in the middle.
"""

from collections.abc import Mapping
from enum import StrEnum

from app.domain.operation import DeviceItemState, OperationKind


class Trial(StrEnum):
    """What is tried, in this order."""

    PARAMETERS = "parameters"
    WALLET = "wallet"
    LIVE_DATA = "live_data"
    RELAY = "relay"
    CONTROL_ON = "control_on"
    CONTROL_OFF = "control_off"


class CommissioningState(StrEnum):
    """`running`: trials are under way. `stopped`: staff ended it. The other two say how it came out."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    STOPPED = "stopped"


_KINDS = {
    Trial.WALLET: OperationKind.READ_WALLET,
    Trial.LIVE_DATA: OperationKind.READ_LIVE,
    Trial.RELAY: OperationKind.READ_RELAY,
    Trial.CONTROL_ON: OperationKind.KEEP_POWER_ON,
    Trial.CONTROL_OFF: OperationKind.KEEP_POWER_OFF,
}


def kind_of(trial: Trial, *, sets: bool) -> OperationKind:
    """The operation that is a trial. `sets`: limits were given that every meter is to run under."""
    if trial is Trial.PARAMETERS:
        return OperationKind.SET_LIMITS if sets else OperationKind.READ_LIMITS
    return _KINDS[trial]


def trials_for(*, has_wallet: bool, power_kept: bool = False) -> tuple[Trial, ...]:
    """What is tried with a meter. One that holds no money has no wallet to read; where keep-power was on before, nobody
    switches it off for a trial."""
    left_out = {Trial.WALLET: not has_wallet, Trial.CONTROL_OFF: power_kept}
    return tuple(trial for trial in Trial if not left_out.get(trial, False))


def passed(state: DeviceItemState) -> bool:
    """Is a trial that ended so proved?"""
    return state is DeviceItemState.DONE


def next_trial(wanted: tuple[Trial, ...], outcomes: Mapping[str, str]) -> Trial | None:
    """The first trial that was not made; None: all were. `outcomes`: states of items by names of trials."""
    return next((trial for trial in wanted if trial.value not in outcomes), None)


def came_out(wanted: tuple[Trial, ...], outcomes: Mapping[str, str]) -> CommissioningState:
    """How it stands: one failed trial ends it, all proved pass it."""
    if any(not passed(DeviceItemState(state)) for state in outcomes.values()):
        return CommissioningState.FAILED
    return CommissioningState.RUNNING if next_trial(wanted, outcomes) else CommissioningState.PASSED


class CannotCommission(Exception):
    """A commissioning that cannot be; nothing has been changed. `code`: commissioning_nobody, commissioning_too_many,
    commissioning_not_now."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
