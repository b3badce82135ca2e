"""Paying at the terminal, with the backhaul cut in the middle of each act."""

import pytest

from kiosk.answers import Charged
from kiosk.api import Wish
from kiosk.codes import CodeKind
from kiosk.shapes import Begun, Story, Trouble
from tests.headend_client.simulator.bench import STS_NUMBER
from tests.kiosk.box import Box
from tests.standins.platform import Cut

PAYER = "99" + "1234567890123456"
WISH = Wish(5_000, "form-1", "sandbox")


async def test_a_code_for_the_screen_begins_one_payment(box: Box) -> None:
    begun = await box.terminal.counter.pay_qr(STS_NUMBER, WISH)
    assert isinstance(begun, Begun)
    assert begun.qr == "https://pay.example/x"


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
async def test_a_cut_while_a_payment_begins_begins_no_second_one(box: Box, cut: Cut) -> None:
    box.platform.cuts = [cut]
    begun = await box.terminal.counter.pay_qr(STS_NUMBER, WISH)
    assert isinstance(begun, Begun)
    assert list(box.platform.orders) == ["form-1"]


async def test_without_the_platform_no_payment_begins(box: Box) -> None:
    box.platform.away = True
    assert await box.terminal.counter.pay_qr(STS_NUMBER, WISH) == Trouble("unreachable")
    assert await box.terminal.counter.pay_code(STS_NUMBER, WISH, PAYER) == Trouble("unreachable")
    assert box.platform.orders == {}


async def test_a_payers_code_is_charged_once_whatever_answer_is_lost(box: Box) -> None:
    await box.terminal.sync.beat()
    box.platform.cuts = [Cut.AFTER]
    assert await box.terminal.counter.pay_code(STS_NUMBER, WISH, PAYER) == Charged("paid", "order0000")
    assert list(box.platform.orders) == ["form-1"]


async def test_a_charge_whose_answers_are_all_lost_is_unknown_and_asked_again(box: Box) -> None:
    await box.terminal.sync.beat()
    box.platform.cuts = [Cut.AFTER, Cut.AFTER]
    assert await box.terminal.counter.pay_code(STS_NUMBER, WISH, PAYER) == Charged("unknown")
    await box.terminal.sync.beat()
    assert await box.terminal.counter.pay_code(STS_NUMBER, WISH, PAYER) == Charged("paid", "order0000")
    assert len(box.platform.orders) == 1


async def test_a_token_is_never_sent_to_a_payment_provider(box: Box) -> None:
    await box.terminal.sync.beat()
    token = box.token()
    assert await box.terminal.counter.pay_code(STS_NUMBER, WISH, token) == Trouble("not_a_payer_code")
    scan = await box.terminal.counter.scan(token)
    assert scan.kind is CodeKind.TOKEN
    assert await box.terminal.counter.pay_code(STS_NUMBER, WISH, scan.handle) == Trouble("not_a_payer_code")
    assert box.platform.payer_codes == []


async def test_a_scanned_payers_code_is_used_by_its_handle_once(box: Box) -> None:
    await box.terminal.sync.beat()
    scan = await box.terminal.counter.scan(PAYER)
    assert (scan.kind, scan.text) == (CodeKind.PAYER, "")
    assert isinstance(await box.terminal.counter.pay_code(STS_NUMBER, WISH, scan.handle), Charged)
    assert box.platform.payer_codes == [PAYER]
    assert await box.terminal.counter.pay_code(STS_NUMBER, WISH, scan.handle) == Trouble("not_a_payer_code")


async def test_what_was_scanned_is_gone_after_two_minutes_and_after_leaving(box: Box) -> None:
    counter = box.terminal.counter
    late = await counter.scan(PAYER)
    box.clock.forward(minutes=3)
    assert counter.shelf.take(late.handle, CodeKind.PAYER) is None
    left = await counter.scan(box.token())
    counter.keep_progress(STS_NUMBER, "1234")
    counter.wipe()
    assert counter.shelf.take(left.handle, CodeKind.TOKEN) is None
    assert counter.progress(STS_NUMBER) == ""


async def test_no_payers_code_is_on_the_disk(box: Box) -> None:
    await box.terminal.sync.beat()
    await box.terminal.counter.pay_code(STS_NUMBER, WISH, PAYER)
    raw = b"".join(path.read_bytes() for path in box.settings.state_dir.iterdir())
    assert PAYER.encode() not in raw


async def test_an_order_that_nobody_waits_for_is_closed_when_that_can_be_said(box: Box) -> None:
    begun = await box.terminal.counter.pay_qr(STS_NUMBER, WISH)
    assert isinstance(begun, Begun)
    box.platform.away = True
    await box.terminal.counter.leave_payment(begun.ref)
    await box.restart()
    assert box.platform.closed == []
    box.platform.away = False
    await box.terminal.sync.refresh()
    await box.terminal.sync.refresh()
    assert box.platform.closed == [begun.ref]


async def test_the_story_of_a_payment_comes_from_the_platform_only(box: Box) -> None:
    told = {"ref": "order0000", "state": "paid", "headline": "lit", "amount_minor": 5_000}
    line = {"step": "paid", "mark": "done", "at": box.clock().isoformat(), "due": None}
    box.platform.stories["order0000"] = {**told, "lines": [line], "tokens": [box.token()]}
    story = await box.terminal.counter.story("order0000")
    assert isinstance(story, Story)
    assert story.lines[0].step == "paid"
    assert story.tokens[0] not in repr(story)
    box.platform.away = True
    assert await box.terminal.counter.story("order0000") == Trouble("unreachable")


async def test_a_badge_is_written_down_and_opens_nothing(box: Box) -> None:
    scan = await box.terminal.counter.scan("B-K7F3Q9")
    assert scan.kind is CodeKind.BADGE
    await box.tell()
    assert box.platform.told("staff_badge") == [{"badge": "B-K7F3Q9"}]


async def test_the_serial_scanner_waits_for_a_screen(box: Box) -> None:
    counter = box.terminal.counter
    for _ in range(12):
        await counter.scanned(STS_NUMBER)
    scan = await counter.next_scan()
    assert (scan.kind, scan.text) == (CodeKind.METER, STS_NUMBER)
