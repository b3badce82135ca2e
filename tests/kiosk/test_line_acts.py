"""Tokens and relays over the real line, with simulated meters at its other end."""

import asyncio
import os
import tty

import pytest

from headend_client.simulator.local_line import LineFault
from headend_client.simulator.world import Behaviour, FirstState, Script
from kiosk.answers import Entered, MeterCard, Restored, Source
from kiosk.meter import Closing, Outcome
from kiosk.shapes import Trouble
from tests.clocks import Clock
from tests.headend_client.simulator.bench import STS_ADDRESS, STS_NUMBER
from tests.kiosk.box import ESAM_NUMBER, NAME, Box, kept_meter
from tests.kiosk.conftest import Boxes
from tests.standins.platform import Cut


async def entered(box: Box, digits: str, *, hand: bool = True) -> Entered:
    """Enter a token at the counter."""
    done = await box.terminal.counter.enter_token(digits, STS_NUMBER, hand=hand)
    assert isinstance(done, Entered)
    return done


async def test_a_typed_token_lights_the_house_with_the_backhaul_cut_and_is_told_once(box: Box) -> None:
    box.platform.away = True
    done = await entered(box, box.token())
    assert done.inside
    assert done.restored is not None
    assert done.restored.lit
    assert (box.meter.balance_cents, box.meter.relay_open) == (5_000, False)
    assert not await box.terminal.sync.tell()

    box.platform.away = False
    await box.tell()
    await box.tell()
    assert box.platform.kinds() == ["started", "token_entered", "relay_closed"]
    assert box.platform.told("token_entered") == [{"purchase": None, "outcome": "accepted", "code": ""}]
    assert box.platform.told("relay_closed") == [{"outcome": "closed", "code": "", "relay_open": False}]


async def test_what_is_told_holds_no_token(box: Box) -> None:
    digits = box.token()
    await entered(box, digits)
    await box.tell()
    assert digits not in str(box.platform.entries)


async def test_a_lost_answer_of_the_platform_tells_a_fact_twice_and_it_counts_once(box: Box) -> None:
    await entered(box, box.token())
    box.platform.cuts = [Cut.AFTER]
    assert not await box.terminal.sync.tell()
    await box.tell()
    assert box.platform.posts == 2
    assert len(box.platform.entries) == 3


async def test_the_same_token_typed_twice_credits_once(box: Box) -> None:
    digits = box.token()
    await entered(box, digits)
    again = await entered(box, digits)
    assert [end.outcome for end in again.ends] == [Outcome.USED]
    assert again.inside
    assert box.meter.balance_cents == 5_000


async def test_a_token_whose_answers_are_lost_is_asked_again_and_credits_once(boxes: Boxes) -> None:
    async with boxes(behaviour=Behaviour(Script.DEAF, times=3)) as box:
        done = await entered(box, box.token())
        assert [end.outcome for end in done.ends] == [Outcome.UNKNOWN]
        assert done.restored is None
        await box.terminal.sync.settle()
        await box.tell()
        assert [body["outcome"] for body in box.platform.told("token_entered")] == ["unknown", "used"]
        assert box.meter.balance_cents == 5_000


async def test_a_power_cut_after_the_token_left_is_settled_after_the_restart(boxes: Boxes) -> None:
    async with boxes(behaviour=Behaviour(Script.DEAF, times=1)) as box:
        digits = box.token()
        entering = asyncio.create_task(box.terminal.counter.enter_token(digits, STS_NUMBER))
        async with asyncio.timeout(2):  # the line says when it has heard the token
            await box.simulation.lines[NAME].carried.wait()
        entering.cancel()
        await asyncio.gather(entering, return_exceptions=True)

        terminal = await box.restart()
        assert [held.digits for held in await terminal.journal.held_tokens()] == [digits]
        await terminal.sync.settle()
        assert await terminal.journal.held_tokens() == []
        await box.tell()
        assert [body["outcome"] for body in box.platform.told("token_entered")] == ["used"]
        assert box.meter.balance_cents == 5_000


async def test_a_token_for_another_meter_is_refused_with_the_meters_reason(box: Box) -> None:
    done = await entered(box, "0" * 19 + "1")
    assert [(end.outcome, end.code) for end in done.ends] == [(Outcome.REFUSED, "crc_error")]
    assert await box.terminal.journal.held_tokens() == []


async def test_without_a_hand_the_money_goes_in_and_the_relay_waits(box: Box) -> None:
    done = await entered(box, box.token(), hand=False)
    assert done.restored == Restored("off", code="needs_hand", balance_minor=5_000)
    assert box.meter.relay_open

    restored = await box.terminal.counter.restore(STS_NUMBER)
    assert isinstance(restored, Restored)
    assert restored.lit
    assert not box.meter.relay_open


