"""`relight frame decode`: whatever an engineer pastes, it says what it is, or what is wrong with it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fieldwork import frames
from app.fieldwork.sheet import HIDDEN, Sheet
from meters_io.gdw1376 import frame as outer
from tests.app.fieldwork.terminal import type_in
from tests.meters_io.samples import DLT645, GDW1376

RECHARGE = next(sample.raw.hex() for sample in GDW1376 if sample.id == "c-fwd-recharge")
LOW_BALANCE = next(sample.raw.hex() for sample in GDW1376 if sample.id == "c-0E-erc23")
AUTHENTICATION = next(sample.raw.hex() for sample in DLT645 if sample.id == "c-auth-req")

Capture = pytest.CaptureFixture[str]


def test_a_meters_frame_shows_item_value_and_unit(capsys: Capture) -> None:
    said = type_in(capsys, "frame", "decode", next(s.raw.hex() for s in DLT645 if s.id == "em-02010100"))
    assert said.code == 0
    assert said.out.startswith("DL/T 645 frame from meter 000000000161")
    assert said.row("item") == "02010100  voltage, phase A"
    assert said.row("value") == "100.1 V"


def test_a_meters_frame_inside_a_concentrators_is_taken_apart_too(capsys: Capture) -> None:
    said = type_in(capsys, "frame", "decode", RECHARGE)
    assert said.out.startswith("Q/GDW 1376.1 frame to terminal 3201-18")
    assert said.row("line") == "107  2400 8E1"
    assert said.row("frame timeout") == "188  60 s"
    assert "DL/T 645 frame to meter 201000000012" in said.out
    assert said.row("command") == "070102FF  recharge"
    assert said.row("amount cents") == "5000  50.00 yuan"
    assert said.row("count") == "2"


def test_an_event_has_its_name(capsys: Capture) -> None:
    said = type_in(capsys, "frame", "decode", LOW_BALANCE)
    assert said.row("erc") == "23  energy control alarm"
    assert said.row("time") == "2026-11-20 09:30"


def frame_of(afn: int, unit: str, *, up: bool) -> str:
    control = outer.Control(up, not up, 8 if up else 10)
    return outer.encode(outer.Frame(outer.Terminal("3201", 18), control, afn, outer.Seq(1), bytes.fromhex(unit))).hex()


ENTRY = "02000100621e120000001020000000000000040900000000000051"
WORDS = [
    (0x0A, "000002010100" + ENTRY, "port", "98  port 2 RS-485, 2400 baud"),
    (0x0A, "000002010100" + ENTRY, "protocol", "30  DL/T 645-2007"),
    (0x0A, "000002010100" + ENTRY, "digits", "9  6 whole digits, 2 decimals"),
    (0x0A, "000002010100" + ENTRY, "user class", "81  class 5, sub-class 1"),
    (0x0C, "02010114250920112600" + "ee" * 10, "state", "0  off"),
    (0x0C, "02010114250920112611" + "ee" * 10, "state", "17  on"),
    (0x00, "0000080003", "error", "3  MAC"),
    (0x00, "00000400040000020101", "error", "1  refused"),
]


@pytest.mark.parametrize(("afn", "unit", "field", "words"), WORDS)
def test_numbers_that_stand_for_something_have_their_words(
    capsys: Capture, afn: int, unit: str, field: str, words: str
) -> None:
    said = type_in(capsys, "frame", "decode", frame_of(afn, unit, up=True))
    rows = [line.strip() for line in said.out.splitlines() if line.strip().startswith(f"{field} ")]
    assert [row.removeprefix(field).strip() for row in rows][-1] == words


@pytest.mark.parametrize(
    ("text", "told"), [("请缴费".encode("gb2312").hex(), "请缴费"), ("ffff", "ffff"), ("07", "07")]
)
def test_a_message_to_the_customer_is_told_in_its_words(capsys: Capture, text: str, told: str) -> None:
    unit = "00008003" + f"01{len(text) // 2:02x}" + text + "00" * 16
    assert type_in(capsys, "frame", "decode", frame_of(0x05, unit, up=False)).row("text") == told


def test_an_order_to_trip_says_for_how_long(capsys: Capture) -> None:
    said = type_in(capsys, "frame", "decode", frame_of(0x05, "0101010023" + "00" * 16, up=False))
    assert said.row("limit half hours") == "2  1 h"


def test_secrets_are_hidden_until_somebody_asks(capsys: Capture) -> None:
    hidden = type_in(capsys, "frame", "decode", RECHARGE)
    assert hidden.row("mac1") == HIDDEN
    assert "44332211" not in hidden.out.replace(" ", "")
    assert type_in(capsys, "frame", "decode", "--secrets", RECHARGE).row("mac1") == "44332211"
    login = type_in(capsys, "frame", "decode", AUTHENTICATION)
    assert login.row("cipher1") == login.row("random1") == HIDDEN


def test_every_published_frame_is_told_and_no_part_of_it_is_called_unexpected() -> None:
    vendor = {"pk-recharge", "97-a", "97-b"}
    for sample in (*DLT645, *GDW1376):
        sheet = Sheet()
        assert frames.tell(sample.raw, sheet), sample.id
        assert sample.id in vendor or "not as expected" not in "\n".join(sheet.lines), sample.id


@pytest.mark.parametrize("between", [" ", "-", ":", "\n", ", ", "  \n"])
def test_hex_may_be_grouped(between: str, capsys: Capture) -> None:
    raw = DLT645[5].raw
    assert type_in(capsys, "frame", "decode", between.join(f"{byte:02x}" for byte in raw)).code == 0
    assert type_in(capsys, "frame", "decode", *(f"{byte:02X}" for byte in raw)).code == 0


def test_long_hex_comes_on_standard_input(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{RECHARGE[:20]}\n{RECHARGE[20:]}\n"))
    assert type_in(capsys, "frame", "decode").row("command") == "070102FF  recharge"


def test_several_frames_and_what_lies_between_them_are_all_told(capsys: Capture) -> None:
    first, second = DLT645[0].raw.hex(), GDW1376[0].raw.hex()
    said = type_in(capsys, "frame", "decode", first, "0102", second)
    assert said.code == 1
    assert "bytes 17 to 18 belong to no good frame" in said.out
    assert said.out.index("DL/T 645 frame to") < said.out.index("bytes 17") < said.out.index("Q/GDW 1376.1 frame from")


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ("zz", "'z' is no hex digit (in byte 1)"),
        ("68g1", "'g' is no hex digit (in byte 2)"),
        ("681", "1 bytes and a half"),
        ("", "there are no bytes"),
    ],
)
def test_what_is_no_hex_says_where(wrong: str, word: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    said = type_in(capsys, "frame", "decode", *([wrong] if wrong else []))
    assert said.code == 2
    assert word in said.err


def test_a_wrong_sum_says_both_sums_and_where_and_shows_the_rest(capsys: Capture) -> None:
    raw = bytearray(DLT645[5].raw)
    raw[-2] ^= 1
    said = type_in(capsys, "frame", "decode", raw.hex())
    assert said.code == 1
    assert said.row("what is wrong") == "the checksum (byte 17) is BF, but bytes 1 to 16 add up to BE"
    assert said.row("item").startswith("04000503")


def test_a_frame_that_breaks_off_says_how_much_is_missing(capsys: Capture) -> None:
    for sample, missing in ((DLT645[5], 3), (GDW1376[2], 20)):
        said = type_in(capsys, "frame", "decode", sample.raw[:-missing].hex())
        size = len(sample.raw)
        wanted = f"it announces {size} bytes and {size - missing} are here: {missing} are missing at the end"
        assert said.row("what is wrong") == wanted
        assert said.code == 1


def test_a_wrong_end_and_an_address_that_is_none_are_named(capsys: Capture) -> None:
    raw = bytearray(DLT645[5].raw)
    raw[-1] = 0x17
    assert type_in(capsys, "frame", "decode", raw.hex()).row("what is wrong").startswith("byte 18 ends the frame")
    raw = bytearray(DLT645[5].raw)
    raw[1] = 0xFB
    assert "is not BCD" in type_in(capsys, "frame", "decode", raw.hex()).out


def test_what_is_no_frame_says_how_frames_begin(capsys: Capture) -> None:
    said = type_in(capsys, "frame", "decode", "0102030405")
    assert said.row("what is wrong") == "a frame begins with 68, this with 01"


@given(st.one_of(st.binary(max_size=80), st.sampled_from([sample.raw for sample in (*DLT645, *GDW1376)])), st.data())
def test_nothing_that_is_pasted_breaks_it(raw: bytes, data: st.DataObject) -> None:
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    place = data.draw(st.integers(0, max(len(cut) - 1, 0)))
    turned = cut[:place] + data.draw(st.binary(max_size=3)) + cut[place + 1 :]
    sheet = Sheet()
    frames.tell(turned, sheet)
    assert sheet.lines or not turned
