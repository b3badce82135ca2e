"""Supply and relay: what status word 3 means, and what to do after credit (SPEC L-6, H-4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class Supply(StrEnum):
    """What the resident has: `armed` waits for a hand at the meter."""

    ON = "on"
    OFF = "off"
    ARMED = "armed"
    KEEP_POWER = "keep_power"
    UNKNOWN = "unknown"


class ClosePolicy(StrEnum):
    """The utility's safety policy for a meter: close at once, arm for the resident's hand, or only at the kiosk."""

    CLOSE = "close"
    ARM = "arm"
    LOCAL = "local"


class RelayAct(StrEnum):
    """What to do about a relay. `forbid`: the balance does not allow it; `leave`: nothing to do."""

    LEAVE = "leave"
    CLOSE = "close"
    ARM = "arm"
    FORBID = "forbid"


@dataclass(frozen=True, slots=True)
class RelayBits:
    """Bits 4, 6 and 12 of status word 3 (DL/T 645-2007, 04000503)."""

    relay_open: bool
    command_open: bool
    keep_power: bool


def supply(bits: RelayBits) -> Supply:
    """Say what the resident has. Relay open under a close order means that the meter waits for a hand."""
    if bits.keep_power:
        return Supply.KEEP_POWER if not bits.relay_open else Supply.OFF
    if not bits.relay_open:
        return Supply.ON
    return Supply.OFF if bits.command_open else Supply.ARMED


def act_after_credit(bits: RelayBits, policy: ClosePolicy, balance_minor: int, reclose_limit_minor: int) -> RelayAct:
    """Decide about the relay once a purchase is in the meter."""
    if not bits.relay_open:
        return RelayAct.LEAVE
    if balance_minor <= reclose_limit_minor:
        return RelayAct.FORBID
    if policy is ClosePolicy.CLOSE:
        return RelayAct.CLOSE
    if policy is ClosePolicy.ARM and bits.command_open:
        return RelayAct.ARM
    return RelayAct.LEAVE


def proved(act: RelayAct, bits: RelayBits) -> bool:
    """Did the meter do it? A good answer (9C) is not proof; the status word is."""
    if act is RelayAct.CLOSE:
        return not bits.relay_open
    if act is RelayAct.ARM:
        return not bits.command_open
    return True


_SLOTS = 997


def turn_after_outage(meter_id: UUID, restored_at: datetime, span: timedelta) -> datetime:
    """When the relay of a meter that was dark with its area may be closed: within `span`, always at the same moment."""
    return restored_at + span * ((meter_id.int % _SLOTS + 1) / (_SLOTS + 1))
