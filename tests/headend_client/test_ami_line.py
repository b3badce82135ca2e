"""One line to a head end: it may be hung up at any moment, and leaves nothing open."""

import asyncio

import pytest

from headend_client.ami.line import Line, LineError
from headend_client.clock import utc_now
from tests.headend_client.ami_lane import PATIENT, place

PATIENCE_S = 10.0


async def test_a_line_that_is_hung_up_while_it_is_dialled_leaves_no_connection_open() -> None:
    ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        await reader.read()
        writer.close()
        ended.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        line = Line(place(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"), PATIENT, utc_now)
        asking = asyncio.ensure_future(line.standing())
        await asyncio.sleep(0)  # now it dials
        await line.aclose()
        with pytest.raises(LineError):
            await asking
        async with asyncio.timeout(PATIENCE_S):
            await ended.wait()
