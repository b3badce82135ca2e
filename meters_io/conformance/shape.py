"""The shape of the files: a list of vectors for STS, published and constructed frames for the two others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from meters_io.errors import RemoteError

Json = None | bool | int | Decimal | str | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]

_LISTS = ("frames", "constructed")


class Family(StrEnum):
    """What a file can be about."""

    STS = "sts"
    DLT645 = "dlt645"
    GDW1376 = "gdw1376"


@dataclass(frozen=True, slots=True)
class Entry:
    """One vector or frame. `id` is its own, or its place in the file where it has none."""

    id: str
    said: JsonObject


def parse(raw: bytes, family: Family) -> tuple[Entry, ...]:
    """Return the entries of a file, in its order, numbers exact. Raises RemoteError `bad_file` with what is wrong."""
    try:
        found = json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:  # a Decimal's exponent has its limit
        raise RemoteError(f"this is no JSON: {error}", code="bad_file") from None
    entries = tuple(_entry(place, each) for place, each in enumerate(_listed(found, family), 1))
    if not entries:
        raise RemoteError("there is nothing in this file to run", code="bad_file")
    return entries


def _no_number(word: str) -> Json:
    raise ValueError(f"{word} is no number")


def _listed(found: Json, family: Family) -> list[Json]:
    if family is Family.STS:
        if isinstance(found, list):
            return found
        hint = "; its frames ask for dlt645 or gdw1376" if _has_frames(found) else ""
        raise RemoteError(f"a file of STS vectors is a list{hint}", code="bad_file")
    if not isinstance(found, dict) or not _has_frames(found):
        raise RemoteError("a file of frames holds lists named frames and constructed", code="bad_file")
    listed: list[Json] = []
    for name in _LISTS:
        part = found.get(name, [])
        if not isinstance(part, list):
            raise RemoteError(f"{name} is no list", code="bad_file")
        listed += part
    return listed


def _has_frames(found: Json) -> bool:
    return isinstance(found, dict) and any(name in found for name in _LISTS)


def _entry(place: int, each: Json) -> Entry:
    if not isinstance(each, dict):
        raise RemoteError(f"entry {place} is not an object with an id", code="bad_file")
    said = each.get("id")
    return Entry(f"number {place}" if said is None else str(said), each)
