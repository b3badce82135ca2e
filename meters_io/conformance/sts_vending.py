"""Vending as it should be done: with every refusal in its place. A vector of `vend_reject` must meet one.

Such a vector often tells no more than what the refusal is about: a bad number alone, an amount, an expired key and a
time. What it leaves out is filled in with what nobody would refuse, so that only what it tells can be the reason.
"""

from __future__ import annotations

from meters_io.conformance.inputs import Inputs
from meters_io.conformance.shape import JsonObject
from meters_io.conformance.sts_meter import (
    Bench,
    base_date_of,
    clock_offset_of,
    config_of,
    key_for,
    key_type_of,
    meter_of,
    pan_of,
    vending_key_of,
)
from meters_io.conformance.sts_tokens import (
    IN_CURRENCY,
    USUAL_RND,
    amount_of,
    change_of,
    class_of,
    is_special,
    key_change,
    token,
    value_of,
)
from meters_io.errors import LocalError
from meters_io.sts.amounts import decode_currency, decode_units
from meters_io.sts.key_types import may_follow
from meters_io.sts.keys import KeyType, VendingKey
from meters_io.sts.tid import time_of
from meters_io.sts.token import TokenClass
from meters_io.sts.vending import CreditOrder, Issuer, ManagementOrder, VendingRules, VendingState

_NUMBERS = ("pan", "drn", "iain")
_AMOUNTS = ("units", "amount", "currency", "field16", "field20")
_IN_WATTS = (0, 6)


def vend(said: Inputs, bench: Bench) -> JsonObject:
    """Sell what the vector asks for. Raises CodecError with the reason where that must not be."""
    if said.has("new"):
        return _change(said, bench)
    if class_of(said) is TokenClass.TEST:
        return token(said, bench)
    return _sold(said, bench)


def _change(said: Inputs, bench: Bench) -> JsonObject:
    old, new = meter_of(said, "old"), meter_of(said, "new")
    for meter in (old, new):
        if _numbered(meter):
            pan_of(meter, checked=True)
    kept = Inputs({**old.said, **new.said})
    before, after = key_type_of(old), key_type_of(kept)
    if not may_follow(before, after):
        message = f"a key of type {after} may not follow one of type {before}"
        raise LocalError(message, code="key_type_change", field="kt")
    change = change_of(said)
    if change.rollover and change.key == key_for(old):
        raise LocalError("a roll-over needs another key", code="same_key", field="new")
    return key_change(said, bench)


def _sold(said: Inputs, bench: Bench) -> JsonObject:
    meter = _filled(meter_of(said))
    issuer = Issuer(_key(meter), config_of(meter, checked=True), VendingRules(clock_offset_of(said)), bench.tables)
    state = VendingState(said.tid("last_tid") if said.has("last_tid") else None)
    now = said.moment("issue") if said.has("issue") else time_of(_tid(said), base_date_of(meter), clock_offset_of(said))
    _, issued = issuer.issue(state, _order(said), now, said.bits("rnd", USUAL_RND))
    return {"token": issued.digits, "tid": f"{issued.tid:06X}", "units": issued.granted}


def _tid(said: Inputs) -> int:
    """Return the TID that a vector gives in place of a time. One that gives neither is about something else."""
    if said.has("tid"):
        return said.tid("tid")
    if said.has("last_tid"):
        raise LocalError("neither issue nor tid is there", code="bad_entry", field="issue")
    return 0


def _numbered(meter: Inputs) -> bool:
    return any(meter.has(name) for name in _NUMBERS)


def _filled(meter: Inputs) -> Inputs:
    """Return a meter with a number and a supply group, where the vector leaves them out."""
    number: JsonObject = {} if _numbered(meter) else {"pan": "600727000000000009"}
    return Inputs({"sgc": "000000", **number, **meter.said})


def _order(said: Inputs) -> CreditOrder | ManagementOrder:
    subclass, special = said.number("subclass", 0), is_special(said)
    if class_of(said) is TokenClass.MANAGEMENT:
        return ManagementOrder("the vector", subclass, _value(said, subclass), special)
    return CreditOrder("the vector", subclass, _amount(said, subclass), special)


def _amount(said: Inputs, subclass: int) -> int:
    """Return what is to be credited; nothing where the vector is not about it."""
    if not any(said.has(name) for name in _AMOUNTS):
        return 0
    if said.has("field20"):
        return decode_currency(said.field("field20", 20))
    if said.has("field16") and subclass not in IN_CURRENCY:
        return decode_units(said.field("field16", 16))
    return amount_of(Inputs({"subclass": subclass, **said.said}))


def _value(said: Inputs, subclass: int) -> int:
    if said.has("field16") and subclass in _IN_WATTS:
        return decode_units(said.field("field16", 16))
    return value_of(Inputs({"subclass": subclass, **said.said}))


def _key(meter: Inputs) -> VendingKey:
    """Return the meter's vending key; where a vector gives none, one with the attributes that it gives."""
    if meter.has("vk"):
        return vending_key_of(meter)
    # Of the types only DDTK is refused a credit, and not each of the others can be derived.
    kt = KeyType.DDTK if key_type_of(meter) is KeyType.DDTK else KeyType.DUTK
    return vending_key_of(Inputs({**meter.said, "vk": "00" * 20, "dkga": 4, "kt": int(kt)}))
