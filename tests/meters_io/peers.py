"""Our codec and the PyPI package `dlt645` on one line over TCP, each once as master and once as meter.

The peer writes addresses in the order of the wire, lowest pair first.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dlt645 import MeterClientService, MeterServerService

from meters_io.dlt645.frame import Frame, encode
from meters_io.dlt645.reader import Reader

METER = "201000000012"
ON_THE_WIRE = bytes.fromhex(METER)[::-1]
WAIT_S = 5
Ask = Callable[[Frame], Frame]


@contextmanager
def their_meter() -> Iterator[MeterServerService]:
    """Their meter, listening on a free port. It takes a second to be made."""
    meter = MeterServerService.new_tcp_server("127.0.0.1", 0, WAIT_S)
    meter.set_address(ON_THE_WIRE)
    assert meter.start()
    try:
        yield meter
    finally:
        assert meter.stop()


@contextmanager
def our_master(port: int) -> Iterator[Ask]:
    """Our master: sends a request, waits for the one answer."""
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as line:

        def exchange(request: Frame) -> Frame:
            line.sendall(encode(request))
            reader = Reader()
            frames: list[Frame] = []
            while not frames:
                frames = reader.feed(line.recv(7))  # small pieces: answers come cut
            (answer,) = frames
            return answer

        yield exchange


@contextmanager
def our_meter(answer: Callable[[Frame], Frame | None]) -> Iterator[int]:
    """Our meter, listening on a free port: one connection, answers in two pieces, silent where `answer` says None."""

    def serve() -> None:
        line, _ = listener.accept()
        line.settimeout(WAIT_S)
        reader = Reader()
        with line:
            while chunk := line.recv(1024):
                for request in reader.feed(chunk):
                    reply = answer(request)
                    raw = b"" if reply is None else encode(reply)
                    line.sendall(raw[:9])
                    line.sendall(raw[9:])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT_S)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(WAIT_S)
    assert not thread.is_alive()


def their_master() -> MeterClientService:
    """Their master, not yet connected. It takes a second to be made."""
    master = MeterClientService.new_tcp_client("127.0.0.1", 0, WAIT_S)
    assert master.set_address(ON_THE_WIRE.hex())
    return master


@contextmanager
def connected(master: MeterClientService, port: int) -> Iterator[MeterClientService]:
    """Their master, connected to `port`."""
    master.client.port = port
    assert master.connect()
    try:
        yield master
    finally:
        assert master.disconnect()
