"""A street behind somebody else's head end in a living utility: our programs are killed while it works for us."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from app.context import utc_now
from app.demo.site import FRONT_END
from app.demo.supervisor import Program
from app.headend import open_security
from app.models import Account, AmiHeadEnd, AmiTask, Concentrator, Meter
from app.services.head_ends.joining import PURPOSE
from app.services.sealing import seal
from headend_client.drivers import Gdw1376Driver
from headend_client.listener import Listener
from headend_client.pool import Pool
from headend_client.simulator.world import FrontEndAddress, World
from headend_client.target import ConcentratorAddress, Target
from headend_client.timing import PortTiming, Timing
from tests.headend_client.front_end import Archive
from tests.journeys.living import Living, Victim
from tests.journeys.steps import Step, reached
from tests.journeys.test_links_that_move import STREET
from tests.journeys.truth import doubts
from tests.standins.ami import AmiStandIn, ami_head_end
from tests.standins.ami_signing import KEY_ID, SECRET

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
CREDIT = frozenset({"recharge"})
TIMING = Timing(carrier=PortTiming(1000, 3.0), wired=PortTiming(1000, 3.0))


async def test_whatever_is_killed_while_a_head_end_works_for_us_each_purchase_is_credited_once(living: Living) -> None:
    async with existing(living) as there:
        paid = [await living.pay(living.home(STREET))]
        await living.until(lambda: _is(lambda: there.done["recharge"] == 1), "the meter has the first credit")
        await living.kill(Victim.NORTH)
        there.results.set()

        there.begins.clear()
        paid.append(await living.pay(living.home(STREET)))
        await living.until(lambda: _is(lambda: _waits(there)), "the second credit is handed in")
        await living.kill(Victim.NORTH)
        await living.kill(Victim.WEB)  # nobody hears the call back
        there.begins.set()
        await living.up()

        paid.append(await living.pay(living.home(STREET)))
        await reached(living, paid[2:], Step.SENDING)
        await living.kill(Victim.VALKEY)
        await living.revive(Victim.VALKEY)
        for each in paid:
            await living.finished(each)
            assert await doubts(living, each) == []
        async with living.deps.begin() as db:
            tasks = (await db.exec(select(AmiTask).where(AmiTask.kind == "recharge"))).all()
        assert all(task.ended_at is not None for task in tasks)
        assert sum(task.state == "done" for task in tasks) == len(paid)


async def _is(fact: Callable[[], bool]) -> bool:
    return fact()


def _waits(there: AmiStandIn) -> bool:
    return any(task.state == "queued" and task.wanted["kind"] in CREDIT for task in there.tasks.values())


@asynccontextmanager
async def existing(living: Living) -> AsyncIterator[AmiStandIn]:
    """The third street hangs behind another head end, which keeps back the ends of credits at first."""
    async with AsyncExitStack() as house:
        security = await house.enter_async_context(aclosing(await open_security(living.site.settings)))
        pool = Pool()
        place, meters = await _street(living)
        listener = Listener(pool, Archive({place}), TIMING, now=utc_now)
        port = await listener.open("127.0.0.1", 0)
        house.push_async_callback(listener.close)
        driver = Gdw1376Driver(pool, security, ZoneInfo(living.site.settings.timezone), utc_now)
        there = await house.enter_async_context(ami_head_end(driver, meters.__getitem__, utc_now))
        there.calls_back, there.holds_back = 1, CREDIT
        there.results.clear()
        path = living.site.world.with_name("theirs.json")
        known = World.load(living.site.world)
        theirs = replace(known.concentrators[STREET - 1])
        replace(known, front_ends=(FrontEndAddress("127.0.0.1", port),), concentrators=(theirs,)).save(path)
        head_end = await _join(living, there.url)
        house.push_async_callback(_leave, living, head_end)
        async with living.beside(Program("meters 3", ("simulate", "--world", str(path)))):
            await living.until(lambda: _is_linked(living), "the head end answers")
            yield there


async def _street(living: Living) -> tuple[ConcentratorAddress, dict[str, Target]]:
    async with living.deps.begin() as db:
        row = (await db.exec(select(Concentrator).where(Concentrator.terminal == STREET))).one()
        place = ConcentratorAddress(row.region, row.terminal)
        wanted = select(Meter, Account.number).join(Account, col(Account.id) == col(Meter.account_id))
        found = (await db.exec(wanted.where(Meter.concentrator_id == row.id, col(Meter.sgc).is_(None)))).all()
    aims = {meter.address: Target(meter.address, "esam", place, 31, number.zfill(12)) for meter, number in found}
    return place, aims


async def _join(living: Living, url: str) -> AmiHeadEnd:
    head_end_id = uuid4()
    key = living.site.settings.session_secret.get_secret_value()
    sealed = seal(SECRET, PURPOSE, head_end_id, key)
    head_end = AmiHeadEnd(id=head_end_id, name="Their system", url=url, key_id=KEY_ID, secret_sealed=sealed)
    async with living.deps.begin() as db:
        db.add(head_end)
        await db.flush()
        row = (await db.exec(select(Concentrator).where(Concentrator.terminal == STREET))).one()
        row.driver, row.ami_head_end_id = "ami", head_end_id
    return head_end


async def _leave(living: Living, head_end: AmiHeadEnd) -> None:
    async with living.deps.begin() as db:
        row = (await db.exec(select(Concentrator).where(Concentrator.terminal == STREET))).one()
        row.driver, row.ami_head_end_id, row.front_end = "gdw1376", None, None
        for task in await db.exec(select(AmiTask).where(AmiTask.head_end_id == head_end.id)):
            await db.delete(task)
        await db.flush()
        await db.delete(await db.get_one(AmiHeadEnd, head_end.id))


async def _is_linked(living: Living) -> bool:
    async with living.deps.begin() as db:
        held = await db.exec(select(Concentrator.front_end).where(Concentrator.terminal == STREET))
        return held.one() == FRONT_END
