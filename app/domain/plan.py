"""Who of an account is told something: one way a chain, nobody who said no, nobody too often (SPEC N-3, N-8, N-10).

A chain is a way of reaching somebody and the ways that stand in for it, one after the other. Pure: ways in, choice out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.notice import MANNERS, PASS_THE_CAP, MessageKind, told_to_subscribers
from app.domain.suppression import SuppressionScope


class Why(StrEnum):
    """Why nobody is told. `capped`: its address has had enough in these 24 hours. `told`: it was planned before.
    `not_offered`: the settings name no provider for its medium."""

    NO_CONTACT = "no_contact"
    NOT_OFFERED = "not_offered"
    STOPPED = "stopped"
    SUPPRESSED = "suppressed"
    CAPPED = "capped"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Way:
    """A contact as the rule sees it. `stopped`: its reader switched warnings off. `told`: capped ones in 24 hours.
    `offered`: somebody carries its medium. `wants_results`: its reader wants to hear of each purchase."""

    id: UUID
    channel: str
    address: str
    stands_in_for: UUID | None = None
    stopped: bool = False
    suppressed: SuppressionScope | None = None
    told: int = 0
    offered: bool = True
    wants_results: bool = True


@dataclass(frozen=True, slots=True)
class Matter:
    """What is told. `first`: for the first time about its cause; `cap`: most of the capped to one address a day."""

    kind: MessageKind
    first: bool = True
    cap: int = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """The ways that are used, in the contacts' order; where there are none, `reason` says why."""

    ways: tuple[Way, ...]
    reason: Why | None = None


def choose(matter: Matter, ways: Sequence[Way]) -> Choice:
    """Choose the first open way of each chain.

    A way that is stopped, left alone or not offered is passed over: whoever stands in for it has a switch of their own.
    An address that has had enough ends its chain: the next one would only be a way round the cap. So does a reader who
    can be reached and does not want to hear of purchases.
    """
    looked = [_first_open(matter, chain) for chain in chains(ways)]
    used = tuple(found for found in looked if isinstance(found, Way))
    reasons = [found for found in looked if isinstance(found, Why)]
    if used:
        return Choice(used)
    return Choice((), reasons[0] if reasons else Why.NO_CONTACT)


def stand_in(matter: Matter, ways: Sequence[Way], tried: frozenset[UUID]) -> Way | None:
    """The next way of the chain in which all of `tried` were tried in vain; None: nobody is left."""
    for chain in chains(ways):
        places = [place for place, way in enumerate(chain) if way.id in tried]
        if places:
            found = _first_open(matter, chain[max(places) + 1 :])
            return found if isinstance(found, Way) else None
    return None


def chains(ways: Sequence[Way]) -> list[tuple[Way, ...]]:
    """Every way in exactly one chain; one that stands in for nobody here begins its own, and so does a ring's first."""
    known = {way.id for way in ways}
    behind: dict[UUID, list[Way]] = {}
    for way in ways:
        if way.stands_in_for in known and way.stands_in_for is not None:
            behind.setdefault(way.stands_in_for, []).append(way)
    heads = [way for way in ways if way.stands_in_for not in known]
    found: list[tuple[Way, ...]] = []
    seen: set[UUID] = set()
    for head in (*heads, *ways):
        if head.id not in seen:
            found.append(_chain(head, behind, seen))
    return found


def _chain(head: Way, behind: dict[UUID, list[Way]], seen: set[UUID]) -> tuple[Way, ...]:
    chain: list[Way] = []
    waiting = [head]
    while waiting:
        way = waiting.pop(0)
        if way.id not in seen:
            seen.add(way.id)
            chain.append(way)
            waiting[:0] = behind.get(way.id, [])
    return tuple(chain)


def _first_open(matter: Matter, chain: Sequence[Way]) -> Way | Why:
    closed: Why | None = None
    for way in chain:
        if told_to_subscribers(matter.kind) and not way.wants_results:
            return Why.STOPPED
        against = _against(matter, way)
        if against is None:
            return way
        if against is Why.CAPPED:
            return against
        closed = closed or against
    return closed or Why.NO_CONTACT


def _against(matter: Matter, way: Way) -> Why | None:
    manner = MANNERS[matter.kind]
    if not way.offered:
        return Why.NOT_OFFERED
    if left_alone(matter.kind, way.suppressed):
        return Why.SUPPRESSED
    if manner.unasked and way.stopped:
        return Why.STOPPED
    passes = matter.first and matter.kind in PASS_THE_CAP
    if manner.capped and not passes and way.told >= matter.cap:
        return Why.CAPPED
    return None


def left_alone(kind: MessageKind, scope: SuppressionScope | None) -> bool:
    """Does what stands against an address keep a message of this kind from it?"""
    return scope is SuppressionScope.ALL or (scope is SuppressionScope.REMINDERS and MANNERS[kind].unasked)
