"""Everything that can happen to a street, in one story: payments, faults, kills, meters set back, sales undone, meters
exchanged, and time.

After every step money in = money in meters + money on its way + money going back, each purchase is in its meter once
at most, and nothing is in no state. And when everything works again every story comes to its end.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.journeys.any_story import PHASES
from tests.journeys.test_any_exchange import AnyExchange
from tests.journeys.test_any_reset import AnyReset

pytestmark = pytest.mark.slow


class AllTogether(AnyExchange, AnyReset):
    """Whatever any of the stories has."""


@pytest.fixture
def machine(database_url: str) -> Iterator[type[AllTogether]]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield type("Machine", (AllTogether,), {"runner": runner, "url": database_url})


def test_whatever_happens_the_money_is_where_we_say_and_no_credit_comes_twice(machine: type[AllTogether]) -> None:
    short = settings(max_examples=10, stateful_step_count=16, deadline=timedelta(seconds=60), phases=PHASES)
    run_state_machine_as_test(machine, settings=short)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_in_hundreds_of_stories_whatever_happens_the_money_is_where_we_say(machine: type[AllTogether]) -> None:
    long = settings(max_examples=500, stateful_step_count=50, deadline=None, phases=PHASES)
    run_state_machine_as_test(machine, settings=long)
