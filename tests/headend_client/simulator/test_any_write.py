"""Whatever is written into a simulated meter, it answers, stays a meter, and can be saved."""

import json
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from headend_client.simulator.plain import from_plain, to_plain
from headend_client.simulator.state import MeterState
from headend_client.simulator.world import MeterSpec
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.names import Control, Item
from meters_io.dlt645.reads import build_read
from meters_io.dlt645.refusals import is_refusal
from tests.clocks import Clock
from tests.headend_client.simulator.bench import Bench, esam_spec, sts_spec

WRITABLE = (
    *(0x04001000 | number for number in range(1, 6)), 0x040010FF, 0x04001401, 0x04001402, 0x04001403, 0x04000103,
    0x04000306, Item.DATE, Item.TIME, Item.CLOCK, Item.CUSTOMER, 0x04000106, 0x04000107, 0x04000108, 0x04000109,
    0x04010000, 0x04020000, 0x04010001, 0x04010008, 0x04020003, 0x040502FF, 0x040605FF,
)  # fmt: skip
ITEMS = st.sampled_from(WRITABLE) | st.integers(0, 0xFFFFFFFF)
PAIR = st.integers(0, 99).map(lambda number: bytes.fromhex(f"{number:02}"))
DIGITS = st.lists(PAIR, max_size=48).map(b"".join)
VALUES = st.binary(max_size=48) | DIGITS
KINDS = st.sampled_from([esam_spec(load_w=700), sts_spec(load_w=700)])


def still_a_meter(bench: Bench) -> None:
    state = bench.meter.state
    assert from_plain(MeterState, json.loads(json.dumps(to_plain(state)))) == state
    bench.meter.advance(bench.clock.forward(hours=25))
    for di in (Item.BALANCE, Item.CLOCK, Item.PRICE_NOW, Item.STATUS_3, 0x0001FF00, 0x05080201):
        assert bench.hear(build_read(bench.spec.address, di)).control in (0x91, 0xD1)
    assert sum(state.tariffs_uj) == state.energy_uj


@settings(max_examples=150, deadline=timedelta(seconds=2))
@given(KINDS, st.lists(st.tuples(ITEMS, VALUES), min_size=1, max_size=4))
def test_a_believed_write_of_anything_is_taken_or_refused(spec: MeterSpec, writes: list[tuple[int, bytes]]) -> None:
    bench = Bench(spec, Clock())
    for di, value in writes:
        reply = bench.write(di, value)
        assert reply.control == 0x94 or is_refusal(reply)
    still_a_meter(bench)


@settings(max_examples=150, deadline=timedelta(seconds=2))
@given(KINDS, st.sampled_from(Control) | st.integers(0, 0x7F), st.binary(max_size=64))
def test_any_frame_is_answered_well_or_not_at_all(spec: MeterSpec, control: int, data: bytes) -> None:
    bench = Bench(spec, Clock())
    answer = bench.ask(Frame(bench.spec.address, control, data))
    assert answer.frame is None or answer.frame.address == bench.spec.address
    assert bench.meter.state.credits == []
    still_a_meter(bench)
