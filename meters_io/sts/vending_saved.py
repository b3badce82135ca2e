"""A vending record in JSON's own types, so that it can be saved before a token leaves the house.

No key is in it, but tokens are, and the sets among them carry enciphered keys.
"""

from typing import Literal, TypedDict

from meters_io.errors import LocalError
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.keys import KeyType
from meters_io.sts.pan import MeterPan
from meters_io.sts.tid import BaseDate
from meters_io.sts.vending import CreditOrder, IssuedToken, ManagementOrder, TokenOrder
from meters_io.sts.vending_record import (
    ChangeOrder,
    Configuration,
    Issue,
    KeyChangeSet,
    Order,
    VendingRecord,
    Wanted,
)

Kind = Literal["credit", "management", "change"]


class PlainConfiguration(TypedDict):
    """A configuration: `base_date` as its year."""

    sgc: str
    krn: int
    ti: int
    kt: int
    ken: int
    base_date: int


class PlainWanted(TypedDict):
    """Where a meter shall be moved."""

    sgc: str | None
    ti: int | None
    krn: int | None


class PlainOrder(TypedDict):
    """An order; `subclass`, `value` and `special` are null for a change, `wanted` for the others."""

    kind: Kind
    request_id: str
    subclass: int | None
    value: int | None
    special: bool | None
    wanted: PlainWanted | None


class PlainSet(TypedDict):
    """A key change set."""

    old: PlainConfiguration
    new: PlainConfiguration
    digits: list[str]


class PlainToken(TypedDict):
    """A token; its order stands beside it."""

    tid: int
    granted: int
    digits: str


class PlainIssue(TypedDict):
    """What answered an order."""

    order: PlainOrder
    change: PlainSet | None
    token: PlainToken | None


class PlainRecord(TypedDict):
    """A vending record. `issued`: in the order of issue."""

    pan: str
    ea: int
    three_tokens: bool
    active: PlainConfiguration
    wanted: PlainWanted | None
    last_tid: int | None
    last_special: int | None
    changes: list[PlainSet]
    issued: list[PlainIssue]


def record_to_plain(record: VendingRecord) -> PlainRecord:
    """Return the record as plain values."""
    return PlainRecord(
        pan=record.pan.digits,
        ea=int(record.ea),
        three_tokens=record.three_tokens,
        active=_plain_configuration(record.active),
        wanted=_plain_wanted(record.wanted),
        last_tid=record.last_tid,
        last_special=record.last_special,
        changes=[_plain_set(change) for change in record.changes],
        issued=[_plain_issue(issue) for issue in record.issued.values()],
    )


def record_from_plain(plain: PlainRecord) -> VendingRecord:
    """Return the record that `record_to_plain` gave away. Raises CodecError, ValueError or KeyError."""
    issued = [_issue(issue) for issue in plain["issued"]]
    return VendingRecord(
        MeterPan(plain["pan"]),
        _configuration(plain["active"]),
        Algorithm(plain["ea"]),
        plain["three_tokens"],
        _wanted(plain["wanted"]),
        plain["last_tid"],
        plain["last_special"],
        tuple(_set(change) for change in plain["changes"]),
        {issue.order.request_id: issue for issue in issued},
    )


def _plain_configuration(of: Configuration) -> PlainConfiguration:
    kt, base = int(of.kt), int(of.base_date)
    return PlainConfiguration(sgc=of.sgc, krn=of.krn, ti=of.ti, kt=kt, ken=of.ken, base_date=base)


def _configuration(plain: PlainConfiguration) -> Configuration:
    kt, base = KeyType(plain["kt"]), BaseDate(plain["base_date"])
    return Configuration(plain["sgc"], plain["krn"], plain["ti"], kt, plain["ken"], base)


def _plain_wanted(wanted: Wanted | None) -> PlainWanted | None:
    return None if wanted is None else PlainWanted(sgc=wanted.sgc, ti=wanted.ti, krn=wanted.krn)


def _wanted(plain: PlainWanted | None) -> Wanted | None:
    return None if plain is None else Wanted(plain["sgc"], plain["ti"], plain["krn"])


def _plain_set(change: KeyChangeSet) -> PlainSet:
    old, new = _plain_configuration(change.old), _plain_configuration(change.new)
    return PlainSet(old=old, new=new, digits=list(change.digits))


def _set(plain: PlainSet) -> KeyChangeSet:
    return KeyChangeSet(_configuration(plain["old"]), _configuration(plain["new"]), tuple(plain["digits"]))


def _plain_issue(issue: Issue) -> PlainIssue:
    token = issue.token
    return PlainIssue(
        order=_plain_order(issue.order),
        change=None if issue.change is None else _plain_set(issue.change),
        token=None if token is None else PlainToken(tid=token.tid, granted=token.granted, digits=token.digits),
    )


def _issue(plain: PlainIssue) -> Issue:
    order, change, token = _order(plain["order"]), plain["change"], plain["token"]
    made = None
    if token is not None and not isinstance(order, ChangeOrder):
        made = IssuedToken(order, token["tid"], token["granted"], token["digits"])
    return Issue(order, None if change is None else _set(change), made)


def _plain_order(order: Order) -> PlainOrder:
    if isinstance(order, ChangeOrder):
        return _plain("change", order.request_id, wanted=_plain_wanted(order.wanted))
    kind: Kind = "credit" if isinstance(order, CreditOrder) else "management"
    plain = _plain(kind, order.request_id)
    plain["subclass"], plain["special"] = order.subclass, order.special
    plain["value"] = order.amount if isinstance(order, CreditOrder) else order.value
    return plain


def _plain(kind: Kind, request_id: str, wanted: PlainWanted | None = None) -> PlainOrder:
    return PlainOrder(kind=kind, request_id=request_id, subclass=None, value=None, special=None, wanted=wanted)


def _order(plain: PlainOrder) -> Order:
    if plain["kind"] == "change":
        return ChangeOrder(plain["request_id"], _wanted(plain["wanted"]))
    return _token_order(plain)


def _token_order(plain: PlainOrder) -> TokenOrder:
    subclass, value, special = plain["subclass"], plain["value"], plain["special"]
    if subclass is None or value is None or special is None:
        raise LocalError("an order for a token names a subclass and a value", code="vending_record", field="issued")
    kind = CreditOrder if plain["kind"] == "credit" else ManagementOrder
    return kind(plain["request_id"], subclass, value, special)
