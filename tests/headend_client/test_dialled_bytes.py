"""Whatever bytes a gateway sends, in whatever pieces: a question gets its answer or none, and nothing breaks."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from headend_client.dialled_line import Line
from headend_client.errors import SessionClosed
from headend_client.link import Silence
from headend_client.outcome import FrameRecord
from headend_client.tally import Mishap, Tally
from meters_io.dlt645.frame import Frame, encode
from meters_io.dlt645.names import FUNCTION, REPLY, Control
from meters_io.dlt645.reads import STATUS_3, build_read
from tests.clocks import Clock
from tests.headend_client.gateway import DIAL, says
from tests.headend_client.meters import ADDRESS

ASKED = build_read(ADDRESS, STATUS_3.di)
QUICK = replace(DIAL, answer_s=5.0, hush_s=0.0, gap_s=0.005)
FRAMES = st.builds(
    Frame,
    address=st.sampled_from([ADDRESS, "201000000013", "A" * 12]),
    control=st.sampled_from([0x11, 0x91, 0xB1, 0xD1, 0x94, 0x83, 0x9C, 0x08]),
    data=st.one_of(st.binary(max_size=12), st.just(ASKED.data), st.just(ASKED.data + b"\x00\x00")),
    preamble=st.integers(0, 4),
)
PIECES = st.lists(st.one_of(st.binary(min_size=1, max_size=40), FRAMES.map(encode)), max_size=12)


@asynccontextmanager
async def line() -> AsyncIterator[tuple[Line, socket.socket, Tally]]:
    """A line over a pair of sockets; the gateway's end is in the test's hand."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    tally = Tally()
    made = Line(await asyncio.open_connection(sock=ours), QUICK, Clock(), tally)
    listening = asyncio.ensure_future(made.run())
    try:
        yield made, theirs, tally
    finally:
        made.close("link_closed")
        await listening
        theirs.close()
        await asyncio.sleep(0)


async def talk(pieces: list[bytes]) -> None:
    async with line() as (made, theirs, tally):
        trace: list[FrameRecord] = []
        asking = asyncio.ensure_future(made.exchange(ASKED, trace, 0.03))
        await asyncio.sleep(0)
        for piece in pieces:
            await asyncio.get_running_loop().sock_sendall(theirs, piece)
            await asyncio.sleep(0)
        try:
            said = await asking
        except SessionClosed:
            return
        assert set(tally.counts()) <= {mishap.value for mishap in Mishap}
        if not isinstance(said, Silence):
            fits(said)
            assert [record.direction for record in trace] == ["down", "up"]
            return
        # The line is as good as before: the next question gets its answer.
        again = asyncio.ensure_future(made.exchange(ASKED, trace, 5.0))
        await asyncio.sleep(2 * QUICK.gap_s)
        await asyncio.get_running_loop().sock_sendall(theirs, encode(says()))
        answer = await again
        assert not isinstance(answer, Silence)
        fits(answer)


def fits(said: bytes) -> None:
    """It is of the meter that was asked, about what was asked, or a refusal."""
    core = said.lstrip(b"\xfe")
    assert core[1:7] == bytes.fromhex(ADDRESS)[::-1]
    assert core[8] & REPLY
    assert core[8] & FUNCTION == Control.READ


@settings(max_examples=60, deadline=None)
@given(PIECES)
def test_a_question_gets_its_own_answer_or_none(pieces: list[bytes]) -> None:
    asyncio.run(talk(pieces))
