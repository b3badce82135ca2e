"""Everything that can happen to a street, in one story: payments, faults, kills, meters set back, sales undone, meters
exchanged, and time.

After every step money in = money in meters + money on its way + money going back, each purchase is in its meter once
at most, and nothing is in no state. And when everything works again every story comes to its end.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from app.domain.swapping import SwapWay
from tests.journeys.any_story import PHASES
from tests.journeys.fated_meters import Fate
from tests.journeys.test_any_exchange import AnyExchange
from tests.journeys.test_any_reset import AnyReset

pytestmark = pytest.mark.slow


class AllTogether(AnyExchange, AnyReset):
    """Whatever any of the stories has."""


@pytest.fixture
def machine(database_url: str) -> Iterator[type[AllTogether]]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield type("Machine", (AllTogether,), {"runner": runner, "url": database_url})


Act = Callable[[AllTogether], None]
LOST = Fate.LOST_ON_THE_WAY_BACK
STORIES: dict[str, tuple[Act, ...]] = {
    "a meter is exchanged whose answer was lost": (
        lambda street: street.somebody_pays(which=0, fate=LOST),
        lambda street: street.an_exchange_begins(which=0, way=SwapWay.CARRY, quick=True),
        lambda street: street.time_passes_and_jobs_run(minutes=5),
    ),
    "a meter is exchanged whose token may be in it": (
        lambda street: street.somebody_pays(which=1, fate=LOST),
        lambda street: street.an_exchange_begins(which=1, way=SwapWay.REFUND, quick=True),
        lambda street: street.a_hand_types_a_token(which=0),
        lambda street: street.time_passes_and_jobs_run(minutes=5),
        lambda street: street.money_goes_back(),
    ),
    "an answer is lost, and whatever is asked is sent again": (
        lambda street: street.somebody_pays(which=0, fate=LOST),
        lambda street: street.time_passes_and_jobs_run(minutes=5),
        lambda street: street.a_person_decides(which=0, nth=0),
        lambda street: street.time_passes_and_jobs_run(minutes=5),
    ),
    "a sale is undone that was not sent": (
        lambda street: street.somebody_wants_a_sale_undone(which=0),
        lambda street: street.a_second_person_says(which=0, approve=True),
        lambda street: street.time_passes_and_jobs_run(minutes=40),
        lambda street: street.money_goes_back(),
    ),
    "a sale is to be undone whose answer was lost": (
        lambda street: street.somebody_pays(which=0, fate=LOST),
        lambda street: street.somebody_wants_a_sale_undone(which=0),
        lambda street: street.somebody_wants_a_sale_undone(which=1),
        lambda street: street.a_second_person_says(which=0, approve=True),
        lambda street: street.a_second_person_says(which=0, approve=True),
        lambda street: street.time_passes_and_jobs_run(minutes=5),
    ),
    "we die when the meter has obeyed, and again when it is booked": (
        lambda street: street.somebody_pays(which=0, fate=Fate.KILLED_AFTER),
        lambda street: street.our_process_is_killed_soon(transactions=3, committed=False),
        lambda street: street.time_passes_and_jobs_run(minutes=5),
        lambda street: street.time_passes_and_jobs_run(minutes=5),
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_after_each_step_of_such_a_story_the_money_is_where_we_say(machine: type[AllTogether], story: str) -> None:
    street = machine()
    try:
        street.somebody_begins(which=1)
        for act in STORIES[story]:
            act(street)
            street.the_money_is_where_we_say()
            street.old_meters_are_done_with()
    finally:
        street.teardown()


def test_whatever_happens_the_money_is_where_we_say_and_no_credit_comes_twice(machine: type[AllTogether]) -> None:
    short = settings(max_examples=10, stateful_step_count=16, deadline=timedelta(seconds=60), phases=PHASES)
    run_state_machine_as_test(machine, settings=short)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_in_hundreds_of_stories_whatever_happens_the_money_is_where_we_say(machine: type[AllTogether]) -> None:
    long = settings(max_examples=500, stateful_step_count=50, deadline=None, phases=PHASES)
    run_state_machine_as_test(machine, settings=long)
