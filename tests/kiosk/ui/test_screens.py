"""The screens of the terminal (SPEC K-1 to K-4, M-9, M-10), over a real line to simulated meters."""

from kiosk.ui import states as at
from tests.headend_client.simulator.bench import STS_NUMBER
from tests.kiosk.box import Box
from tests.kiosk.ui.conftest import Hand, is_at


async def test_a_typed_token_brings_the_light_back_with_the_network_cut(box: Box, hand: Hand) -> None:
    box.platform.away = True
    await box.terminal.sync.refresh()

    await hand.press("ask_token")
    await hand.keys(box.token(5_000))
    await hand.key("enter")
    await hand.keys(STS_NUMBER)
    asked = await hand.key("enter")
    done = await hand.press("hand")

    assert "Are you here, and may the power come on?" in asked
    assert "The credit is in" in done
    assert "The power is on" in done
    assert "¥50.00" in done
    assert (box.meter.relay_open, box.meter.balance_cents) == (False, 5_000)


async def test_without_a_hand_the_credit_goes_in_and_the_relay_stays_open(box: Box, hand: Hand) -> None:
    await hand.press("ask_token")
    await hand.keys(box.token(5_000))
    await hand.key("enter")
    await hand.keys(STS_NUMBER)
    await hand.key("enter")
    done = await hand.press("no_hand")

    assert "You chose to leave it off" in done
    assert (box.meter.relay_open, box.meter.balance_cents) == (True, 5_000)


async def test_a_scanned_token_is_never_on_a_page_and_never_sent_to_pay(box: Box, hand: Hand) -> None:
    token = box.token(5_000)
    await hand.press("look", STS_NUMBER)
    asked = await hand.scan(token)

    assert "may the power come on" in asked
    assert token not in hand.raw.replace(" ", "")
    done = await hand.press("hand")
    assert "The credit is in" in done


async def test_a_wrong_digit_costs_a_block_and_not_the_code(box: Box, hand: Hand) -> None:
    token = box.token(5_000)
    await hand.press("look", STS_NUMBER)
    await hand.press("ask_token")
    await hand.keys(token[:6])
    assert "Block 2 of 5" in hand.seen
    await hand.press("stop_looking")
    await hand.key("back")
    assert is_at(hand, at.AskToken).typed == token[:5]

    short = await hand.key("enter")

    assert "These are not 20 digits yet" in short


async def test_the_same_code_again_says_that_its_money_is_in(box: Box, hand: Hand) -> None:
    token = box.token(5_000)
    for said in ("The credit is in", "This code was used"):
        await hand.press("look", STS_NUMBER)
        await hand.scan(token)
        assert said in await hand.press("hand")
    assert box.meter.balance_cents == 5_000


async def test_with_the_network_cut_the_screen_says_that_paying_is_not_possible(box: Box, hand: Hand) -> None:
    box.platform.away = True
    await box.terminal.sync.refresh()

    card = await hand.press("look", STS_NUMBER)

    assert "paying is not possible now" in card
    assert "Read from the meter just now" in card
    assert 'data-act="pay"' not in hand.raw


async def test_a_link_that_leads_elsewhere_is_refused_with_words(hand: Hand) -> None:
    seen = await hand.scan("https://pay.example.org/m/07000000017")
    assert "This code leads elsewhere" in seen


async def test_a_payers_code_is_taken_only_where_it_was_asked_for(box: Box, hand: Hand) -> None:
    seen = await hand.scan("134567890123456789")
    assert "First choose the meter and the amount" in seen
    assert "134567890123456789" not in hand.raw


async def test_who_says_nothing_is_warned_and_then_everything_is_wiped(box: Box, hand: Hand) -> None:
    token = box.token(5_000)
    await hand.press("ask_token")
    await hand.keys(token[:8])
    remote = box.terminal.counter.remote
    box.clock.forward(seconds=remote.idle_s - remote.warn_s + 1)
    await hand.visit.tick()
    assert "Still there? Wiped in" in await hand.look()

    await hand.press("stay")
    assert "Still there?" not in hand.seen
    is_at(hand, at.AskToken)

    box.clock.forward(seconds=remote.idle_s + 1)
    await hand.visit.tick()
    is_at(hand, at.Attract)
    assert token[:4] not in await hand.look()
    assert box.terminal.counter.progress("") == ""
    assert hand.visit.language == "zh"


async def test_only_the_page_that_was_served_may_press(hand: Hand) -> None:
    for path in ("/press", "/key", "/scan"):
        assert (await hand.client.post(path, data={"act": "start"})).status_code == 403


async def test_a_number_with_a_wrong_digit_is_said_and_kept(hand: Hand) -> None:
    await hand.press("ask_number", "look")
    wrong = STS_NUMBER[:-1] + str((int(STS_NUMBER[-1]) + 1) % 10)
    await hand.keys(wrong)
    seen = await hand.key("enter")
    assert "One digit is not right" in seen
    assert is_at(hand, at.AskNumber).typed == wrong
