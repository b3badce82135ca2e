"""The driver `ami` over a head end that loses, delays, repeats and forges its words: nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from headend_client.ami.driver import AmiDriver
from headend_client.ami.shapes import LATE
from headend_client.errors import Unreachable
from headend_client.explain import explain
from headend_client.fields import Form
from headend_client.orders import EnterTokens, ReadFrozen, Write
from headend_client.outcome import Done, FrameRecord, Readings, Refused, Unknown, Wallet
from headend_client.patience import patience
from headend_client.target import Recharge
from tests.headend_client.ami_lane import PATIENT, AmiLane, open_ami_lane
from tests.headend_client.meters import SHANGHAI
from tests.standins.ami import Fault

NEXT = Recharge(3000, 5)


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[AmiLane]:
    async with open_ami_lane(tmp_path) as made:
        yield made


async def pay(way: AmiLane) -> Done | Refused | Unknown:
    return await way.lane.driver.send_purchase(way.lane.target("esam"), NEXT, way.lane.trace)


async def wallet(way: AmiLane) -> Wallet | Refused | Unknown:
    return await way.lane.driver.read_wallet(way.lane.target("esam"), way.lane.trace)


def credited(way: AmiLane) -> tuple[int, int]:
    """How often the meters were told a recharge, and the count of the meter."""
    return way.there.done["recharge"], way.lane.truth("esam").purchase_count


@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_an_answer_that_proves_nothing_is_asked_for_again_and_nothing_is_done_twice(
    way: AmiLane, method: str
) -> None:
    for number, fault in enumerate(Fault, 5):
        way.there.faults[fault], way.there.only = 2, (method,)
        if method == "GET":
            way.there.results.clear()
            asyncio.get_running_loop().call_later(0.1, way.there.results.set)
        said = await way.lane.driver.send_purchase(way.lane.target("esam"), Recharge(100, number), [])
        assert (fault, said) == (fault, Done())
        assert (fault, *credited(way)) == (fault, number - 4, number)
    assert set(way.book.settled.values()) == {("done", "")}


async def test_a_task_that_nobody_can_be_asked_about_stays_open_and_bars_the_meter(way: AmiLane) -> None:
    way.there.faults[Fault.LOST_ANSWER] = 1000
    with way.gives_up_soon():
        assert await pay(way) == Unknown("no_result")
        with pytest.raises(Unreachable, match="earlier_task_open"):
            await wallet(way)
    way.there.faults.clear()
    assert await wallet(way) == Wallet(8000, 0, 5)
    assert credited(way) == (1, 5)


async def test_when_time_is_up_nobody_is_asked_about_an_earlier_task(way: AmiLane) -> None:
    way.there.faults[Fault.LOST_ANSWER] = 1000
    with way.gives_up_soon():
        assert await pay(way) == Unknown("no_result")
    way.there.heard.clear()
    with patience(0.0), pytest.raises(Unreachable, match="no_time_left"):
        await wallet(way)
    assert not way.there.heard


async def test_a_task_that_has_not_begun_when_time_is_up_is_called_off_and_surely_not_done(way: AmiLane) -> None:
    way.there.begins.clear()
    with way.gives_up_soon(), pytest.raises(Unreachable):
        await pay(way)
    way.there.begins.set()
    assert await wallet(way) == Wallet(5000, 0, 4)
    assert way.there.ended("recharge") == ["cancelled"]
    assert await pay(way) == Done()
    assert credited(way) == (1, 5)


async def test_a_task_that_was_called_off_before_it_came_never_comes(way: AmiLane) -> None:
    way.there.faults[Fault.LOST_QUESTION], way.there.only = 1000, ("PUT",)
    with way.gives_up_soon(), pytest.raises(Unreachable):
        await pay(way)
    assert len(way.there.tombstones) == 1
    assert way.book.open == {}


async def test_a_result_that_comes_late_is_found_before_anything_else_is_asked(way: AmiLane) -> None:
    way.there.results.clear()
    with way.gives_up_soon():
        assert await pay(way) == Unknown("no_result")
        with pytest.raises(Unreachable, match="earlier_task_open"):
            await pay(way)
    way.there.results.set()
    async with asyncio.timeout(5):
        await next(iter(way.there.tasks.values())).ended.wait()
    assert await wallet(way) == Wallet(8000, 0, 5)
    assert await pay(way) == Refused("duplicate_recharge")
    assert credited(way) == (2, 5)  # the meter was told twice, and its count let one of them in


async def test_a_task_that_is_ten_minutes_overdue_is_given_up_and_the_meter_read(way: AmiLane) -> None:
    way.there.results.clear()
    with way.gives_up_soon():
        assert await pay(way) == Unknown("no_result")
    way.lane.clock.forward(seconds=LATE.total_seconds() + PATIENT.verb_s + 1)
    way.there.results.set()
    way.there.faults[Fault.LOST_ANSWER], way.there.only = 1, ("DELETE",)
    assert await wallet(way) == Wallet(8000, 0, 5)
    assert [state for state, _ in way.book.settled.values()] == ["lost"]


async def test_a_reading_waits_for_the_credit_that_it_came_after(way: AmiLane) -> None:
    way.there.begins.clear()
    paying = asyncio.create_task(pay(way))
    while not way.there.tasks:  # noqa: ASYNC110  (the fact is in the stand-in)
        await asyncio.sleep(0.005)
    reading = asyncio.create_task(wallet(way))
    await asyncio.sleep(0)
    way.there.begins.set()
    assert await paying == Done()
    assert await reading == Wallet(8000, 0, 5)
    assert way.there.heard["DELETE"] == 0


async def test_two_processes_at_once_do_not_change_one_meter_at_once(way: AmiLane) -> None:
    way.there.begins.clear()
    other = AmiDriver(way.desk, way.book, SHANGHAI, way.lane.clock)
    theirs = other.send_purchase(way.lane.target("esam"), NEXT, [])
    both = asyncio.gather(pay(way), theirs, return_exceptions=True)
    while not way.there.tasks:  # noqa: ASYNC110  (the fact is in the stand-in)
        await asyncio.sleep(0.005)
    way.there.begins.set()
    said = await both
    assert sum(isinstance(each, Done) for each in said) == 1
    assert credited(way) == (1, 5)


async def test_a_head_end_that_is_not_there_means_that_surely_nothing_was_sent(way: AmiLane) -> None:
    line = way.desk.find(way.lane.target("esam").concentrator)
    assert line is not None
    line.place = replace(line.place, url="http://127.0.0.1:1")
    with pytest.raises(Unreachable, match="head_end_unreachable"):
        await pay(way)
    assert way.book.open == {}


async def test_a_head_end_that_does_not_let_us_in_is_told_nothing(way: AmiLane) -> None:
    way.there.barred = True
    with way.gives_up_soon(), pytest.raises(Unreachable):
        await wallet(way)
    assert way.there.tasks == {}


async def test_what_the_head_end_does_not_know_of_a_meter_is_read_there(way: AmiLane) -> None:
    way.there.forgets_result = True
    assert isinstance(await pay(way), Unknown)
    way.there.forgets_result = False
    assert await wallet(way) == Wallet(8000, 0, 5)


async def test_a_yes_is_no_proof_of_what_was_written(way: AmiLane) -> None:
    way.there.says = "done", "", {"values": {}}
    way.there.scripted = frozenset({"write"})
    assert await way.lane.operate("sts", Write((("alarm_1_minor", 2900),))) == Refused("no_effect")
    way.there.says = None
    wanted = Write((("alarm_1_minor", 3100),))
    answered = await way.lane.operate("sts", wanted)
    assert answered == Readings({"alarm_1_minor": 3100})
    assert way.there.done["write"] == 1
    assert await way.lane.operate("sts", wanted) == answered
    assert way.there.done["write"] == 1  # it is as it should be: nothing was sent


async def test_what_a_head_end_does_not_offer_is_refused(way: AmiLane) -> None:
    way.there.offers = frozenset({"read_wallet"})
    assert await way.lane.operate("sts", ReadFrozen(1)) == Refused("not_offered")
    assert await pay(way) == Refused("not_offered")
    assert way.book.open == {}


async def test_a_meter_that_the_head_end_does_not_have_is_refused(way: AmiLane) -> None:
    stranger = replace(way.lane.target("esam"), address="999999999999")
    assert await way.lane.driver.read_wallet(stranger, []) == Refused("unknown_meter")


async def test_a_code_that_we_do_not_know_is_not_handed_on(way: AmiLane) -> None:
    way.there.says = "refused", "<script>", None
    assert await wallet(way) == Refused("head_end_refused")


async def test_a_result_of_another_shape_is_none(way: AmiLane) -> None:
    money: tuple[object, ...] = ("much", 10**13, True, None)
    for result in ({}, *({"balance_minor": each, "overdraft_minor": 0} for each in money)):
        way.there.says = "done", "", result
        assert (result, await wallet(way)) == (result, Unknown("bad_result"))


async def test_no_token_stands_in_what_is_kept(way: AmiLane) -> None:
    await way.lane.operate("sts", EnterTokens(("1" * 20,)))
    down = _text(way.lane.trace[0])
    assert '"digits":["' in down
    assert "1" * 20 not in "".join(_text(record) for record in way.lane.trace)
    assert "xx" * 20 in way.lane.trace[0].inner_hex


async def test_a_clearance_that_ends_while_the_task_is_handed_in_again_calls_it_off(way: AmiLane) -> None:
    leave = Once(way)
    with pytest.raises(Unreachable):
        await way.lane.driver.trip_relay(way.lane.target("sts"), leave, [])
    (trip,) = way.there.tombstones
    assert (leave.asked, way.there.asked_after[trip]) == (2, 0)
    assert way.there.done["trip"] == 0
    assert way.book.open == {}


class Once:
    """A clearance that holds once; the question that it lets go never arrives."""

    def __init__(self, way: AmiLane) -> None:
        self.way, self.asked = way, 0

    def holds(self, address: str, now: datetime) -> bool:
        self.asked += 1
        self.way.there.faults[Fault.LOST_QUESTION], self.way.there.only = 1, ("PUT",)
        return self.asked == 1


def _text(record: FrameRecord) -> str:
    return bytes.fromhex(record.outer_hex.replace("xx", "2a")).decode()


async def test_what_is_kept_of_a_task_is_read_by_its_fields(way: AmiLane) -> None:
    await pay(way)
    down, up = [explain(record.outer_hex, record.inner_hex) for record in way.lane.trace]
    assert [(field.name, field.value) for field in down.outer if field.gist] == [("task_kind", "task_recharge")]
    assert ("task_amount_minor", 3000) in [(field.name, field.value) for field in down.inner]
    assert [(field.name, field.value) for field in up.outer if field.gist] == [("task_state", "task_done")]
    way.lane.trace.clear()
    await way.lane.operate("sts", EnterTokens(("1" * 20,)))
    hidden = explain(way.lane.trace[0].outer_hex, way.lane.trace[0].inner_hex)
    assert [field.form for field in hidden.inner] == [Form.HIDDEN]
    for broken in ("7b", "7b7b", "7b22", "7bff", "7b7d"):
        assert explain(broken, broken) is not None
