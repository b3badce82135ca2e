"""One link: who speaks when, which answer is whose, what is confirmed, and how it ends."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from headend_client.errors import Unreachable
from headend_client.outcome import Relay, Unknown
from headend_client.session import Session
from headend_client.target import Priority, Recharge
from headend_client.timing import PortTiming, Timing
from meters_io.dlt645 import frame as dlt645
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import Item
from meters_io.dlt645.reads import STATUS_3, build_register, parse_read_request
from meters_io.dlt645.status import StatusWord3
from meters_io.gdw1376.frame import encode
from meters_io.gdw1376.link import Confirmed, Heartbeat, Logout, parse_confirm
from meters_io.gdw1376.passage import build_passed
from tests.headend_client.front_end import ADDRESS_OF_PEER, CARRIER, WIRED, FrontEnd, open_front_end, target
from tests.headend_client.meters import ADDRESS, CUSTOMER, EsamMeter
from tests.headend_client.peer import Asked, Peer, renumbered, report

OPEN = build_register(ADDRESS, STATUS_3, StatusWord3(relay_open=True))
SHUT = build_register(ADDRESS, STATUS_3, StatusWord3())
SAYS_OPEN = Relay(relay_open=True, command_open=False, alarm=False, keep_power=False)
SAYS_SHUT = Relay(relay_open=False, command_open=False, alarm=False, keep_power=False)


def read(front_end: FrontEnd, port: int = CARRIER, priority: Priority = Priority.ROUTINE) -> asyncio.Task[object]:
    """Start a read of the relay."""
    verb = front_end.driver.read_relay(target(port, priority=priority), front_end.trace)
    return asyncio.create_task(verb)


def session_of(front_end: FrontEnd) -> Session:
    """The one link there is."""
    session = front_end.pool.find(ADDRESS_OF_PEER)
    assert session is not None
    return session


async def queued(front_end: FrontEnd, **how: Priority) -> asyncio.Task[object]:
    """Start a read that has to wait for its turn."""
    task = read(front_end, **how)
    for _ in range(3):
        await asyncio.sleep(0)
    return task


async def test_one_exchange_at_a_time_goes_to_a_port(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        first, second = read(front_end), await queued(front_end)
        asked = await peer.asked()
        await peer.is_answered()  # nothing else has come in between
        await peer.answer(asked, OPEN)
        await peer.answer(await peer.asked(), SHUT)
        assert (await first, await second) == (SAYS_OPEN, SAYS_SHUT)


async def test_two_ports_of_a_concentrator_do_not_wait_for_each_other(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        carrier, wired = read(front_end, CARRIER), read(front_end, 3)
        first, second = await peer.asked(), await peer.asked()
        await peer.answer(second, SHUT)
        await peer.answer(first, OPEN)
        assert {await carrier, await wired} == {SAYS_OPEN, SAYS_SHUT}
        assert {first.passage.port, second.passage.port} == {CARRIER, 3}


async def test_restoring_a_supply_goes_before_what_waits_already(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        order: list[str] = []
        running = read(front_end)
        asked = await peer.asked()
        for name, priority in [
            ("routine", Priority.ROUTINE),
            ("asked", Priority.ASKED),
            ("restore", Priority.RESTORE),
            ("restore, later", Priority.RESTORE),
        ]:
            task = await queued(front_end, priority=priority)
            task.add_done_callback(partial(_note, order, name))
        await peer.answer(asked, OPEN)
        for _ in range(4):
            await peer.answer(await peer.asked(), SHUT)
        await running
        await peer.is_answered()
    assert order == ["restore", "restore, later", "asked", "routine"]


def _note(order: list[str], name: str, _: asyncio.Task[object]) -> None:
    order.append(name)


async def test_an_authentication_and_its_recharge_are_not_torn_apart(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        recharge = asyncio.create_task(front_end.driver.send_purchase(target(), Recharge(100, 4), front_end.trace))
        asked = await peer.asked()
        urgent = await queued(front_end, priority=Priority.RESTORE)
        meter = EsamMeter()
        await peer.answer(asked, meter.answer(asked.inner) or OPEN)
        await peer.serve(meter, 2)
        await asyncio.gather(recharge, urgent)
    assert (meter.count, meter.balance) == (4, 1334)


async def test_a_late_answer_to_an_older_request_is_dropped(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        given_up = read(front_end, WIRED)
        late = await peer.asked()
        with pytest.raises(Unreachable, match="no_reply"):
            await given_up
        again = read(front_end, WIRED)
        asked = await peer.asked()
        await peer.answer(late, OPEN)
        await peer.answer(asked, SHUT)
        assert await again == SAYS_SHUT


async def test_an_answer_that_comes_twice_counts_once(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        first = read(front_end)
        asked = await peer.asked()
        await peer.answer(asked, OPEN)
        await peer.answer(asked, SHUT)
        assert await first == SAYS_OPEN
        second = read(front_end)
        await peer.answer(await peer.asked(), SHUT)
        assert await second == SAYS_SHUT


async def test_an_answer_about_another_port_is_dropped(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = read(front_end)
        asked = await peer.asked()
        await peer.send(build_passed(asked.frame, 4, b"\x00"))
        await peer.answer(asked, SHUT)
        assert await verb == SAYS_SHUT


async def test_the_number_of_a_request_that_was_given_up_is_not_used_again_soon(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        given_up = asyncio.create_task(front_end.driver.read_relay(target(), front_end.trace))
        late = await peer.asked()
        given_up.cancel()
        for _ in range(20):
            verb = read(front_end)
            asked = await peer.asked()
            assert asked.frame.seq.number != late.frame.seq.number
            await peer.send(renumbered(build_passed(late.frame, CARRIER, b"\x00"), late.frame.seq.number))
            await peer.answer(asked, SHUT)
            assert await verb == SAYS_SHUT


async def test_a_job_that_is_cancelled_leaves_the_port_to_the_next(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        cancelled = read(front_end)
        await peer.asked()
        waiting = await queued(front_end)
        cancelled.cancel()
        await peer.answer(await peer.asked(), SHUT)
        assert await waiting == SAYS_SHUT


async def test_whoever_waits_too_long_for_a_turn_has_sent_nothing(tmp_path: Path) -> None:
    patient = PortTiming(1000, 5.0)
    async with (
        open_front_end(tmp_path, Timing(patient, patient, turn_s=0.02)) as front_end,
        await Peer.logged_in(front_end.port) as peer,
    ):
        running = read(front_end)
        asked = await peer.asked()
        with pytest.raises(Unreachable, match="port_busy"):
            await read(front_end)
        await peer.answer(asked, SHUT)
        assert await running == SAYS_SHUT


async def test_a_recharge_does_not_leave_when_there_is_no_time_left_to_hear_of_it(tmp_path: Path) -> None:
    timing = Timing(PortTiming(1000, 5.0), verb_s=4.0)
    async with open_front_end(tmp_path, timing) as front_end, await Peer.logged_in(front_end.port) as peer:
        verb = front_end.driver.send_purchase(target(), Recharge(100, 4), front_end.trace)
        said, _ = await asyncio.gather(verb, peer.serve(EsamMeter(), 1), return_exceptions=True)
    assert isinstance(said, Unreachable)
    assert str(said) == "no_time_left"


async def test_a_question_is_given_up_when_its_verb_has_no_time_left(tmp_path: Path) -> None:
    timing = Timing(PortTiming(1000, 5.0), verb_s=0.02)
    async with open_front_end(tmp_path, timing) as front_end, await Peer.logged_in(front_end.port):
        with pytest.raises(Unreachable, match="no_reply"):
            await read(front_end)


async def test_when_a_link_breaks_what_was_sent_is_unknown_and_what_waited_is_unreachable(front_end: FrontEnd) -> None:
    peer = await Peer.logged_in(front_end.port)
    token = "11112222333344445555"
    sts = target(profile="sts")
    in_flight = asyncio.create_task(front_end.driver.send_token(sts, token, front_end.trace))
    await peer.asked()
    waiting = asyncio.create_task(front_end.driver.send_token(sts, token, front_end.trace))
    await asyncio.sleep(0)
    await peer.hang_up()
    assert await in_flight == Unknown("link_lost")
    with pytest.raises(Unreachable, match="link_lost"):
        await waiting
    assert len(front_end.trace) == 1


async def test_every_frame_of_an_exchange_is_kept_with_its_time(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = read(front_end)
        asked = await peer.asked()
        answered_at = front_end.clock.forward(seconds=2)
        await peer.answer(asked, SHUT)
        await verb
    down, up = front_end.trace
    assert (down.direction, down.outer_hex, down.inner_hex) == (
        "down",
        encode(asked.frame).hex(),
        asked.passage.inner.hex(),
    )
    assert (up.direction, up.at) == ("up", answered_at)
    assert up.inner_hex in up.outer_hex
    assert parse_read_request(asked.inner).di == Item.STATUS_3


async def test_heartbeats_and_reports_are_confirmed_even_while_an_answer_is_awaited(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = read(front_end)
        asked = await peer.asked()
        await peer.say(Heartbeat(front_end.clock()), 3)
        await peer.send(report(peer.terminal, 9))
        confirmed = [await peer.next_frame(), await peer.next_frame()]
        assert [(frame.seq.number, parse_confirm(frame)) for frame in confirmed] == [(3, Confirmed()), (9, Confirmed())]
        await peer.answer(asked, SHUT)
        assert await verb == SAYS_SHUT


async def test_a_logout_is_confirmed_and_ends_the_link(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        await peer.say(Logout(), 5)
        assert parse_confirm(await peer.next_frame()) == Confirmed()
        assert await peer.is_hung_up_on()
    assert front_end.pool.find(ADDRESS_OF_PEER) is None
    with pytest.raises(Unreachable, match="no_link"):
        await read(front_end)


async def test_a_link_that_misses_its_heartbeats_is_ended(tmp_path: Path) -> None:
    async with open_front_end(tmp_path, Timing(heartbeat_s=0.02)) as front_end:
        async with await Peer.logged_in(front_end.port) as peer:
            assert await peer.is_hung_up_on()
        assert front_end.archive.words == ["logged_in", "logged_out"]


async def test_bytes_that_make_no_frame_do_not_keep_a_link_alive(tmp_path: Path) -> None:
    async with (
        open_front_end(tmp_path, Timing(heartbeat_s=0.05)) as front_end,
        await Peer.logged_in(front_end.port) as peer,
    ):
        feeding = asyncio.create_task(_drip(peer, b"\x68\x32\x00\x32\x00\x68"))
        assert await peer.is_hung_up_on()
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def test_a_link_that_sends_nothing_but_noise_is_ended(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        flood = asyncio.create_task(peer.send_bytes(b"\x68\xfd\xff\xfd\xff\x68" * 40_000))
        assert await peer.is_hung_up_on()
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)


async def _drip(peer: Peer, raw: bytes) -> None:
    while True:
        await peer.send_bytes(raw)
        await asyncio.sleep(0.01)


async def test_frames_glued_together_and_cut_at_every_byte_are_read(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        for cut in range(1, 40, 3):
            first, second = read(front_end, CARRIER), read(front_end, 3)
            asked = [await peer.asked(), await peer.asked()]
            raw = b"\x16\x68\x00" + b"".join(_answer(each, SHUT) for each in asked)
            await peer.send_bytes(raw[:cut])
            await peer.send_bytes(raw[cut:])
            assert (await first, await second) == (SAYS_SHUT, SAYS_SHUT)


def _answer(asked: Asked, inner: Frame) -> bytes:
    return encode(build_passed(asked.frame, asked.passage.port, dlt645.encode(inner)))


async def test_a_secret_never_reaches_the_trace(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = front_end.driver.send_purchase(target(), Recharge(100, 4), front_end.trace)
        await asyncio.gather(verb, peer.serve(EsamMeter(), 2))
    recharge = front_end.trace[2].inner_hex
    assert recharge.count("xx") == 9  # two MACs and the checksum over them
    assert (bytes.fromhex(CUSTOMER)[::-1].translate(bytes((n + 0x33) % 256 for n in range(256)))).hex() in recharge
