"""Our master asks the meter of the PyPI package `dlt645`: what both speak, and how it refuses.

It has no relay, no prepayment and no long answers, and it takes the broadcast time, the freeze and the clearing of the
maximum demand in another order of bytes than the standard has them: those are not asked here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from dlt645 import MeterServerService
from dlt645.model.types.dlt645_type import Demand

from meters_io.bits import digits_from_bytes
from meters_io.dlt645 import reads, values
from meters_io.dlt645.check import read_checked
from meters_io.dlt645.message import Head, Message, read_message, write_message
from meters_io.dlt645.names import Control, Item
from meters_io.dlt645.refusals import Refusal, RefusalCode
from meters_io.dlt645.relay import Password
from meters_io.dlt645.writes import Written, build_plain_write, parse_write_reply
from tests.meters_io.peers import METER, Ask, our_master, their_meter

PARAMETERS = {
    0x04000101: "26112106",  # a Saturday
    0x04000102: "093059",
    0x04000106: "2611300000",
    0x04000103: "15",
    0x04000204: "04",
    0x04000401: METER,
    0x04000409: "001600",
    0x04000503: "0050",
}
SWITCH = 0x04000106
MOMENT = "2612312359"
PASSWORD_ON_THE_WIRE = "02563412"  # level 02 and 123456, lowest pair first


@pytest.fixture(scope="module")
def peer_meter() -> Iterator[MeterServerService]:
    with their_meter() as meter:
        yield meter


@pytest.fixture
def ask(peer_meter: MeterServerService) -> Iterator[Ask]:
    with our_master(peer_meter.server.port) as exchange:
        yield exchange


def test_our_master_reads_the_energy_of_their_meter(peer_meter: MeterServerService, ask: Ask) -> None:
    for energy_wh in (0, 260, 6_780, 799_999_990):
        assert peer_meter.set_00(Item.ENERGY, energy_wh / 1000)
        answer = ask(reads.build_read(METER, Item.ENERGY))
        assert reads.parse_register(answer, METER, reads.ENERGY) == energy_wh


@pytest.mark.parametrize(
    ("di", "value"),
    [
        (0x00000000, "1234.56"),
        (0x00000000, "-1234.56"),
        (0x00010100, "0.01"),
        (0x00020000, "799999.99"),
        (0x0001000C, "12.00"),
    ],
)
def test_our_master_reads_every_energy_of_their_meter(
    peer_meter: MeterServerService, ask: Ask, di: int, value: str
) -> None:
    assert peer_meter.set_00(di, float(value))
    request = reads.build_read(METER, di)
    assert read_checked(request, ask(request)) == Decimal(value)


@pytest.mark.parametrize(
    ("di", "value"),
    [
        (0x02010100, "230.1"),
        (0x02020100, "-1.500"),
        (0x02030000, "1.2345"),
        (0x02030000, "-7.9999"),
        (0x02040000, "-0.0001"),
        (0x02060100, "-0.985"),
        (0x02800001, "0.123"),
        (0x02800002, "50.02"),
        (0x02800007, "-12.5"),
    ],
)
def test_our_master_reads_the_line_of_their_meter(
    peer_meter: MeterServerService, ask: Ask, di: int, value: str
) -> None:
    assert peer_meter.set_02(di, float(value))
    request = reads.build_read(METER, di)
    assert read_checked(request, ask(request)) == Decimal(value)


def test_our_master_reads_the_maximum_demand_of_their_meter(peer_meter: MeterServerService, ask: Ask) -> None:
    moment = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert peer_meter.set_01(0x01010000, Demand(12.3456, moment.replace(tzinfo=None)))
    answer = reads.parse_read_reply(ask(reads.build_read(METER, 0x01010000)), METER, 0x01010000)
    assert isinstance(answer, reads.ReadData)
    assert values.number_from_bytes(answer.data[:3], 3) == 123_456
    assert values.moment_from_bytes(answer.data[3:], UTC) == moment


@pytest.mark.parametrize("di", PARAMETERS, ids=lambda di: f"{di:08X}")
def test_our_master_reads_the_parameters_of_their_meter(peer_meter: MeterServerService, ask: Ask, di: int) -> None:
    assert peer_meter.set_04(di, PARAMETERS[di])
    request = reads.build_read(METER, di)
    answer = ask(request)
    assert digits_from_bytes(answer.data[4:]) == PARAMETERS[di]  # all of these are BCD, even the status word
    assert read_message(answer).trouble is None
    assert not isinstance(read_checked(request, answer), Refusal)


def test_our_master_finds_the_address_of_their_meter(ask: Ask) -> None:
    assert reads.parse_address_reply(ask(reads.build_address_query())) == METER


def test_our_master_hears_that_their_meter_has_no_such_item(ask: Ask) -> None:
    answer = reads.parse_read_reply(ask(reads.build_read(METER, Item.BALANCE)), METER, Item.BALANCE)
    assert answer == Refusal(RefusalCode.NO_DATA, 2, 0xD1)


def test_our_master_writes_a_parameter_of_their_meter_and_reads_it_back(
    peer_meter: MeterServerService, ask: Ask
) -> None:
    assert peer_meter.set_password(PASSWORD_ON_THE_WIRE)
    answer = ask(build_plain_write(METER, SWITCH, Password(2, 0x123456, 0x12345678), MOMENT))
    assert parse_write_reply(answer, METER) == Written()
    request = reads.build_read(METER, SWITCH)
    assert read_checked(request, ask(request)) == MOMENT


def test_our_master_hears_that_the_password_is_wrong(peer_meter: MeterServerService, ask: Ask) -> None:
    assert peer_meter.set_password(PASSWORD_ON_THE_WIRE)
    answer = parse_write_reply(ask(build_plain_write(METER, SWITCH, Password(2, 0x654321), MOMENT)), METER)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.control) == (RefusalCode.PASSWORD, 0xD4)


def test_our_master_sets_the_speed_of_their_meter(peer_meter: MeterServerService, ask: Ask) -> None:
    request = write_message(Head(METER, Control.BAUD), Message("set_baud", {"rates": ["2400"]}))
    assert read_message(ask(request)) == Message("set_baud_reply", {"rates": ["2400"]})
    assert peer_meter.baud_rate == 2400


def test_our_master_clears_the_events_of_their_meter(peer_meter: MeterServerService, ask: Ask) -> None:
    assert peer_meter.set_password(PASSWORD_ON_THE_WIRE)
    fields = {"level": "02", "password": "123456", "operator": "12345678", "di": "FFFFFFFF"}
    request = write_message(Head(METER, Control.CLEAR_EVENTS), Message("clear_events", {**fields}))
    assert read_message(ask(request)) == Message("clear_events_reply")


def test_our_master_gives_their_meter_another_address_and_its_own_again(
    peer_meter: MeterServerService, ask: Ask
) -> None:
    for old, new in ((METER, "000000000077"), ("000000000077", METER)):
        request = write_message(Head(old, Control.WRITE_ADDRESS), Message("write_address", {"address": new}))
        answer = ask(request)
        assert (answer.address, read_message(answer)) == (new, Message("write_address_reply"))
