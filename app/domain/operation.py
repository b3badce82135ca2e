"""What the head end can be asked to do, to one device or to many: its kinds, and the life of it (SPEC H-3, B-5).

An operation is one wish of a person or of a schedule; it has an item for each device. An item ends in a word that says
what is known of the device, never in doubt about what we did.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.roles import Permission


class Subject(StrEnum):
    """What an operation is done to."""

    METER = "meter"
    CONCENTRATOR = "concentrator"


class OperationKind(StrEnum):
    """Everything that can be asked for."""

    READ_WALLET = "read_wallet"  # balance, overdraft, purchase count
    READ_RECORDS = "read_records"  # the same, and the purchases that the meter wrote down itself
    READ_ENERGY = "read_energy"  # in all and by tariff
    READ_LIVE = "read_live"  # voltage, current, power
    READ_STATUS = "read_status"  # status words
    READ_FROZEN = "read_frozen"  # a frozen day
    READ_LIMITS = "read_limits"  # alarm amounts, overdraft, hoarding and reclose limits
    READ_CLOCK = "read_clock"
    READ_TARIFFS = "read_tariffs"  # both sets, when they switch, which one is active
    READ_RELAY = "read_relay"
    SET_LIMITS = "set_limits"
    SET_CLOCK = "set_clock"
    SET_TARIFFS = "set_tariffs"
    TRIP_RELAY = "trip_relay"
    ALLOW_CLOSE = "allow_close"
    CLOSE = "close"
    KEEP_POWER_ON = "keep_power_on"
    KEEP_POWER_OFF = "keep_power_off"
    SWITCH_FEE_CONTROL = "switch_fee_control"  # who holds its money: the meter or the ledger
    DOWNLOAD = "download"  # what is paid and not in the meter: tried now
    SEND_SETTING = "send_setting"  # an STS management token
    CHANGE_KEY = "change_key"  # an STS key change set
    READ_TERMINAL_CLOCK = "read_terminal_clock"
    SET_TERMINAL_CLOCK = "set_terminal_clock"
    START_TIME_SYNC = "start_time_sync"
    STOP_TIME_SYNC = "stop_time_sync"
    READ_ARCHIVE = "read_archive"
    DOWNLOAD_ARCHIVE = "download_archive"
    DELETE_FROM_ARCHIVE = "delete_from_archive"
    CLEAR_ARCHIVE = "clear_archive"
    READ_RUNNING = "read_running"  # running parameters of the meters' ports
    SET_RUNNING = "set_running"
    SET_MASTER_INTERVAL = "set_master_interval"
    COLLECT_EVENTS = "collect_events"
    READ_GROUP = "read_group"  # what a terminal keeps of a meter's purchases, and its switches
    START_PURCHASE_CONTROL = "start_purchase_control"
    STOP_PURCHASE_CONTROL = "stop_purchase_control"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a kind is. `changes`: the device is different afterwards, so it is read back, and asked about before it is
    sent again. `restores`: it gives somebody light, and overtakes everything."""

    subject: Subject
    permission: Permission
    changes: bool = False
    restores: bool = False


_M, _C = Subject.METER, Subject.CONCENTRATOR
_READ, _SET, _RELAY, _ARCHIVE = (
    Permission.READ_DEVICES,
    Permission.SET_DEVICES,
    Permission.SWITCH_RELAYS,
    Permission.CHANGE_ARCHIVE,
)
_K = OperationKind
TRAITS: dict[OperationKind, Traits] = {
    _K.READ_WALLET: Traits(_M, _READ),
    _K.READ_RECORDS: Traits(_M, _READ),
    _K.READ_ENERGY: Traits(_M, _READ),
    _K.READ_LIVE: Traits(_M, _READ),
    _K.READ_STATUS: Traits(_M, _READ),
    _K.READ_FROZEN: Traits(_M, _READ),
    _K.READ_LIMITS: Traits(_M, _READ),
    _K.READ_CLOCK: Traits(_M, _READ),
    _K.READ_TARIFFS: Traits(_M, _READ),
    _K.READ_RELAY: Traits(_M, _READ),
    _K.SET_LIMITS: Traits(_M, _SET, changes=True),
    _K.SET_CLOCK: Traits(_M, _SET, changes=True),
    _K.SET_TARIFFS: Traits(_M, _SET, changes=True),
    _K.TRIP_RELAY: Traits(_M, _RELAY, changes=True),
    _K.ALLOW_CLOSE: Traits(_M, _RELAY, changes=True, restores=True),
    _K.CLOSE: Traits(_M, _RELAY, changes=True, restores=True),
    _K.KEEP_POWER_ON: Traits(_M, _RELAY, changes=True, restores=True),
    _K.KEEP_POWER_OFF: Traits(_M, _RELAY, changes=True),
    _K.SWITCH_FEE_CONTROL: Traits(_M, Permission.SWITCH_FEE_CONTROL),  # the meter is only read
    _K.DOWNLOAD: Traits(_M, _READ),
    _K.SEND_SETTING: Traits(_M, _SET, changes=True),
    _K.CHANGE_KEY: Traits(_M, _SET, changes=True),
    _K.READ_TERMINAL_CLOCK: Traits(_C, _READ),
    _K.SET_TERMINAL_CLOCK: Traits(_C, _SET, changes=True),
    _K.START_TIME_SYNC: Traits(_C, _SET, changes=True),
    _K.STOP_TIME_SYNC: Traits(_C, _SET, changes=True),
    _K.READ_ARCHIVE: Traits(_C, _READ),
    _K.DOWNLOAD_ARCHIVE: Traits(_C, _ARCHIVE, changes=True),
    _K.DELETE_FROM_ARCHIVE: Traits(_C, _ARCHIVE, changes=True),
    _K.CLEAR_ARCHIVE: Traits(_C, _ARCHIVE, changes=True),
    _K.READ_RUNNING: Traits(_C, _READ),
    _K.SET_RUNNING: Traits(_C, _SET, changes=True),
    _K.SET_MASTER_INTERVAL: Traits(_C, _SET, changes=True),
    _K.COLLECT_EVENTS: Traits(_C, _READ),
    _K.READ_GROUP: Traits(_M, _READ),
    _K.START_PURCHASE_CONTROL: Traits(_M, _SET, changes=True),
    _K.STOP_PURCHASE_CONTROL: Traits(_M, _SET, changes=True),
}


