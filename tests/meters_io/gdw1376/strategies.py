"""Frames of all shapes, for properties."""

from hypothesis import strategies as st

from meters_io.gdw1376.frame import Control, Frame, Seq, Terminal

TERMINALS = st.builds(Terminal, st.text("0123456789ABCDEF", min_size=4, max_size=4), st.integers(0, 0xFFFF))
NUMBERS = st.integers(0, 15)
FLAG = st.booleans()
CONTROLS = st.builds(Control, FLAG, FLAG, NUMBERS, FLAG, FLAG)
SEQS = st.builds(Seq, NUMBERS, FLAG, FLAG, FLAG, FLAG)
BYTES = st.integers(0, 255)
FRAMES = st.builds(Frame, TERMINALS, CONTROLS, BYTES, SEQS, st.binary(max_size=400), BYTES, st.sampled_from([1, 2]))
