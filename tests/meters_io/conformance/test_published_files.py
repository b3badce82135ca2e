"""The published files pass, and no wrong value in them does."""

from __future__ import annotations

import pytest

from meters_io.conformance.runner import run
from meters_io.conformance.shape import Entry, Family, parse
from meters_io.conformance.verdict import lines
from tests.meters_io.conformance.flips import FILES, WITH_LICENSED_TABLES, entries_of, flipped

each_family = pytest.mark.parametrize("family", Family)


@each_family
def test_every_published_entry_passes(family: Family) -> None:
    said = [*lines(run(entries_of(family), family))]
    assert said == [f"{len(entries_of(family))} passed, 0 failed"]


def test_vectors_of_licensed_tables_fail_without_them_and_say_what_is_missing() -> None:
    entries = parse(FILES[Family.STS].read_bytes(), Family.STS)
    failed = [verdict for verdict in run(entries, Family.STS) if not verdict.passed]
    assert [verdict.id for verdict in failed] == [*WITH_LICENSED_TABLES]
    assert all("--sta-tables" in remark for verdict in failed for remark in verdict.remarks)


@each_family
def test_no_expected_value_can_be_made_wrong_unnoticed(family: Family) -> None:
    unnoticed = [
        f"{entry.id}: {what}"
        for entry in entries_of(family)
        for what, wrong in flipped(entry)
        if not _is_noticed(wrong, family)
    ]
    assert unnoticed == []


def _is_noticed(entry: Entry, family: Family) -> bool:
    """It fails under its own id, and each difference says what was expected and what was got."""
    (verdict,) = run([entry], family)
    told = [*lines([verdict])]
    return (
        not verdict.passed
        and told[0] == f"FAIL {entry.id}"
        and all(
            f"expected {each.expected}, got {each.got}" in told[1 + n] for n, each in enumerate(verdict.differences)
        )
        and told[-1] == "0 passed, 1 failed"
    )


@pytest.mark.parametrize("family", [Family.DLT645, Family.GDW1376])
def test_a_frame_with_any_byte_changed_fails(family: Family) -> None:
    """The sum, or a field, notices a change anywhere: the bytes are compared, not only what the file says of them."""
    for entry in entries_of(family)[::3]:
        raw = bytes.fromhex(str(entry.said["hex"]))
        for at in range(len(raw)):
            changed = raw[:at] + bytes((raw[at] ^ 0x01,)) + raw[at + 1 :]
            (verdict,) = run([Entry(entry.id, {**entry.said, "hex": changed.hex()})], family)
            assert not verdict.passed, (entry.id, at)


@pytest.mark.parametrize("family", [Family.DLT645, Family.GDW1376])
def test_a_field_that_we_have_nothing_for_is_never_passed_over(family: Family) -> None:
    for entry in entries_of(family):
        decoded = entry.said["decoded"]
        assert isinstance(decoded, dict)
        (verdict,) = run([Entry(entry.id, {**entry.said, "decoded": {**decoded, "colour": 3}})], family)
        assert "colour" in [each.field for each in verdict.differences]
