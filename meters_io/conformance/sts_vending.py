"""Vending as it should be done: with every refusal in its place. A vector of `vend_reject` must meet one."""

from __future__ import annotations

from meters_io.conformance.inputs import Inputs
from meters_io.conformance.shape import JsonObject
from meters_io.conformance.sts_meter import (
    DIRECT_KEYS,
    Bench,
    clock_offset_of,
    config_of,
    key_for,
    key_type_of,
    vending_key_of,
)
from meters_io.conformance.sts_tokens import (
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
from meters_io.sts.key_types import may_follow
from meters_io.sts.keys import VendingKey
from meters_io.sts.token import TokenClass
from meters_io.sts.vending import CreditOrder, Issuer, ManagementOrder, VendingRules, VendingState


def vend(said: Inputs, bench: Bench) -> JsonObject:
    """Sell what the vector asks for. Raises CodecError with the reason where that must not be."""
    if said.has("new"):
        return _change(said, bench)
    if class_of(said) is TokenClass.TEST:
        return token(said, bench)
    return _sold(said, bench)


def _change(said: Inputs, bench: Bench) -> JsonObject:
    old, new = (key_type_of(said.part(name)) for name in ("old", "new"))
    if not may_follow(old, new):
        raise LocalError(f"a key of type {new} may not follow one of type {old}", code="key_type_change", field="kt")
    change = change_of(said)
    if change.rollover and change.key == key_for(said.part("old")):
        raise LocalError("a roll-over needs another key", code="same_key", field="new")
    return key_change(said, bench)


def _sold(said: Inputs, bench: Bench) -> JsonObject:
    meter = said.part("meter")
    issuer = Issuer(_key(meter), config_of(meter, checked=True), VendingRules(clock_offset_of(said)), bench.tables)
    state = VendingState(said.tid("last_tid") if said.has("last_tid") else None)
    _, issued = issuer.issue(state, _order(said), said.moment("issue"), said.bits("rnd", USUAL_RND))
    return {"token": issued.digits, "tid": f"{issued.tid:06X}", "units": issued.granted}


def _order(said: Inputs) -> CreditOrder | ManagementOrder:
    subclass, special = said.number("subclass", 0), is_special(said)
    if class_of(said) is TokenClass.MANAGEMENT:
        return ManagementOrder("the vector", subclass, value_of(said), special)
    return CreditOrder("the vector", subclass, amount_of(Inputs({"subclass": 0, **said.said})), special)


def _key(meter: Inputs) -> VendingKey:
    """Return the meter's vending key; where a vector gives the decoder key alone, one with its attributes."""
    if any(meter.has(name) for name in DIRECT_KEYS) and not meter.has("vk"):
        return vending_key_of(Inputs({"vk": "00" * 20, "sgc": "000000", **meter.said, "dkga": 4}))
    return vending_key_of(meter)
