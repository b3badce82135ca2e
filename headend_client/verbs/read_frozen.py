"""Read what a meter froze at the end of a day: energy in all and by tariff (0506xxnn), and money (050802nn)."""

from headend_client.orders import ReadFrozen
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.spelling import AsItIs, Said, Scaled
from headend_client.verbs.call import Call
from headend_client.verbs.read_registers import Item, read_item
from meters_io.dlt645.refusals import RefusalCode
from meters_io.layout import Plain

DAYS_KEPT = 62
_MOMENT, _ENERGY, _MONEY = 0x05060000, 0x05060100, 0x05080200
_MISSING = Refused(RefusalCode.NO_DATA.value)


async def read_frozen(call: Call, order: ReadFrozen) -> Readings | Refused | Unknown:
    """Read one day. Raises Unreachable.

    Readings: `frozen_at` (YYMMDDhhmm of the meter's clock: the end of the day that it is about), `energy_wh`,
    `energy_<n>_wh`, `balance_minor`, `overdraft_minor`, `purchase_count`; None for what the meter does not freeze.
    Refused("not_frozen"): it was not there, or not working, on that day.
    """
    if not 1 <= order.days_ago <= DAYS_KEPT:
        return Refused("bad_value")
    moment = await read_item(call, _MOMENT | order.days_ago)
    if not isinstance(moment, Item):
        return moment
    at = AsItIs().say(moment.value)
    if at is None or not int(at):
        return Refused("not_frozen")
    values: dict[str, Said] = {"frozen_at": at}
    for base, read in ((_ENERGY, _energies), (_MONEY, _money)):
        said = await read_item(call, base | order.days_ago)
        if isinstance(said, Unknown) or (isinstance(said, Refused) and said != _MISSING):
            return said
        values |= read(said.value if isinstance(said, Item) else None)
    return Readings(values)


def _energies(value: Plain) -> dict[str, Said]:
    figures = value if isinstance(value, list) else [None]
    said = [Scaled(1000).say(figure) for figure in figures]
    return {f"energy_{place}_wh" if place else "energy_wh": each for place, each in enumerate(said)}


def _money(value: Plain) -> dict[str, Said]:
    """Count, balance and overdraft; some meters send count and one sum."""
    parts = value if isinstance(value, dict) else {}
    balance = parts.get("balance", parts.get("money"))
    return {
        "balance_minor": Scaled(100).say(balance),
        "overdraft_minor": Scaled(100).say(parts.get("overdraft")),
        "purchase_count": Scaled().say(parts.get("count")),
    }
