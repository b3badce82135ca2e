"""What a meter remembers, in a form that can be saved. Money is counted in 0.00001 yuan ("e5"), below zero is debt."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from headend_client.simulator.faults import Behaviour, Script
from headend_client.simulator.tariffs import TARIFFS, Tariffs
from headend_client.simulator.world import Limits, MeterSpec

E5_PER_CENT = 1_000
MAX_COUNT = 9_999  # item 03330201 has two bytes of BCD


class Level(IntEnum):
    """How a local-fee-control meter stands, better first."""

    NORMAL = 0
    ALARM_1 = 1
    ALARM_2 = 2
    OVERDRAFT = 3
    OFF = 4


class Cause(StrEnum):
    """Why the relay is open."""

    NONE = "none"
    ORDER = "order"
    DEBT = "debt"
    WARNING = "warning"


class CreditKind(StrEnum):
    """How money came into a meter."""

    OPENING = "opening"
    RECHARGE = "recharge"
    TOKEN = "token"


@dataclass(slots=True)
class RelayState:
    """`command_open` false while `is_open`: closing is allowed and waits for a hand (or, `close_at`, for a time)."""

    is_open: bool = False
    command_open: bool = False
    cause: Cause = Cause.NONE
    close_at: datetime | None = None
    close_by_hand: bool = False  # at `close_at` closing is only allowed (1EH), not done (1DH)


@dataclass(frozen=True, slots=True)
class Paid:
    """Money on its way into a meter, with what makes it come once: the purchase count, or the token's identifier."""

    kind: CreditKind
    amount_e5: int
    count: int | None = None
    tid: int | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """One accepted recharge or token. The list of these is the truth about "credited exactly once"."""

    at: datetime
    kind: CreditKind
    amount_e5: int
    before_e5: int
    after_e5: int
    count: int | None = None
    tid: int | None = None


@dataclass(frozen=True, slots=True)
class FrozenDay:
    """What a meter kept at midnight `at`. `energies_wh`: the total, and each tariff's."""

    at: datetime
    money_e5: int
    purchase_count: int
    energies_wh: tuple[int, ...]


@dataclass(slots=True)
class TokenMemory:
    """What an STS meter keeps beside its key (`meters_io.sts.meter_state`).

    `meter`: the state as that module saves it, from the first management token or key change on; until then the keys
    of the world file are the meter's, and the three fields before it always hold.
    """

    tids: list[int]
    wrong_tokens: int = 0
    locked_until: datetime | None = None
    meter: dict[str, object] | None = field(default=None, repr=False)


@dataclass(slots=True)
class MeterState:
    """Everything that survives a meter's death. `energy_uj`: consumed since ever, microjoules.

    `tariffs_uj`: the same by tariff. `cost_rest`: what was consumed and did not yet make 0.00001 yuan. `played`: how
    often the script had its way. `behaviour`, `load_w`: set from outside, in place of what the world file says; so are
    `limits`, `tariffs` and `parameters` (the bytes of items as hex, by identifier) by orders over the line.
    `mac_errors` are those of `mac_errors_on`. `frozen`: midnights, the newest last. `clock_ahead_s`: how wrong its
    clock is; `clock_told_on`: when a broadcast last set it. `raised`: what else is on in the status words 1 to 7.
    """

    money_e5: int
    energy_uj: int
    purchase_count: int
    customer: str
    account_open: bool = True
    keep_power: bool = False
    remote_alarm: bool = False
    level: Level = Level.NORMAL
    cost_rest: int = 0
    relay: RelayState = field(default_factory=RelayState)
    credits: list[Credit] = field(default_factory=list)
    tokens: TokenMemory | None = None
    behaviour: Behaviour | None = None
    load_w: int | None = None
    played: int = 0
    mac_errors: int = 0
    mac_errors_on: str = ""
    tariffs_uj: list[int] = field(default_factory=list)
    limits: Limits | None = None
    tariffs: Tariffs | None = None
    parameters: dict[str, object] = field(default_factory=dict)
    frozen: list[FrozenDay] = field(default_factory=list)
    clock_ahead_s: int = 0
    clock_told_on: str = ""
    raised: list[int] = field(default_factory=list)


def level_of(money_e5: int, limits: Limits) -> Level:
    """Return the level of a meter with this much money (two firmware trees agree in outline)."""
    if money_e5 > limits.alarm_1_cents * E5_PER_CENT:
        return Level.NORMAL
    if money_e5 > limits.alarm_2_cents * E5_PER_CENT:
        return Level.ALARM_1
    if money_e5 > 0:
        return Level.ALARM_2
    return Level.OVERDRAFT if -money_e5 < limits.overdraft_cents * E5_PER_CENT else Level.OFF


def first_state(spec: MeterSpec) -> MeterState:
    """Return a meter as the world file describes it, its script's beginnings included."""
    first = spec.first
    money = (first.balance_cents - first.overdraft_cents) * E5_PER_CENT
    state = MeterState(money, first.energy_wh * 3_600_000_000, first.purchase_count, spec.customer)
    state.account_open, state.keep_power = first.account_open, first.keep_power
    state.level = level_of(money, spec.limits) if spec.has_wallet else Level.NORMAL
    state.tariffs_uj = shared_out(state.energy_uj)
    state.clock_ahead_s = first.clock_ahead_s
    if first.relay_open:
        cause = Cause.DEBT if state.level is Level.OFF else Cause.ORDER
        state.relay = RelayState(is_open=True, command_open=True, cause=cause)
    if spec.sts is not None:
        state.tokens = TokenMemory([spec.sts.first_tid] * spec.sts.memory_size)
    begin_script(state, spec.behaviour)
    return state


def shared_out(energy_uj: int) -> list[int]:
    """Return energy of which nobody knows when it was used, by tariff."""
    share = energy_uj // TARIFFS
    return [energy_uj - share * (TARIFFS - 1)] + [share] * (TARIFFS - 1)


def begin_script(state: MeterState, behaviour: Behaviour) -> None:
    """Do to a meter what its script does before anything is said to it."""
    state.played = 0
    if behaviour.script is Script.WRONG_COUNT:
        state.purchase_count += behaviour.figures.count_ahead
    if behaviour.script is Script.KEEP_POWER:
        state.keep_power = True
        state.relay = RelayState()
