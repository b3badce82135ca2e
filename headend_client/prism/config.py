"""Where a PrismToken module is, how it counts, how long it is waited for."""

from dataclasses import dataclass, field
from enum import StrEnum

from meters_io.sts.tid import BaseDate


@dataclass(frozen=True, slots=True)
class PrismPlace:
    """Where a module is and who we are to it. `ca_file`: certificates that its own may be signed by, empty: the usual.

    `name`: what its certificate calls it, empty: the host.
    """

    host: str
    port: int
    realm: str
    user: str
    password: str = field(repr=False)
    ca_file: str = ""
    name: str = ""


class Amounts(StrEnum):
    """What transferAmount counts in tokens of subclasses 4-7: the API means the first, one peer sends the other."""

    CURRENCY = "currency"
    HUNDRED_THOUSANDTHS = "hundred_thousandths"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What cannot be learned from the module: `base_year`, of the base date of its keys; `amounts`."""

    base_year: int = BaseDate.Y2014
    amounts: Amounts = Amounts.CURRENCY


@dataclass(frozen=True, slots=True)
class PrismTiming:
    """Seconds. `connect_s`, `answer_s`: of one step; `whole_s`: of a request with its turn, its sign-in, its question.

    `settle_s`: how long a call may still be under way inside the module after we lost its answer. `idle_s`: a line that
    was silent for longer is tried with a ping before a token is asked for on it.
    """

    connect_s: float = 5.0
    answer_s: float = 8.0
    whole_s: float = 22.0
    settle_s: float = 60.0
    idle_s: float = 30.0


@dataclass(frozen=True, slots=True)
class PrismConfig:
    """All of it."""

    place: PrismPlace
    dialect: Dialect = field(default_factory=Dialect)
    timing: PrismTiming = field(default_factory=PrismTiming)
