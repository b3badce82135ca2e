"""The database that the next test finds is empty, and as quick as a new one, whatever the test before has done."""

from sqlalchemy import text
from sqlmodel import col, func, select

from app.db import Begin
from app.models import Customer
from tests.databases import Empty

_CROWD = text(
    "insert into customer (id, name, address) select gen_random_uuid(), 'somebody', '' from generate_series(1, :many) n"
)
_SIZE = text("select pg_relation_size('customer') + pg_indexes_size('customer'::regclass)")


async def test_a_crowd_leaves_neither_rows_nor_room_that_the_next_test_would_walk_over(
    begin: Begin, empty: Empty
) -> None:
    async with begin() as db:
        await db.execute(_CROWD, {"many": 20_000})
    await empty()

    async with begin() as db:
        assert (await db.exec(select(func.count()).select_from(Customer))).one() == 0
        assert (await db.execute(_SIZE)).scalar_one() <= 5 * 8192  # pages of new indexes


async def test_a_few_are_gone_too(begin: Begin, empty: Empty) -> None:
    async with begin() as db:
        await db.execute(_CROWD, {"many": 3})
    await empty()

    async with begin() as db:
        assert (await db.exec(select(func.count(col(Customer.id))))).one() == 0
