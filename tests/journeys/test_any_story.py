"""Any story at all: payments, repeats, faults, kills, typed tokens, foreign recharges, people's decisions, and time.

After every step money in = money in meters + money on its way + money going back, each purchase is in its meter once
at most, and nothing is in no state. And when everything works again every story comes to its end.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from app import outbox
from app.db import begin_factory, make_engine
from app.domain.payment import CallbackFact
from app.domain.purchase import ON_ITS_WAY
from app.domain.review import ACTS, ReviewAct, ReviewKind
from app.domain.settling import CannotSettle
from app.models import Purchase, Review, Token
from app.ports import RefundNews, SecurityModule
from app.services import overdue, refunds
from app.services.payments import record_callback
from app.services.settle import Decision, settle
from tests import databases
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Died, Module
from tests.journeys.fated_meters import FOREIGN, Books, Fate, Meters
from tests.journeys.money_truth import doubts

pytestmark = pytest.mark.slow
T = TypeVar("T")
E5_PER_MINOR = 1000
WHICH = st.integers(0, 1)  # the ESAM meter, the STS meter
NAME = "test"
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


class AnyStory(RuleBasedStateMachine):
    """One street, its two meters, and everything that can happen to them."""

    runner: asyncio.Runner
    url: str

    def __init__(self) -> None:
        super().__init__()
        self.engine = make_engine(self.url)
        self.clock, self.sums = Clock(), iter(range(1000, 100_000, 7))
        self.module = Module()
        self.meters = Meters(worth=self._worth)
        self.facts: list[CallbackFact] = []
        self.desk = self._run(self._open())

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return self.runner.run(work)

    async def _open(self) -> Desk:
        async with databases.emptying(self.url) as empty:
            await empty()
        desk = await open_desk(begin_factory(self.engine), self.clock, self.meters)
        self.rows = (desk.town.esam, desk.town.sts)
        self.meters.books = {row.address: Books() for row in self.rows}
        module: SecurityModule = self.module  # type: ignore[assignment]  # only issues
        desk.deps = replace(desk.deps, security=module)
        return desk

    def teardown(self) -> None:
        self._run(self.engine.dispose())

    def _worth(self, digits: str) -> int:
        issued = [token for tokens in self.module.issued.values() for token in tokens]
        return next(token.amount for token in issued if token.digits == digits) // E5_PER_MINOR

    @property
    def books(self) -> list[Books]:
        return list(self.meters.books.values())

    @initialize(which=WHICH)
    def somebody_begins(self, which: int) -> None:
        self._run(self._pays(self.rows[which].id, next(self.sums)))

    @rule(which=WHICH)
    def somebody_pays(self, which: int) -> None:
        self._run(self._pays(self.rows[which].id, next(self.sums)))

    @rule(which=WHICH, more=st.sampled_from([-300, 300]))
    def somebody_pays_another_sum_than_was_due(self, which: int, more: int) -> None:
        self._run(self._pays(self.rows[which].id, next(self.sums), more))

    async def _pays(self, meter_id: UUID, due: int, more: int = 0) -> None:
        row = next(row for row in self.rows if row.id == meter_id)
        payment = await self.desk.orders(row, due)
        self.facts.append(CallbackFact("sandbox", uuid4().hex, payment.ref, True, due + more, "CNY", self.clock()))
        await self._hears(self.facts[-1])

    async def _hears(self, fact: CallbackFact) -> None:
        async with self.desk.begin() as db:
            await record_callback(db, fact, self.clock())

    @rule(which=st.integers(0, 50), anew=st.booleans())
    def the_provider_repeats_itself(self, which: int, anew: bool) -> None:
        """`anew`: as news of its own, as if it had been paid twice."""
        if self.facts:
            fact = self.facts[which % len(self.facts)]
            self._run(self._hears(replace(fact, event_id=uuid4().hex) if anew else fact))

    @rule(which=WHICH, fate=st.sampled_from(list(Fate)))
    def a_way_changes(self, which: int, fate: Fate) -> None:
        self.books[which].fate = fate

    @rule(which=WHICH)
    def somebody_else_credits_the_meter(self, which: int) -> None:
        """Also while an order of ours is in doubt: under the same number, the meter's record tells the two apart."""
        self.books[which].count += 1
        self.books[which].credits.append(FOREIGN)

    @rule(which=st.integers(0, 50))
    def a_hand_types_a_token(self, which: int) -> None:
        digits = self._run(self._tokens())
        if digits:
            self.meters.enter(self.rows[1].address, digits[which % len(digits)])

    async def _tokens(self) -> list[str]:
        async with self.desk.begin() as db:
            return list(await db.exec(select(Token.digits).order_by(Token.digits)))

    @rule(minutes=st.sampled_from([0.1, 1, 5, 40]))
    def time_passes_and_jobs_run(self, minutes: float) -> None:
        self.clock.forward(minutes=minutes)
        self._run(self._works())

    async def _works(self) -> None:
        try:
            await self.desk.works()
        except Died:
            async with self.desk.begin() as db:
                await outbox.release(db, NAME)

    @rule()
    def the_deadlines_are_looked_at(self) -> None:
        self._run(self._look())

    async def _look(self) -> None:
        async with self.desk.begin() as db:
            await overdue.find_overdue_purchases(db, self.clock())
            await overdue.find_spent_notes(db, self.clock())

    @rule(which=st.integers(0, 50), act=st.sampled_from(list(ReviewAct)))
    def a_person_decides(self, which: int, act: ReviewAct) -> None:
        self._run(self._decides(which, act))

    async def _decides(self, which: int, act: ReviewAct) -> None:
        async with self.desk.begin() as db:
            open_ = await db.exec(select(Review).where(col(Review.settled_at).is_(None)).order_by(col(Review.id)))
            found = list(open_)
            review = found[which % len(found)] if found else None
            if review is None or act not in ACTS[ReviewKind(review.kind)]:
                return
            if act is ReviewAct.LANDED and not await self._is_there(review):
                return  # people are mistaken, but then no rule can help
        try:
            async with self.desk.begin() as db:
                decision = Decision(review.id, act, "I have looked at it", self.desk.staff_id)
                await settle(db, decision, self.clock())
        except CannotSettle:
            return  # and nothing has changed: the next look shows it

    async def _is_there(self, review: Review) -> bool:
        async with self.desk.begin() as db:
            purchase = await db.get_one(Purchase, review.purchase_id)
        return any(purchase.credit_minor in book.credits for book in self.books)

    @rule()
    def money_goes_back(self) -> None:
        self._run(self._give_back())

    async def _give_back(self) -> None:
        async with self.desk.begin() as db:
            notes = [h for h in await outbox.lease(db, self.clock()) if h.job is outbox.Job.REFUND_PAYMENT]
        for note in notes:
            async with self.desk.begin() as db:
                errand = await refunds.prepare(db, note.note_id, self.clock(), NAME)
                if errand is not None:
                    await refunds.conclude(db, errand, refunds.Outcome(RefundNews.DONE), self.clock())

    @invariant()
    def the_money_is_where_we_say(self) -> None:
        assert self._run(self._doubts()) == []

    async def _doubts(self) -> list[str]:
        async with self.desk.begin() as db:
            return await doubts(db, self.books)


