"""What `relight frame decode` says of a meter's frame, as people in the field read it."""

from __future__ import annotations

import pytest

from meters_io.dlt645.frame import Frame, encode
from tests.app.fieldwork.terminal import Said, type_in

Capture = pytest.CaptureFixture[str]


def read_answer(capsys: Capture, di: str, data: str) -> Said:
    raw = encode(Frame("201000000012", 0x91, bytes.fromhex(di)[::-1] + bytes.fromhex(data)))
    return type_in(capsys, "frame", "decode", raw.hex())


def test_a_record_of_a_meter_shows_moments_as_such_and_units_only_where_they_belong(capsys: Capture) -> None:
    said = read_answer(capsys, "0333FF01", "3009201126" + "1200" + "00500000" + "99990000" + "99490100" + "00500100")
    assert said.row("at") == "2026-11-20 09:30"
    assert said.row("count") == "12"
    assert said.row("amount") == "50.00 yuan"
    trip = read_answer(capsys, "1D000101", "153009201126")
    assert trip.row("value") == "2026-11-20 09:30:15"
    steps = read_answer(capsys, "040605FF", "00800100" + "00500000" + "00600000" + "000101" + "000104" * 3)
    assert steps.row("settled on").startswith("01-01 00, 04-01 00")


def test_a_status_word_is_shown_as_the_word_too(capsys: Capture) -> None:
    said = read_answer(capsys, "04000503", "5000")
    assert said.row("word") == "0050H"
    assert said.row("relay") == "open"
    assert read_answer(capsys, "04000501", "0040").row("word") == "4000H"


def test_the_delay_of_an_order_has_its_unit(capsys: Capture) -> None:
    data = "02000000" + "00" * 4 + "1d06" + "000000301299"
    raw = encode(Frame("201000000012", 0x1C, bytes.fromhex(data)))
    assert type_in(capsys, "frame", "decode", raw.hex()).row("delay") == "6  30 minutes"
