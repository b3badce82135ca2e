"""The master of the PyPI package `dlt645` asks our meter: it reads our answers, and we read its requests."""

from collections.abc import Callable

import pytest
from dlt645 import MeterClientService

from meters_io.dlt645 import reads, values
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.message import Head, Message, head_of, read_message, write_message
from meters_io.dlt645.names import REPLY, Control, Item
from meters_io.dlt645.refusals import RefusalCode, build_refusal
from meters_io.dlt645.replies import address_matches
from tests.meters_io.peers import METER, ON_THE_WIRE, connected, our_meter, their_master

VOLTAGE_A, CURRENT_A, POWER, DEMAND = 0x02010100, 0x02020100, 0x02030000, 0x01010000
SWITCH = 0x04000106


@pytest.fixture(scope="module")
def peer_master() -> MeterClientService:
    return their_master()


def registers(known: dict[int, bytes]) -> Callable[[Frame], Frame | None]:
    """A meter of a few registers."""

    def answer(request: Frame) -> Frame | None:
        if not address_matches(request.address, METER):
            return None
        if request.control == Control.READ_ADDRESS:
            return reads.build_address_reply(METER)
        di = reads.parse_read_request(request).di
        return (
            reads.build_read_reply(METER, di, known[di]) if di in known else build_refusal(request, RefusalCode.NO_DATA)
        )

    return answer


def obeying(heard: list[Message], reply: Message) -> Callable[[Frame], Frame | None]:
    """A meter that keeps what it was told and gives one answer."""

    def answer(request: Frame) -> Frame | None:
        heard.append(read_message(request))
        assert write_message(head_of(request), heard[-1]) == request
        return write_message(Head(METER, request.control | REPLY), reply)

    return answer


def test_their_master_reads_our_meter(peer_master: MeterClientService) -> None:
    known = {
        int(Item.ENERGY): reads.ENERGY.to_bytes(6_780),
        VOLTAGE_A: values.number_to_bytes(2301, 2),
        CURRENT_A: values.signed_to_bytes(-1500, 3),
        POWER: values.signed_to_bytes(12_345, 3),
        DEMAND: values.number_to_bytes(123_456, 3) + bytes.fromhex("3009201126"),
        SWITCH: bytes.fromhex("3009201126"),
    }
    with our_meter(registers(known)) as port, connected(peer_master, port) as master:
        assert master.read_00(Item.ENERGY).value == 6.78
        assert master.read_02(VOLTAGE_A).value == 230.1
        assert master.read_02(CURRENT_A).value == -1.5
        assert master.read_02(POWER).value == 1.2345
        assert master.read_01(DEMAND).value.value == 12.3456  # its moment they read from the other end
        assert master.read_04(SWITCH).value == "2611200930"


def test_their_master_finds_the_address_of_our_meter(peer_master: MeterClientService) -> None:
    with our_meter(registers({})) as port, connected(peer_master, port) as master:
        assert bytes.fromhex(master.read_address().value) == ON_THE_WIRE


def test_their_master_understands_our_refusal(peer_master: MeterClientService) -> None:
    with our_meter(registers({})) as port, connected(peer_master, port) as master:
        assert master.read_00(Item.ENERGY) is None  # and did not wait for a time limit


def test_our_meter_reads_a_write_of_their_master(peer_master: MeterClientService) -> None:
    heard: list[Message] = []
    with our_meter(obeying(heard, Message("write_reply"))) as port, connected(peer_master, port) as master:
        master.write_04(SWITCH, "2612312359", "02123456")
    fields = {"di": "04000106", "level": "02", "password": "563412", "operator": "00000000", "value": "2612312359"}
    assert heard == [Message("write", {**fields})]


def test_our_meter_reads_the_speed_their_master_wants(peer_master: MeterClientService) -> None:
    heard: list[Message] = []
    reply = Message("set_baud_reply", {"rates": ["2400"]})
    with our_meter(obeying(heard, reply)) as port, connected(peer_master, port) as master:
        assert master.change_baud_rate(2400) is not None
    assert heard == [Message("set_baud", {"rates": ["2400"]})]


def test_our_meter_reads_the_clearing_of_events_by_their_master(peer_master: MeterClientService) -> None:
    heard: list[Message] = []
    with our_meter(obeying(heard, Message("clear_events_reply"))) as port, connected(peer_master, port) as master:
        assert master.clear_event("02123456", "00000000", 0x03300100) is not None
    (message,) = heard
    assert (message.kind, message.fields["level"], message.fields["di"]) == ("clear_events", "02", "03300100")


def test_our_meter_reads_a_change_of_password_by_their_master(peer_master: MeterClientService) -> None:
    heard: list[Message] = []
    reply = Message("set_password_reply", {"new_level": "02", "new_password": "222222"})
    with our_meter(obeying(heard, reply)) as port, connected(peer_master, port) as master:
        master.change_password("02111111", "02222222")
    (message,) = heard
    assert (message.kind, message.fields["password"], message.fields["new_password"]) == (
        "set_password",
        "111111",
        "222222",
    )
