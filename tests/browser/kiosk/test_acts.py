"""What is done at the terminal, in Chromium over the real line to simulated meters (SPEC K-1 to K-4, M-9, M-10)."""

import re
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import expect

from kiosk.ui import states as at
from kiosk.wedge import RULE
from tests.browser.kiosk.conftest import Standing
from tests.headend_client.simulator.bench import STS_NUMBER
from tests.standins.platform import Cut

PAYER_CODE = "134567890123456789"


async def choose(standing: Standing, way: str) -> None:
    """Come from the attract screen to a way of paying 50, by touch."""
    await standing.touch("start")
    await standing.scan(STS_NUMBER)
    for act in ("pay", "amount"):
        await standing.touch(act)
    await standing.touch("way", way)


async def test_by_touch_and_scanner_from_a_paper_to_light(standing: Standing) -> None:
    token = standing.box.token(5_000)
    await standing.touch("start")
    await standing.scan(STS_NUMBER)
    await standing.reads("Power is off")
    await standing.scan(token)
    await standing.reads("may the power come on?")
    assert token not in re.sub(r"\s", "", await standing.page.content())
    await standing.touch("hand")

    await standing.reads("The power is on")
    assert (standing.box.meter.relay_open, standing.box.meter.balance_cents) == (False, 5_000)


async def test_by_keypad_alone_without_a_network_a_typed_code_brings_light(standing: Standing) -> None:
    token = standing.box.token(5_000)
    await standing.by_keypad()
    await standing.cut()
    keys = standing.page.keyboard

    await keys.press("Enter")
    await standing.reads("What would you like?")
    await keys.press("2")
    await standing.reads("Enter the code")
    await keys.type(token)
    await keys.press("Enter")
    await standing.reads("Which meter")
    await keys.type(STS_NUMBER)
    await keys.press("Enter")
    await standing.reads("I am here")
    await keys.press("1")

    await standing.reads("The power is on")
    assert (standing.box.meter.relay_open, standing.box.meter.balance_cents) == (False, 5_000)


async def test_by_tab_and_enter_on_the_touch_screen_with_the_focus_in_sight(standing: Standing) -> None:
    page = standing.page
    for wanted, said in (("start", "What would you like?"), ("ask_number", "Which meter?")):
        await tab_to(standing, f'[data-act="{wanted}"]')
        await page.keyboard.press("Enter")
        await standing.reads(said)
    await page.keyboard.type(STS_NUMBER)
    await tab_to(standing, '[data-key="enter"]')
    await page.keyboard.press("Enter")
    await standing.reads("Power is off")
    for wanted, said in (("pay", "How much?"), ("amount", "how?"), ("way", "Scan this with your phone")):
        await tab_to(standing, f'[data-act="{wanted}"]')
        await page.keyboard.press("Enter")
        await standing.reads(said)


async def tab_to(standing: Standing, wanted: str) -> None:
    """Press Tab until it is there; where the focus is can be seen at each step."""
    for _ in range(20):
        await standing.page.keyboard.press("Tab")
        if await standing.page.evaluate("document.activeElement === document.body"):
            continue
        ring = await standing.page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert ring >= 3
        if await standing.page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(wanted)


async def test_what_a_person_types_slowly_is_no_scan(standing: Standing) -> None:
    await standing.touch("start")
    await standing.touch("ask_number")
    await standing.reads("Which meter?")

    await standing.prefix()
    await standing.page.wait_for_timeout(RULE.gap_ms)  # a finger's pace
    await standing.page.keyboard.type(STS_NUMBER[:5], delay=RULE.gap_ms)

    await standing.reads(STS_NUMBER[:5])
    assert isinstance(standing.visit.state, at.AskNumber)
    assert standing.visit.state.typed == STS_NUMBER[:5]


async def test_the_scanners_own_keystrokes_are_taken_whole(standing: Standing) -> None:
    await standing.touch("start")
    await standing.touch("ask_number")
    await standing.reads("Which meter?")

    await standing.prefix()
    await standing.page.keyboard.type(STS_NUMBER, delay=0)
    await standing.page.keyboard.press("Enter")

    await standing.reads("Power is off")
    assert isinstance(standing.visit.state, at.Card)


