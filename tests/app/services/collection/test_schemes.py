"""Collection schemes are data: one is the usual one, and what was changed is in the audit log."""

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.collection import USUAL, Terms
from app.models import Audit
from app.services.collection.schemes import SchemeRefused, Wish, give_scheme, save_scheme, schemes, terms_for
from tests import build
from tests.clocks import Clock

LONG, SHORT = Terms(fill_days=30), Terms(fill_days=1, energy=False)


async def test_without_a_scheme_the_defaults_hold(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        utility = await build.utility(db, clock())
        assert await terms_for(db, utility.concentrator.id) == USUAL


async def test_a_concentrator_has_its_own_scheme_or_the_usual_one(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        place = (await build.utility(db, clock())).concentrator.id
        await save_scheme(db, None, Wish("long", LONG, usual=True), None, clock())
        own = await save_scheme(db, None, Wish("short", SHORT), None, clock())
        assert await terms_for(db, place) == LONG
        await give_scheme(db, own.id, [place], None, clock())
        assert await terms_for(db, place) == SHORT
        await give_scheme(db, None, [place], None, clock())
        assert await terms_for(db, place) == LONG


async def test_one_scheme_is_the_usual_one(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        first = await save_scheme(db, None, Wish("long", LONG, usual=True), None, clock())
        await save_scheme(db, None, Wish("short", SHORT, usual=True), None, clock())
        assert (await schemes(db)).usual == SHORT
        await save_scheme(db, first.id, Wish("longer", LONG, usual=True), None, clock())
        assert (await schemes(db)).usual == LONG
    async with begin() as db:
        acts = list(await db.exec(select(Audit.act).order_by(col(Audit.at))))
    assert acts == ["collection_scheme_saved"] * 3


@pytest.mark.parametrize(("name", "code"), [(" ", "scheme_name"), ("x" * 61, "scheme_name"), ("long", "scheme_taken")])
async def test_a_scheme_needs_a_name_of_its_own(begin: Begin, clock: Clock, name: str, code: str) -> None:
    async with begin() as db:
        await save_scheme(db, None, Wish("long", LONG), None, clock())
        with pytest.raises(SchemeRefused) as refused:
            await save_scheme(db, None, Wish(name, SHORT), None, clock())
    assert refused.value.code == code
