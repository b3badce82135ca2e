"""The vending keys of a vendor, by supply group and revision, and which of them is in force (IEC 62055-41, 6.5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from meters_io.errors import LocalError
from meters_io.sts.keys import VendingKey
from meters_io.sts.tid import is_expired, tid_at

_REVISIONS = 9
_NEWER = range(1, 5)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys at hand, only those that may be used: activation dates are the caller's.

    The keys of a group stand in the order in which they came into force, for revisions go round from 9 to 1, and of
    many of them nobody could tell the newest. Raises LocalError: `duplicate_key`, `key_order`.
    """

    keys: tuple[VendingKey, ...]

    def __post_init__(self) -> None:
        if len({(key.sgc, key.krn) for key in self.keys}) != len(self.keys):
            raise LocalError("two keys share a supply group and revision", code="duplicate_key", field="keys")
        latest: dict[str, int] = {}
        for key in self.keys:
            if key.sgc in latest and not is_newer(key.krn, latest[key.sgc]):
                raise LocalError("the keys of a group go from the oldest to the newest", code="key_order", field="keys")
            latest[key.sgc] = key.krn

    def find(self, sgc: str, krn: int) -> VendingKey:
        """Return the key of that name. Raises LocalError `unknown_key`."""
        return _last(key for key in self.keys if (key.sgc, key.krn) == (sgc, krn))

    def newest(self, sgc: str, now: datetime, clock_offset: timedelta) -> VendingKey:
        """Return the newest key of a group that may serve at `now`. Raises LocalError `unknown_key`."""
        return _last(key for key in self.keys if key.sgc == sgc and _serves(key, now, clock_offset))

    def successor(self, sgc: str, krn: int, now: datetime, clock_offset: timedelta) -> VendingKey:
        """Return the newest key that may take the place of this one at `now`, or it itself where there is none.

        Raises LocalError `unknown_key`.
        """
        own = self.find(sgc, krn)
        later = self.keys[self.keys.index(own) + 1 :]
        return _last([own, *(key for key in later if key.sgc == sgc and _serves(key, now, clock_offset))])


def is_newer(krn: int, than: int) -> bool:
    """Tell whether a revision (1-9, then 1 again) comes after another: whether it lies up to four steps ahead."""
    return (krn - than) % _REVISIONS in _NEWER


def _serves(key: VendingKey, now: datetime, clock_offset: timedelta) -> bool:
    try:
        return not is_expired(tid_at(now, key.base_date, clock_offset), key.ken)
    except LocalError:  # before its base date, or when that has run out
        return False


def _last(keys: Iterable[VendingKey]) -> VendingKey:
    found = list(keys)
    if not found:
        raise LocalError("there is no such vending key", code="unknown_key", field="sgc")
    return found[-1]