async def test_below_the_reclose_limit_no_order_is_given(box: Box) -> None:
    box.platform.kept["meters"] = [kept_meter(reclose_limit_minor=10_000)]
    await box.terminal.sync.refresh()
    done = await entered(box, box.token(5_000))
    assert done.restored == Restored("off", code="below_limit", balance_minor=5_000)


async def test_a_relay_that_says_yes_and_does_nothing_is_not_believed(boxes: Boxes) -> None:
    async with boxes(behaviour=Behaviour(Script.LAZY_RELAY, times=1)) as box:
        done = await entered(box, box.token())
        assert done.restored is not None
        assert done.restored.relay is not None
        assert (done.restored.supply, done.restored.relay.outcome) == ("off", Closing.OPEN)
        again = await box.terminal.counter.restore(STS_NUMBER)
        assert isinstance(again, Restored)
        assert again.lit


async def test_an_order_goes_by_the_meters_clock_where_ours_is_wrong(box: Box) -> None:
    box.machine = Clock()
    box.machine.forward(days=-3)
    await box.restart()
    await entered(box, box.token(), hand=True)
    assert not box.meter.relay_open


async def test_a_meter_that_is_not_kept_is_tried_at_the_address_of_its_number(box: Box) -> None:
    box.platform.away = True
    await box.terminal.cache.forget()
    looked = await box.terminal.counter.look(STS_NUMBER)
    assert looked == Trouble("not_known_off_line")  # this meter's address is not its number


async def test_a_meter_with_a_chip_takes_no_tokens_and_no_orders_from_here(box: Box) -> None:
    assert await box.terminal.counter.enter_token(box.token(), ESAM_NUMBER) == Trouble("takes_no_tokens")
    box.simulation.yard.set_relay(ESAM_NUMBER, is_open=True)
    restored = await box.terminal.counter.restore(ESAM_NUMBER)
    assert restored == Restored("off", code="not_from_here", balance_minor=1_000)


@pytest.mark.parametrize(
    ("fault", "times"), [(LineFault.NOISE, 2), (LineFault.DUPLICATE, 0), (LineFault.ECHO, 0), (LineFault.NONE, 0)]
)
async def test_a_bad_line_costs_tries_and_no_money(box: Box, fault: LineFault, times: int) -> None:
    box.disturb(fault, times=times)
    done = await entered(box, box.token())
    assert done.inside
    assert done.restored is not None
    assert done.restored.lit
    assert box.meter.balance_cents == 5_000


async def test_an_answer_that_comes_late_is_heard_by_the_next_try_and_credits_once(box: Box) -> None:
    box.disturb(LineFault.SLOW, seconds=0.15)
    done = await box.terminal.counter.enter_token(box.token(), STS_NUMBER)
    assert isinstance(done, Entered)
    assert done.inside
    assert len(box.meter.credits) == 1


async def test_a_cut_line_loses_nothing_and_is_counted(box: Box) -> None:
    box.disturb(LineFault.CUT)
    done = await entered(box, box.token())
    assert [(end.outcome, end.code) for end in done.ends] == [(Outcome.UNKNOWN, "no_answer")]
    health = await box.terminal.counter.health()
    assert health["line_errors"] == 3
    box.disturb(LineFault.NONE)
    await box.terminal.sync.settle()
    assert box.meter.balance_cents == 5_000


async def test_a_line_that_cannot_be_opened_is_no_answer(box: Box) -> None:
    await box.restart(line="socket://127.0.0.1:1")
    done = await entered(box, box.token())
    assert [end.outcome for end in done.ends] == [Outcome.UNKNOWN]


async def test_issued_tokens_are_carried_in_without_typing(box: Box) -> None:
    waiting = {"purchase": "p0000001", "meter": STS_NUMBER, "digits": box.token(), "amount_minor": 5_000}
    box.platform.kept["undelivered"] = [{**waiting, "issued_at": box.clock().isoformat()}]
    await box.terminal.sync.refresh()
    box.platform.away = True
    card = await box.terminal.counter.look(STS_NUMBER)
    assert isinstance(card, MeterCard)
    assert (card.source, card.waiting, card.may_pay) == (Source.LINE, 1, False)
    done = await box.terminal.counter.deliver(STS_NUMBER)
    assert isinstance(done, Entered)
    assert done.inside
    assert not box.meter.relay_open
    assert await box.terminal.counter.deliver(STS_NUMBER) == Trouble("nothing_waits")
    box.platform.away = False
    await box.tell()
    assert box.platform.told("token_entered")[0]["purchase"] == "p0000001"


