"""The life of an operation, and of one device of it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.operation import (
    MOST_TRIES,
    TRAITS,
    CannotOperate,
    DeviceItemState,
    Ending,
    OperationAct,
    OperationKind,
    OperationState,
    after_try,
    demand,
    starts_as,
)

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_every_kind_says_what_it_is() -> None:
    assert set(TRAITS) == set(OperationKind)
    assert [kind for kind, traits in TRAITS.items() if traits.restores and not traits.changes] == []


@pytest.mark.parametrize("ending", [Ending.UNKNOWN, Ending.UNREACHABLE])
def test_what_was_not_settled_is_tried_again_and_then_said_as_it_is(ending: Ending) -> None:
    assert after_try(ending, MOST_TRIES - 1, maybe_done=False) is None
    assert after_try(ending, MOST_TRIES, maybe_done=True) is DeviceItemState.UNKNOWN


def test_a_device_that_nothing_reached_is_not_in_doubt() -> None:
    assert after_try(Ending.UNREACHABLE, MOST_TRIES, maybe_done=False) is DeviceItemState.UNREACHED


def test_a_word_of_the_device_ends_it_at_once() -> None:
    assert after_try(Ending.ANSWERED, 1, maybe_done=True) is DeviceItemState.DONE
    assert after_try(Ending.REFUSED, 1, maybe_done=False) is DeviceItemState.REFUSED


def test_what_has_ended_cannot_be_paused() -> None:
    with pytest.raises(CannotOperate, match="operation_not_now"):
        demand(OperationState.STOPPED, OperationAct.PAUSE)
    demand(OperationState.PAUSED, OperationAct.RESUME)


def test_an_operation_for_later_waits_for_its_time() -> None:
    assert starts_as(NOW + timedelta(hours=1), NOW) is OperationState.SCHEDULED
    assert starts_as(None, NOW) is OperationState.RUNNING
