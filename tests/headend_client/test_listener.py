"""The door: who gets in, who does not, and what strangers cannot do to it."""

import asyncio
import socket
from datetime import UTC
from pathlib import Path

import pytest

from headend_client.listener import Limits
from headend_client.target import ConcentratorAddress
from meters_io.gdw1376.frame import Frame, Terminal, encode
from meters_io.gdw1376.link import Confirmed, Denied, Heartbeat, Login, build_link, parse_confirm
from tests.headend_client.front_end import ADDRESS_OF_PEER, TIMING, FrontEnd, open_front_end
from tests.headend_client.peer import PATIENCE_S, TERMINAL, Peer, report

STRANGER = Terminal("9999", 4)
LOGIN = encode(build_link(TERMINAL, Login(), 1, UTC))


async def test_a_known_concentrator_is_confirmed_and_announced(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port):
        assert front_end.pool.find(ADDRESS_OF_PEER) is not None
        assert front_end.archive.words == ["logged_in"]


async def test_an_unknown_concentrator_is_refused_and_reported(front_end: FrontEnd) -> None:
    async with await Peer.dial(front_end.port, STRANGER) as peer:
        await peer.say(Login())
        assert parse_confirm(await peer.next_frame()) == Denied()
        assert await peer.is_hung_up_on()
    assert front_end.archive.told == [("refused", ConcentratorAddress("9999", 4))]


@pytest.mark.parametrize("first", [build_link(TERMINAL, Heartbeat(), 1, UTC), report(TERMINAL, 1)])
async def test_whoever_begins_with_anything_but_a_login_is_refused(front_end: FrontEnd, first: Frame) -> None:
    async with await Peer.dial(front_end.port) as peer:
        await peer.send(first)
        assert parse_confirm(await peer.next_frame()) == Denied()
        assert await peer.is_hung_up_on()
    assert front_end.archive.told == []


async def test_a_repeated_login_is_confirmed_again(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        await peer.say(Login(), 2)
        assert parse_confirm(await peer.next_frame()) == Confirmed()
        assert front_end.archive.words == ["logged_in"]


async def test_a_login_cut_at_every_byte_is_read(front_end: FrontEnd) -> None:
    for cut in range(1, len(LOGIN)):
        async with await Peer.dial(front_end.port) as peer:
            await peer.send_bytes(LOGIN[:cut])
            await peer.send_bytes(LOGIN[cut:])
            assert parse_confirm(await peer.next_frame()) == Confirmed()


async def test_frames_glued_behind_a_login_are_not_lost(front_end: FrontEnd) -> None:
    async with await Peer.dial(front_end.port) as peer:
        await peer.send_bytes(LOGIN + encode(build_link(TERMINAL, Heartbeat(), 5, UTC)))
        assert [(await peer.next_frame()).seq.number for _ in range(2)] == [1, 5]


async def test_a_newer_link_replaces_the_older_one(front_end: FrontEnd) -> None:
    older = await Peer.logged_in(front_end.port)
    async with await Peer.logged_in(front_end.port) as newer:
        assert await older.is_hung_up_on()
        await newer.is_answered()
        await older.hang_up()
        assert front_end.pool.find(ADDRESS_OF_PEER) is not None
    assert "logged_out" not in front_end.archive.words


async def test_two_concentrators_with_one_address_are_reported(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port), await Peer.logged_in(front_end.port) as newer:
        await newer.is_answered()
        assert front_end.archive.words == ["logged_in", "logged_in", "replaced"]


@pytest.mark.parametrize("begin", [b"", LOGIN[:9], b"GET / HTTP/1.1\r\n\r\n"])
async def test_whoever_does_not_log_in_in_time_is_hung_up_on(tmp_path: Path, begin: bytes) -> None:
    async with (
        open_front_end(tmp_path, limits=Limits(login_s=0.05)) as front_end,
        await Peer.dial(front_end.port) as peer,
    ):
        await peer.send_bytes(begin)
        assert await peer.is_hung_up_on()


@pytest.mark.parametrize("kind", [b"\x68\xfd\xff\xfd\xff\x68" + bytes(20), b"\x68", bytes(range(256)), b"\x00"])
async def test_a_login_of_a_megabyte_is_hung_up_on_and_others_get_in(front_end: FrontEnd, kind: bytes) -> None:
    async with await Peer.dial(front_end.port) as peer:
        flood = asyncio.create_task(peer.send_bytes(kind * (1_000_000 // len(kind))))
        assert await peer.is_hung_up_on()
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
        async with await Peer.logged_in(front_end.port) as good:
            await good.is_answered()


async def test_half_a_login_and_a_silence_later_a_whole_one_still_counts(tmp_path: Path) -> None:
    async with (
        open_front_end(tmp_path, TIMING, Limits(gap_s=0.02)) as front_end,
        await Peer.dial(front_end.port) as peer,
    ):
        await peer.send_bytes(b"\x68\xfd\xff\xfd\xff\x68" + LOGIN)
        assert parse_confirm(await peer.next_frame()) == Confirmed()


async def test_more_strangers_than_allowed_are_hung_up_on_at_once(tmp_path: Path) -> None:
    async with (
        open_front_end(tmp_path, limits=Limits(strangers=2)) as front_end,
        await Peer.dial(front_end.port),
        await Peer.dial(front_end.port),
        await Peer.dial(front_end.port) as third,
    ):
        assert await third.is_hung_up_on()


async def test_a_stranger_who_leaves_makes_room_for_the_next(tmp_path: Path) -> None:
    async with open_front_end(tmp_path, limits=Limits(strangers=1)) as front_end:
        for _ in range(5):
            async with await Peer.logged_in(front_end.port) as peer:
                await peer.is_answered()


async def test_a_lost_link_is_told_once(front_end: FrontEnd) -> None:
    peer = await Peer.logged_in(front_end.port)
    await peer.hang_up()
    async with await Peer.logged_in(front_end.port, TERMINAL) as again:
        await again.is_answered()
        assert front_end.archive.words.count("logged_out") <= 1


async def test_a_front_end_that_closes_ends_every_link(tmp_path: Path) -> None:
    async with open_front_end(tmp_path) as front_end:
        peer = await Peer.logged_in(front_end.port)
    assert await peer.is_hung_up_on()
    assert front_end.pool.sessions() == ()
    await peer.hang_up()


@pytest.mark.parametrize("steps", range(6))
async def test_a_link_that_is_taken_in_while_the_front_end_closes_is_ended_too(tmp_path: Path, steps: int) -> None:
    async with open_front_end(tmp_path) as front_end:
        with socket.create_connection(("127.0.0.1", front_end.port), PATIENCE_S) as caller:
            for _ in range(steps):
                await asyncio.sleep(0)
            await front_end.listener.close()
            assert await asyncio.to_thread(hears_nothing_more, caller)


def hears_nothing_more(caller: socket.socket) -> bool:
    try:
        return caller.recv(1) == b""
    except ConnectionResetError:
        return True