async def test_the_code_on_the_screen_is_read_by_another_program(standing: Standing) -> None:
    await choose(standing, "qr:sandbox")
    await expect(standing.page.locator(".qr svg")).to_be_visible()

    picture = Image.open(BytesIO(await standing.page.screenshot())).convert("L")

    assert [found.text for found in zxingcpp.read_barcodes(picture)] == ["https://pay.example/x"]


async def test_cut_off_while_looking_the_meter_itself_is_asked(standing: Standing) -> None:
    await standing.touch("start")
    standing.box.platform.away = True
    await standing.scan(STS_NUMBER)

    await standing.reads("Read from the meter")
    await standing.reads("paying is not possible now")
    await expect(standing.page.locator("[data-act=pay]")).to_have_count(0)


async def test_cut_off_while_opening_a_payment_nothing_is_shown_to_pay(standing: Standing) -> None:
    await standing.touch("start")
    await standing.scan(STS_NUMBER)
    await standing.touch("pay")
    await standing.touch("amount")
    await standing.page.locator('[data-act="way"]').first.wait_for()
    standing.box.platform.away = True
    await standing.touch("way", "qr:sandbox")

    await standing.reads("Paying is not possible now. Codes can be entered here.")
    await expect(standing.page.locator(".qr")).to_have_count(0)


@pytest.mark.parametrize("cut", Cut)
async def test_cut_off_while_a_payers_code_is_charged_it_says_not_to_pay_again(standing: Standing, cut: Cut) -> None:
    await choose(standing, "barcode")
    await standing.reads("show your payment code")
    standing.box.platform.cuts = [cut] * 50
    await standing.scan(PAYER_CODE)

    await standing.reads("Do not pay again")
    assert PAYER_CODE not in await standing.page.content()
    assert len(standing.box.platform.orders) == (1 if cut is Cut.AFTER else 0)


async def test_cut_off_while_a_payment_is_followed_the_screen_waits_and_goes_on(standing: Standing) -> None:
    await choose(standing, "qr:sandbox")
    await standing.reads("Scan this with your phone")
    ref = "order0000"
    standing.box.platform.away = True
    standing.box.clock.forward(seconds=2)
    await standing.reads("The network is down")
    await standing.reads("Scan this with your phone")

    standing.box.platform.stories[ref] = {
        "ref": ref, "state": "paid", "headline": "lit", "amount_minor": 5000, "lines": [], "supply": "on",
    }  # fmt: skip
    standing.box.platform.away = False
    await standing.box.terminal.sync.beat()
    standing.box.clock.forward(seconds=2)

    await standing.reads("Your power is on")


async def test_cut_off_while_a_slip_is_fetched_it_says_so(standing: Standing) -> None:
    await standing.touch("start")
    standing.box.platform.away = True
    await standing.scan("20260302-8E145FB3")

    await standing.reads("The network is down")
    await standing.touch("stop")
    await standing.reads("Pay and have your power back")


async def test_cut_off_before_a_code_goes_in_it_goes_in_all_the_same(standing: Standing) -> None:
    await standing.touch("start")
    await standing.scan(STS_NUMBER)
    await standing.reads("Power is off")
    await standing.scan(standing.box.token(5_000))
    await standing.reads("may the power come on?")
    standing.box.platform.away = True
    await standing.touch("hand")

    await standing.reads("The credit is in")
    await standing.reads("The power is on")


async def test_who_stands_still_is_warned_by_a_dialogue_and_then_nothing_of_them_is_left(standing: Standing) -> None:
    remote = standing.box.terminal.counter.remote
    token = standing.box.token(5_000)
    await standing.touch("start")
    await standing.touch("ask_token")
    await standing.page.keyboard.type(token[:8])
    await standing.reads("Block 3 of 5")

    standing.box.clock.forward(seconds=remote.idle_s - remote.warn_s + 1)
    warning = standing.page.get_by_role("alertdialog")
    await expect(warning).to_contain_text("Still there?")
    await warning.get_by_role("button").click()
    await expect(warning).to_have_count(0)
    await standing.reads("Block 3 of 5")

    standing.box.clock.forward(seconds=remote.idle_s + 1)
    await standing.reads("Pay and have your power back")
    assert token[:4] not in await standing.page.content()


async def test_what_is_pasted_counts_as_scanned(standing: Standing) -> None:
    await standing.touch("start")
    await standing.page.evaluate(_PASTE, STS_NUMBER)
    await standing.reads("Power is off")


_PASTE = """(text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text", text);
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
