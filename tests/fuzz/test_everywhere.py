"""The targets of `make fuzz` as plain properties: published bytes with damage, and any bytes, on every machine."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

# Where to damage, with what, and how many bytes to cut out there.
DAMAGE = st.lists(
    st.tuples(st.integers(0, 1023), st.sampled_from([0, 0x16, 0x68, 0x7F, 0xFE, 0xFF]), st.integers(0, 3))
)


def damaged(raw: bytes, places: list[tuple[int, int, int]]) -> bytes:
    for at, byte, cut in places:
        raw = raw[: at % (len(raw) + 1)] + bytes((byte,)) + raw[at % (len(raw) + 1) + cut :]
    return raw


@pytest.mark.parametrize("name", TARGETS)
def test_every_promise_is_kept_for_the_published_bytes(name: str) -> None:
    seeds = TARGETS[name].seeds()
    assert seeds
    for raw in seeds:
        TARGETS[name].check(raw)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_promise_is_kept_for_damaged_bytes(name: str, data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(TARGETS[name].seeds()))
    TARGETS[name].check(damaged(raw, data.draw(DAMAGE))[: TARGETS[name].longest])


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_promise_is_kept_for_any_bytes(name: str, data: st.DataObject) -> None:
    TARGETS[name].check(data.draw(st.binary(max_size=TARGETS[name].longest)))
