"""Frames of all shapes, for properties."""

from hypothesis import strategies as st

from meters_io.dlt645.frame import Frame

METERS = st.text("0123456789", min_size=12, max_size=12)
ADDRESSES = METERS | st.integers(1, 6).flatmap(
    lambda pairs: st.text("0123456789", min_size=12 - 2 * pairs, max_size=12 - 2 * pairs).map(
        lambda low: "AA" * pairs + low
    )
)
FRAMES = st.builds(Frame, ADDRESSES, st.integers(0, 255), st.binary(max_size=255), st.integers(0, 4))
