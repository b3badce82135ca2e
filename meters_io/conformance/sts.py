"""Runs a vector of STS: computes what it asks for, and compares."""

from __future__ import annotations

from meters_io.conformance.inputs import Inputs
from meters_io.conformance.refusals import asks_refusal, refusal_verdict, without_flags
from meters_io.conformance.shape import Entry, Json, JsonObject
from meters_io.conformance.spelling import differences
from meters_io.conformance.sts_kinds import KINDS
from meters_io.conformance.sts_meter import Bench
from meters_io.conformance.verdict import Difference, Verdict
from meters_io.errors import CodecError

_EA07_HINT = "EA07 ran with the published sample tables; meters' own tables come from --sta-tables"

_MINUTES = "the file counts the minutes up to 00:01; a token that is not special takes the next one"


def run_vector(entry: Entry, bench: Bench) -> Verdict:
    """Return the verdict on one vector."""
    said, expected = Inputs(entry.said), entry.said.get("expected")
    run = KINDS.get(str(entry.said.get("kind")))
    if run is None:
        return _failed(entry, "kind", f"one of {', '.join(KINDS)}", f"{entry.said.get('kind')!r}")
    if not isinstance(expected, dict):
        return _failed(entry, "expected", "what must come out", "nothing: the vector does not say")
    try:
        got = run(said.part("inputs"), bench)
    except CodecError as error:
        return _raised(entry, expected, error, bench)
    if asks_refusal(entry.said):
        return _failed(entry, "expected", "a refusal", f"{got.get('token', got)}")
    found = differences(without_flags(expected), got)
    if found and _counts_minutes(entry, expected, bench):
        return Verdict(entry.id, (), (_MINUTES,))
    return Verdict(entry.id, found, _hint(entry, bench) if found else ())


def _counts_minutes(entry: Entry, expected: JsonObject, bench: Bench) -> bool:
    """Whether a vector of `tid` means the minute itself at 00:01, and not the TID that a token takes then."""
    inputs = entry.said.get("inputs")
    if entry.said.get("kind") != "tid" or not isinstance(inputs, dict):
        return False
    return not differences(expected, KINDS["tid"](Inputs({"reserved": True, **inputs}), bench))


def _raised(entry: Entry, expected: JsonObject, error: CodecError, bench: Bench) -> Verdict:
    if asks_refusal(entry.said) and error.code != "bad_entry":
        return refusal_verdict(entry.id, expected, error)
    got = f"{error.code}: {error}"
    found = tuple(Difference(name, repr(each), got) for name, each in expected.items())
    return Verdict(entry.id, found or (Difference("expected", "a result", got),), _hint(entry, bench))


def _failed(entry: Entry, field: str, expected: str, got: str) -> Verdict:
    return Verdict(entry.id, (Difference(field, expected, got),))


def _hint(entry: Entry, bench: Bench) -> tuple[str, ...]:
    return (_EA07_HINT,) if bench.operational is None and _asks_ea07(entry.said.get("inputs")) else ()


def _asks_ea07(said: Json) -> bool:
    """Whether any meter in this vector has EA07."""
    if not isinstance(said, dict):
        return False
    return str(said.get("ea")).lstrip("0") == "7" or any(_asks_ea07(each) for each in said.values())
