"""Frames of all shapes, for properties."""

from hypothesis import strategies as st

from meters_io.dlt645.frame import BROADCAST, Frame
from meters_io.dlt645.items import ITEMS
from meters_io.dlt645.items.shape import PLACES

METERS = st.text("0123456789", min_size=12, max_size=12).filter(BROADCAST.__ne__)
ADDRESSES = (
    METERS
    | st.just(BROADCAST)
    | st.integers(1, 6).flatmap(
        lambda pairs: st.text("0123456789", min_size=12 - 2 * pairs, max_size=12 - 2 * pairs).map(
            lambda low: "AA" * pairs + low
        )
    )
)
FRAMES = st.builds(Frame, ADDRESSES, st.integers(0, 255), st.binary(max_size=255), st.integers(0, 4))
LETTERS = {letters: st.sampled_from([place.first, place.last, 0xFF]) for letters, place in PLACES.items()}


@st.composite
def identifiers(draw: st.DrawFn) -> int:
    """Identifiers of the table, single items and blocks."""
    pattern = draw(st.sampled_from(ITEMS)).pattern
    pairs = [pattern[at : at + 2] for at in range(0, 8, 2)]
    return int.from_bytes(bytes(draw(LETTERS[pair]) if pair.islower() else int(pair, 16) for pair in pairs), "big")
