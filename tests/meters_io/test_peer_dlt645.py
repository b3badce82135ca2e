"""Our codec and the PyPI package `dlt645` talk over TCP, each once as master and once as meter.

The peer writes addresses in the order of the wire, lowest pair first.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from dlt645 import MeterClientService, MeterServerService

from meters_io.bits import digits_from_bytes
from meters_io.dlt645 import reads, values
from meters_io.dlt645.frame import Frame, encode
from meters_io.dlt645.names import Control, Item
from meters_io.dlt645.reader import Reader
from meters_io.dlt645.refusals import Refusal, RefusalCode, build_refusal
from meters_io.dlt645.replies import address_matches

METER = "201000000012"
ON_THE_WIRE = bytes.fromhex(METER)[::-1]
VOLTAGE_A, CURRENT_A, POWER = 0x02010100, 0x02020100, 0x02030000
WAIT_S = 5


@pytest.fixture(scope="module")
def peer_meter() -> Iterator[MeterServerService]:
    """Their meter, listening on a free port. One for all tests: it takes a second to be made."""
    meter = MeterServerService.new_tcp_server("127.0.0.1", 0, WAIT_S)
    meter.set_address(ON_THE_WIRE)
    assert meter.start()
    yield meter
    assert meter.stop()


@pytest.fixture
def ask(peer_meter: MeterServerService) -> Iterator[Callable[[Frame], Frame]]:
    """Our master: sends a request, waits for the one answer."""
    with socket.create_connection(("127.0.0.1", peer_meter.server.port), WAIT_S) as line:

        def exchange(request: Frame) -> Frame:
            line.sendall(encode(request))
            reader = Reader()
            frames: list[Frame] = []
            while not frames:
                frames = reader.feed(line.recv(7))  # small pieces: answers come cut
            (answer,) = frames
            return answer

        yield exchange


def test_our_master_reads_the_energy_of_their_meter(
    peer_meter: MeterServerService, ask: Callable[[Frame], Frame]
) -> None:
    for energy_wh in (0, 260, 6_780, 799_999_990):
        assert peer_meter.set_00(Item.ENERGY, energy_wh / 1000)
        answer = ask(reads.build_read(METER, Item.ENERGY))
        assert reads.parse_register(answer, METER, reads.ENERGY) == energy_wh


@pytest.mark.parametrize(("di", "width", "scale"), [(VOLTAGE_A, 2, 10), (CURRENT_A, 3, 1000), (POWER, 3, 10_000)])
@pytest.mark.parametrize("number", [0, 1, 1234])
def test_our_master_reads_the_line_of_their_meter(
    peer_meter: MeterServerService, ask: Callable[[Frame], Frame], di: int, width: int, scale: int, number: int
) -> None:
    assert peer_meter.set_02(di, number / scale)
    answer = reads.parse_read_reply(ask(reads.build_read(METER, di)), METER, di)
    assert isinstance(answer, reads.ReadData)
    assert values.signed_from_bytes(answer.data, width) == number


def test_our_master_finds_the_address_of_their_meter(ask: Callable[[Frame], Frame]) -> None:
    answer = ask(reads.build_address_query())
    assert digits_from_bytes(answer.data) == METER


def test_our_master_hears_that_their_meter_has_no_such_item(ask: Callable[[Frame], Frame]) -> None:
    answer = reads.parse_read_reply(ask(reads.build_read(METER, Item.BALANCE)), METER, Item.BALANCE)
    assert answer == Refusal(RefusalCode.NO_DATA, 2, 0xD1)


def answer_as_meter(request: Frame, registers: dict[int, bytes]) -> Frame | None:
    """A meter of a few registers."""
    if not address_matches(request.address, METER):
        return None
    if request.control == Control.READ_ADDRESS:
        return reads.build_address_reply(METER)
    di = reads.parse_read_request(request).di
    if di not in registers:
        return build_refusal(request, RefusalCode.NO_DATA)
    return reads.build_read_reply(METER, di, registers[di])


@contextmanager
def our_meter(registers: dict[int, bytes]) -> Iterator[int]:
    """Our meter, listening on a free port: one connection, answers in two pieces."""

    def serve() -> None:
        line, _ = listener.accept()
        line.settimeout(WAIT_S)
        reader = Reader()
        with line:
            while chunk := line.recv(1024):
                for request in reader.feed(chunk):
                    answer = answer_as_meter(request, registers)
                    raw = b"" if answer is None else encode(answer)
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


@pytest.fixture(scope="module")
def peer_master() -> MeterClientService:
    """Their master. One for all tests, as above."""
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


def test_their_master_reads_our_meter(peer_master: MeterClientService) -> None:
    registers = {
        int(Item.ENERGY): reads.ENERGY.to_bytes(6_780),
        VOLTAGE_A: values.number_to_bytes(2301, 2),
        CURRENT_A: values.signed_to_bytes(-1500, 3),
        POWER: values.signed_to_bytes(12_345, 3),
    }
    with our_meter(registers) as port, connected(peer_master, port) as master:
        assert master.read_00(Item.ENERGY).value == 6.78
        assert master.read_02(VOLTAGE_A).value == 230.1
        assert master.read_02(CURRENT_A).value == -1.5
        assert master.read_02(POWER).value == 1.2345


def test_their_master_finds_the_address_of_our_meter(peer_master: MeterClientService) -> None:
    with our_meter({}) as port, connected(peer_master, port) as master:
        assert bytes.fromhex(master.read_address().value) == ON_THE_WIRE


def test_their_master_understands_our_refusal(peer_master: MeterClientService) -> None:
    with our_meter({}) as port, connected(peer_master, port) as master:
        assert master.read_00(Item.ENERGY) is None  # and did not wait for a time limit
