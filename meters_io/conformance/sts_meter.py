"""The meter of a vector: its decoder key, given as it is or made from a vending key, and its cipher."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import TypeVar

from meters_io.conformance.inputs import Inputs, compact
from meters_io.conformance.shape import JsonObject
from meters_io.errors import LocalError
from meters_io.sts.ciphers import Algorithm, BlockCipher, cipher_of
from meters_io.sts.ciphers.sta import SAMPLE_TABLES, StaTables
from meters_io.sts.keys import Dkga, KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.pan import MeterPan, luhn_digit, parse_meter_number
from meters_io.sts.tid import BaseDate

DIRECT_KEYS = ("decoder_key", "dk")
_DKGA_OF_LENGTH = {8: Dkga.DKGA02, 16: Dkga.DKGA03, 20: Dkga.DKGA04}
_CENTURY = 100
_BESIDE = ("base_date", "ken")
_E = TypeVar("_E", bound=IntEnum)


class AnyPan(MeterPan):
    """Eighteen digits whose check digits nobody asked about: a key is made from any. `pan_valid` asks."""

    __slots__ = ()

    def __post_init__(self) -> None:
        if len(self.digits) != 18:
            raise LocalError("a MeterPAN has 18 digits", code="bad_entry", field="pan")


@dataclass(frozen=True, slots=True)
class Bench:
    """What a run brings along: the operator's EA07 tables, or None for the published samples."""

    operational: StaTables | None = None

    @property
    def tables(self) -> StaTables:
        """The tables that EA07 works with."""
        return self.operational or SAMPLE_TABLES


def meter_of(said: Inputs, *names: str) -> Inputs:
    """Return the meter of a vector: what stands under one of `names`, else the vector itself.

    Base date and KEN may stand beside the meter as well as in it.
    """
    name = next((each for each in (*names, "meter") if said.has(each)), None)
    if name is None:
        return said
    beside: JsonObject = {each: said.said[each] for each in _BESIDE if said.has(each)}
    return Inputs({**beside, **{each: value for each, value in said.part(name).said.items() if value is not None}})


def algorithm_of(said: Inputs) -> Algorithm:
    """Return the cipher a meter has: `ea`, or what fits the length of its key; EA11 where nothing is said."""
    if said.has("ea"):
        return _known(Algorithm, said, "ea", "ea_refused")
    direct = [said.raw(name) for name in DIRECT_KEYS if said.has(name)]
    return Algorithm.STA if direct and len(direct[0]) == 8 else Algorithm.MISTY1


def cipher_for(said: Inputs, bench: Bench) -> BlockCipher:
    """Return the meter's keyed cipher."""
    return cipher_of(algorithm_of(said), key_for(said), bench.tables)


def key_for(said: Inputs) -> bytes:
    """Return the meter's decoder key."""
    for name in DIRECT_KEYS:
        if said.has(name):
            return said.raw(name)
    return decoder_key(vending_key_of(said), config_of(said))


def vending_key_of(said: Inputs) -> VendingKey:
    """Return the vending key and its attributes; what is not said is as `VendingKey` has it."""
    secret = said.raw("vk")
    fits = _DKGA_OF_LENGTH.get(len(secret), Dkga.DKGA04)
    return VendingKey(
        secret,
        sgc=said.digits("sgc").zfill(6),
        krn=said.number("krn", 1),
        kt=key_type_of(said),
        ken=said.number("ken", 255),
        base_date=base_date_of(said),
        dkga=_known(Dkga, said, "dkga", "dkga_refused") if said.has("dkga") else fits,
    )


def config_of(said: Inputs, *, checked: bool = False) -> MeterConfig:
    """Return what the meter puts into its key; `checked` looks at the check digits of its number."""
    return MeterConfig(pan_of(said, checked=checked), ti=said.number("ti", 1), ea=algorithm_of(said))


def pan_of(said: Inputs, *, checked: bool = False) -> MeterPan:
    """Return the MeterPAN, given as `pan`, as `drn` (11, 13 or 18 digits), or as `iin` and `iain`."""
    if said.has("iain"):
        body = said.digits("iin") + said.digits("iain")
        return MeterPan(f"{body}{luhn_digit(body)}") if checked else AnyPan(f"{body}{luhn_digit(body)}")
    digits = compact(said.text("pan" if said.has("pan") else "drn"))
    if checked or len(digits) != 18 or not digits.isdecimal():
        return parse_meter_number(digits)
    return AnyPan(digits)


def key_type_of(said: Inputs) -> KeyType:
    """Return the type of a key; unique to its meter where nothing is said."""
    return _known(KeyType, said, "kt", "kt_refused") if said.has("kt") else KeyType.DUTK


def base_date_of(said: Inputs) -> BaseDate:
    """Return the base date: 2014, "14" or "2014-01-01"; 2014 where none is said."""
    if not said.has("base_date"):
        return BaseDate.Y2014
    text = said.text("base_date").strip()[:4]
    year = int(text) if text.isdecimal() else 0
    if year < _CENTURY:
        year += 1900 if year >= 93 else 2000
    return _known(BaseDate, Inputs({"base_date": year}), "base_date", "base_date")


def clock_offset_of(said: Inputs) -> timedelta:
    """Return how far the fleet's TID clock runs ahead of UTC, in minutes; zero where nothing is said."""
    return timedelta(minutes=said.number("clock_offset", 0))


def _known(numbers: type[_E], said: Inputs, name: str, code: str) -> _E:
    found = said.number(name)
    if found not in tuple(numbers):
        raise LocalError(f"there is no {name} {found}", code=code, field=name)
    return numbers(found)
