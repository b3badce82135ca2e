"""Meters get the numbers under which their concentrator knows them."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from app.db import Begin
from app.models import Meter
from app.services.collection import points
from app.services.collection.points import NoPointLeft, assign, assign_points
from tests import build


async def held(begin: Begin) -> list[int | None]:
    async with begin() as db:
        return list(await db.exec(select(Meter.point).order_by(col(Meter.point))))


async def test_an_archive_download_gives_every_meter_a_point_and_keeps_it(begin: Begin, utility: build.Utility) -> None:
    place = utility.concentrator.id
    async with begin() as db:
        first = await assign(db, place, [utility.sts.id])
    async with begin() as db:
        second = await assign(db, place)
    assert [(each.point, each.address) for each in first] == [(2, utility.sts.address)]
    assert {(each.point, each.address) for each in second} == {(2, utility.sts.address), (3, utility.esam.address)}


async def test_two_archive_downloads_at_once_give_no_point_twice(begin: Begin, utility: build.Utility) -> None:
    async def one() -> None:
        async with begin() as db:
            await assign_points(db, utility.concentrator.id)

    await asyncio.gather(*(one() for _ in range(6)))
    assert await held(begin) == [2, 3]


async def test_a_point_that_came_free_is_given_again(begin: Begin, utility: build.Utility) -> None:
    async with begin() as db:
        esam, _ = await assign_points(db, utility.concentrator.id)
        await points.free_point(db, esam)
        (again, other) = await assign_points(db, utility.concentrator.id)
    assert sorted([again.point or 0, other.point or 0]) == [2, 3]


async def test_a_full_concentrator_says_so(
    begin: Begin, utility: build.Utility, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points, "LAST_POINT", 2)
    with pytest.raises(NoPointLeft):
        async with begin() as db:
            await assign(db, utility.concentrator.id)
    assert await held(begin) == [None, None]


async def test_the_database_refuses_two_meters_at_one_point(begin: Begin, utility: build.Utility) -> None:
    with pytest.raises(DBAPIError):
        async with begin() as db:
            for each in await db.exec(select(Meter)):
                each.point = 7
