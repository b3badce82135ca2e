"""A recharge of the very same sum under our number: the moment in the meter's record tells whose it is (0333)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.domain.handheld import HandheldState, LineState
from app.domain.operation import OperationKind
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.models import AmiHeadEnd, Concentrator, HandheldFile, HandheldLine
from app.ports import Done, MeterOrder, Read, Readings, Recharge, Refused, Target, Trace, Unknown
from tests.clocks import Clock
from tests.desk import Desk
from tests.fakes import Bench

SUM, ZONE = 5_000, ZoneInfo("Asia/Shanghai")


@dataclass
class Dated(Bench):
    """A meter whose records bear moments. `loses`: our recharge is lost before it. `ahead`: how wrong its clock is."""

    loses: bool = False
    ahead: timedelta = timedelta(0)
    tells: bool = True
    taken: list[datetime] = field(default_factory=list)

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        if self.loses:
            return Unknown("no_answer")
        said = await super().send_purchase(target, recharge, trace)
        self.taken.append(self.now() + self.ahead)
        return said

    def takes_anothers(self) -> None:
        """The hall sells the same, on a card."""
        self.count, self.balance = self.count + 1, self.balance + SUM
        self.credits.append(SUM)
        self.taken.append(self.now() + self.ahead)

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
        said = await super().operate(target, order, trace)
        match order:
            case Read(names=(name, "date", "time")) if self.tells:
                place = int(name.split("_")[1])
                shown = (self.now() + self.ahead).astimezone(ZONE)
                at = self.taken[-place].astimezone(ZONE)
                return Readings({name: f"{at:%y%m%d%H%M}", "date": f"{shown:%y%m%d}01", "time": f"{shown:%H%M%S}"})
        return said

    @property
    def asked_when(self) -> bool:
        """Was it asked for a moment?"""
        return any(isinstance(order, Read) and order.names[-1] == "time" for order in self.operated)


@pytest.fixture
def bench(clock: Clock) -> Dated:
    return Dated(now=clock, keeps_records=True)


async def lost(desk: Desk, bench: Dated) -> UUID:
    """Ours left once and never got there; then there is no way to the meter."""
    bench.loses = True
    purchase_id = await desk.pays(desk.town.esam, SUM)
    await desk.works()
    bench.loses, bench.unreachable = False, True
    return purchase_id


async def found(desk: Desk, bench: Dated, after: timedelta = timedelta(hours=1)) -> None:
    desk.clock.forward(seconds=round(after.total_seconds()))
    bench.unreachable = False
    await desk.works()


async def bought_elsewhere(desk: Desk, bench: Dated, hours: float) -> UUID:
    """Ours is lost; so much later the same is bought in the hall, and then there is a way again."""
    purchase_id = await lost(desk, bench)
    desk.clock.forward(seconds=round(hours * 3600))
    bench.takes_anothers()
    await found(desk, bench)
    return purchase_id


async def test_the_same_bought_elsewhere_hours_later_is_not_taken_for_ours(desk: Desk, bench: Dated) -> None:
    purchase_id = await bought_elsewhere(desk, bench, 3)
    review = await desk.review(ReviewKind.COUNT_CONFUSED)
    assert (review.evidence["reason"], review.evidence["own_record_minor"]) == ("another_moment", SUM)
    sent, taken = (datetime.fromisoformat(str(review.evidence[name])) for name in ("last_sent_at", "recorded_at"))
    assert timedelta(hours=2, minutes=58) < taken - sent <= timedelta(hours=3)

    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.RETRY)
    await desk.works()
    purchase = await desk.purchase(purchase_id)
    assert (purchase.state, purchase.number, bench.credits) == (PurchaseState.CREDITED, 2, [SUM, SUM])


async def test_others_may_have_gone_beyond_it_since(desk: Desk, bench: Dated) -> None:
    await lost(desk, bench)
    desk.clock.forward(hours=3)
    bench.takes_anothers()
    bench.takes_anothers()
    await found(desk, bench)
    assert (await desk.review(ReviewKind.COUNT_CONFUSED)).evidence["reason"] == "another_moment"


async def test_its_money_may_go_back_and_a_person_may_still_see_it_there(desk: Desk, bench: Dated) -> None:
    await bought_elsewhere(desk, bench, 3)
    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.REFUND)
    assert (await desk.books())["refunds_due"] == -SUM
    purchase_id = await bought_elsewhere(desk, bench, 3)
    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.LANDED)
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED


@pytest.mark.parametrize("hours", [0.1, 1])
async def test_what_came_in_while_ours_may_have_been_on_its_way_is_taken_for_ours(
    desk: Desk, bench: Dated, hours: float
) -> None:
    purchase_id = await bought_elsewhere(desk, bench, hours)
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(hours=-3)])
async def test_a_clock_that_is_wrong_tells_nothing(desk: Desk, bench: Dated, ahead: timedelta) -> None:
    bench.ahead = ahead
    purchase_id = await bought_elsewhere(desk, bench, 3)
    assert (bench.asked_when, (await desk.purchase(purchase_id)).state) == (True, PurchaseState.CREDITED)


async def test_nor_does_a_meter_that_keeps_no_moments(desk: Desk, bench: Dated) -> None:
    bench.tells = False
    purchase_id = await bought_elsewhere(desk, bench, 3)
    assert (bench.asked_when, (await desk.purchase(purchase_id)).state) == (True, PurchaseState.CREDITED)


async def test_ours_is_ours_however_late_its_answer_is_read(desk: Desk, bench: Dated) -> None:
    bench.deaf = True
    purchase_id = await desk.pays(desk.town.esam, SUM)
    await desk.works()
    bench.hear()
    await found(desk, bench, timedelta(days=2))
    assert (bench.asked_when, (await desk.purchase(purchase_id)).state) == (True, PurchaseState.CREDITED)
    assert bench.credits == [SUM]


async def test_soon_after_it_left_nobody_is_asked_for_what_could_tell_nothing(desk: Desk, bench: Dated) -> None:
    bench.deaf = True
    await desk.pays(desk.town.esam, SUM)
    await desk.works()
    bench.hear()
    await found(desk, bench, timedelta(minutes=30))
    assert (bench.asked_when, bench.credits) == (False, [SUM])


async def test_an_existing_head_end_may_do_its_task_hours_later(desk: Desk, bench: Dated) -> None:
    async with desk.begin() as db:
        head_end = AmiHeadEnd(name="Harbour", url="https://ami.example", key_id="relight", secret_sealed="never used")
        db.add(head_end)
        await db.flush()
        there = await db.get_one(Concentrator, desk.town.concentrator.id)
        there.driver, there.ami_head_end_id = "ami", head_end.id
    purchase_id = await bought_elsewhere(desk, bench, 3)
    assert (bench.asked_when, (await desk.purchase(purchase_id)).state) == (False, PurchaseState.CREDITED)


async def test_what_somebody_carried_may_have_come_in_at_any_time(desk: Desk, bench: Dated) -> None:
    purchase_id = await lost(desk, bench)
    now = desk.clock()
    async with desk.begin() as db:
        file = HandheldFile(ref="ABCDEFGH", kind=OperationKind.DOWNLOAD, holder="Wu", made_by=desk.staff_id)
        file.made_at, file.due_at, file.closed_at = now, now + timedelta(days=1), now
        file.state = HandheldState.CLOSED
        db.add(file)
        await db.flush()
        esam = desk.town.esam
        line = HandheldLine(file_id=file.id, place=1, code="1", meter_id=esam.id, address="1", purchase_id=purchase_id)
        line.not_after, line.state, line.written_at, line.ended_at = now, LineState.GIVEN_BACK, now, now
        db.add(line)
    desk.clock.forward(hours=3)
    bench.takes_anothers()
    await found(desk, bench)
    assert (bench.asked_when, (await desk.purchase(purchase_id)).state) == (False, PurchaseState.CREDITED)
