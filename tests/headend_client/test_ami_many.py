"""One task about many meters: what is told in time counts, nobody is written down, and no meter waits for another."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from headend_client.ami.driver import AMI
from headend_client.errors import Unreachable
from headend_client.explain import explain
from headend_client.orders import MOST_METERS, CollectDay, CollectFrozen
from headend_client.outcome import Done, Readings, Refused, Unknown
from headend_client.patience import patience
from headend_client.target import ConcentratorAddress, Place, Priority, Recharge
from tests.headend_client.ami_lane import AmiLane, open_ami_lane
from tests.standins.ami import Fault, Json

STRANGER = "209999999999"


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[AmiLane]:
    async with open_ami_lane(tmp_path) as made:
        yield made


def order_of(way: AmiLane, *more: str, days_ago: int = 1) -> CollectFrozen:
    ours = [(way.lane.target(profile).address, profile) for profile in ("esam", "sts")]
    return CollectFrozen((*ours, *((address, "esam") for address in more)), days_ago)


async def ask(way: AmiLane, order: CollectFrozen) -> Readings | Refused | Unknown:
    place = Place(way.lane.target("esam").concentrator, Priority.ROUTINE, AMI)
    return await way.lane.driver.command(place, order, way.lane.trace)


async def test_many_meters_answer_in_one_task_and_whom_nobody_knows_is_named(way: AmiLane) -> None:
    esam = way.lane.target("esam").address
    said = await ask(way, order_of(way, STRANGER))
    assert isinstance(said, Readings)
    words = {each.address: each for each in said.meters}
    assert (words[STRANGER].values, words[STRANGER].code, words[STRANGER].silent) == (None, "unknown_meter", False)
    assert (words[esam].values or {})["balance_minor"] == 5000
    assert (way.there.heard["PUT"], way.there.done["read_frozen_many"], way.book.open) == (1, 2, {})


@pytest.mark.parametrize("fault", Fault)
async def test_an_answer_that_proves_nothing_is_asked_for_again(way: AmiLane, fault: Fault) -> None:
    way.there.faults[fault], way.there.only = 2, ("PUT",)
    said = await ask(way, order_of(way))
    assert isinstance(said, Readings)
    assert len(said.meters) == 2
    assert way.there.done["read_frozen_many"] == 2


async def test_what_has_answered_by_the_time_is_taken_and_the_rest_is_asked_no_more(way: AmiLane) -> None:
    order = order_of(way)
    (first, _), (second, _) = order.meters
    turn = way.there.turn_of(second)
    async with turn:
        with way.gives_up_soon():
            said = await ask(way, order)
    assert isinstance(said, Readings)
    assert [each.address for each in said.meters] == [first]
    await way.there.settled()
    assert way.there.done["read_frozen_many"] == 1


async def test_a_credit_goes_its_way_while_a_task_about_many_is_under_way(way: AmiLane) -> None:
    way.there.results.clear()
    way.there.holds_back = frozenset({"read_frozen_many"})
    asking = asyncio.create_task(ask(way, order_of(way)))
    while not way.there.tasks:  # noqa: ASYNC110  (the fact is in the stand-in)
        await asyncio.sleep(0.005)
    assert await way.lane.driver.send_purchase(way.lane.target("esam"), Recharge(3000, 5), []) == Done()
    way.there.results.set()
    assert isinstance(await asking, Readings)
    assert way.lane.truth("esam").purchase_count == 5


async def test_a_head_end_that_knows_no_such_task_says_so(way: AmiLane) -> None:
    way.there.offers = frozenset({"read_frozen"})
    assert await ask(way, order_of(way)) == Refused("not_offered")


async def test_a_head_end_that_nobody_hears_is_not_reached(way: AmiLane) -> None:
    way.there.away = True
    with way.gives_up_soon(), pytest.raises(Unreachable):
        await ask(way, order_of(way))
    place = Place(ConcentratorAddress("9998", 77), Priority.ROUTINE, AMI)
    with pytest.raises(Unreachable, match="no_link"):
        await way.lane.driver.command(place, order_of(way), [])


@pytest.mark.parametrize(
    ("state", "result", "ending"),
    [
        ("refused", None, Refused("bad_value")),
        ("unknown", None, Unknown("not_reached")),
        ("done", None, Unknown("bad_result")),
        ("done", {"meters": 7}, Unknown("bad_result")),
        ("done", {"meters": {str(n): {} for n in range(MOST_METERS + 1)}}, Unknown("bad_result")),
        ("done", {"meters": {STRANGER: {"values": {"balance_minor": 1}}}}, Readings({})),
        ("cancelled", {"meters": {}}, Readings({})),
    ],
)
async def test_what_is_told_is_hostile_until_it_has_the_shape(
    way: AmiLane, state: str, result: Json | None, ending: Readings | Refused | Unknown
) -> None:
    way.there.says = state, "bad_value" if state == "refused" else "", result
    assert await ask(way, order_of(way)) == ending


async def test_a_meter_that_was_not_reached_is_told_from_one_that_said_no(way: AmiLane) -> None:
    (esam, _), (sts, _) = order_of(way).meters
    told: Json = {"meters": {esam: {"code": "no_link"}, sts: {"code": "not_frozen"}}}
    way.there.says = "done", "", told
    said = await ask(way, order_of(way))
    assert isinstance(said, Readings)
    assert [(each.code, each.silent) for each in said.meters] == [("not_reached", True), ("not_frozen", False)]


async def test_overlong_texts_and_strange_values_of_one_meter_do_not_spoil_the_others(way: AmiLane) -> None:
    (esam, _), (sts, _) = order_of(way).meters
    for strange in ({"values": {"frozen_at": "x" * 3000}}, {"values": {"balance_minor": 1.5}}, {"code": 7}, "much"):
        told: Json = {"meters": {esam: strange, sts: {"values": {"balance_minor": 7}}}}
        way.there.says = "done", "", told
        said = await ask(way, order_of(way))
        assert isinstance(said, Readings)
        assert [(each.values, each.code) for each in said.meters] == [(None, "bad_result"), ({"balance_minor": 7}, "")]


async def test_without_time_nothing_is_handed_in(way: AmiLane) -> None:
    with patience(0.0), pytest.raises(Unreachable, match="no_time_left"):
        await ask(way, order_of(way))
    assert way.there.heard["PUT"] == 0


async def test_too_many_none_and_days_that_no_meter_keeps_never_leave(way: AmiLane) -> None:
    many = CollectFrozen(tuple((f"{n:012}", "esam") for n in range(MOST_METERS + 1)), 1)
    for order in (many, CollectFrozen((), 1), order_of(way, days_ago=0), order_of(way, days_ago=63)):
        assert await ask(way, order) == Refused("bad_value")
    assert way.there.heard["PUT"] == 0


async def test_other_orders_to_a_head_end_are_not_offered(way: AmiLane) -> None:
    place = Place(way.lane.target("esam").concentrator, Priority.ROUTINE, AMI)
    assert await way.lane.driver.command(place, CollectDay((1,), date(2026, 3, 1)), []) == Refused("not_offered")


async def test_what_is_kept_of_it_is_read_meter_by_meter(way: AmiLane) -> None:
    await ask(way, order_of(way, STRANGER))
    down, up = [explain(record.outer_hex, record.inner_hex) for record in way.lane.trace]
    assert ("task_meters", 3) in [(field.name, field.value) for field in down.outer]
    lines = {field.name: str(field.value) for field in up.inner}
    assert lines[STRANGER] == "unknown_meter"
    assert "balance_minor=5000" in lines[way.lane.target("esam").address]
