"""Requests and answers of any function, as a terminal with a table of values gives them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.asking import (
    Piece,
    answer_with,
    build_answer,
    build_request,
    only,
    pieces_of,
    pieces_of_answer,
    pieces_of_request,
)
from meters_io.gdw1376.frame import Afn
from meters_io.gdw1376.functions import CATALOGUES
from meters_io.gdw1376.message import Message, UnitData, write_message
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.tail import NO_TAIL
from meters_io.gdw1376.units import ALL_POINTS, Unit
from meters_io.layout import Plain
from tests.meters_io.gdw1376.asked import ROUTE, TERMINAL, heard_by, over_the_wire, published, with_body
from tests.meters_io.gdw1376.form_values import values

ANSWERED = [
    (afn, number)
    for afn in (Afn.QUERY, Afn.CURRENT, Afn.HISTORY, Afn.EVENTS, Afn.CONFIGURATION)
    for number in CATALOGUES[afn].up
]


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(ANSWERED), st.lists(st.integers(0, 2040), min_size=1, max_size=3, unique=True), st.data())
def test_a_terminal_answers_whatever_its_tables_hold(
    which: tuple[Afn, int], points: list[int], data: st.DataObject
) -> None:
    afn, number = which
    question, answer = CATALOGUES[afn].of(number, up=False), CATALOGUES[afn].up[number]
    assert question is not None
    label = data.draw(values(question.form))
    known: dict[int, Plain] = {point: data.draw(values(answer.form)) for point in points}
    asked = over_the_wire(build_request(ROUTE, afn, [Piece(point, number, label) for point in points]))
    reply = over_the_wire(answer_with(asked, lambda piece: known[piece.point]))
    assert pieces_of_answer(reply, asked) == tuple(Piece(point, number, value) for point, value in known.items())


def test_what_a_terminal_does_not_know_it_leaves_out_or_denies() -> None:
    asked = build_request(ROUTE, Afn.CURRENT, [Piece(1, 23, {}), Piece(2, 23, {})])
    amount: Plain = {"remaining": {"v": 5, "big": 1}}
    one = answer_with(asked, lambda piece: amount if piece.point == 2 else None)
    assert pieces_of_answer(one, asked) == (Piece(2, 23, amount),)
    none = answer_with(asked, lambda piece: None)
    assert (none.afn, none.control.function) == (Afn.CONFIRM, 9)
    assert pieces_of_answer(none, asked) == ()


def test_several_points_and_functions_of_one_identifier_are_taken_apart() -> None:
    head = build_request(ROUTE, Afn.CURRENT, [Piece(0, 2, {})])
    identifier = Unit((1, 2), (129, 131))
    both = write_message(Message(with_body(head, b""), (UnitData(identifier, [{}, {}, {}, {}]),), NO_TAIL))
    asked = pieces_of_request(over_the_wire(both), Afn.CURRENT)
    assert [(piece.point, piece.function) for piece in asked] == [(1, 129), (1, 131), (2, 129), (2, 131)]


def test_a_frame_about_nothing_is_not_sent() -> None:
    with pytest.raises(LocalError) as caught:
        build_request(ROUTE, Afn.CURRENT, [])
    assert (caught.value.code, caught.value.field) == ("nothing_asked", "units")


@pytest.mark.parametrize("master", [-1, 128])
def test_a_master_number_has_seven_bits(master: int) -> None:
    with pytest.raises(LocalError) as caught:
        build_request(Route(TERMINAL, 1, master=master), Afn.CURRENT, [Piece(0, 2, {})])
    assert caught.value.field == "master"


def test_what_no_form_reads_is_named_by_its_unit() -> None:
    asked = build_request(ROUTE, Afn.CURRENT, [Piece(ALL_POINTS, 129, {})])
    short = build_answer(asked, [Piece(1, 23, {"remaining": None})])
    with pytest.raises(RemoteError) as wrong:
        pieces_of_answer(short, asked)
    assert (wrong.value.code, wrong.value.field) == ("wrong_unit", "units.0")
    reply = heard_by(asked, published("c-0C-F129-r"))
    with pytest.raises(RemoteError) as cut:
        pieces_of(with_body(reply, reply.body[:-3]))
    assert (cut.value.code, cut.value.field) == ("bad_length", "units.0")


def test_one_unit_is_not_taken_for_another() -> None:
    with pytest.raises(RemoteError) as caught:
        only((Piece(1, 47, {}), Piece(1, 48, {})), 47)
    assert caught.value.code == "wrong_unit"
