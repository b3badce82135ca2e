"""Frames worked out by a second implementation from the notes: every control code, many values, both directions."""

from __future__ import annotations

from meters_io.conformance.runner import run
from meters_io.conformance.shape import Entry, Family, parse
from meters_io.conformance.verdict import lines
from tests.meters_io.conformance.flips import VECTORS, flipped

ENTRIES = parse((VECTORS / "dlt645_more_frames.json").read_bytes(), Family.DLT645)
GLOSSES = ("kind", "cmd", "bits")  # beside numbers that the published files do not word, any word is taken


def test_every_frame_passes() -> None:
    assert [*lines(run(ENTRIES, Family.DLT645))][-1] == f"{len(ENTRIES)} passed, 0 failed"


def test_no_value_in_them_can_be_made_wrong_unnoticed() -> None:
    unnoticed = [
        f"{entry.id}: {what}"
        for entry in ENTRIES
        for what, wrong in flipped(entry)
        if not what.startswith(GLOSSES) and _passes(wrong)
    ]
    assert unnoticed == []


def test_no_bit_of_their_sums_can_change_unnoticed() -> None:
    for entry in ENTRIES:
        raw = bytearray.fromhex(str(entry.said["hex"]))
        raw[-2] ^= 0x10
        assert not _passes(Entry(entry.id, {**entry.said, "hex": raw.hex()})), entry.id


def _passes(entry: Entry) -> bool:
    (verdict,) = run([entry], Family.DLT645)
    return verdict.passed
