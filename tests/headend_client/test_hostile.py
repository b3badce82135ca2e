"""Concentrators are not trusted: what strangers and rivals do is refused, counted and seen, and nobody else suffers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from headend_client.listener import Limits
from headend_client.outcome import Unknown
from headend_client.target import ConcentratorAddress
from meters_io.dlt645.reads import STATUS_3, build_register
from meters_io.dlt645.status import StatusWord3
from meters_io.gdw1376.frame import Control, Terminal, encode
from meters_io.gdw1376.link import Confirmed, Denied, Heartbeat, Login, build_denial, build_link, parse_confirm
from meters_io.gdw1376.passage import build_passed
from tests.headend_client.front_end import ADDRESS_OF_PEER, LIMITS, TIMING, FrontEnd, open_front_end
from tests.headend_client.meters import SHANGHAI
from tests.headend_client.peer import TERMINAL, Peer, report
from tests.headend_client.test_session import SAYS_SHUT, SHUT, read, session_of

OTHER = Terminal("3201", 8)
ELSEWHERE = "127.0.0.2"
HASTY = Limits(login_s=5.0, probe_s=0.05)


@asynccontextmanager
async def neighbour(front_end: FrontEnd) -> AsyncIterator[Peer]:
    """A good concentrator beside a hostile one: it is answered before and after."""
    front_end.archive.known.add(ConcentratorAddress("3201", 8))
    async with await Peer.logged_in(front_end.port, OTHER) as peer:
        yield peer
        await peer.is_answered()


async def test_an_unknown_address_is_refused_and_counted(front_end: FrontEnd) -> None:
    async with neighbour(front_end), await Peer.dial(front_end.port, Terminal("9999", 4)) as stranger:
        await stranger.say(Login())
        assert parse_confirm(await stranger.next_frame()) == Denied()
        assert await stranger.is_hung_up_on()
    assert front_end.listener.counts() == {"unknown_address": 1}


async def test_a_forged_login_does_not_displace_a_concentrator_that_answers(front_end: FrontEnd) -> None:
    async with (
        await Peer.logged_in(front_end.port) as genuine,
        await Peer.dial(front_end.port, host=ELSEWHERE) as forger,
    ):
        await forger.say(Login())
        await genuine.send(build_denial(await genuine.next_frame()))  # whatever it says, it lives
        assert parse_confirm(await forger.next_frame()) == Denied()
        assert await forger.is_hung_up_on()
        await genuine.is_answered()
        verb = read(front_end)
        await genuine.answer(await genuine.asked(), SHUT)
        assert await verb == SAYS_SHUT
    assert front_end.archive.told.count(("replaced", ADDRESS_OF_PEER)) == 1
    assert front_end.listener.counts() == {"rival": 1}


async def test_a_concentrator_that_comes_back_from_another_host_displaces_its_own_dead_link(tmp_path: Path) -> None:
    async with open_front_end(tmp_path, TIMING, HASTY) as front_end:
        async with (
            await Peer.logged_in(front_end.port) as dead,
            await Peer.dial(front_end.port, host=ELSEWHERE) as again,
        ):
            await again.say(Login())
            assert parse_confirm(await again.next_frame()) == Confirmed()
            assert await dead.is_hung_up_on()
        assert front_end.listener.counts() == {}


async def test_a_frame_for_another_concentrator_moves_nobody(front_end: FrontEnd) -> None:
    async with neighbour(front_end), await Peer.logged_in(front_end.port) as forger:
        verb = read(front_end)
        asked = await forger.asked()
        await forger.send(build_link(OTHER, Login(), 4, SHANGHAI))
        await forger.send(build_passed(asked.frame._replace(terminal=OTHER), asked.passage.port, b"\x00"))
        await forger.send(asked.frame)  # a frame that only a master sends
        await forger.answer(asked, SHUT)
        assert await verb == SAYS_SHUT
        assert session_of(front_end).counts() == {"foreign": 3}


@pytest.mark.parametrize("kind", ["heartbeats", "reports", "answers", "foreign"])
async def test_a_flood_of_good_frames_ends_its_link_and_no_other(front_end: FrontEnd, kind: str) -> None:
    answer = Control(up=True, starts=False, function=8)
    raw = {
        "heartbeats": encode(build_link(TERMINAL, Heartbeat(), 1, SHANGHAI)),
        "reports": encode(report(TERMINAL, 1)),
        "answers": encode(report(TERMINAL, 1)._replace(control=answer)),
        "foreign": encode(report(OTHER, 1)),
    }[kind]
    async with neighbour(front_end) as good, await Peer.logged_in(front_end.port) as peer:
        flood = asyncio.create_task(peer.send_bytes(raw * 20_000))
        await good.is_answered()
        assert await peer.is_hung_up_on()
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
    assert front_end.listener.counts()["flood"] == 1


async def test_a_flood_of_noise_is_counted(front_end: FrontEnd) -> None:
    async with neighbour(front_end), await Peer.logged_in(front_end.port) as peer:
        flood = asyncio.create_task(peer.send_bytes(b"\x68\xfd\xff\xfd\xff\x68" * 40_000))
        assert await peer.is_hung_up_on()
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
    assert front_end.listener.counts() == {"too_much_noise": 1}


async def test_a_frame_that_comes_byte_by_byte_for_ever_ends_its_link(tmp_path: Path) -> None:
    limits = Limits(login_s=5.0, gap_s=1.0, frame_s=0.05)
    async with open_front_end(tmp_path, TIMING, limits) as front_end:
        async with neighbour(front_end), await Peer.logged_in(front_end.port) as peer:
            drip = asyncio.create_task(_drip(peer, b"\x68\xfd\xff\xfd\xff\x68" + bytes(16_000)))
            assert await peer.is_hung_up_on()
            drip.cancel()
            await asyncio.gather(drip, return_exceptions=True)
        assert front_end.listener.counts() == {"too_slow": 1}


async def test_a_heartbeat_behind_a_false_beginning_is_found_in_time(tmp_path: Path) -> None:
    limits = Limits(login_s=5.0, gap_s=1.0, frame_s=0.03)
    async with open_front_end(tmp_path, TIMING, limits) as front_end, await Peer.logged_in(front_end.port) as peer:
        heartbeat = encode(build_link(TERMINAL, Heartbeat(), 7, SHANGHAI))
        drip = asyncio.create_task(_drip(peer, b"\x68\xfd\xff\xfd\xff\x68", heartbeat * 200))
        assert (await peer.next_frame()).seq.number == 7
        drip.cancel()
        await asyncio.gather(drip, return_exceptions=True)


async def test_a_login_byte_by_byte_is_given_up(tmp_path: Path) -> None:
    login = encode(build_link(TERMINAL, Login(), 1, SHANGHAI))
    async with open_front_end(tmp_path, TIMING, Limits(login_s=0.05)) as front_end:
        async with await Peer.dial(front_end.port) as peer:
            drip = asyncio.create_task(_drip(peer, login, pause_s=0.02))
            assert await peer.is_hung_up_on()
            drip.cancel()
            await asyncio.gather(drip, return_exceptions=True)
        assert front_end.listener.counts() == {"too_late": 1}


async def _drip(peer: Peer, raw: bytes, behind: bytes = b"", pause_s: float = 0.001) -> None:
    for byte in raw:
        await peer.send_bytes(bytes((byte,)))
        await asyncio.sleep(pause_s)
    for first in range(0, len(behind), 20):
        await peer.send_bytes(behind[first : first + 20])
        await asyncio.sleep(pause_s)


async def test_the_word_of_a_meter_that_was_not_asked_is_refused_and_counted(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = read(front_end)
        await peer.answer(await peer.asked(), build_register("201000000099", STATUS_3, StatusWord3()))
        assert isinstance(await verb, Unknown)
        assert session_of(front_end).counts() == {"another_meter": 1}


async def test_one_host_cannot_take_all_the_room_for_strangers(tmp_path: Path) -> None:
    limits = Limits(login_s=5.0, strangers=4, strangers_of_a_host=2)
    async with (
        open_front_end(tmp_path, TIMING, limits) as front_end,
        await Peer.dial(front_end.port, host=ELSEWHERE),
        await Peer.dial(front_end.port, host=ELSEWHERE),
        await Peer.dial(front_end.port, host=ELSEWHERE) as third,
    ):
        assert await third.is_hung_up_on()
        async with await Peer.logged_in(front_end.port) as good:
            await good.is_answered()
        assert front_end.listener.counts() == {"crowded": 1}


async def test_what_begins_with_no_login_is_counted(front_end: FrontEnd) -> None:
    async with await Peer.dial(front_end.port) as peer:
        await peer.say(Heartbeat())
        assert await peer.is_hung_up_on()
    assert front_end.listener.counts() == {"no_login": 1}


def test_the_limits_of_production_are_patient_with_a_slow_radio_link() -> None:
    assert LIMITS.frame_s >= 2 * LIMITS.gap_s
