"""Turns on a port, numbers of requests, and rivals for an address: the small rules below a session."""

import asyncio
from contextlib import suppress

import pytest

from headend_client.errors import Unreachable
from headend_client.numbers import Numbers
from headend_client.rivals import Rivals
from headend_client.target import ConcentratorAddress, Priority
from headend_client.turns import Turns

HERE = ConcentratorAddress("3201", 7)


async def waiting(turns: Turns, priority: Priority = Priority.ROUTINE) -> asyncio.Task[None]:
    """A task that has got as far as waiting for its turn."""
    task = asyncio.create_task(turns.enter(priority, 5.0))
    await asyncio.sleep(0)
    return task


async def test_the_most_urgent_goes_first_and_among_equals_the_first() -> None:
    turns, order = Turns(), list[int]()
    await turns.enter(Priority.ROUTINE, 5.0)
    wanted = [Priority.ROUTINE, Priority.RESTORE, Priority.ASKED, Priority.RESTORE]
    tasks = [await waiting(turns, priority) for priority in wanted]
    for _ in tasks:
        turns.leave()
        done, _ = await asyncio.wait([t for n, t in enumerate(tasks) if n not in order], return_when="FIRST_COMPLETED")
        order.append(tasks.index(done.pop()))
    assert order == [1, 3, 2, 0]


async def test_a_turn_that_comes_while_its_waiter_gives_up_goes_to_the_next() -> None:
    turns = Turns()
    await turns.enter(Priority.ROUTINE, 5.0)
    gives_up, next_one = await waiting(turns), await waiting(turns)
    turns.leave()  # the turn is given ...
    gives_up.cancel()  # ... to somebody who does not come for it any more
    with suppress(asyncio.CancelledError):
        await gives_up
    await asyncio.wait_for(next_one, 1)


async def test_a_waiter_that_was_cancelled_is_passed_over() -> None:
    turns = Turns()
    await turns.enter(Priority.ROUTINE, 5.0)
    gone, next_one = await waiting(turns), await waiting(turns)
    gone.cancel()
    await asyncio.sleep(0)
    turns.leave()
    await asyncio.wait_for(next_one, 1)


async def test_a_closed_port_sends_everybody_away() -> None:
    turns = Turns()
    await turns.enter(Priority.ROUTINE, 5.0)
    task = await waiting(turns)
    turns.close("link_lost")
    with pytest.raises(Unreachable, match="link_lost"):
        await task
    with pytest.raises(Unreachable, match="link_lost"):
        await turns.enter(Priority.RESTORE, 5.0)


def test_numbers_go_round_and_skip_what_is_out_or_resting() -> None:
    now = 0.0
    numbers = Numbers(rest_s=10, time=lambda: now)
    assert [numbers.take() for _ in range(16)] == list(range(16))
    assert numbers.take() is None
    numbers.give_back(3, answered=True)
    numbers.give_back(5, answered=False)
    assert (numbers.take(), numbers.take()) == (3, None)
    now = 10.0
    assert numbers.take() == 5


def test_a_link_displaced_a_moment_after_it_was_heard_has_a_rival() -> None:
    assert Rivals().displaced(HERE, heard_at=95.0, now=100.0)


def test_a_link_displaced_after_a_silence_was_probably_broken() -> None:
    assert not Rivals().displaced(HERE, heard_at=0.0, now=100.0)


def test_links_that_displace_each_other_again_and_again_are_rivals() -> None:
    rivals = Rivals()
    assert [rivals.displaced(HERE, at - 60.0, at) for at in (100.0, 200.0, 300.0)] == [False, False, True]


def test_displacements_of_another_day_do_not_count() -> None:
    rivals = Rivals()
    assert [rivals.displaced(HERE, at - 60.0, at) for at in (100.0, 2000.0, 4000.0)] == [False, False, False]
