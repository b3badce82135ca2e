"""Paying at the terminal (SPEC K-3): the code on the screen, the payer's code, the brake, walking away."""

from html import unescape

from kiosk.ui import states as at
from tests.headend_client.simulator.bench import STS_NUMBER
from tests.kiosk.box import Box
from tests.kiosk.ui.conftest import Hand, is_at

PAYER_CODE = "134567890123456789"


def tell(box: Box, ref: str, headline: str) -> None:
    """Let the platform tell this of a payment from now on."""
    story = {"ref": ref, "state": "paid", "headline": headline, "amount_minor": 5000, "lines": [], "supply": "on"}
    box.platform.stories[ref] = story


async def choose(hand: Hand) -> None:
    """Come as far as "how do you want to pay?" for 50."""
    await hand.press("look", STS_NUMBER)
    await hand.press("pay")
    await hand.press("amount", "5000")


async def test_an_amount_says_how_many_kwh_it_buys_where_that_is_counted(box: Box, hand: Hand) -> None:
    box.platform.views[STS_NUMBER] = {"offers": [{"amount_minor": 5_000, "energy_kwh": 95}]}
    await hand.press("look", STS_NUMBER)
    assert "= 95 kWh" in await hand.press("pay")


async def test_a_code_is_shown_and_the_screen_follows_the_payment(box: Box, hand: Hand) -> None:
    await choose(hand)
    shown = await hand.press("way", "qr:sandbox")
    assert "Scan this with your phone" in shown
    assert "<svg" in hand.raw
    is_at(hand, at.PayQr)

    tell(box, is_at(hand, at.PayQr).begun.ref, "lit")
    box.clock.forward(seconds=2)
    await hand.visit.tick()

    is_at(hand, at.Told)
    assert "Your power is on" in await hand.look()


async def test_going_back_from_the_code_closes_the_order(box: Box, hand: Hand) -> None:
    await choose(hand)
    await hand.press("way", "qr:sandbox")
    state = is_at(hand, at.PayQr)
    await hand.press("back")
    assert state.begun.ref in box.platform.closed


async def test_walking_away_closes_the_order_and_wipes_the_screen(box: Box, hand: Hand) -> None:
    await choose(hand)
    await hand.press("way", "qr:sandbox")
    state = is_at(hand, at.PayQr)
    box.clock.forward(minutes=5)
    await hand.visit.tick()
    is_at(hand, at.Attract)
    assert state.begun.ref in box.platform.closed


async def test_a_payers_code_before_the_scanner_pays_once(box: Box, hand: Hand) -> None:
    await choose(hand)
    await hand.press("way", "barcode")
    await hand.scan(PAYER_CODE)
    assert PAYER_CODE not in hand.raw
    assert len(box.platform.orders) == 1


async def test_a_token_held_where_money_is_due_goes_to_nobody(box: Box, hand: Hand) -> None:
    await choose(hand)
    await hand.press("way", "barcode")
    seen = await hand.scan(box.token(5_000))
    assert "It was sent to nobody" in seen
    assert box.platform.orders == {}


async def test_a_typed_amount_outside_the_bounds_is_said(hand: Hand) -> None:
    await hand.press("look", STS_NUMBER)
    await hand.press("pay")
    await hand.press("own_amount")
    await hand.keys("99999")
    assert "¥10,000 at most" in await hand.key("enter")


async def test_by_keypad_alone_digits_choose_and_the_code_is_on_the_display(box: Box, hand: Hand) -> None:
    box.platform.settings["display"] = "keypad"
    assert await box.terminal.sync.beat()
    await hand.press("stop")
    await hand.key("enter")
    await hand.press("language")
    assert 'data-display="keypad"' in hand.raw
    await hand.keys("1")
    await hand.keys(STS_NUMBER)
    await hand.key("enter")
    is_at(hand, at.Card)
    pay = next(place for place, each in enumerate(_choices(hand), start=1) if each == "Pay")
    await hand.keys(f"{pay}1")
    is_at(hand, at.AskWay)
    await hand.keys("1")
    is_at(hand, at.PayQr)
    assert "<svg" in hand.raw


def _choices(hand: Hand) -> list[str]:
    lines = [line.strip() for line in unescape(hand.raw).replace("<p", "\n<p").splitlines()]
    words = [line.split(">")[1].split("<")[0] for line in lines if "lines__line" in line]
    return [word[2:] for word in words if word[:1].isdigit() and word[1:2] == " " and word[2:]]
