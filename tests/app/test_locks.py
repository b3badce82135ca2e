"""How rows are locked that many others refer to."""

import asyncio
import re
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK, Begin
from app.models import AlertRule, Meter
from tests import build
from tests.architecture.tree import python_files, read

PATIENCE_S = 5


async def test_whoever_holds_a_meter_keeps_nobody_from_writing_about_it(begin: Begin, utility: build.Utility) -> None:
    async with begin() as holding:
        await holding.get_one(Meter, utility.esam.id, with_for_update=LOCK)
        async with asyncio.timeout(PATIENCE_S), begin() as db:
            db.add(AlertRule(id=uuid4(), meter_id=utility.esam.id, figures=[1000]))


async def test_a_held_meter_is_changed_by_nobody_else(begin: Begin, utility: build.Utility) -> None:
    async with begin() as holding:
        await holding.get_one(Meter, utility.esam.id, with_for_update=LOCK)
        with pytest.raises(DBAPIError):
            async with begin() as db:
                await _lock_at_once(db, utility)


async def _lock_at_once(db: AsyncSession, utility: build.Utility) -> None:
    await db.get_one(Meter, utility.esam.id, with_for_update=LOCK | {"nowait": True})


def test_no_code_takes_the_stronger_lock_on_a_meter() -> None:
    strong = re.compile(r"get(_one)?\(Meter,[^)]*with_for_update=True")
    assert [path for path in python_files("app", "notifier") if strong.search(read(path))] == []
