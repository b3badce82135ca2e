"""More frames of Q/GDW 1376.1, worked out by a second implementation from the notes: every AFN, both editions."""

from __future__ import annotations

from meters_io.conformance.runner import run
from meters_io.conformance.shape import Entry, Family, parse
from tests.each import each
from tests.meters_io.conformance.flips import VECTORS, flipped

ENTRIES = parse((VECTORS / "gdw1376_more_frames.json").read_bytes(), Family.GDW1376)
_AFN_AT = 12


def test_they_cover_every_group_of_functions() -> None:
    afns = {bytes.fromhex(str(entry.said["hex"]))[_AFN_AT] for entry in ENTRIES}
    assert afns >= {0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0xA4}


@each(ENTRIES, lambda entry: entry.id)
def test_each_of_them_comes_out(entry: Entry) -> None:
    (verdict,) = run([entry], Family.GDW1376)
    assert verdict.differences == ()
    assert verdict.remarks == ()


@each(ENTRIES, lambda entry: entry.id)
def test_a_wrong_value_is_noticed(entry: Entry) -> None:
    for slip, wrong in flipped(entry):
        (verdict,) = run([wrong], Family.GDW1376)
        assert not verdict.passed, slip