class ToItsEnd(AnyStory):
    """The same; and when every fault is over, what is on its way gets to its end by itself and by people's word."""

    def teardown(self) -> None:
        try:
            for book in self.books:
                book.fate = Fate.WELL
            for _ in range(12):
                if not self._run(self._under_way()):
                    break
                self.clock.forward(hours=2)
                self._run(self._works())
                self._run(self._decides_all())
            self.the_money_is_where_we_say()
            assert self._run(self._under_way()) == []
        finally:
            super().teardown()

    async def _under_way(self) -> list[str]:
        async with self.desk.begin() as db:
            found = await db.exec(select(Purchase).where(col(Purchase.state).in_(ON_ITS_WAY)))
            return [f"{each.credit_minor} {each.state} {each.trouble}" for each in found]

    async def _decides_all(self) -> None:
        """People see what is in the meter; what is not there is sent again."""
        async with self.desk.begin() as db:
            many = len(list(await db.exec(select(Review.id).where(col(Review.settled_at).is_(None)))))
        for act in (ReviewAct.LANDED, ReviewAct.RETRY):
            for which in reversed(range(many)):
                await self._decides(which, act)


@pytest.fixture
def machine(database_url: str) -> Iterator[type[ToItsEnd]]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield type("Machine", (ToItsEnd,), {"runner": runner, "url": database_url})


def test_in_any_story_the_money_is_where_we_say_and_no_credit_comes_twice(machine: type[ToItsEnd]) -> None:
    short = settings(max_examples=5, stateful_step_count=12, deadline=timedelta(seconds=60), phases=_PHASES)
    run_state_machine_as_test(machine, settings=short)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_in_a_thousand_stories_the_money_is_where_we_say(machine: type[ToItsEnd]) -> None:
    long = settings(max_examples=1000, stateful_step_count=50, deadline=None, phases=_PHASES)
    run_state_machine_as_test(machine, settings=long)
