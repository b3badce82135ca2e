"""Which kind of decoder key may take the place of which (IEC 62055-41, 6.1.8 and 7.3).

That a default or a common key may return to a default one is quoted from practice; the other rows are the standard's.
"""

from collections.abc import Mapping

from meters_io.sts.keys import KeyType

Changes = Mapping[KeyType, frozenset[KeyType]]

ALLOWED_CHANGES: Changes = {
    KeyType.DITK: frozenset({KeyType.DDTK, KeyType.DUTK, KeyType.DCTK}),
    KeyType.DDTK: frozenset({KeyType.DUTK, KeyType.DCTK}),
    KeyType.DUTK: frozenset({KeyType.DDTK}),
    KeyType.DCTK: frozenset({KeyType.DDTK}),
}


def may_follow(old: KeyType, new: KeyType, allowed: Changes = ALLOWED_CHANGES) -> bool:
    """Tell whether a key change may lead from `old` to `new`; to the same kind it always may."""
    return new is old or new in allowed.get(old, frozenset())
