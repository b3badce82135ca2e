"""More vectors of STS, worked out by a second implementation from the notes: other numbers, keys and ways to write."""

from __future__ import annotations

from collections import Counter

import pytest

from meters_io.conformance.runner import run
from meters_io.conformance.shape import Entry, Family, parse
from meters_io.conformance.sts_kinds import KINDS
from tests.each import each
from tests.meters_io.conformance.flips import VECTORS, flipped

ENTRIES = parse((VECTORS / "sts_more_vectors.json").read_bytes(), Family.STS)
REFUSED = tuple(entry for entry in ENTRIES if entry.said["kind"] == "vend_reject")
COMPUTED = tuple(entry for entry in ENTRIES if entry not in REFUSED)


def test_they_cover_most_kinds() -> None:
    found = Counter(str(entry.said["kind"]) for entry in ENTRIES)
    assert found["token"] > 40
    assert found["keychange"] > 10
    assert found["decode_fields"] > 10
    assert found["vend_reject"] > 15
    assert found.keys() <= KINDS.keys()


@each(ENTRIES, lambda entry: entry.id)
def test_each_of_them_comes_out(entry: Entry) -> None:
    (verdict,) = run([entry], Family.STS)
    assert verdict.differences == ()
    assert verdict.remarks == ()


@each(COMPUTED, lambda entry: entry.id)
def test_a_wrong_value_is_noticed(entry: Entry) -> None:
    for slip, wrong in flipped(entry):
        (verdict,) = run([wrong], Family.STS)
        assert not verdict.passed, slip


@pytest.mark.parametrize("entry", REFUSED, ids=lambda entry: entry.id)
def test_a_refusal_for_another_reason_is_noticed(entry: Entry) -> None:
    (verdict,) = run([Entry(entry.id, {**entry.said, "expected": {"error": "CRCError"}})], Family.STS)
    assert not verdict.passed
