"""Any story in which meters are set back, sales are undone, and the queue loses what it was given.

After every step money in = money in meters + money on its way + money going back, a meter holds no purchase twice, and
nothing is in no state; what a meter has forgotten has been in it. The short run is that of everything together.
"""

import asyncio
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.reversing import CannotReverse, ReversalState
from app.domain.review import ReviewAct
from app.models import Purchase, Reversal, Review, Staff
from app.services import reversals
from tests.journeys.any_story import PHASES, WHICH, ToItsEnd

pytestmark = pytest.mark.slow


class AnyReset(ToItsEnd):
    """The street of any story, with what people and machines do besides."""

    @rule(which=WHICH)
    def a_meter_is_set_back(self, which: int) -> None:
        self.book(which).reset()

    @rule()
    def the_queue_loses_what_it_was_given(self) -> None:
        self._act(self._lease())

    async def _lease(self) -> None:
        async with self.desk.begin() as db:
            await outbox.lease(db, self.clock())

    @rule(which=st.integers(0, 50))
    def somebody_wants_a_sale_undone(self, which: int) -> None:
        self._act(self._ask(which))

    async def _ask(self, which: int) -> None:
        async with self.desk.begin() as db:
            refs = list(await db.exec(select(Purchase.ref).order_by(col(Purchase.id))))
        if not refs:
            return
        try:
            async with self.desk.begin() as db:
                wish = reversals.Wish(refs[which % len(refs)], "the wrong meter", self.desk.staff_id)
                await reversals.ask(db, wish, self.clock())
        except CannotReverse:
            return  # and nothing has changed

    @rule(which=st.integers(0, 50), approve=st.booleans())
    def a_second_person_says(self, which: int, approve: bool) -> None:
        self._act(self._say(which, approve))

    async def _say(self, which: int, approve: bool) -> None:
        waiting = select(Reversal.id).where(Reversal.state == ReversalState.ASKED).order_by(col(Reversal.id))
        async with self.desk.begin() as db:
            ids = list(await db.exec(waiting))
            second = await self._second(db)
        if not ids:
            return
        try:
            async with self.desk.begin() as db:
                said = reversals.Decision(ids[which % len(ids)], approve, "seen", second)
                await reversals.decide(db, said, self.clock())
        except CannotReverse:
            return

    async def _second(self, db: AsyncSession) -> UUID:
        others = select(Staff.id).where(Staff.id != self.desk.staff_id)
        found = (await db.exec(others)).first()
        if found is None:
            row = Staff(id=uuid4(), login="second", name="Second", password_hash="never used here")
            db.add(row)
            found = row.id
        return found

    async def _decides_all(self) -> None:
        """People also say which meter was set back, and give back what nothing will bring into its meter."""
        await self._all_decide(ReviewAct.SET_BACK)
        await super()._decides_all()
        await self._all_decide(ReviewAct.REFUND)

    async def _all_decide(self, act: ReviewAct) -> None:
        async with self.desk.begin() as db:
            many = len(list(await db.exec(select(Review.id).where(col(Review.settled_at).is_(None)))))
        for which in reversed(range(many)):
            await self._decides(which, act)


@pytest.fixture
def machine(database_url: str) -> Iterator[type[AnyReset]]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield type("Machine", (AnyReset,), {"runner": runner, "url": database_url})


def test_what_is_sold_to_a_meter_that_was_set_back_gets_into_it(machine: type[AnyReset]) -> None:
    state = machine()
    try:
        state.somebody_begins(which=0)
        state.time_passes_and_jobs_run(minutes=5)
        state.a_meter_is_set_back(which=0)
        state.somebody_pays(which=0, fate=None)
        state.time_passes_and_jobs_run(minutes=5)
    finally:
        state.teardown()
    assert len(state.book(0).credits) == 1
    assert len(state.book(0).forgotten) == 1


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_in_hundreds_of_stories_with_resets_and_reversals_the_money_is_where_we_say(machine: type[AnyReset]) -> None:
    long = settings(max_examples=500, stateful_step_count=50, deadline=None, phases=PHASES)
    run_state_machine_as_test(machine, settings=long)
