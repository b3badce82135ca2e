"""What a meter's own records tell of purchases in question, and meters that were set back."""

from uuid import UUID

import pytest

from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.settling import Bar
from app.models import Meter, Purchase
from app.ports import Done, Recharge, Refused, Target, Trace, Unknown
from tests.app.services.settle.test_meters import refusal
from tests.desk import Desk
from tests.fakes import Bench


class Surprise(Bench):
    """Takes a recharge, and somebody else's right after it, before its count is read back."""

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        said = await super().send_purchase(target, recharge, trace)
        self.count += 1
        self.credits.append(700)
        return said


class Overtaken(Bench):
    """Loses the first recharge, and somebody else's comes in under its number."""

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        if self.credits:
            return await super().send_purchase(target, recharge, trace)
        self.count, self.balance = self.count + 1, self.balance + 700
        self.credits.append(700)
        return Unknown("no_answer")


class SetBack(Bench):
    """Counts from zero; what it wrote down before is still there, as its fourth."""

    def recorded(self, place: int) -> dict[str, int | str | None]:
        found = (4, self.credits[0]) if place == 1 else (0, 0)
        return dict(zip((f"purchase_{place}_count", f"purchase_{place}_minor"), found, strict=True))


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Bench:
    if "next_number_once" in request.node.name:
        return Overtaken(keeps_records=True)
    return Surprise() if "surprise" in request.node.name else Bench()


async def test_a_surprise_that_the_meters_own_records_explain_needs_no_person(desk: Desk, bench: Bench) -> None:
    bench.keeps_records = True
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED
    assert (bench.credits, (await desk.meter(desk.town.esam.id)).purchase_count) == ([5000, 700], 2)


async def test_ours_that_was_lost_goes_under_the_next_number_once_anothers_record_bears_its_own(
    desk: Desk, bench: Bench
) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    purchase = await desk.purchase(purchase_id)
    assert (purchase.state, purchase.number) == (PurchaseState.CREDITED, 2)
    assert bench.credits == [700, 5000]
    assert await desk.books() == {"provider:sandbox": 5000, "delivered": -5000}


async def _set_back(desk: Desk, bench: Bench) -> UUID:
    """A meter that took three purchases counts from zero; the fourth waits before a person."""
    for _ in range(3):
        await desk.pays(desk.town.esam, 1000)
        await desk.works()
        desk.clock.forward(seconds=1)
    bench.count, bench.balance, bench.credits = 0, 0, []
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    return purchase_id


async def test_a_meter_that_was_set_back_is_shown_as_such_and_its_numbers_begin_anew(desk: Desk, bench: Bench) -> None:
    purchase_id = await _set_back(desk, bench)
    review = await desk.review(ReviewKind.COUNT_CONFUSED)
    assert (review.evidence["reason"], review.evidence["count"]) == ("set_back", 0)
    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.SET_BACK)
    await desk.works()

    purchase, meter = await desk.purchase(purchase_id), await desk.meter(desk.town.esam.id)
    assert (purchase.state, purchase.number, purchase.count_run) == (PurchaseState.CREDITED, 1, 1)
    assert (bench.credits, meter.purchase_count, meter.count_run) == ([5000], 1, 1)
    again = await desk.pays(desk.town.esam, 2000)
    await desk.works()
    assert ((await desk.purchase(again)).number, bench.credits) == (2, [5000, 2000])


async def test_a_meter_whose_count_does_not_go_back_was_not_set_back(desk: Desk, bench: Bench) -> None:
    bench.count = 7
    await desk.pays(desk.town.esam)
    await desk.works()
    assert await refusal(desk, ReviewKind.COUNT_CONFUSED, ReviewAct.SET_BACK) is Bar.NOT_SET_BACK


async def test_what_a_meter_wrote_down_before_it_was_set_back_is_found(desk: Desk, bench: Bench) -> None:
    bench.keeps_records = bench.deaf = True
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()  # it came, and its answer was lost
    bench.hear()
    async with desk.begin() as db:
        purchase = await db.get_one(Purchase, purchase_id)
        purchase.number = 4
    bench.__class__ = SetBack
    bench.count = 0
    desk.clock.forward(minutes=5)
    await desk.works()
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED


async def test_another_that_waited_under_a_number_from_before_gets_a_new_one(desk: Desk, bench: Bench) -> None:
    bench.refuses = "over_hoard_limit"
    older = await desk.pays(desk.town.esam, 1000)
    await desk.works()
    bench.refuses = ""
    async with desk.begin() as db:  # it may have been sent under a number of the run that ends
        row = await db.get_one(Purchase, older)
        row.number, row.sends = 9, 1
    purchase_id = await desk.pays(desk.town.esam, 2000)
    async with desk.begin() as db:
        row, meter = await db.get_one(Purchase, purchase_id), await db.get_one(Meter, desk.town.esam.id)
        meter.purchase_count, row.number = 7, 8
    await desk.works()
    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.SET_BACK)
    await desk.works()
    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.RETRY)
    await desk.works()
    assert [(await desk.purchase(each)).number for each in (purchase_id, older)] == [1, 2]
    assert bench.credits == [2000, 1000]
