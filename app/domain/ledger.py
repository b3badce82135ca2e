"""Double entry: the accounts of the ledger and what each event books. Debit positive, credit negative, sum zero."""

from dataclasses import dataclass
from enum import StrEnum


class BookingKind(StrEnum):
    PAYMENT = "payment"
    ARREARS = "arrears"
    CREDIT = "credit"
    RESOLUTION = "resolution"
    ADVANCE = "advance"
    REFUND = "refund"
    LATE_ARREARS = "late_arrears"
    EXCHANGE = "exchange"
    REVERSAL = "reversal"
    FUND_OPENED = "fund_opened"
    CHARGE = "charge"
    FUND_CLOSED = "fund_closed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a booking, minor units."""

    account: str
    amount_minor: int


def provider_owes(provider: str) -> str:
    """Ledger account of money that a payment provider holds for us."""
    return f"provider:{provider}"


OWED_TO_METERS = "owed_to_meters"  # money taken whose credit is not in a meter yet
DELIVERED = "delivered"  # credit that meters hold
ARREARS = "arrears"  # what residents owed us from before
SUSPENSE = "suspense"  # money that came and belongs to nobody yet
ROUNDING = "rounding"  # what rounding in the resident's favour cost us
REFUNDS = "refunds_due"  # money to be given back
ENERGY_SOLD = "energy_sold"  # what was used under remote fee control, and is ours
_FUND = "fund"


def payment_booking(provider: str, amount_minor: int) -> tuple[Entry, ...]:
    """Money came: the provider owes us, we owe the meter."""
    return Entry(provider_owes(provider), amount_minor), Entry(OWED_TO_METERS, -amount_minor)


def suspense_booking(provider: str, amount_minor: int, foreign: str = "") -> tuple[Entry, ...]:
    """Money came that no rule can place. `foreign`: its currency, if that is not the one our books are kept in."""
    return (
        Entry(in_currency(provider_owes(provider), foreign), amount_minor),
        Entry(in_currency(SUSPENSE, foreign), -amount_minor),
    )


def in_currency(account: str, foreign: str) -> str:
    """Ledger account of money in a foreign currency: cents are never added to fen."""
    return f"{account}:{foreign}" if foreign else account


def arrears_booking(arrears_minor: int) -> tuple[Entry, ...]:
    """Part of what we owe the meter settles what the resident owed us."""
    return Entry(OWED_TO_METERS, arrears_minor), Entry(ARREARS, -arrears_minor)


def advance_booking(amount_minor: int) -> tuple[Entry, ...]:
    """Emergency credit: the resident owes us, and we owe the meter, what nobody has paid yet."""
    return Entry(ARREARS, amount_minor), Entry(OWED_TO_METERS, -amount_minor)


def credit_booking(credit_minor: int, rounding_minor: int = 0) -> tuple[Entry, ...]:
    """The meter holds the credit. `rounding_minor` is what it got beyond what was paid."""
    paid = (Entry(OWED_TO_METERS, credit_minor), Entry(DELIVERED, -(credit_minor + rounding_minor)))
    return (*paid, Entry(ROUNDING, rounding_minor)) if rounding_minor else paid


def fund_of(meter_id: object) -> str:
    """Ledger account of the money that we hold for a meter under remote fee control, on its credit side."""
    return f"{_FUND}:{meter_id}"


def fund_credit_booking(meter_id: object, credit_minor: int) -> tuple[Entry, ...]:
    """What was bought is in the meter's fund: nothing has to be carried anywhere."""
    return Entry(OWED_TO_METERS, credit_minor), Entry(fund_of(meter_id), -credit_minor)


def fund_opened_booking(meter_id: object, held_minor: int) -> tuple[Entry, ...]:
    """What a meter held goes over into its fund; below zero it is debt. Nothing is booked for nothing."""
    return (Entry(DELIVERED, held_minor), Entry(fund_of(meter_id), -held_minor)) if held_minor else ()


def charge_booking(meter_id: object, amount_minor: int) -> tuple[Entry, ...]:
    """What was used is taken from the fund. Nothing is booked for nothing."""
    return (Entry(fund_of(meter_id), amount_minor), Entry(ENERGY_SOLD, -amount_minor)) if amount_minor else ()


def fund_closed_booking(meter_id: object, held_minor: int, in_meter_minor: int) -> tuple[Entry, ...]:
    """The meter holds its money itself again: what is in it already counts, the rest is owed to it, and downloaded."""
    entries = (
        Entry(fund_of(meter_id), held_minor),
        Entry(DELIVERED, -in_meter_minor),
        Entry(OWED_TO_METERS, in_meter_minor - held_minor),
    )
    return tuple(entry for entry in entries if entry.amount_minor)


def refund_due_booking(source: str, amount_minor: int, foreign: str = "") -> tuple[Entry, ...]:
    """A person decided that money goes back. `foreign`: as for `suspense_booking`."""
    return Entry(in_currency(source, foreign), amount_minor), Entry(in_currency(REFUNDS, foreign), -amount_minor)


def refund_booking(provider: str, amount_minor: int, foreign: str = "") -> tuple[Entry, ...]:
    """The payer has the money back, out of what the provider holds for us. `foreign`: as for `suspense_booking`."""
    return (
        Entry(in_currency(REFUNDS, foreign), amount_minor),
        Entry(in_currency(provider_owes(provider), foreign), -amount_minor),
    )


def acceptance_booking(amount_minor: int) -> tuple[Entry, ...]:
    """A person decided that money kept in suspense is credit for a meter."""
    return Entry(SUSPENSE, amount_minor), Entry(OWED_TO_METERS, -amount_minor)


def taken_out_booking(balance_minor: int) -> tuple[Entry, ...]:
    """A meter was taken away with a balance in it, which we owe again: to the one in its place."""
    return Entry(DELIVERED, balance_minor), Entry(OWED_TO_METERS, -balance_minor)


def overdrawn_booking(overdraft_minor: int) -> tuple[Entry, ...]:
    """A meter was taken away below zero: it gave more than was paid for, and its account owes that."""
    return Entry(ARREARS, overdraft_minor), Entry(DELIVERED, -overdraft_minor)


def fund_moved_booking(old_meter_id: object, new_meter_id: object, held_minor: int) -> tuple[Entry, ...]:
    """A meter was exchanged, and its money goes over into the fund of the one in its place."""
    return Entry(fund_of(old_meter_id), held_minor), Entry(fund_of(new_meter_id), -held_minor)


def fund_overdrawn_booking(meter_id: object, owed_minor: int) -> tuple[Entry, ...]:
    """A meter was taken away, and more was used than its fund held: its account owes that."""
    return Entry(ARREARS, owed_minor), Entry(fund_of(meter_id), -owed_minor)


def balanced(entries: tuple[Entry, ...]) -> bool:
    """Is this a booking? The database asks again."""
    return sum(e.amount_minor for e in entries) == 0 and all(e.amount_minor for e in entries)
