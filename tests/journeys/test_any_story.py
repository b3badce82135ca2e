"""Any story at all: payments, repeats, faults, kills, typed tokens, foreign recharges, people's decisions, and time.

After every step money in = money in meters + money on its way + money going back, each purchase is in its meter once
at most, and nothing is in no state. And when everything works again every story comes to its end.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.journeys.any_story import PHASES, ToItsEnd

pytestmark = pytest.mark.slow


@pytest.fixture
def machine(database_url: str) -> Iterator[type[ToItsEnd]]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield type("Machine", (ToItsEnd,), {"runner": runner, "url": database_url})


def test_in_any_story_the_money_is_where_we_say_and_no_credit_comes_twice(machine: type[ToItsEnd]) -> None:
    short = settings(max_examples=5, stateful_step_count=12, deadline=timedelta(seconds=60), phases=PHASES)
    run_state_machine_as_test(machine, settings=short)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_in_a_thousand_stories_the_money_is_where_we_say(machine: type[ToItsEnd]) -> None:
    long = settings(max_examples=1000, stateful_step_count=50, deadline=None, phases=PHASES)
    run_state_machine_as_test(machine, settings=long)
