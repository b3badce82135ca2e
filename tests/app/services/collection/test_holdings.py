"""What is stored of the days of a concentrator's meters, of each or of those that are alike together."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.db import Begin
from app.domain.collection import frozen_at
from app.domain.fees import FeeControl
from app.domain.meter_life import MeterLife
from app.domain.wallet import ReadingKind
from app.models import Meter, Reading
from app.services.collection.holdings import Span, held_alike, holdings
from tests import build

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = tuple(date(2026, 3, 1) - timedelta(days=back) for back in range(62))
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SPAN = Span(DAYS, ZONE, NOW)


def neighbour(of: Meter, body: str) -> Meter:
    number = build.numbered(body)
    meter = Meter(
        number=number,
        address=number,
        model_id=of.model_id,
        account_id=of.account_id,
        concentrator_id=of.concentrator_id,
    )
    meter.point = int(body[-1])
    return meter


async def held(begin: Begin, meter: Meter, day: date, kind: ReadingKind, at: datetime) -> None:
    async with begin() as db:
        db.add(Reading(meter_id=meter.id, day=day, kind=kind, value=1, source="daily", read_at=at))


async def test_what_was_read_while_a_day_ran_is_known_and_not_frozen(begin: Begin, utility: build.Utility) -> None:
    newest, before, oldest = DAYS[0], DAYS[1], DAYS[-1]
    await held(begin, utility.esam, newest, ReadingKind.BALANCE, frozen_at(newest, ZONE))
    await held(begin, utility.esam, before, ReadingKind.BALANCE, frozen_at(before, ZONE) - timedelta(seconds=1))
    await held(begin, utility.esam, oldest, ReadingKind.ENERGY, frozen_at(oldest, ZONE))
    await held(begin, utility.esam, oldest - timedelta(days=9), ReadingKind.BALANCE, NOW - timedelta(days=80))
    async with begin() as db:
        found = {each.meter_id: each for each in await holdings(db, utility.concentrator.id, SPAN)}
    known = found[utility.esam.id].known
    assert known.frozen == {ReadingKind.BALANCE: {newest}, ReadingKind.ENERGY: {oldest}}
    assert known.any_figure == {newest, before}
    assert known.first == oldest - timedelta(days=9)
    nothing = found[utility.sts.id].known
    assert (nothing.first, nothing.any_figure, any(nothing.frozen.values())) == (None, frozenset(), False)


async def test_who_is_settled_is_not_looked_at_and_who_was_missed_comes_last(
    begin: Begin, utility: build.Utility
) -> None:
    async with begin() as db:
        esam, sts = await db.get_one(Meter, utility.esam.id), await db.get_one(Meter, utility.sts.id)
        esam.missed_at, sts.fee_control = NOW, FeeControl.REMOTE
        esam.balance_read_at, sts.balance_read_at = NOW, frozen_at(DAYS[0], ZONE)
    async with begin() as db:
        everybody = await holdings(db, utility.concentrator.id, SPAN)
        rest = await holdings(db, utility.concentrator.id, SPAN, [utility.sts.id])
    assert [(each.meter_id, each.remote) for each in everybody] == [(utility.sts.id, True), (utility.esam.id, False)]
    assert [each.known.read_today for each in everybody] == [False, True]
    assert [each.meter_id for each in rest] == [utility.esam.id]


async def test_those_of_which_the_same_is_stored_are_told_together_and_as_each_alone(
    begin: Begin, utility: build.Utility
) -> None:
    async with begin() as db:
        sts = await db.get_one(Meter, utility.sts.id)
        sts.point, sts.fee_control = None, FeeControl.REMOTE
    for day in DAYS[:2]:
        await held(begin, utility.esam, day, ReadingKind.ENERGY, frozen_at(day, ZONE))
    async with begin() as db:
        twin, removed = neighbour(utility.esam, "30100000001"), neighbour(utility.esam, "30100000002")
        removed.life = MeterLife.REMOVED
        db.add_all([twin, removed])
    for day in DAYS[:2]:
        await held(begin, twin, day, ReadingKind.ENERGY, frozen_at(day, ZONE))
    async with begin() as db:
        herd = await held_alike(db, utility.concentrator.id, SPAN)
        each = await holdings(db, utility.concentrator.id, SPAN)
    assert sorted(len(some.meters) for some in herd) == [1, 2]
    together = {
        meter_id: (point, some.known, some.remote)
        for some in herd
        for meter_id, point in zip(some.meters, some.points, strict=True)
    }
    assert together == {one.meter_id: (one.point, one.known, one.remote) for one in each}
