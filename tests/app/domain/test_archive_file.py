"""Who has a measuring point in the end, where a file moves meters or brings new ones."""

from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from app.domain.archive import FIRST_POINT, LAST_POINT
from app.domain.archive_file import Move, RowFault, clashes, points_given


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


def test_a_point_that_is_named_goes_before_one_that_is_not() -> None:
    found = points_given({2: None, 3: 2, 4: 9, 5: 9, 6: None}, frozenset({3, 5}))
    assert found == {2: 4, 3: 2, 4: 9, 5: RowFault.POINT_TAKEN, 6: 6}


def test_a_concentrator_without_a_point_left_takes_no_more() -> None:
    held = frozenset(range(FIRST_POINT, LAST_POINT))
    assert points_given({2: None, 3: None}, held) == {2: LAST_POINT, 3: RowFault.POINTS_USED_UP}


@given(wants=st.dictionaries(st.integers(2, 9), st.none() | st.integers(2, 9)), held=st.frozensets(st.integers(2, 9)))
def test_nobody_gets_a_point_that_another_has(wants: dict[int, int | None], held: frozenset[int]) -> None:
    found = points_given(wants, held)
    given_out = [point for point in found.values() if not isinstance(point, RowFault)]
    assert len({*given_out, *held}) == len(given_out) + len(held)
    assert found.keys() == wants.keys()
