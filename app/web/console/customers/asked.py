"""Reads what staff ask of customers out of an address or a form, and writes it into the address of the next page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID

from app.domain.money import AmountError, parse_balance
from app.domain.relay import Supply
from app.services.customers import After, CustomerFilter, Sort

FIELDS = ("account", "name", "meter", "address", "node", "from", "to", "owing", "depth", "supply", "silent")
SWITCHES = ("contact", "alone")
TYPED = (*FIELDS, *SWITCHES, "sort")
_LONGEST = 3000
_MOST_DAYS = 3650
_YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, what it means, and by field what is wrong with it."""

    typed: dict[str, str]
    wanted: CustomerFilter
    sort: Sort
    wrong: dict[str, str] = field(default_factory=dict)

    def address(self, path: str, **more: str) -> str:
        """`path` with what was asked, and what goes beside it."""
        kept = {name: value for name, value in (self.typed | more).items() if value}
        return f"{path}?{urlencode(kept)}" if kept else path


def read(given: Mapping[str, str], *, by_part: bool = True) -> Asked:
    """Take what was typed. A field that is wrong is named, and not asked. `by_part`: as in the filter."""
    typed = {name: given.get(name, "").strip() for name in TYPED}
    wrong: dict[str, str] = {}
    for name in ("account", "name", "meter", "address"):
        if len(typed[name]) > _LONGEST:
            wrong[name], typed[name] = "too_many_terms", ""
    lowest, highest = _balance(typed, "from", wrong), _balance(typed, "to", wrong)
    if lowest is not None and highest is not None and lowest > highest:
        wrong["to"] = "range_backwards"
    wanted = CustomerFilter(
        account=typed["account"],
        name=typed["name"],
        meter=typed["meter"],
        address=typed["address"],
        node_id=_id(typed["node"]),
        balance_from_minor=lowest,
        balance_to_minor=highest,
        owing=typed["owing"] == "yes",
        depth=_number(typed, "depth", 9, wrong),
        supply=Supply(typed["supply"]) if typed["supply"] in tuple(Supply) else None,
        silent_days=_number(typed, "silent", _MOST_DAYS, wrong),
        has_contact=_YES_NO.get(typed["contact"]),
        left_alone=_YES_NO.get(typed["alone"]),
        by_part=by_part,
    )
    sort = Sort(typed["sort"]) if typed["sort"] in tuple(Sort) else Sort.BALANCE
    return Asked(typed, wanted, sort, wrong)


def _balance(typed: Mapping[str, str], name: str, wrong: dict[str, str]) -> int | None:
    if not typed[name]:
        return None
    try:
        return parse_balance(typed[name])
    except AmountError as error:
        wrong[name] = error.code
        return None


def _number(typed: Mapping[str, str], name: str, most: int, wrong: dict[str, str]) -> int | None:
    text = typed[name]
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 0 < int(text) <= most):
        wrong[name] = "number_bad"
        return None
    return int(text)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def place(after: After) -> str:
    """Where the next page goes on, as an address holds it."""
    balance = "" if after.balance_minor is None else str(after.balance_minor)
    return f"{balance}_{after.account_number}_{after.meter_number}_{after.meter_id.hex}"


def read_place(text: str) -> After | None:
    """What `place` wrote; None for the first page, and for anything else."""
    parts = text.split("_")
    meter_id = _id(parts[3]) if len(parts) == 4 else None
    if meter_id is None:
        return None
    balance, account, meter, _ = parts
    known = balance.removeprefix("-")
    if balance and not (known.isascii() and known.isdecimal() and len(known) <= 18):
        return None
    return After(int(balance) if balance else None, account, meter, meter_id)
