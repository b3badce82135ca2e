"""What lies in the inbox of a meter, at the terminal: by touch, on eight lines, and without a network (SPEC N-3)."""

import pytest

from kiosk.ui import states as at
from tests.headend_client.simulator.bench import STS_NUMBER
from tests.kiosk.box import Box
from tests.kiosk.ui.conftest import Hand, is_at

AT = "2026-03-02T00:00:00+00:00"
INBOX: list[dict[str, object]] = [
    {"meter": STS_NUMBER, "kind": "alarm_a", "at": AT, "text": "Balance ¥5.00"},
    {"meter": STS_NUMBER, "kind": "a_kind_of_next_year", "at": AT, "text": "Something new"},
]


@pytest.fixture
async def posted(box: Box) -> None:
    """Two messages lie there, and the terminal has heard of them."""
    box.platform.views[STS_NUMBER] = {"inbox": INBOX}
    box.platform.kept["inbox"] = INBOX
    await box.terminal.sync.refresh()


@pytest.mark.usefixtures("posted")
@pytest.mark.parametrize("away", [False, True])
async def test_messages_of_a_meter_are_read_one_by_one_with_and_without_a_network(
    box: Box, hand: Hand, away: bool
) -> None:
    box.platform.away = away
    card = await hand.press("look", STS_NUMBER)
    first = await hand.press("inbox")
    second = await hand.press("next_posted")
    again = await hand.press("next_posted")

    assert "Messages: 2" in card
    assert "Low balance" in first
    assert "Balance ¥5.00" in first
    assert "Something new" in second
    assert "Balance ¥5.00" in again
    assert is_at(hand, at.ShowInbox).place == 0
    await hand.press("back")
    assert is_at(hand, at.Card).card.number == STS_NUMBER


async def test_a_meter_without_messages_offers_none(hand: Hand) -> None:
    assert "Messages" not in await hand.press("look", STS_NUMBER)
    await hand.press("inbox")
    assert isinstance(hand.visit.state, at.Card)


@pytest.mark.usefixtures("posted")
async def test_the_keypad_reads_them_by_its_digits(box: Box, hand: Hand) -> None:
    box.platform.settings["display"] = "keypad"
    await box.terminal.sync.beat()
    places = iter(range(1, 8))
    while not isinstance(hand.visit.state, at.ShowInbox):
        await hand.press("look", STS_NUMBER)
        await hand.keys(str(next(places)))
    assert "Balance ¥5.00" in hand.seen