async def test_what_waits_goes_in_by_itself_while_the_platform_is_away(box: Box) -> None:
    waiting = {"purchase": "p0000001", "meter": STS_NUMBER, "digits": box.token(), "amount_minor": 5_000}
    box.platform.kept["undelivered"] = [{**waiting, "issued_at": box.clock().isoformat()}]
    await box.terminal.sync.refresh()
    box.platform.away = True
    await box.terminal.sync.beat()
    await box.terminal.sync.settle()
    assert box.meter.balance_cents == 5_000
    assert box.meter.relay_open  # nobody is there to say that it is safe
    await box.terminal.sync.settle()
    assert len(box.meter.credits) == 1


async def test_a_waiting_token_that_the_meter_refuses_is_not_carried_over_and_over(box: Box) -> None:
    waiting = {"purchase": "p0000001", "meter": STS_NUMBER, "digits": "0" * 19 + "1", "amount_minor": 5_000}
    box.platform.kept["undelivered"] = [{**waiting, "issued_at": box.clock().isoformat()}]
    await box.terminal.sync.refresh()
    box.platform.away = True
    await box.terminal.sync.beat()
    for _ in range(3):
        await box.terminal.sync.settle()
    box.platform.away = False
    await box.tell()
    assert [body["code"] for body in box.platform.told("token_entered")] == ["crc_error"]


async def test_a_waiting_token_on_a_cut_line_is_told_as_unknown_once(box: Box) -> None:
    waiting = {"purchase": "p0000001", "meter": STS_NUMBER, "digits": box.token(), "amount_minor": 5_000}
    box.platform.kept["undelivered"] = [{**waiting, "issued_at": box.clock().isoformat()}]
    await box.terminal.sync.refresh()
    box.platform.away = True
    await box.terminal.sync.beat()
    box.disturb(LineFault.CUT)
    await box.terminal.sync.settle()
    await box.terminal.sync.settle()
    box.disturb(LineFault.NONE)
    await box.terminal.sync.settle()
    box.platform.away = False
    await box.tell()
    assert [body["outcome"] for body in box.platform.told("token_entered")] == ["unknown", "accepted"]


async def test_the_balance_comes_from_the_meter_itself_when_the_platform_is_away(boxes: Boxes) -> None:
    async with boxes(first=FirstState(balance_cents=1_234)) as box:
        box.platform.away = True
        card = await box.terminal.counter.look(STS_NUMBER)
        assert isinstance(card, MeterCard)
        assert (card.source, card.balance_minor, card.supply) == (Source.LINE, 1_234, "on")
        box.clock.forward(hours=2)
        box.disturb(LineFault.CUT)
        kept = await box.terminal.counter.look(STS_NUMBER)
        assert isinstance(kept, MeterCard)
        assert (kept.source, kept.balance_minor, kept.as_of) == (Source.KEPT, 1_234, card.as_of)


async def test_a_serial_device_works_like_the_socket(box: Box) -> None:
    """A pseudo-terminal, bridged to the serial server: the path of /dev/ttyS1."""
    master, slave = os.openpty()
    tty.setraw(master)
    tty.setraw(slave)
    reader, writer = await asyncio.open_connection("127.0.0.1", box.simulation.line_ports[NAME])
    loop = asyncio.get_running_loop()
    loop.add_reader(master, lambda: writer.write(os.read(master, 4096)))

    async def back() -> None:
        while chunk := await reader.read(4096):
            os.write(master, chunk)

    returning = asyncio.create_task(back())
    try:
        await box.restart(line=os.ttyname(slave), line_parity="N")  # a pseudo-terminal has no parity
        done = await entered(box, box.token())
        assert done.inside
        assert not box.meter.relay_open
    finally:
        await box.stop()
        loop.remove_reader(master)
        returning.cancel()
        writer.close()
        os.close(master)
        os.close(slave)


def test_the_box_is_what_these_tests_think() -> None:
    assert STS_NUMBER.zfill(12) != STS_ADDRESS


async def test_a_meter_whose_money_the_platform_holds_is_asked_for_its_relay_alone(boxes: Boxes) -> None:
    async with boxes(first=FirstState(balance_cents=1_234)) as box:
        since = box.clock().isoformat()
        box.platform.kept["meters"] = [kept_meter(source="ledger", balance_minor=7_700, read_at=since)]
        await box.terminal.sync.refresh()
        box.platform.away = True
        for _ in range(2):
            card = await box.terminal.counter.look(STS_NUMBER)
            assert isinstance(card, MeterCard)
            assert (card.source, card.balance_minor, card.supply) == (Source.KEPT, 7_700, "on")
