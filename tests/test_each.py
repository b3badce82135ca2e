"""A table in one test says all that failed in it, and nothing passes for want of cases."""

import inspect

import pytest

from tests.each import each


def test_every_case_is_tried_and_each_that_fails_is_named() -> None:
    tried = []

    @each([1, 2, 3, 4])
    def odd(number: int) -> None:
        tried.append(number)
        assert number % 2

    with pytest.raises(ExceptionGroup, match="2 of 4: in the case 2, in the case 4"):
        odd()
    assert tried == [1, 2, 3, 4]


def test_a_table_without_cases_proves_nothing() -> None:
    @each(list[int]())
    def never(_: int) -> None: ...

    with pytest.raises(AssertionError, match="no cases"):
        never()


def test_fixtures_are_the_parameters_after_the_case() -> None:
    @each(["a"])
    def made(case: str, clock: int) -> None:
        assert (case, clock) == ("a", 1)

    assert list(inspect.signature(made).parameters) == ["clock"]
    made(1)
