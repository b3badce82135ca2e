"""Paid to lit through somebody else's head end, whatever it loses, delays or forges, and wherever we are killed."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import col, select
from starlette.applications import Starlette

from app import outbox
from app.context import utc_now
from app.db import Begin
from app.domain.purchase import PurchaseState
from app.headend import AmiEnds
from app.models import AmiHeadEnd, AmiTask, Concentrator, Exchange, Meter, Note, Purchase
from app.outbox import Job
from app.ports import ConcentratorAddress
from app.tasks import fulfil, readings
from app.web.hooks import ami as door
from headend_client.simulator.world import Behaviour, FirstState
from tests.journeys.other_house import IN_HASTE_WITH_TASKS
from tests.journeys.wire import PATIENCE_S, Street, Way, street
from tests.serving import served
from tests.standins.ami import AmiStandIn, Fault, Held

DARK = FirstState(overdraft_cents=250, relay_open=True, purchase_count=4)


@pytest.fixture
def way() -> Way:
    """How the head end is asked."""
    return Way("ami")


@pytest.fixture
async def lane(begin: Begin, tmp_path: Path, way: Way) -> AsyncIterator[Street]:
    async with street(begin, tmp_path, Behaviour(), DARK, way) as made:
        yield made


gives_up_soon = pytest.mark.parametrize("way", [Way("ami", tasks=IN_HASTE_WITH_TASKS)], ids=["gives up soon"])


def house(lane: Street) -> AmiStandIn:
    assert lane.there is not None
    return lane.there


async def is_lit_and_credited_once(lane: Street, meter: Meter, known: Purchase) -> None:
    seen, row = lane.meter(meter), await lane.purchase(known)
    assert row.state == PurchaseState.CREDITED
    assert len(seen.credits) == 1
    assert seen.balance_cents == row.balance_after_minor
    assert not seen.relay_open
    async with lane.begin() as db:
        assert (await db.exec(select(AmiTask).where(col(AmiTask.ended_at).is_(None)))).all() == []


async def until(lane: Street, meter: Meter, known: Purchase) -> None:
    """Let time do its work: what was postponed comes again."""
    async with asyncio.timeout(PATIENCE_S):
        while (await lane.purchase(known)).state != PurchaseState.CREDITED or lane.meter(meter).relay_open:
            await lane.hurry()
            await lane.drain()


async def test_a_payment_goes_through_it_into_the_meter_and_the_relay_closes(lane: Street) -> None:
    for meter in (lane.rows.esam, lane.rows.sts):
        known = await lane.pay(meter)
        await lane.drain()
        await is_lit_and_credited_once(lane, meter, known)
        async with lane.begin() as db:
            frames = (await db.exec(select(Exchange).where(Exchange.purchase_id == known.id))).all()
        assert {frame.direction for frame in frames} == {"down", "up"}
    assert house(lane).refusals == []


async def test_while_it_is_away_a_purchase_waits_unspent_and_its_return_wakes_it(lane: Street) -> None:
    house(lane).away = True
    await linked(lane, wanted=False)
    known = await lane.pay(lane.rows.esam)
    await lane.drain()
    async with lane.begin() as db:
        assert [note.attempts for note in await db.exec(select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE))] == [0]
        (head,) = (await db.exec(select(AmiHeadEnd))).all()
        assert head.trouble == "head_end_troubled"
    house(lane).away = False
    await linked(lane, wanted=True)
    await lane.drain()
    await is_lit_and_credited_once(lane, lane.rows.esam, known)


async def linked(lane: Street, *, wanted: bool) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with lane.begin() as db:
                if ((await db.exec(select(Concentrator.front_end))).one() is not None) == wanted:
                    return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("many", [True, False], ids=["in one task", "meter by meter, where it knows no such task"])
async def test_the_daily_round_asks_it(lane: Street, many: bool) -> None:
    place, kind = lane.rows.concentrator, "read_frozen_many" if many else "read_frozen"
    house(lane).offers = frozenset({kind, "read_wallet", "read"})
    async with lane.begin() as db:
        await outbox.promise(db, Job.READ_DAILY, place.id, utc_now(), concentrator_id=place.id)
        (handout,) = await outbox.lease(db, utc_now())
    await readings.read_daily({"deps": lane.deps}, handout.note_id)
    async with lane.begin() as db:
        assert {meter.balance_minor for meter in await db.exec(select(Meter))} == {-250}
    assert house(lane).done[kind] > 0


CREDIT = frozenset({"recharge", "enter_token"})
READING = frozenset({"read_wallet"})
HELD = {
    "while the meter is read": ("begins", READING),
    "when the credit is handed in": ("begins", CREDIT),
    "when the credit is in the meter": ("results", CREDIT),
}


@pytest.mark.parametrize("moment", HELD)
async def test_wherever_the_front_end_dies_each_purchase_is_credited_once(lane: Street, moment: str) -> None:
    for meter in (lane.rows.esam, lane.rows.sts):
        known = await lane.pay(meter)
        if meter is lane.rows.sts:
            await issues(lane)
        await dies(lane, *HELD[moment])
        await restarts(lane)
        await until(lane, meter, known)
        await is_lit_and_credited_once(lane, meter, known)


async def issues(lane: Street) -> None:
    async with lane.begin() as db:
        due = [handout for handout in await outbox.lease(db, utc_now()) if handout.job is Job.ISSUE_TOKEN]
    for handout in due:
        await fulfil.issue_token({"deps": lane.deps}, handout.note_id)


async def dies(lane: Street, what: str, kinds: frozenset[str]) -> None:
    """Kill the job where the head end holds it up; the head end goes on with what it has."""
    there = house(lane)
    there.holds_back = kinds
    getattr(there, what).clear()
    there.tasks.clear()
    there.done.clear()
    async with lane.begin() as db:
        waits = select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE, col(Note.done_at).is_(None))
        note = (await db.exec(waits)).one()
    working = asyncio.ensure_future(fulfil.download_purchase({"deps": lane.deps}, note.id or 0))
    async with asyncio.timeout(PATIENCE_S):
        while not _has_come(there, what, kinds):  # noqa: ASYNC110  (the fact is in the stand-in)
            await asyncio.sleep(0.002)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    getattr(there, what).set()


def _has_come(there: AmiStandIn, what: str, kinds: frozenset[str]) -> bool:
    if what == "results":
        return any(there.done[kind] for kind in kinds)
    return any(task.wanted["kind"] in kinds for task in there.tasks.values())


async def restarts(lane: Street) -> None:
    """The front-end comes back under its name: what it held is free."""
    async with lane.begin() as db:
        await outbox.release(db, lane.deps.name)


async def test_whatever_it_loses_and_forges_each_purchase_is_credited_once(lane: Street) -> None:
    dice = random.Random(8)
    for round_ in range(6):
        meter = (lane.rows.esam, lane.rows.sts)[round_ % 2]
        known, before = await lane.pay(meter, 1000 + round_), len(lane.meter(meter).credits)
        house(lane).only = ("PUT", "GET", "DELETE")
        house(lane).faults.update(dice.choices(tuple(Fault), k=12))
        await until(lane, meter, known)
        assert (await lane.purchase(known)).state == PurchaseState.CREDITED
        assert len(lane.meter(meter).credits) == before + 1
        house(lane).faults.clear()


@gives_up_soon
async def test_an_end_that_comes_late_by_a_call_back_is_believed_once_and_wakes_the_purchase(lane: Street) -> None:
    async with knocking(lane):
        house(lane).calls_back = 2
        house(lane).holds_back = CREDIT
        house(lane).results.clear()
        known = await lane.pay(lane.rows.esam)
        await lane.drain()
        assert (await lane.purchase(known)).state == PurchaseState.SENDING
        house(lane).away = True  # it answers nobody any more, and calls all the same
        house(lane).results.set()
        await _until(lambda: len(house(lane).answered_back) == 2)
        house(lane).away = False
        await linked(lane, wanted=True)
        await lane.drain()  # nobody has hurried: the call has
        await is_lit_and_credited_once(lane, lane.rows.esam, known)
    assert house(lane).answered_back[:2] == [204, 204]
    async with lane.begin() as db:
        task = (await db.exec(select(AmiTask).where(AmiTask.kind == "recharge"))).one()
        assert (task.called_back, task.repeats, task.state) == (True, 1, "done")


@gives_up_soon
async def test_a_call_back_that_proves_nothing_is_kept_nowhere(lane: Street) -> None:
    async with knocking(lane) as url:
        known = await lane.pay(lane.rows.esam)
        house(lane).holds_back = CREDIT
        house(lane).results.clear()
        await lane.drain()
        (held,) = [task for task in house(lane).tasks.values() if task.wanted["kind"] == "recharge"]
        lie = Held(held.id, {}, "not_done", "not_reached")
        head = held.wanted["callback_url"]
        assert await house(lane).call_back(lie, str(head), "another secret, of forty letters or more") == 401
        nobody = f"{url}/hooks/ami/0b8f1a52-7f5e-4d0e-9c87-6a2f6f1f3b21"
        assert await house(lane).call_back(lie, nobody) == 401
        stranger = replace(lie, id="0b8f1a52-7f5e-4d0e-9c87-6a2f6f1f3b21")
        assert await house(lane).call_back(stranger, str(head)) == 404
        assert await house(lane).call_back(replace(lie, state="perhaps"), str(head)) == 400
        async with lane.begin() as db:
            task = (await db.exec(select(AmiTask).where(AmiTask.kind == "recharge"))).one()
            assert (task.state, task.called_back) == (None, False)
        house(lane).results.set()
        await until(lane, lane.rows.esam, known)
        await is_lit_and_credited_once(lane, lane.rows.esam, known)


@asynccontextmanager
async def knocking(lane: Street) -> AsyncIterator[str]:
    """Let the head end reach our door, and know where it is."""
    app = Starlette(routes=door.ROUTES)
    app.state.deps = replace(lane.deps, ends=AmiEnds())
    async with served(app) as url:
        lane.deps.settings.public_url = url
        place = lane.rows.concentrator

        def knows() -> bool:
            line = lane.server.head_ends.find(ConcentratorAddress(place.region, place.terminal))
            return line is not None and line.place.callback_url.startswith(url)

        await _until(knows)
        yield url


async def _until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not fact():  # noqa: ASYNC110  (the fact is in another program)
            await asyncio.sleep(0.005)
