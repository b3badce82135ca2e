"""Pay links: what opens them, and what ends them (SPEC R-8)."""

import hashlib
from uuid import uuid4

import pytest
from sqlmodel import select

from app.db import Begin
from app.models import PayLink, Resident
from app.models.topup import LinkPurpose
from app.services.links import (
    MOST_GIFTS,
    LinkWish,
    TooManyLinks,
    follow_link,
    gifts_of,
    make_gift,
    make_link,
    stop_link,
)
from tests import build
from tests.clocks import Clock

KEY = "k" * 32


async def test_a_link_opens_with_its_secret_and_the_table_does_not_hold_it(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        home = await build.utility(db, clock())
        wish = LinkWish(home.esam.id, LinkPurpose.GIFT, 5000, greeting="  For\n you ")
        secret = await make_link(db, wish, KEY, clock())
        found = await follow_link(db, secret, clock())
        row = (await db.exec(select(PayLink))).one()

    assert found is not None
    assert (found.meter_number, found.amount_minor, found.greeting) == (home.esam.number, 5000, "For you")
    assert row.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert len(secret) >= 16  # 96 bits


async def test_the_same_message_has_one_link_however_often_it_is_tried(begin: Begin, clock: Clock) -> None:
    wish_id = uuid4()
    async with begin() as db:
        home = await build.utility(db, clock())
        wish = LinkWish(home.esam.id, LinkPurpose.REMINDER, 5000, id=wish_id)
        assert await make_link(db, wish, KEY, clock()) == await make_link(db, wish, KEY, clock())
        assert len(list(await db.exec(select(PayLink)))) == 1


async def test_a_link_ends_with_its_time(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        home = await build.utility(db, clock())
        secret = await make_link(db, LinkWish(home.esam.id, LinkPurpose.REMINDER), KEY, clock())
        clock.forward(days=7)
        assert await follow_link(db, secret, clock()) is None


@pytest.mark.parametrize("guess", ["", "x" * 16, "\N{LATIN SMALL LETTER E WITH ACUTE}", "x" * 5000])
async def test_what_was_never_a_link_opens_nothing(begin: Begin, clock: Clock, guess: str) -> None:
    async with begin() as db:
        assert await follow_link(db, guess, clock()) is None


async def test_its_maker_stops_a_link_and_nobody_else_does(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        home = await build.utility(db, clock())
        maker, other = Resident(phone="+8613800000008", created_at=clock()), Resident(openid="o", created_at=clock())
        db.add_all([maker, other])
        await db.flush()
        secret = await make_gift(db, LinkWish(home.esam.id, LinkPurpose.GIFT, made_by=maker.id), KEY, clock())
        (made,) = await gifts_of(db, maker.id, home.esam.id, clock())

        await stop_link(db, other.id, made.id, clock())
        assert await follow_link(db, secret, clock()) is not None
        await stop_link(db, maker.id, made.id, clock())
        assert await follow_link(db, secret, clock()) is None
        assert await gifts_of(db, maker.id, home.esam.id, clock()) == []


async def test_nobody_makes_links_without_end(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        home = await build.utility(db, clock())
        maker = Resident(phone="+8613800000008", created_at=clock())
        db.add(maker)
        await db.flush()
        wish = LinkWish(home.esam.id, LinkPurpose.GIFT, made_by=maker.id)
        for _ in range(MOST_GIFTS):
            await make_gift(db, wish, KEY, clock())
        with pytest.raises(TooManyLinks):
            await make_gift(db, wish, KEY, clock())
