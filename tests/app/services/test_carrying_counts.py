"""Whose purchase a count stands for: ours may be lost on its way, and somebody else's come in under its number."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from app.outbox import Taken
from app.ports import (
    ConcentratorAddress,
    Done,
    MeterOrder,
    Read,
    Readings,
    Recharge,
    Refused,
    Target,
    Trace,
    Unknown,
)
from app.services.carrying import Answer, Ending, Parcel, carry
from app.services.meter_records import Moment
from tests.clocks import MONDAY_MORNING
from tests.fakes import Bench

TARGET = Target("000000000012", "esam", ConcentratorAddress("3201", 1), 1)
OURS, THEIRS, NUMBER = 5000, 700, 5


@dataclass
class Lossy(Bench):
    """A meter that does not hear our recharge, or whose yes is lost. `meanwhile`: what somebody else loads then."""

    loses: bool = True
    meanwhile: int = 0
    record: Readings | Refused | Unknown | None = None

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        if not self.loses:
            await super().send_purchase(target, recharge, trace)
        if self.meanwhile:
            self.load(self.meanwhile)
        return Unknown("no_answer")

    def load(self, amount: int) -> None:
        self.count, self.balance = self.count + 1, self.balance + amount
        self.credits.append(amount)

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
        return self.record or await super().operate(target, order, trace)


async def tried(bench: Bench, *, again: bool = False, asks: bool = False) -> Answer:
    async def leave() -> bool:
        return True

    note = Taken(1, UUID(int=1), 1, MONDAY_MORNING)
    return await carry(bench, Parcel(note, TARGET, OURS, NUMBER, maybe_sent=again, asks_moment=asks), leave)


async def test_another_recharge_under_the_number_of_one_that_was_lost_is_not_taken_for_ours() -> None:
    bench = Lossy(count=4, meanwhile=THEIRS)
    answer = await tried(bench)
    assert (answer.ending, answer.reason, answer.record_minor) == (Ending.CONFUSED, "record", THEIRS)
    answer = await tried(bench, again=True)
    assert (answer.ending, answer.reason) == (Ending.CONFUSED, "record")
    assert bench.credits == [THEIRS]


async def test_ours_is_known_by_its_sum_where_its_answer_was_lost() -> None:
    bench = Lossy(count=4, loses=False)
    answer = await tried(bench)
    assert (answer.ending, answer.record_minor) == (Ending.LANDED, OURS)
    assert (await tried(bench, again=True)).reason == "found_by_readback"
    assert bench.credits == [OURS]


@pytest.mark.parametrize("record", [Refused("no_data"), Readings({"newest_purchase_minor": None})], ids=["no", "none"])
async def test_of_a_meter_without_such_a_record_the_count_is_believed(record: Readings | Refused) -> None:
    bench = Lossy(count=5, record=record)
    assert (await tried(bench, again=True)).ending is Ending.LANDED


async def test_a_record_that_could_not_be_read_decides_nothing() -> None:
    bench = Lossy(count=5, record=Unknown("not_a_frame"))
    assert (await tried(bench, again=True)).ending is Ending.UNREACHABLE
    bench = Lossy(count=4, loses=False, record=Unknown("not_a_frame"))
    assert (await tried(bench)).ending is Ending.UNKNOWN


async def test_a_meter_that_says_yes_is_not_asked_again() -> None:
    bench = Bench(count=4)
    assert (await tried(bench)).ending is Ending.LANDED
    assert bench.operated == []


def kept(count: int, credits: list[int], meanwhile: int = 0) -> Lossy:
    """A meter that keeps ten purchase records, as DL/T 645 has it."""
    return Lossy(count=count, credits=credits, meanwhile=meanwhile, keeps_records=True)


async def test_ours_is_found_in_an_older_record_where_others_have_recharged_since() -> None:
    bench = kept(7, [OURS, THEIRS, THEIRS])
    answer = await tried(bench, again=True)
    assert (answer.ending, answer.reason, answer.record_minor) == (Ending.LANDED, "found_by_record", OURS)
    assert bench.operated == [Read(("purchase_3_count", "purchase_3_minor"))]


async def test_an_older_record_of_another_sum_proves_that_ours_never_came() -> None:
    answer = await tried(kept(7, [THEIRS, OURS, OURS]), again=True)
    assert (answer.ending, answer.reason, answer.others) == (Ending.CONFUSED, "record", True)
    answer = await tried(kept(4, [], meanwhile=THEIRS))
    assert (answer.reason, answer.others, answer.record_minor) == ("record", True, THEIRS)


@pytest.mark.parametrize(
    ("count", "credits"), [(7, [THEIRS]), (15, [OURS] * 11), (3, [OURS] * 3)], ids=["gone", "too old", "set back"]
)
async def test_without_a_record_of_our_number_nothing_is_proved(count: int, credits: list[int]) -> None:
    answer = await tried(kept(count, credits), again=True)
    assert (answer.ending, answer.reason, answer.others) == (Ending.CONFUSED, "count", False)


async def test_a_record_that_bears_another_number_proves_nothing() -> None:
    strange = Readings({"purchase_3_count": 4, "purchase_3_minor": OURS})
    answer = await tried(Lossy(count=7, record=strange), again=True)
    assert (answer.ending, answer.others) == (Ending.CONFUSED, False)


async def test_the_moment_of_a_record_is_asked_for_where_it_stands_and_not_in_a_meter_that_was_set_back() -> None:
    said: dict[str, int | str | None] = {"date": "26030201", "time": "101500"}
    said |= dict.fromkeys(("purchase_2_at", "purchase_-1_at"), "2603020900")
    said |= dict.fromkeys(("purchase_1_count", "purchase_2_count"), NUMBER)
    said |= dict.fromkeys(("purchase_1_minor", "purchase_2_minor"), OURS)
    for count, moment in ((6, Moment("2603020900", "260302101500")), (3, None)):
        answer = await tried(Lossy(count=count, record=Readings(said)), again=True, asks=True)
        assert (answer.ending, answer.moment) == (Ending.LANDED, moment)


async def test_a_moment_that_could_not_be_read_decides_nothing() -> None:
    @dataclass
    class Halting(Lossy):
        async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
            return Unknown("no_reply") if "time" in getattr(order, "names", ()) else Readings(_OURS)

    assert (await tried(Halting(count=5), again=True, asks=True)).ending is Ending.UNREACHABLE


_OURS: dict[str, int | str | None] = {"newest_purchase_minor": OURS}


async def test_an_older_record_that_could_not_be_read_decides_nothing() -> None:
    assert (await tried(Lossy(count=7, record=Unknown("no_reply")), again=True)).ending is Ending.UNREACHABLE


async def test_records_are_asked_for_only_where_ours_may_have_been_sent() -> None:
    bench = kept(7, [OURS] * 3)
    assert (await tried(bench)).reason == "count"
    assert bench.operated == []
