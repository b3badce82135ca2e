"""Vending as it should be done: with every refusal in its place. A vector of `vend_reject` must meet one."""

from __future__ import annotations

from meters_io.conformance.inputs import Inputs
from meters_io.conformance.shape import JsonObject
from meters_io.conformance.sts_meter import DIRECT_KEYS, Bench, clock_offset_of, config_of, key_type_of, vending_key_of
from meters_io.conformance.sts_tokens import USUAL_RND, amount_of, class_of, key_change, token
from meters_io.errors import LocalError
from meters_io.sts.key_types import may_follow
from meters_io.sts.keys import VendingKey
from meters_io.sts.token import TokenClass
from meters_io.sts.vending import CreditOrder, Issuer, VendingRules, VendingState, choose_tid


def vend(said: Inputs, bench: Bench) -> JsonObject:
    """Sell what the vector asks for. Raises CodecError with the reason where that must not be."""
    if said.has("new"):
        return _change(said, bench)
    match class_of(said):
        case TokenClass.CREDIT:
            return _credit(said, bench)
        case TokenClass.MANAGEMENT:
            return _management(said, bench)
    return token(said, bench)


def _change(said: Inputs, bench: Bench) -> JsonObject:
    old, new = (key_type_of(said.part(name)) for name in ("old", "new"))
    if not may_follow(old, new):
        raise LocalError(f"a key of type {new} may not follow one of type {old}", code="key_type", field="kt")
    return key_change(said, bench)


def _credit(said: Inputs, bench: Bench) -> JsonObject:
    meter = said.part("meter")
    rules, state = _clock(said)
    issuer = Issuer(_key(meter), config_of(meter, checked=True), rules, bench.tables)
    order = CreditOrder("the vector", said.number("subclass", 0), amount_of(Inputs({"subclass": 0, **said.said})))
    _, issued = issuer.issue(state, order, said.moment("issue"), said.bits("rnd", USUAL_RND))
    return {"token": issued.digits, "tid": f"{issued.tid:06X}", "units": issued.granted}


def _management(said: Inputs, bench: Bench) -> JsonObject:
    meter = said.part("meter")
    rules, state = _clock(said)
    config_of(meter, checked=True)
    tid = choose_tid(_key(meter), state.last_tid, said.moment("issue"), rules)
    return token(Inputs({**said.said, "tid": tid}), bench)


def _clock(said: Inputs) -> tuple[VendingRules, VendingState]:
    last = said.bits("last_tid") if said.has("last_tid") else None
    return VendingRules(clock_offset_of(said)), VendingState(last)


def _key(meter: Inputs) -> VendingKey:
    """Return the meter's vending key; where a vector gives the decoder key alone, one with its attributes."""
    if any(meter.has(name) for name in DIRECT_KEYS) and not meter.has("vk"):
        return vending_key_of(Inputs({"vk": "00" * 20, "sgc": "000000", **meter.said, "dkga": 4}))
    return vending_key_of(meter)
