"""Compares what a vector of STS expects with what came out: by value, whatever way the value is spelled.

Each name has its own spelling: under `tid` the text "19EB23" is hexadecimal, under `ti` the text "01" is decimal, and
a token may have blanks between its groups. A name we have nothing for is a difference, never passed over; what the
file leaves open (null) is not compared, and a vector that leaves everything open does not pass.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import InvalidOperation

from meters_io.conformance.inputs import bits_of, compact, decimal_of, flag_of, moment_of, text_of, tid_in, whole_of
from meters_io.conformance.shape import Json, JsonObject
from meters_io.conformance.verdict import Difference

_Read = Callable[[Json], object]


def _digits(said: Json) -> str:
    return compact(text_of(said))


def _group(said: Json) -> str:
    return _digits(said).zfill(6)


def _of(read: _Read, *names: str) -> dict[str, _Read]:
    return dict.fromkeys(names, read)


SPELLINGS: dict[str, _Read] = {
    **_of(bits_of, "ciphertext", "plaintext", "crc", "field", "field16", "field20", "amount_field"),
    **_of(bits_of, "key", "new_key", "decoder_key", "dk", "cipher"),
    **_of(tid_in, "tid"),
    **_of(bits_of, "data_block", "block", "control_block", "pan_block", "x", "data48", "data44"),
    **_of(bits_of, "token66", "hex17", "hex", "nkho", "nklo", "nkmo1", "nkmo2", "control", "register", "value"),
    **_of(bits_of, "sgc_low", "sgc_high", "sgc_lo", "sgc_hi"),
    **_of(whole_of, "check", "digit", "class", "subclass", "ken", "ken_high", "ken_low", "krn", "ro", "kct3", "kt"),
    **_of(
        whole_of,
        "ti",
        "rnd",
        "mfr",
        "mfr_code",
        "units",
        "index",
        "data",
        "flag",
        "flag_index",
        "flag_value",
        "power",
        "limit",
        "watts",
        "factor",
        "base_date",
        "rate",
        "tests",
        "3kct",
        "rollover",
    ),
    **_of(decimal_of, "amount", "currency", "decoded"),
    **_of(flag_of, "valid", "crc_ok"),
    **_of(_digits, "token", "tokens", "dec", "pan", "drn", "iin", "iain"),
    **_of(_group, "sgc"),
    **_of(moment_of, "issue", "time"),
}


def differences(expected: JsonObject, got: JsonObject) -> tuple[Difference, ...]:
    """Return where the two part, name by name."""
    said = {name: each for name, each in expected.items() if each is not None}
    if not any(_is_said(each) for each in said.values()):
        return (Difference("expected", "something to compare", "nothing: the vector leaves all of it open"),)
    return tuple(found for name, each in said.items() for found in _compared(name, each, got))


def _is_said(expected: Json) -> bool:
    return any(each is not None for each in expected) if isinstance(expected, list) else True


def _compared(name: str, expected: Json, got: JsonObject) -> list[Difference]:
    if name not in got:
        return [Difference(name, repr(expected), "nothing of this name")]
    if isinstance(expected, list):
        return _listed(name, expected, got[name])
    return [] if _same(name, expected, got[name]) else [Difference(name, _shown(expected), _shown(got[name]))]


def _listed(name: str, expected: list[Json], got: Json) -> list[Difference]:
    found = got if isinstance(got, list) else [got]
    lacking = [None] * (len(expected) - len(found))
    if len(found) > len(expected):
        return [Difference(name, f"{len(expected)} of them", f"{len(found)}: {', '.join(map(_shown, found))}")]
    pairs = enumerate(zip(expected, [*found, *lacking], strict=True))
    return [
        Difference(f"{name}.{place}", _shown(said), _shown(each))
        for place, (said, each) in pairs
        if said is not None and not _same(name, said, each)
    ]


def _same(name: str, expected: Json, got: Json) -> bool:
    if got is None:
        return False
    read = SPELLINGS[name]
    try:
        return read(expected) == read(got)
    except (ValueError, InvalidOperation, OverflowError):
        return False


def _shown(value: Json) -> str:
    return "nothing" if value is None else str(value)
