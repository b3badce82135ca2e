"""Somebody else's head end with the simulated meters of a street behind it: its own door, its own driver, its API."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from uuid import uuid4

from sqlmodel import select

from app.db import Begin
from app.models import AmiHeadEnd, Concentrator
from app.ports import SecurityModule
from app.services.head_ends.joining import PURPOSE
from app.services.sealing import seal
from headend_client.ami.shapes import AmiTiming
from headend_client.drivers import Gdw1376Driver
from headend_client.listener import Listener
from headend_client.pool import Pool
from headend_client.target import ConcentratorAddress, Target
from headend_client.timing import Timing
from tests import build
from tests.headend_client.front_end import Archive
from tests.standins.ami import AmiStandIn, ami_head_end
from tests.standins.ami_signing import KEY_ID, SECRET

PATIENT_WITH_TASKS = AmiTiming(connect_s=20, answer_s=20, hold_s=1, verb_s=30, trip_s=30, rest_s=0.05, probe_s=0.1)
IN_HASTE_WITH_TASKS = replace(PATIENT_WITH_TASKS, answer_s=3, verb_s=3)


@dataclass(frozen=True, slots=True)
class OtherHouse:
    """`port`: where its concentrators dial in. `there`: its API."""

    port: int
    there: AmiStandIn


@asynccontextmanager
async def other_house(
    rows: build.Utility, security: SecurityModule, timing: Timing, zone: tzinfo, now: Callable[[], datetime]
) -> AsyncIterator[OtherHouse]:
    """Serve one that has the meters of `rows`."""
    row = rows.concentrator
    place = ConcentratorAddress(row.region, row.terminal)
    pool = Pool()
    listener = Listener(pool, Archive({place}), timing, now=now)
    port = await listener.open("127.0.0.1", 0)
    customer = rows.account.number.zfill(12)
    meters = {
        rows.esam.address: Target(rows.esam.address, "esam", place, 31, customer),
        rows.sts.address: Target(rows.sts.address, "sts", place, 31, customer),
    }
    try:
        async with ami_head_end(Gdw1376Driver(pool, security, zone, now), meters.__getitem__, now) as there:
            yield OtherHouse(port, there)
    finally:
        await listener.close()


async def join(begin: Begin, url: str, session_secret: str) -> AmiHeadEnd:
    """Let the only concentrator of the archive be a place of the head end at `url`."""
    head_end_id = uuid4()
    sealed = seal(SECRET, PURPOSE, head_end_id, session_secret)
    head_end = AmiHeadEnd(id=head_end_id, name="Old Town", url=url, key_id=KEY_ID, secret_sealed=sealed)
    async with begin() as db:
        db.add(head_end)
        await db.flush()
        row = (await db.exec(select(Concentrator))).one()
        row.driver, row.ami_head_end_id = "ami", head_end_id
    return head_end
