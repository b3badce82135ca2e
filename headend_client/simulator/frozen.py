"""What a meter kept at midnight, read by how many midnights ago (0506xxnn and 050802nn, nn from 1, the newest)."""

from collections.abc import Callable

from headend_client.simulator.meter import DAYS_KEPT
from headend_client.simulator.state import E5_PER_CENT, FrozenDay
from headend_client.simulator.view import View, energy
from headend_client.simulator.world import MAX_CENTS, Profile
from meters_io.dlt645.values import money_to_bytes, number_to_bytes

_MASK = 0xFFFFFF00
_Part = Callable[[View, FrozenDay], bytes]


def read_frozen(view: View, di: int) -> bytes | None:
    """Return a part of a frozen day, None where there is no such item. A day that was not frozen yet shows zeros."""
    part = _PARTS.get(di & _MASK)
    if part is None or (part is _money and not view.meter.spec.has_wallet):
        return None
    ago = di & ~_MASK
    if not 1 <= ago <= DAYS_KEPT:
        return None
    day = view.meter.frozen(ago)
    if day is not None:
        return part(view, day)
    return bytes(len(part(view, view.meter.state.frozen[-1])))


def _forward(_view: View, day: FrozenDay) -> bytes:
    return b"".join(energy(energy_wh) for energy_wh in day.energies_wh)


def _reverse(_view: View, day: FrozenDay) -> bytes:
    return energy(0) * len(day.energies_wh)


def _moment(view: View, day: FrozenDay) -> bytes:
    return view.moment(day.at, 5)


def _all(view: View, day: FrozenDay) -> bytes:
    return _moment(view, day) + _forward(view, day) + _reverse(view, day)


def _money(view: View, day: FrozenDay) -> bytes:
    """Count, balance and overdraft; a meter that takes tokens counts no purchases."""
    count = day.purchase_count if view.meter.spec.profile is Profile.ESAM else None
    balance, debt = max(day.money_e5, 0) // E5_PER_CENT, max(-day.money_e5, 0) // E5_PER_CENT
    return number_to_bytes(count, 2) + money_to_bytes(balance) + money_to_bytes(min(debt, MAX_CENTS))


_PARTS: dict[int, _Part] = {
    0x05060000: _moment,
    0x05060100: _forward,
    0x05060200: _reverse,
    0x0506FF00: _all,
    0x05080200: _money,
}
