"""Slips: what stands on them is decoded from the picture that the printer gets."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import zxingcpp
from PIL import Image

from kiosk.answers import Printed, PrintEnd
from kiosk.errors import NoFont
from kiosk.plain import read
from kiosk.printer import open_printer
from kiosk.settings import KioskSettings, PrinterKind
from kiosk.shapes import Slip, Trouble
from kiosk.slip import WIDTH, Look, draw_slip, find_font
from tests.clocks import MONDAY_MORNING
from tests.headend_client.simulator.bench import STS_NUMBER
from tests.kiosk.box import Box
from tests.standins.platform import Cut

TOKEN = "12345678901234567890"
ADDRESS = "https://relight.example/purchases/abcdef1234567890"
SLIP = Slip(
    "20260302-ABCDEF12", MONDAY_MORNING, STS_NUMBER, 5_000, ADDRESS, 1_000, 4_000, 4_000, (TOKEN,), "城东供电公司"
)
LOOK = Look(find_font(None), ZoneInfo("Asia/Shanghai"))
TOLD = {
    "receipt": "20260302-ABCDEF12", "issued_at": MONDAY_MORNING.isoformat(), "meter": STS_NUMBER,
    "amount_minor": 5_000, "arrears_minor": 0, "credit_minor": 5_000, "balance_after_minor": None, "tokens": [TOKEN],
    "address": ADDRESS, "utility": "Relight",
}  # fmt: skip


def decoded(picture: Image.Image) -> set[str]:
    """What a scanner reads from a picture."""
    return {found.text for found in zxingcpp.read_barcodes(picture.convert("L"))}


def printed(raw: bytes) -> Image.Image:
    """The picture in a stream of ESC/POS: raster images (GS v 0) one below the other."""
    rows = b""
    while match := re.search(rb"\x1dv0.(..)(..)", raw, re.DOTALL):
        width, height = (int.from_bytes(part, "little") for part in match.groups())
        rows += raw[match.end() : match.end() + width * height]
        raw = raw[match.end() + width * height :]
    return Image.frombytes("1", (WIDTH, len(rows) * 8 // WIDTH), bytes(byte ^ 0xFF for byte in rows))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_scanner_reads_token_and_address_from_the_slip(language: str) -> None:
    picture = draw_slip(SLIP, Look(LOOK.font, LOOK.zone, language=language))
    assert picture.width == 384
    assert decoded(picture) == {TOKEN, ADDRESS}


def test_a_slip_says_what_was_bought_where_a_terminal_counts_kwh() -> None:
    plain, counted = SLIP, replace(SLIP, energy_kwh=95)
    assert draw_slip(counted, LOOK).height > draw_slip(plain, LOOK).height
    assert read(Slip, TOLD | {"energy_kwh": 95}).energy_kwh == 95
    assert read(Slip, TOLD).energy_kwh is None  # from a platform that does not know it yet


def test_the_slip_of_a_reversed_sale_says_that_it_is_void() -> None:
    void = read(Slip, TOLD | {"void": "C20260303-ABCDEF12"})
    assert draw_slip(void, LOOK).height > draw_slip(read(Slip, TOLD), LOOK).height


def test_several_tokens_are_all_on_the_slip() -> None:
    tokens = (TOKEN, TOKEN[::-1])
    picture = draw_slip(Slip("r", MONDAY_MORNING + timedelta(1), STS_NUMBER, 1, ADDRESS, tokens=tokens), LOOK)
    assert decoded(picture) == {*tokens, ADDRESS}


def test_a_slip_is_the_same_bitmap_whenever_it_is_drawn() -> None:
    assert draw_slip(SLIP, LOOK).tobytes() == draw_slip(SLIP, LOOK).tobytes()


def test_a_font_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoFont, match="KIOSK_FONT"):
        find_font(tmp_path / "none.ttf")


async def test_what_the_printer_gets_is_what_was_drawn(box: Box) -> None:
    box.platform.slips["p0000001"] = TOLD
    assert await box.terminal.counter.print_slip("p0000001") == Printed("p0000001", PrintEnd.PRINTED)
    assert decoded(printed(box.printer.output)) == {TOKEN, ADDRESS}
    await box.tell()
    assert box.platform.told("printed") == [{"receipt": "20260302-ABCDEF12"}]


async def test_paper_out_is_told_and_the_slip_prints_when_there_is_paper_even_off_line(box: Box) -> None:
    box.platform.slips["p0000001"] = TOLD
    box.printer.paper = 0
    assert await box.terminal.counter.print_slip("p0000001") == Printed("p0000001", PrintEnd.PAPER_OUT)
    assert (await box.terminal.counter.health())["paper"] == "out"
    assert not (await box.terminal.counter.works()).printing
    assert box.printer.output == b""

    box.platform.away = True
    await box.restart()
    (kept,) = await box.terminal.counter.kept_slips()
    box.printer.paper = 2
    assert await box.terminal.counter.print_slip(kept.ref) == Printed("p0000001", PrintEnd.PRINTED)
    assert await box.terminal.counter.kept_slips() == []
    box.platform.away = False
    await box.tell()
    assert box.platform.kinds() == ["started", "print_failed", "started", "printed"]


async def test_new_paper_is_noticed_before_somebody_wants_a_slip(box: Box) -> None:
    box.platform.slips["p0000001"] = TOLD
    box.printer.paper = 0
    await box.terminal.counter.print_slip("p0000001")
    box.printer.paper = 1
    await box.terminal.sync.look_at_printer()
    assert (await box.terminal.counter.works()).printing
    assert (await box.terminal.counter.health())["paper"] == "low"


async def test_a_slip_that_nobody_fetched_is_let_go_after_a_day(box: Box) -> None:
    box.platform.slips["p0000001"] = TOLD
    box.printer.paper = 0
    await box.terminal.counter.print_slip("p0000001")
    box.clock.forward(hours=25)
    await box.terminal.sync.refresh()
    assert await box.terminal.counter.kept_slips() == []


async def test_a_cut_while_a_slip_is_fetched_prints_nothing_and_may_be_tried_again(box: Box) -> None:
    box.platform.slips["20260302-ABCDEF12"] = TOLD
    box.platform.cuts = [Cut.AFTER]
    assert await box.terminal.counter.print_slip("20260302-ABCDEF12") == Trouble("unreachable")
    done = await box.terminal.counter.print_slip("20260302-ABCDEF12")
    assert done == Printed("20260302-ABCDEF12", PrintEnd.PRINTED)


async def test_a_printer_that_is_not_there_is_a_fault_and_the_slip_is_kept(box: Box) -> None:
    box.platform.slips["p0000001"] = TOLD
    broken = open_printer(KioskSettings(printer=PrinterKind.SERIAL, printer_address="/dev/no-printer"))
    box.terminal.counter._desks.paper.printer = broken
    assert await box.terminal.counter.print_slip("p0000001") == Printed("p0000001", PrintEnd.FAULT)
    assert (await box.terminal.counter.health())["printer"] == "fault"
    assert len(await box.terminal.counter.kept_slips()) == 1
