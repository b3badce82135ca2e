"""What somebody is to a meter, and what that lets them see and do (SPEC R-1, R-2)."""

from enum import StrEnum


class Standing(StrEnum):
    """`holder`: the phone is a contact of the account; sees name, use and settings. `family`: let in by a holder, sees
    the same and changes nothing. `payer`: anybody else who keeps the meter to pay for it; sees what a guest sees."""

    HOLDER = "holder"
    FAMILY = "family"
    PAYER = "payer"


class Sight(StrEnum):
    """What is not printed on the meter, and therefore not for every guest."""

    NAME = "name"
    ADDRESS = "address"
    USE = "use"
    HISTORY = "history"
    SETTINGS = "settings"


class Deed(StrEnum):
    """What changes something for everybody at the meter."""

    SETTINGS = "settings"
    INVITE = "invite"


_INSIDE = frozenset((Standing.HOLDER, Standing.FAMILY))


def may_see(standing: Standing | None, what: Sight) -> bool:
    """May somebody of this standing (None: a guest) see it? Holder and family see all there is, others none of it."""
    return standing in _INSIDE and what in Sight


def may_do(standing: Standing | None, deed: Deed) -> bool:
    """May somebody of this standing do it? Holders only: family pays and looks, and changes nothing for others."""
    return standing is Standing.HOLDER and deed in Deed


def judged(kept_as: Standing, *, is_contact: bool, host_is_contact: bool) -> Standing:
    """What somebody is to a meter that they keep, as things are now.

    `is_contact`: the proven phone is an SMS contact of the account today; `host_is_contact`: so is that of the holder
    who let this person in. A household that moves out takes its family along.
    """
    if is_contact:
        return Standing.HOLDER
    return Standing.FAMILY if kept_as is Standing.FAMILY and host_is_contact else Standing.PAYER
