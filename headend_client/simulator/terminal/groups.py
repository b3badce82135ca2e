"""Purchase control of a terminal: its groups use up what was bought, warn, and open their rounds one by one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from headend_client.simulator.group_spec import GroupSpec
from meters_io.gdw1376.amounts import exactly
from meters_io.gdw1376.events import EnergyControl, TerminalEvent
from meters_io.gdw1376.purchase_control import Account, Level, PurchaseOrder, level_of, take, use

_NEXT_ROUND = timedelta(seconds=60)
_WS_PER_KWH = 3_600_000
_E4_PER_LI = 10
Happen = Callable[[TerminalEvent], None]


@dataclass(slots=True)
class Group:
    """One group. `rounds`: those that take part (F48). `last`: the purchase that it took last. `spent_since`: since
    when it has been at its trip threshold. `rest`: what was used and is no whole step yet.
    """

    spec: GroupSpec
    account: Account
    rounds: int
    controlled: bool
    last: PurchaseOrder | None = None
    level: Level = Level.ENOUGH
    spent_since: datetime | None = None
    counted_until: datetime | None = None
    rest: int = 0

    def opened(self, now: datetime) -> int:
        """Which of its rounds it holds open for want of money: one at once, one more each minute."""
        if not self.controlled or self.spent_since is None:
            return 0
        count = 1 + (now - self.spent_since) // _NEXT_ROUND
        bits = [bit for bit in range(8) if self.rounds >> bit & 1]
        return sum(1 << bit for bit in bits[:count])

    def take(self, order: PurchaseOrder) -> None:
        """Take a purchase; RemoteError for a bill that it took before."""
        self.account = take(self.account, order)
        self.last = order

    def use(self, watt_seconds: int) -> None:
        """Count what flowed."""
        price = self.spec.price_e4
        self.rest += watt_seconds * (1 if price is None else price)
        step = _WS_PER_KWH if price is None else _WS_PER_KWH * _E4_PER_LI
        steps, self.rest = divmod(self.rest, step)
        self.account = use(self.account, steps)


def _forget() -> None:
    """Nobody remembers."""


@dataclass(slots=True)
class Groups:
    """All groups of a terminal. `tripped`: rounds that a master opened (AFN 05 F1). `speed`: of use, as the world's.

    `keep`: writes down what is to be remembered; called before an order is answered.
    """

    by_number: dict[int, Group] = field(default_factory=dict)
    tripped: int = 0
    speed: float = 1.0
    keep: Callable[[], None] = _forget

    def advance(self, now: datetime, happen: Happen, *, keeps_power: bool) -> None:
        """Live up to `now`: use what flows, and warn and open where the level says so. Keep-power suspends both."""
        for group in self.by_number.values():
            self._use(group, now)
            if group.controlled and not keeps_power:
                _follow(group, now, happen)
            else:
                group.spent_since = None

    def opened(self, group: Group, now: datetime) -> int:
        """Every round of a group that is open, whoever opened it."""
        return (self.tripped | group.opened(now)) & group.rounds

    def _use(self, group: Group, now: datetime) -> None:
        since, group.counted_until = group.counted_until or now, now
        if group.rounds and self.opened(group, now) == group.rounds:
            return
        group.use(round(group.spec.load_w * self.speed * (now - since).total_seconds()))


def groups_of(specs: tuple[GroupSpec, ...]) -> Groups:
    """Return the groups as they are seen first."""
    found = {each.number: Group(each, Account(each.steps), each.rounds, each.controlled) for each in specs}
    return Groups(found)


def _follow(group: Group, now: datetime, happen: Happen) -> None:
    level = level_of(group.account)
    if level is Level.TRIP:
        group.spent_since = group.spent_since or now
    else:
        group.spent_since = None
    if level is not group.level and level is not Level.ENOUGH:
        happen(_event(group, now, tripped=level is Level.TRIP))
    group.level = level


def _event(group: Group, now: datetime, *, tripped: bool) -> EnergyControl:
    opened = group.opened(now) if tripped else 0
    account = group.account
    return EnergyControl(
        now,
        group.spec.number,
        tuple(bit + 1 for bit in range(8) if opened >> bit & 1),
        by_purchase=True,
        value=exactly(account.steps),
        limit=exactly(account.trip if tripped else account.alarm),
        tripped=tripped,
    )
