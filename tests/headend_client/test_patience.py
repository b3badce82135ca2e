"""Whoever asks listens for so long: verbs end by then, and what could not be waited for does not leave."""

import asyncio
from pathlib import Path

import pytest

from headend_client.errors import Unreachable
from headend_client.outcome import Wallet
from headend_client.patience import ends_by, patience
from headend_client.target import Recharge
from tests.headend_client.ami_lane import open_ami_lane
from tests.headend_client.lane import open_lane


async def test_patience_ends_a_verb_and_the_shorter_one_counts() -> None:
    now = asyncio.get_running_loop().time()
    with patience(10):
        assert now + 9 < ends_by(100) < now + 11
        assert now + 1 < ends_by(2) < now + 3
        with patience(50):
            assert ends_by(100) < now + 11
        with patience(5):
            assert await asyncio.create_task(_ends()) < now + 6
    assert ends_by(100) > now + 99


async def _ends() -> float:
    return ends_by(100)


NEXT = Recharge(3000, 5)


async def test_an_order_whose_answer_could_not_be_waited_for_does_not_leave(tmp_path: Path) -> None:
    async with open_lane(tmp_path) as lane:
        with patience(0.7):
            assert isinstance(await lane.driver.read_wallet(lane.target("esam"), []), Wallet)
            with pytest.raises(Unreachable, match="no_time_left"):
                await lane.driver.send_purchase(lane.target("esam"), NEXT, lane.trace)
        assert lane.truth("esam").purchase_count == 4


async def test_a_head_end_is_given_no_task_when_there_is_no_time(tmp_path: Path) -> None:
    async with open_ami_lane(tmp_path) as way:
        with patience(0), pytest.raises(Unreachable, match="no_time_left"):
            await way.lane.driver.send_purchase(way.lane.target("esam"), NEXT, [])
        with patience(0), pytest.raises(Unreachable, match="no_time_left"):
            await way.lane.driver.read_wallet(way.lane.target("esam"), [])
        assert (way.there.tasks, way.book.open) == ({}, {})
