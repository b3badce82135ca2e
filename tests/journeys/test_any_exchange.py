"""Any story in which meters are exchanged too: begun, read, called off, finished, in the middle of everything else.

After every step money in = money in meters + money on its way + money going back; what an old meter held is in the one
in its place, or on its way there, or given back, and never twice; a token of an old meter opens nothing. The short
run is that of everything together.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from app.domain.rules import SaleRules
from app.domain.swapping import CannotSwap, Found, SwapState, SwapWay
from app.models import Meter, MeterSwap, Purchase, Token, VoidToken
from app.services import rulebook
from app.services.swaps import beginning, finishing, reading
from app.services.swaps.beginning import NewMeter, Wish
from app.services.swaps.reading import Seen
from tests import build
from tests.journeys.any_story import PHASES, WHICH, ToItsEnd
from tests.journeys.fated_meters import Books

pytestmark = pytest.mark.slow


class AnyExchange(ToItsEnd):
    """The street of any story, whose meters may be exchanged."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = iter(range(501, 999))
        self._run(self._sell_at_once())

    async def _sell_at_once(self) -> None:
        """This utility sells before commissioning."""
        async with self.desk.begin() as db:
            await rulebook.save(db, SaleRules(sell_untried=True), None, self.clock())

    @rule(which=WHICH)
    def somebody_else_credits_the_meter(self, which: int) -> None:
        """Not while an order of ours is in doubt: nobody who stands before a display can tell the two apart."""
        if not self._run(self._in_doubt(which)):
            super().somebody_else_credits_the_meter(which)

    async def _in_doubt(self, which: int) -> bool:
        ours = select(Purchase.id).where(Purchase.meter_id == self.rows[which].id, Purchase.sends > 0)
        async with self.look() as db:
            return (await db.exec(ours.where(Purchase.state.in_(("sending", "review"))))).first() is not None  # type: ignore[attr-defined]

    @rule(which=WHICH, way=st.sampled_from(list(SwapWay)), quick=st.booleans())
    def an_exchange_begins(self, which: int, way: SwapWay, quick: bool) -> None:
        """`quick`: whoever begins it stands there already."""
        self._act(self._begin(which, way))
        if quick:
            self.it_is_read_and_finished(which)

    async def _begin(self, which: int, way: SwapWay) -> None:
        old = self.rows[which]
        if await self._under_exchange(which) is not None:
            return
        number = build.numbered(f"{'07' if old.sgc else '201'}{next(self.numbers):08d}")
        key = (old.sgc, 2, 1) if old.sgc else ("", None, None)
        async with self.desk.begin() as db:
            wish = Wish(old.number, NewMeter(number, "", old.model_id, *key), way, "a story", self.desk.staff_id)
            await beginning.begin(db, wish, self.clock())

    async def _under_exchange(self, which: int) -> UUID | None:
        wanted = select(MeterSwap.id).where(MeterSwap.old_meter_id == self.rows[which].id)
        async with self.look() as db:
            return (await db.exec(wanted.where(MeterSwap.state == SwapState.OPEN))).one_or_none()

    @rule(which=WHICH)
    def it_is_called_off(self, which: int) -> None:
        self._act(self._cancel(which))

    async def _cancel(self, which: int) -> None:
        swap_id = await self._under_exchange(which)
        if swap_id is not None:
            async with self.desk.begin() as db:
                await beginning.cancel(db, swap_id, self.desk.staff_id, self.clock())

    @rule(which=WHICH)
    def it_is_read_and_finished(self, which: int) -> None:
        self._act(self._finish(which))
        self._run(self._see_what_hangs(which))

    async def _finish(self, which: int) -> None:
        """Somebody stands before the old meter, reads it and takes it off; what they say is true."""
        swap_id, old = await self._under_exchange(which), self.rows[which]
        if swap_id is None:
            return
        book = self.book(which)
        self.clock.forward(seconds=1)
        figures = Seen(book.balance, None if old.sgc else book.count, None, "read off the display")
        async with self.desk.begin() as db:
            await reading.note_seen(db, swap_id, figures, self.desk.staff_id, self.clock())
        with contextlib.suppress(CannotSwap):  # not yet, and nothing has changed: the next look shows it
            async with self.desk.begin() as db:
                said = {each.id: _is_in(each, book) for each in await reading.on_its_way(db, old.id)}
                await finishing.finish(db, swap_id, said, self.desk.staff_id, self.clock())

    async def _see_what_hangs(self, which: int) -> None:
        """The new meter hangs where the exchange was written down, whether or not we died of it."""
        old = self.rows[which]
        done = select(Meter).join(MeterSwap, col(MeterSwap.new_meter_id) == col(Meter.id))
        async with self.look() as db:
            new = (await db.exec(done.where(MeterSwap.old_meter_id == old.id))).one_or_none()
        if new is not None:
            self.meters.books[old.address].hangs = False
            self.meters.books[new.address] = Books()
            self.rows = (new, self.rows[1]) if which == 0 else (self.rows[0], new)

    @invariant()
    def old_meters_are_done_with(self) -> None:
        assert self._run(self._left_behind()) == []

    async def _left_behind(self) -> list[str]:
        """What still goes to a meter that is gone; tokens that are void and still there."""
        async with self.look() as db:
            gone = {s.old_meter_id for s in await db.exec(select(MeterSwap).where(MeterSwap.state == SwapState.DONE))}
            left = [p for p in await db.exec(select(Purchase)) if p.meter_id in gone and p.state in ("paid", "sending")]
            void, valid = set(await db.exec(select(VoidToken.digits))), set(await db.exec(select(Token.digits)))
        return [f"{each.ref} {each.state}" for each in left] + sorted(void & valid)

    def _calms_down(self) -> None:
        super()._calms_down()
        for which in (0, 1):
            self._run(self._cancel(which))


def _is_in(purchase: Purchase, book: Books) -> Found:
    return Found.IN_METER if purchase.credit_minor in book.credits else Found.NOT_IN_METER


@pytest.fixture
def machine(database_url: str) -> Iterator[type[AnyExchange]]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield type("Machine", (AnyExchange,), {"runner": runner, "url": database_url})


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_in_hundreds_of_stories_an_exchange_loses_nothing(machine: type[AnyExchange]) -> None:
    long = settings(max_examples=300, stateful_step_count=40, deadline=None, phases=PHASES)
    run_state_machine_as_test(machine, settings=long)
