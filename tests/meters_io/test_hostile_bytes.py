"""Whatever arrives, a decoder answers with a value or with `CodecError`; anything else would end a session."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meters_io.dlt645 import frame as dlt645
from meters_io.dlt645 import purchase, reads, refusals, relay, token, values
from meters_io.errors import CodecError, RemoteError
from meters_io.gdw1376 import clock, exchange, link, passage, tail, units
from meters_io.gdw1376 import frame as gdw1376
from tests.meters_io.dlt645.strategies import FRAMES as METER_FRAMES
from tests.meters_io.gdw1376.strategies import FRAMES as TERMINAL_FRAMES
from tests.meters_io.samples import CHINA, DLT645, GDW1376, Sample

METER = "201000000012"
ASKED = passage.build_passage(passage.Route(gdw1376.Terminal("3201", 18), 14), passage.Passage(31, b"x"))
DIS = [0x00900200, 0x00900201, 0x03330201, 0x04000503, 0x070000FF, 0x070101FF, 0x070102FF, 0x078102FF, 0x070190FF]
LIKELY = st.builds(
    lambda control, di, rest: dlt645.Frame(METER, control, di.to_bytes(4, "little") + rest),
    st.sampled_from([0x03, 0x83, 0xC3, 0x11, 0x91, 0xD1, 0x13, 0x93, 0x1C, 0x9C, 0xDC]),
    st.sampled_from(DIS),
    st.binary(max_size=40),
)
BODIES = st.builds(
    lambda unit, rest: bytes.fromhex(unit) + rest,
    st.sampled_from(["00000100", "00000200", "00000400", "01010114", "000000"]),
    st.binary(max_size=60),
)
METER_PARSERS: list[Callable[[dlt645.Frame], object]] = [
    purchase.security_di,
    purchase.parse_security,
    purchase.parse_authentication,
    purchase.parse_purchase,
    reads.parse_read_request,
    reads.parse_address_reply,
    refusals.parse_refusal,
    token.parse_token,
    lambda frame: purchase.parse_authenticated(frame, METER),
    lambda frame: purchase.parse_purchase_reply(frame, METER, purchase.PurchaseKind.RECHARGE),
    lambda frame: purchase.parse_state_reply(frame, METER),
    lambda frame: reads.parse_register(frame, METER, reads.BALANCE),
    lambda frame: reads.parse_register(frame, METER, reads.STATUS_3),
    lambda frame: reads.parse_register(frame, METER, reads.PURCHASE_COUNT),
    lambda frame: refusals.parse_refusal(frame, refusals.Dialect.CODES),
    lambda frame: relay.parse_relay(frame, CHINA),
    lambda frame: relay.parse_relay_reply(frame, METER),
    lambda frame: token.parse_token_reply(frame, METER),
]
TERMINAL_PARSERS: list[Callable[[gdw1376.Frame], object]] = [
    tail.split_tail,
    link.parse_confirm,
    passage.parse_passage,
    lambda frame: link.parse_link(frame, CHINA),
    lambda frame: passage.parse_passed(frame, ASKED),
    lambda frame: exchange.is_answer(frame, ASKED),
]
VALUE_READERS: list[Callable[[bytes], object]] = [
    dlt645.decode,
    gdw1376.decode,
    values.money_from_bytes,
    values.energy_from_bytes,
    units.unit_from_bytes,
    clock.tag_from_bytes,
    lambda raw: values.signed_from_bytes(raw, len(raw)),
    lambda raw: values.moment_from_bytes(raw, CHINA),
    lambda raw: values.clock_from_bytes(raw, CHINA),
    lambda raw: clock.clock_from_bytes(raw, CHINA),
    lambda raw: relay.order_from_clear(raw, CHINA),
]


@given(METER_FRAMES | LIKELY)
def test_no_frame_of_a_meter_breaks_a_parser(frame: dlt645.Frame) -> None:
    for parse in METER_PARSERS:
        with contextlib.suppress(RemoteError):
            parse(frame)


@given(TERMINAL_FRAMES, BODIES, st.sampled_from([0, 2, 0x10]))
def test_no_frame_of_a_terminal_breaks_a_parser(frame: gdw1376.Frame, body: bytes, afn: int) -> None:
    likely = replace(frame, terminal=ASKED.terminal, a3=ASKED.a3, afn=afn, body=body, seq=replace(frame.seq, number=14))
    for parse in TERMINAL_PARSERS:
        for each in (frame, likely):
            with contextlib.suppress(RemoteError):
                parse(each)


@given(st.binary(max_size=20))
@example(b"")
def test_no_bytes_break_the_reading_of_a_value(raw: bytes) -> None:
    for read in VALUE_READERS:
        with contextlib.suppress(CodecError):
            read(raw)


@pytest.mark.parametrize("sample", DLT645 + GDW1376, ids=lambda sample: sample.id)
def test_no_single_wrong_byte_breaks_the_reading_of_a_sample(sample: Sample) -> None:
    raw = bytearray(sample.raw)
    for position in range(len(raw)):
        before = raw[position]
        for byte in (0x00, 0x16, 0x68, 0xFE, 0xFF, before ^ 1):
            raw[position] = byte
            for decode in (dlt645.decode, gdw1376.decode):
                with contextlib.suppress(RemoteError):
                    decode(bytes(raw))
        raw[position] = before