class OperationState(StrEnum):
    """`planning`: its items are being written down. `paused` waits for a hand; `stopped` never goes on; `done`: every
    item has ended."""

    PLANNING = "planning"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class OperationAct(StrEnum):
    """What staff may do to an operation that is there."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


class DeviceItemState(StrEnum):
    """`waiting`: not begun. `under_way`: promised to the front-end. `done`: proved. `refused`: the device said no, or
    read back it is as it was. `unreached`: surely nothing reached it. `unknown`: it may have done it, and no reading
    says so. `left_out`: a rule of ours forbade it before anything was sent. `stopped`: nothing was sent.
    """

    WAITING = "waiting"
    UNDER_WAY = "under_way"
    DONE = "done"
    REFUSED = "refused"
    UNREACHED = "unreached"
    UNKNOWN = "unknown"
    LEFT_OUT = "left_out"
    STOPPED = "stopped"


ENDED = frozenset(DeviceItemState) - {DeviceItemState.WAITING, DeviceItemState.UNDER_WAY}
MOST_TRIES = 3


class CannotOperate(Exception):
    """Something that cannot be asked for now; nothing was changed. `code` says why (`operation_not_now`, ...)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


_S, _A = OperationState, OperationAct
_ALLOWED: dict[OperationState, frozenset[OperationAct]] = {
    _S.PLANNING: frozenset({_A.STOP}),
    _S.SCHEDULED: frozenset({_A.PAUSE, _A.STOP}),
    _S.RUNNING: frozenset({_A.PAUSE, _A.STOP}),
    _S.PAUSED: frozenset({_A.RESUME, _A.STOP}),
    _S.STOPPED: frozenset(),
    _S.DONE: frozenset(),
}
UNDER_WAY = frozenset({_S.PLANNING, _S.SCHEDULED, _S.RUNNING, _S.PAUSED})


def allowed(state: OperationState) -> frozenset[OperationAct]:
    """What may be done to an operation in this state."""
    return _ALLOWED[state]


def demand(state: OperationState, act: OperationAct) -> None:
    """Raise CannotOperate where `act` is not allowed."""
    if act not in _ALLOWED[state]:
        raise CannotOperate("operation_not_now")


def starts_as(starts_at: datetime | None, now: datetime) -> OperationState:
    """The state of an operation that has just been asked for, or resumed."""
    return OperationState.SCHEDULED if starts_at is not None and starts_at > now else OperationState.RUNNING


class Ending(StrEnum):
    """How one try of an item ended: as the outcomes of the head end, and `unreachable`, nothing was sent."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"


_LAST = {
    Ending.ANSWERED: DeviceItemState.DONE,
    Ending.REFUSED: DeviceItemState.REFUSED,
    Ending.UNKNOWN: DeviceItemState.UNKNOWN,
    Ending.UNREACHABLE: DeviceItemState.UNREACHED,
}


def after_try(ending: Ending, attempts: int, *, maybe_done: bool) -> DeviceItemState | None:
    """What an item is after its `attempts`-th try; None: it is tried again.

    `maybe_done`: this try or an earlier one may have changed the device. Then it is not `unreached`, however many later
    tries did not get there.
    """
    if ending in (Ending.ANSWERED, Ending.REFUSED):
        return _LAST[ending]
    if attempts < MOST_TRIES:
        return None
    return DeviceItemState.UNKNOWN if maybe_done else _LAST[ending]
