"""What a terminal remembers of its groups when its process dies: what was bought, up to its last order."""

from dataclasses import dataclass

from headend_client.simulator.terminal.groups import Group, Groups
from meters_io.gdw1376.amounts import exactly
from meters_io.gdw1376.purchase_control import Account, Mode, PurchaseOrder


@dataclass(frozen=True, slots=True)
class KeptGroup:
    """One group. `account`: what is left, its thresholds and its last bill; `bought`: of that bill, in steps.

    `replaced`: the last bill was no addition to what was left.
    """

    number: int
    rounds: int
    controlled: bool
    account: Account
    bought: int | None = None
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class KeptGroups:
    """All groups of a terminal. `tripped`: rounds that a master opened."""

    groups: tuple[KeptGroup, ...] = ()
    tripped: int = 0


def kept(groups: Groups) -> KeptGroups:
    """Return what is to be remembered."""
    return KeptGroups(tuple(kept_group(each) for _, each in sorted(groups.by_number.items())), groups.tripped)


def kept_group(group: Group) -> KeptGroup:
    """Return what is to be remembered of one."""
    last = group.last
    bought, replaced = (last.value.steps, last.mode == Mode.REFRESH) if last else (None, False)
    return KeptGroup(group.spec.number, group.rounds, group.controlled, group.account, bought, replaced)


def recall(groups: Groups, before: KeptGroups) -> None:
    """Go on where it ended; groups that the world has no more are gone."""
    groups.tripped = before.tripped
    for each in before.groups:
        group = groups.by_number.get(each.number)
        if group is not None:
            group.rounds, group.controlled, group.account = each.rounds, each.controlled, each.account
            group.last = _last(each)


def _last(each: KeptGroup) -> PurchaseOrder | None:
    account = each.account
    if account.bill is None or each.bought is None:
        return None
    mode = Mode.REFRESH if each.replaced else Mode.APPEND
    return PurchaseOrder(account.bill, mode, exactly(each.bought), exactly(account.alarm), exactly(account.trip))
