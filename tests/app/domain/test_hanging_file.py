"""What a row of a file means beside what is known of its meter, and who has a measuring point in the end."""

from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from app.domain.archive import FIRST_POINT, LAST_POINT, STANDARD, Hanging, Line, Protocol
from app.domain.hanging_file import Move, Standing, Wish, clashes, meant, read_standing

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


def test_two_meters_may_change_places() -> None:
    assert clashes({2: Move(2, 5, 6), 3: Move(3, 6, 5)}, frozenset({9})) == frozenset()


def test_the_earlier_row_has_the_point_and_a_held_one_is_nobodys() -> None:
    assert clashes({2: Move(2, None, 6), 3: Move(3, None, 6)}, frozenset()) == {3}
    assert clashes({2: Move(2, None, 9)}, frozenset({9})) == {2}


def test_a_meter_that_cannot_move_stands_in_the_way_of_another() -> None:
    moves = {2: Move(2, 5, 9), 3: Move(3, 6, 5), 4: Move(4, 7, 6)}
    assert clashes(moves, frozenset({9})) == {2, 3, 4}


def test_a_whole_concentrator_that_cannot_move_up_by_one_is_told_so_at_once() -> None:
    moves = {row: Move(row, row, row + 1) for row in range(FIRST_POINT, LAST_POINT)}
    began = process_time()
    assert clashes(moves, frozenset({LAST_POINT})) == set(moves)
    assert process_time() - began < 2  # with a look at all of them for each it took 12 s


_POINT = st.integers(2, 9)


@given(
    before=st.lists(st.none() | _POINT, max_size=6, unique_by=lambda each: each if each is not None else object()),
    after=st.lists(_POINT, min_size=6, max_size=6),
    others=st.frozensets(_POINT, max_size=3),
)
def test_nobody_shares_a_point_in_the_end(before: list[int | None], after: list[int], others: frozenset[int]) -> None:
    held = others - {each for each in before if each is not None}
    moves = {row: Move(row, was, after[row]) for row, was in enumerate(before)}
    lost = clashes(moves, held)
    final = [move.before if row in lost else move.after for row, move in moves.items()]
    points = [*held, *(each for each in final if each is not None)]
    assert len(points) == len(set(points))
