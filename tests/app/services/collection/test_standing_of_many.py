"""Levels of meters whose day is stored at once: each stands where a reading of its own would have put it."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.alarm import AlarmTone, AlertUnit
from app.domain.wallet import BalanceSource, ReadingKind
from app.models import Account, AlarmPolicy, AlarmPolicyLevel, Meter
from app.services.collection.figures import DayFigure, store
from app.services.readings import record_balance
from tests import build
from tests.clocks import Clock

BALANCES = (-600, -1, 0, 60, 299, 400, 560, 1_999, 2_099, 2_100, 9_000)
STORIES = [(arrears, before, after) for arrears in (0, 700) for before in BALANCES[::2] for after in BALANCES]
A_DAY_USES = 100


async def watch(begin: Begin, account: Account, unit: AlertUnit) -> None:
    """Levels at 20.00 and 5.00, or at as many days of use as that is; an account in the red is owing."""
    divisor = A_DAY_USES if unit is AlertUnit.DAYS else 1
    policy = AlarmPolicy(name="Farms")
    async with begin() as db:
        db.add(policy)
        await db.flush()
        for depth, tone, value in ((1, AlarmTone.NOTICE, 2_000), (2, AlarmTone.URGENT, 500)):
            db.add(AlarmPolicyLevel(policy_id=policy.id, depth=depth, tone=tone, unit=unit, value=value // divisor))
        db.add(AlarmPolicyLevel(policy_id=policy.id, depth=3, tone=AlarmTone.OWING, value=0))
        (await db.get_one(Account, account.id)).alarm_policy_id = policy.id


async def debtor(begin: Begin, like: Account) -> UUID:
    async with begin() as db:
        own = {"id": uuid4(), "number": build.numbered("100000002"), "arrears_minor": 700}
        db.add(Account(**(await db.get_one(Account, like.id)).model_dump() | own))
        return UUID(str(own["id"]))


async def homes(begin: Begin, like: Meter, accounts: list[UUID]) -> list[UUID]:
    """A meter for each account."""
    made = []
    async with begin() as db:
        for place, account_id in enumerate(accounts):
            number = f"6{place:011}"
            own = {"id": uuid4(), "number": number, "address": number, "point": None, "account_id": account_id}
            db.add(Meter(**like.model_dump() | own | {"daily_use_minor": A_DAY_USES}))
            made.append(UUID(str(own["id"])))
    return made


async def read_alone(begin: Begin, meter_id: UUID, balance_minor: int, at: datetime) -> None:
    async with begin() as db:
        meter = await db.get_one(Meter, meter_id, with_for_update=True)
        await record_balance(db, meter, balance_minor, BalanceSource.DAILY, at)


@pytest.mark.parametrize("unit", [AlertUnit.MONEY, AlertUnit.DAYS])
async def test_each_of_many_stands_where_a_reading_of_its_own_would_have_put_it(
    begin: Begin, utility: build.Utility, clock: Clock, unit: AlertUnit
) -> None:
    await watch(begin, utility.account, unit)
    accounts = {0: utility.account.id, 700: await debtor(begin, utility.account)}
    meters = await homes(begin, utility.esam, [accounts[arrears] for arrears, *_ in STORIES] * 2)
    alone, together = meters[: len(STORIES)], meters[len(STORIES) :]
    earlier = clock()
    now = clock.forward(hours=19)  # too soon after it to say anything of what is used a day
    for one, other, (_, before, after) in zip(alone, together, STORIES, strict=True):
        await read_alone(begin, one, before, earlier)
        await read_alone(begin, one, after, now)
        await read_alone(begin, other, before, earlier)
    day = (now - timedelta(seconds=1)).date()
    figures = [
        DayFigure(other, day, ReadingKind.BALANCE, after, now)
        for other, (*_, after) in zip(together, STORIES, strict=True)
    ]
    async with begin() as db:
        assert await store(db, figures) == len(STORIES)
    async with begin() as db:
        depths = dict((await db.exec(select(Meter.id, Meter.alarm_depth))).all())
    assert {story: depths[other] for story, other in zip(STORIES, together, strict=True)} == {
        story: depths[one] for story, one in zip(STORIES, alone, strict=True)
    }
    assert {depths[one] for one in alone} == {0, 1, 2, 3}
