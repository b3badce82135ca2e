"""Vectors that expect a refusal: whether one is asked for, and whether ours gives the reason that the file names."""

from __future__ import annotations

import re

from meters_io.conformance.shape import Json, JsonObject
from meters_io.conformance.verdict import Difference, Verdict
from meters_io.errors import CodecError

_REASONS = (
    "error",
    "reason",
    "code",
    "result",
    "exception",
    "reject_reason",
    "reject",
    "rejected",
    "refused",
    "status",
)
_YES = ("rejected", "reject", "refused", "refuse", "error")
_FLAGS = ("accepted", "accept", "issued", "ok")
_NO = (*_FLAGS, "valid", "token")
_BARELY = ("rejected", "reject", "refused", "refuse", "error")  # that it is refused, not why
_NUMBER = ("meter_number", "meter_check_digit")
_AMOUNT = ("amount_range", "value_range")
_TIME = ("tid_exhausted", "tid_range")
_ATTRIBUTES = ("ti", "krn", "ken", "sgc")

# What people call a reason, letters and digits only, without "error" around it: the codes of ours that mean it.
_WORDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("keyexpired", "expired", "kenexpired", "vkexpired", "keyexpiry", "11"), ("key_expired",)),
    "ken": ("key_expired", "ken"),
    **dict.fromkeys(("ddtk", "ddtkcredit", "creditunderddtk", "12", "kt1"), ("ddtk_credit",)),
    **dict.fromkeys(("checkdigit", "luhn", "metercheckdigit", "drnorpancheckdigit"), _NUMBER),
    **dict.fromkeys(("pan", "drn", "drnorpan", "meternumber", "badpan", "baddrn", "invalidpan", "invaliddrn"), _NUMBER),
    **dict.fromkeys(("range", "paramrange", "7", "outofrange"), (*_AMOUNT, *_TIME, *_ATTRIBUTES)),
    **dict.fromkeys(("amountrange", "amountoutofrange", "amounttoolarge", "amount", "overrange"), _AMOUNT),
    "overflow": (*_AMOUNT, *_TIME),
    **dict.fromkeys(("tidbeforebase", "beforebase", "beforebasedate", "vkbeforebdt"), ("tid_before_base",)),
    **dict.fromkeys(("notyetactive", "keynotyetactive"), ("tid_before_base",)),
    "basedate": ("tid_before_base", "base_date"),
    **dict.fromkeys(("tidexhausted", "tidrange", "tidoverflow"), _TIME),
    **{each: (each,) for each in _ATTRIBUTES if each != "ken"},
    **dict.fromkeys(("clockbehind", "clock", "old", "9", "tidold"), ("clock_behind",)),
    **dict.fromkeys(("keytype", "kt", "keytypechange", "5"), ("key_type_change", "kt_refused", "ddtk_credit")),
    **dict.fromkeys(("dkga", "dkgarefused", "unsupporteddkga", "dkganotsupported"), ("dkga_refused", "ea_refused")),
    **dict.fromkeys(("unsupported", "notsupported"), ("dkga_refused", "ea_refused", "kt_refused", "subclass")),
    **dict.fromkeys(("keylength", "vklength", "vk"), ("key_length",)),
    **dict.fromkeys(("ea", "earefused", "unsupportedea", "eanotsupported"), ("ea_refused",)),
    **dict.fromkeys(("subclass", "function", "8", "unknownsubclass"), ("subclass", "token_class")),
    **dict.fromkeys(("class", "tokenclass"), ("token_class",)),
    **dict.fromkeys(("crc", "verifycrc", "13"), ("token_crc",)),
    **dict.fromkeys(("format", "6"), ("token_format", "meter_number")),
    **dict.fromkeys(("samekey", "rolloverkey"), ("same_key",)),
    "rollover": ("same_key", "tid_exhausted"),
    **dict.fromkeys(("subclassrange", "reservedsubclass"), ("subclass",)),
    **dict.fromkeys(("reserved", "reservedclass"), ("subclass", "token_class")),
    **dict.fromkeys(("mfrcode", "mfr", "14"), ("mfr_code",)),
}
_STEMS = {  # unmistakable in a whole sentence
    "expired": ("key_expired",),
    "ddtk": ("ddtk_credit",),
    "checkdigit": _NUMBER,
    "luhn": _NUMBER,
    "beforebasedate": ("tid_before_base",),
}


def asks_refusal(vector: JsonObject) -> bool:
    """Whether a refusal must come: by its kind, unless it says that something is issued, or by what it expects."""
    expected = vector.get("expected")
    if not isinstance(expected, dict):
        return False
    if any(expected.get(name) is False for name in _YES) or any(_says_yes(expected.get(name)) for name in _NO):
        return False
    if vector.get("kind") == "vend_reject":
        return True
    return any(expected.get(name) for name in ("error", "reason", "exception", *_YES))


def without_flags(expected: JsonObject) -> JsonObject:
    """Return what is expected but for the words that only say whether it is refused."""
    return {name: each for name, each in expected.items() if not (isinstance(each, bool) and name in (*_YES, *_FLAGS))}


def refusal_verdict(entry_id: str, expected: JsonObject, error: CodecError) -> Verdict:
    """Return the verdict on a refusal that was asked for and came: does the reason agree, as far as it is named?"""
    named = [each for name in _REASONS if (each := _word(expected.get(name))) and each.lower() not in _BARELY]
    known = [word for word in named if _codes_of(word)]
    if any(error.code not in _codes_of(word) for word in known):
        return Verdict(entry_id, (Difference("reason", ", ".join(named), f"{error.code}: {error}"),))
    strange = [word for word in named if word not in known]
    remarks = (f"refused as {error.code}; the file's word for it is {', '.join(strange)}",) if strange else ()
    return Verdict(entry_id, (), remarks)


def _says_yes(said: Json) -> bool:
    return said is True or (isinstance(said, str) and said.isdecimal())


def _word(said: Json) -> str:
    if isinstance(said, bool) or not isinstance(said, str | int):
        return ""
    return str(said)


def _codes_of(word: str) -> tuple[str, ...]:
    bare = re.sub(r"[^a-z0-9]", "", word.lower())
    for wrapping in ("ests", "everify", "sts", "error", "exception", "err"):
        bare = bare.removeprefix(wrapping).removesuffix(wrapping)
    told = _WORDS.get(bare, ()) or _WORDS.get(bare.removeprefix("e"), ())
    return told or next((codes for stem, codes in _STEMS.items() if stem in bare), ())
