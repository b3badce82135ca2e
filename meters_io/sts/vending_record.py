"""What a vendor remembers of a meter through its key changes. No secret is in it: keys are named, not held."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from meters_io.sts.ciphers import Algorithm
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey
from meters_io.sts.pan import MeterPan
from meters_io.sts.tid import BaseDate
from meters_io.sts.vending import IssuedToken, TokenOrder


@dataclass(frozen=True, slots=True)
class Configuration:
    """Under which vending key a meter is, with the attributes it had then, and the tariff index of the meter."""

    sgc: str
    krn: int
    ti: int
    kt: KeyType = KeyType.DUTK
    ken: int = 255
    base_date: BaseDate = BaseDate.Y2014


def configuration_of(key: VendingKey, ti: int) -> Configuration:
    """Return the configuration of a meter under this key."""
    return Configuration(key.sgc, key.krn, ti, key.kt, key.ken, key.base_date)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a meter shall be moved. None: the group or tariff stays; the newest key of the group."""

    sgc: str | None = None
    ti: int | None = None
    krn: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """A key change set asked for by itself: to `wanted`, or to what is pending or supersedes the key anyway."""

    request_id: str
    wanted: Wanted | None = None


Order = TokenOrder | ChangeOrder


@dataclass(frozen=True, slots=True)
class KeyChangeSet:
    """The tokens that lead a meter from one configuration to another: in any order, all before the next token."""

    old: Configuration
    new: Configuration
    digits: tuple[str, ...] = field(repr=False)

    @property
    def rolls_over(self) -> bool:
        """Whether the meter empties its TID memory for another base date."""
        return self.old.base_date is not self.new.base_date


@dataclass(frozen=True, slots=True)
class Issue:
    """What answers an order: a key change set where one was due, then the token, if one was ordered."""

    order: Order
    change: KeyChangeSet | None
    token: IssuedToken | None

    @property
    def digits(self) -> tuple[str, ...]:
        """All tokens in the order in which the customer shall type them."""
        before = () if self.change is None else self.change.digits
        return before if self.token is None else (*before, self.token.digits)


@dataclass(frozen=True, slots=True)
class VendingRecord:
    """A meter as its vendor knows it.

    `active`: the configuration the meter has, or will have once it was given all that was issued for it. `wanted`: a
    key change that was ordered and goes out with the next token. `changes`: all sets issued so far, oldest first, for a
    customer who lost one, and so that no key from before a roll-over comes back. `last_tid`, `last_special`: of the
    base date in force, see `VendingState`. `issued`: by request; a caller with a journal of its own may fill it with no
    more than the request at hand.
    """

    pan: MeterPan
    active: Configuration
    ea: Algorithm = Algorithm.MISTY1
    three_tokens: bool = False
    wanted: Wanted | None = None
    last_tid: int | None = None
    last_special: int | None = None
    changes: tuple[KeyChangeSet, ...] = ()
    issued: Mapping[str, Issue] = field(default_factory=dict)

    def config(self, ti: int) -> MeterConfig:
        """Return what the meter puts into its decoder key under this tariff index. Raises LocalError `ti`."""
        return MeterConfig(self.pan, ti, self.ea)
