"""Every function of the tables, in every form it has: what is written is read, and the other way round."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from meters_io.errors import CodecError
from meters_io.gdw1376.frame import Control, Frame, Seq, Terminal
from meters_io.gdw1376.functions import CATALOGUES, Function
from meters_io.gdw1376.message import Message, UnitData, read_message, write_message
from meters_io.gdw1376.tail import NO_TAIL
from meters_io.gdw1376.units import unit
from meters_io.layout import Form, Plain, read_all, write_all
from tests.each import each
from tests.meters_io.gdw1376.form_values import values

EVERY: list[tuple[int, bool, int, Function]] = [
    (afn, up, number, function)
    for afn, catalogue in CATALOGUES.items()
    for up, functions in ((False, catalogue.down), (True, catalogue.up))
    for number, function in functions.items()
]
_TITLES: dict[Form, str] = {
    form: f"{afn:02X}_F{number}_{function.title}"
    for afn, _, number, function in EVERY
    for form in (function.form, *function.other_forms)
}
FORMS = list(_TITLES.items())  # each form once, however many functions share it
_NUMBERED = st.sampled_from(EVERY).flatmap(lambda one: st.tuples(st.just(one), values(one[3].form)))


@each(FORMS, lambda one: one[1])
def test_a_value_of_any_form_is_written_and_read_back(one: tuple[Form, str]) -> None:
    form, _ = one

    @settings(deadline=None, max_examples=5, phases=[Phase.generate], database=None)
    @given(values(form))
    def holds(value: Plain) -> None:
        raw = write_all(form, value)
        assert read_all(form, raw) == value
        assert write_all(form, read_all(form, raw)) == raw

    holds()


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(FORMS), st.binary(max_size=120))
def test_bytes_that_a_form_reads_are_written_back_as_they_came(one: tuple[Form, str], raw: bytes) -> None:
    try:
        value = read_all(one[0], raw)
    except CodecError:
        return
    assert write_all(one[0], value) == raw


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([one[3] for one in EVERY if one[3].other_forms]).flatmap(
        lambda function: st.tuples(
            st.just(function), st.sampled_from((function.form, *function.other_forms)).flatmap(values)
        )
    )
)
def test_a_value_read_in_one_edition_is_not_written_in_another(drawn: tuple[Function, Plain]) -> None:
    function, value = drawn
    forms = (function.form, *function.other_forms)
    raw = first_that_can(forms, write_all, value)
    assert first_that_can(forms, write_all, first_that_can(forms, read_all, raw)) == raw


def first_that_can(forms: tuple[Form, ...], act: Callable[[Form, Any], Any], what: object) -> Any:  # noqa: ANN401 - two acts, two types
    for form in forms:
        try:
            return act(form, what)
        except CodecError:
            continue
    raise AssertionError(what)


@settings(deadline=None, max_examples=150)
@given(_NUMBERED)
def test_a_value_of_any_function_survives_its_whole_frame(
    drawn: tuple[tuple[int, bool, int, Function], Plain],
) -> None:
    (afn, up, number, _), value = drawn
    control = Control(up=up, starts=not up, function=8 if up else 11)
    head = Frame(Terminal("3201", 18), control, afn, Seq(1), b"")
    frame = write_message(Message(head, (UnitData(unit(1, number), value),), NO_TAIL))
    message = read_message(frame)
    assert (message.trouble, [each.trouble for each in message.units]) == ("", [""])
    assert write_message(message) == frame


@pytest.mark.parametrize(
    ("afn", "numbers"),
    [
        (0x04, [1, 3, 5, 7, 8, 9, 10, *range(21, 26), 29, 33, 35, 38, 39, *range(45, 50), 57, 58, *range(65, 69)]),
        (0x0C, [2, 7, 8, 10, 11, 17, *range(19, 24), 25, 28, 33, 129, 161, 162, *range(165, 169), 170, 177]),
        (0x0D, [*range(1, 13), *range(17, 21), *range(25, 31), 49, 51, *range(81, 96), 97, *range(161, 169)]),
        (0x0D, [209, 210, *range(213, 217)]),
        (0x0E, [1, 2]),
    ],
)
def test_what_the_standard_lists_has_a_form_in_every_direction(afn: int, numbers: list[int]) -> None:
    catalogue = CATALOGUES[afn]
    answers = CATALOGUES[0x0A].up if afn == 0x04 else catalogue.up
    asked = [number for number in numbers if catalogue.of(number, up=False) is None]
    assert (asked, [number for number in numbers if number not in answers]) == ([], [])
