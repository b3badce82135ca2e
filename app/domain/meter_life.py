"""From the store to the wall and off it again: what a meter is, and so what may be done to it (SPEC H-13, B-12)."""

from enum import StrEnum


class MeterLife(StrEnum):
    """`new`: hung and not tried. `commissioning`: being tried, or tried in vain. `live`: in use. `leaving`: an exchange
    has begun, nothing new is sent to it. `removed`: off the wall; its rows are history."""

    NEW = "new"
    COMMISSIONING = "commissioning"
    LIVE = "live"
    LEAVING = "leaving"
    REMOVED = "removed"


UNTRIED = (MeterLife.NEW, MeterLife.COMMISSIONING)


class NotForSale(Exception):
    """Credit for this meter may not be sold now. `code`: meter_not_in_service, meter_removed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def bar_to_sale(life: MeterLife, *, sell_untried: bool) -> str:
    """Why nothing may be sold to a meter, as a code; empty where it may.

    `sell_untried`: the utility sells before a meter has passed its commissioning. A meter that is leaving may be paid
    for: the money goes on to the one that takes its place.
    """
    if life is MeterLife.REMOVED:
        return "meter_removed"
    return "meter_not_in_service" if life in UNTRIED and not sell_untried else ""
