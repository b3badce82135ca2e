"""Homes without money: what began in a span, how it ended, and what is open now."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from app.db import Begin
from app.domain.disconnection import Outcome
from app.models import Disconnection
from app.services.reports.alert_effect import Span
from app.services.reports.disconnected import Disconnected, disconnected
from tests.clocks import Clock
from tests.desk import Desk

HOUR = timedelta(hours=1)


async def dark(begin: Begin, desk: Desk, clock: Clock, lasted: timedelta | None) -> None:
    """The town's home goes dark now; `lasted` None: it still is."""
    incident = Disconnection(id=uuid4(), meter_id=desk.town.esam.id, began_at=clock(), balance_minor=-20)
    if lasted is not None:
        incident.ended_at, incident.outcome = clock() + lasted, Outcome.PAID
    async with begin() as db:
        db.add(incident)


async def report(begin: Begin, clock: Clock) -> Disconnected:
    async with begin() as db:
        return await disconnected(db, Span(clock() - 48 * HOUR, clock() + HOUR, ZoneInfo("Asia/Shanghai")))


async def test_ends_are_counted_with_how_long_the_home_was_dark(desk: Desk, begin: Begin, clock: Clock) -> None:
    for lasted in (1, 2, 3):
        await dark(begin, desk, clock, lasted * HOUR)
    [ended] = (await report(begin, clock)).ended
    assert (ended.outcome, ended.count, ended.half_within) == (Outcome.PAID, 3, 2 * HOUR)


async def test_what_is_open_is_listed_with_its_meter(desk: Desk, begin: Begin, clock: Clock) -> None:
    await dark(begin, desk, clock, None)
    said = await report(begin, clock)
    assert [(each.meter_number, each.balance_minor) for each in said.open] == [(desk.town.esam.number, -20)]
    assert [(day.began, day.open) for day in said.days] == [(1, 1)]
