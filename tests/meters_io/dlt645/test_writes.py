"""Writing items, and who may be told what."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest

from meters_io.dlt645 import purchase, reads, relay, writes
from meters_io.dlt645.addresses import check_request, expects_answer
from meters_io.dlt645.frame import ANY_METER, BROADCAST, Frame, decode
from meters_io.dlt645.message import read_message
from meters_io.dlt645.refusals import Refusal, RefusalCode
from meters_io.errors import LocalError
from tests.meters_io.samples import CHINA, DLT645

METER, PART = "201000000012", "AAAAAAAA0012"
ALARM_1, HOARD = 0x04001001, 0x04001004
SEAL = writes.Seal(bytes.fromhex("44332211"), 1)
PASSWORD = relay.Password(2, 0x020637, 1)


def test_a_class_1_write_is_the_published_one() -> None:
    published = next(decode(sample.raw) for sample in DLT645 if sample.id == "c-write-99")
    assert writes.build_class_1_write(METER, ALARM_1, Decimal(20), writes.Seal(SEAL.mac)) == published


def test_a_plain_write_shows_its_password() -> None:
    frame = writes.build_plain_write(METER, HOARD, PASSWORD, Decimal("2000.00"))
    assert frame.data.hex() == "04100004" + "02370602" + "01000000" + "00002000"
    assert read_message(frame).fields["value"] == Decimal("2000.00")


def test_a_class_2_write_carries_what_the_machine_made() -> None:
    frame = writes.build_class_2_write(METER, HOARD, bytes(range(16)), SEAL)
    assert frame.data.hex() == "04100004" + "98000000" + "01000000" + bytes(range(15, -1, -1)).hex() + "11223344"
    assert read_message(frame).fields["cipher"] == bytes(range(16)).hex()


@pytest.mark.parametrize(
    ("di", "class_1"),
    [
        (0x04000108, True),
        (0x040502FF, True),
        (0x040605FF, True),
        (0x0400040E, True),
        (HOARD, False),
        (0x04001003, False),
    ],
)
def test_the_class_of_an_item_is_known(di: int, class_1: bool) -> None:
    assert writes.is_class_1(di) is class_1


def test_a_write_that_cannot_be_is_our_error() -> None:
    with pytest.raises(LocalError, match="enciphered"):
        writes.build_class_1_write(METER, HOARD, Decimal(1), SEAL)
    with pytest.raises(LocalError, match="plain text"):
        writes.build_class_2_write(METER, ALARM_1, bytes(16), SEAL)
    with pytest.raises(LocalError, match="02 or 04"):
        writes.build_plain_write(METER, HOARD, relay.Password(0x99, 0), Decimal(1))
    for value in (Decimal("0.001"), Decimal(1_000_000), "twenty"):
        with pytest.raises(LocalError) as caught:
            writes.build_plain_write(METER, HOARD, PASSWORD, value)
        assert caught.value.field == "value"


def test_the_answer_to_a_write_is_a_word_or_a_refusal() -> None:
    assert writes.parse_write_reply(Frame(METER, 0x94), METER) == writes.Written()
    no = Frame(METER, 0xD4, b"\x04")
    assert writes.parse_write_reply(no, METER) == Refusal(RefusalCode.PASSWORD, 4, 0xD4)


ORDER = relay.RelayOrder(relay.RelayAction.TRIP)


@pytest.mark.parametrize("address", [ANY_METER, PART, BROADCAST])
def test_what_changes_a_meter_needs_its_whole_address(address: str) -> None:
    orders: list[Callable[[], Frame]] = [
        lambda: relay.build_relay(address, PASSWORD, ORDER, CHINA),
        lambda: relay.build_sealed_relay(address, relay.SealedOrder(bytes(16), bytes(4))),
        lambda: purchase.build_state_query(address),
        lambda: writes.build_plain_write(address, HOARD, PASSWORD, Decimal(1)),
        *(partial(check_request, Frame(address, control)) for control in (0x17, 0x19, 0x1A, 0x1B)),
    ]
    wanted = "broadcast" if address == BROADCAST else "wildcard"
    for build in orders:
        with pytest.raises(LocalError) as caught:
            build()
        assert (caught.value.code, caught.value.field) == (wanted, "address")


def test_whoever_is_on_the_line_may_be_asked_and_given_an_address() -> None:
    for control in (0x11, 0x12, 0x13, 0x15):
        assert check_request(Frame(ANY_METER, control)).address == ANY_METER
    with pytest.raises(LocalError):
        reads.build_read(BROADCAST, HOARD)


def test_everybody_may_be_told_the_time_and_to_freeze_and_nobody_answers() -> None:
    for control in (0x08, 0x16, 0x1D):
        assert not expects_answer(check_request(Frame(BROADCAST, control)))
    with pytest.raises(LocalError):
        check_request(Frame(ANY_METER, 0x16))
    assert expects_answer(Frame(METER, 0x16))
    assert not expects_answer(Frame(METER, 0x08))
