"""What a row of a file means beside what is known of its meter."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.archive import STANDARD, Hanging, Line, Protocol
from app.domain.hanging_file import Standing, Wish, meant, read_standing

_ADDRESS = "000020000001"
_WIRED = Standing(Hanging(_ADDRESS, Line.RS485, 3, Protocol.DLT645_1997, 2400, ""), 7)


def test_what_a_row_leaves_open_stays() -> None:
    assert meant(Wish(2, "1"), _WIRED, STANDARD) == _WIRED
    moved = meant(Wish(2, "1", port=4), _WIRED, STANDARD)
    assert (moved.hanging.port, moved.hanging.baud, moved.point) == (4, 2400, 7)


def test_who_names_only_the_mains_means_its_one_port_and_no_speed() -> None:
    moved = meant(Wish(2, "1", line=Line.CARRIER), _WIRED, STANDARD)
    assert (moved.hanging.line, moved.hanging.port, moved.hanging.baud) == (Line.CARRIER, 31, 0)


def test_who_names_only_the_wires_has_to_name_one_of_their_ports() -> None:
    now = Standing(Hanging(_ADDRESS))
    assert meant(Wish(2, "1", line=Line.RS485), now, STANDARD).hanging.port == 31  # which no wire hangs on: refused


def test_a_collector_can_be_taken_out_of_between() -> None:
    now = Standing(Hanging(_ADDRESS, collector="000000000009"))
    assert meant(Wish(2, "1", collector=""), now, STANDARD).hanging.collector == ""


@given(
    line=st.sampled_from(Line),
    protocol=st.sampled_from(Protocol),
    port=st.integers(1, 31),
    collector=st.sampled_from(["", "000000000009"]),
    point=st.none() | st.integers(2, 2040),
)
def test_a_standing_reads_back_as_it_was_spelled(
    line: Line, protocol: Protocol, port: int, collector: str, point: int | None
) -> None:
    standing = Standing(Hanging(_ADDRESS, line, port, protocol, 0, collector), point)
    assert read_standing(_ADDRESS, standing.spelled) == standing
