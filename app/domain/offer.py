"""What an amount would do for a meter, said before it is paid (SPEC M-4)."""

from dataclasses import dataclass, replace

from app.domain.money import Limits
from app.domain.purchase_control import bought
from app.domain.wallet import UNIT_MINOR, days_left, restoration, split


@dataclass(frozen=True, slots=True)
class Wallet:
    """What is known of a meter's money, minor units; None where it is not known.

    `energy_price_e4`: its terminal counts kWh, and one costs so much (1/10000).
    """

    balance_minor: int | None
    arrears_minor: int
    reclose_limit_minor: int
    daily_use_minor: int | None
    energy_price_e4: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An amount and what becomes of it. `days` counts from now; `restores`: it lifts the balance over the limit.

    `energy_kwh`: what the credit is in a terminal that counts energy.
    """

    amount_minor: int
    arrears_minor: int
    credit_minor: int
    restores: bool
    days: int | None
    energy_kwh: int | None = None


def offer(amount_minor: int, wallet: Wallet) -> Offer:
    """Say what `amount_minor` would do."""
    arrears, credit = split(amount_minor, wallet.arrears_minor)
    kwh = bought(credit, wallet.energy_price_e4).energy_kwh if wallet.energy_price_e4 and credit else None
    if wallet.balance_minor is None:
        return Offer(amount_minor, arrears, credit, restores=False, days=None, energy_kwh=kwh)
    after = wallet.balance_minor + credit
    restores = wallet.balance_minor <= wallet.reclose_limit_minor < after
    return Offer(amount_minor, arrears, credit, restores, days_left(after, wallet.daily_use_minor), kwh)


_ROUND = (20, 50, 100, 200, 500)
_SHOWN = 4


def offers(wallet: Wallet, limits: Limits) -> tuple[Offer, ...]:
    """Four amounts worth a button: the least that brings the light back where it is off, then round ones above it."""
    floor = wallet.arrears_minor
    first: list[int] = []
    if wallet.balance_minor is not None and wallet.balance_minor <= wallet.reclose_limit_minor:
        floor = restoration(wallet.balance_minor, wallet.arrears_minor, wallet.reclose_limit_minor).least_minor
        first = [floor]
    more = [units * UNIT_MINOR for units in _ROUND if units * UNIT_MINOR > floor]
    within = [a for a in [*first, *more] if limits.least * UNIT_MINOR <= a <= limits.most * UNIT_MINOR]
    return tuple(offer(amount, wallet) for amount in within[:_SHOWN])


WEEK, MONTH = 7, 30


@dataclass(frozen=True, slots=True)
class Stretch:
    """An amount that buys `days` more days at present use, after all that it has to settle."""

    days: int
    amount_minor: int


def stretches(wallet: Wallet, limits: Limits) -> tuple[Stretch, ...]:
    """Amounts for one week more and for one month more; none where use is not known.

    What is in the meter already is not counted: "a week" for the one unit that is missing would look like its price.
    """
    if wallet.balance_minor is None:
        return ()
    empty = replace(wallet, balance_minor=min(wallet.balance_minor, 0))
    found = ((days, lasting(days, empty)) for days in (WEEK, MONTH))
    least, most = limits.least * UNIT_MINOR, limits.most * UNIT_MINOR
    return tuple(Stretch(days, amount) for days, amount in found if amount is not None and least <= amount <= most)


def lasting(days: int, wallet: Wallet) -> int | None:
    """The least whole amount after which the balance lasts `days` days; None where that cannot be said or is 0."""
    if wallet.balance_minor is None or not wallet.daily_use_minor or wallet.daily_use_minor <= 0:
        return None
    missing = days * wallet.daily_use_minor - wallet.balance_minor
    return _whole(wallet.arrears_minor + missing) if missing > 0 else None


_USUAL = 50 * UNIT_MINOR
_ROUND_TO = 10 * UNIT_MINOR


def suggested(wallet: Wallet, limits: Limits) -> int:
    """What a pay link that goes with a warning is filled in with: a week of use, and at least what restores supply."""
    out = wallet.balance_minor is not None and wallet.balance_minor <= wallet.reclose_limit_minor
    least = restoration(wallet.balance_minor or 0, wallet.arrears_minor, wallet.reclose_limit_minor).least_minor
    wanted = max(lasting(WEEK, wallet) or _USUAL, least if out else 0)
    return min(max(-(-wanted // _ROUND_TO) * _ROUND_TO, limits.least * UNIT_MINOR), limits.most * UNIT_MINOR)


def _whole(amount_minor: int) -> int:
    return -(-amount_minor // UNIT_MINOR) * UNIT_MINOR
