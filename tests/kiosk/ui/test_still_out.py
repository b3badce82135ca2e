"""A restoration that has not reached a home is said at the terminal, with and without a network (SPEC M-8)."""

import pytest

from kiosk.journal import Kind
from kiosk.ui import states as at
from tests.headend_client.simulator.bench import STS_NUMBER
from tests.kiosk.box import Box
from tests.kiosk.ui.conftest import Hand, is_at

BACK: list[dict[str, object]] = [
    {"id": "5b0c", "kind": "unplanned", "state": "restored", "title_zh": "停电", "title_en": "Power cut", "here": False}
]


@pytest.mark.parametrize("away", [False, True])
async def test_it_is_offered_after_a_restoration_and_written_down_at_once(box: Box, hand: Hand, away: bool) -> None:
    box.platform.kept["announcements"] = BACK
    await box.terminal.sync.refresh()
    box.platform.away = away
    assert "Still without power" in await hand.press("look", STS_NUMBER)
    assert "Noted: you are still without power" in await hand.press("still_out")

    noted = [each for each in await box.terminal.journal.untold(100) if each.kind == Kind.STILL_OUT]
    assert [each.meter for each in noted] == [STS_NUMBER]
    await hand.press("back")
    assert is_at(hand, at.Card).card.number == STS_NUMBER


async def test_without_a_restoration_it_is_not_offered(box: Box, hand: Hand) -> None:
    assert "Still without power" not in await hand.press("look", STS_NUMBER)
