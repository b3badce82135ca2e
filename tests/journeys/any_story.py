"""A street where anything happens: payments, repeats, faults, kills, typed tokens, foreign recharges, decisions, time.

A machine for stories of hypothesis, which others add to. After every step the money is where we say.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import TypeVar
from uuid import uuid4

from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import col, select

from app import outbox
from app.db import begin_factory, make_engine
from app.domain.payment import CallbackFact
from app.domain.purchase import ON_ITS_WAY
from app.domain.review import ACTS, ReviewAct, ReviewKind
from app.domain.settling import CannotSettle
from app.models import Meter, Note, Purchase, Review, Token, VoidToken
from app.ports import RefundNews, SecurityModule
from app.services import overdue, refunds
from app.services.payments import record_callback
from app.services.settle import Decision, settle
from tests import databases
from tests.clocks import Clock
from tests.desk import JOBS, Desk, open_desk
from tests.fakes import Died, Module
from tests.journeys.fated_meters import FOREIGN, Books, Fate, Meters
from tests.journeys.money_truth import doubts
from tests.journeys.mortal import Mortal

T = TypeVar("T")
E5_PER_MINOR = 1000
WHICH = st.integers(0, 1)  # the ESAM meter, the STS meter
NAME = "test"
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


class AnyStory(RuleBasedStateMachine):
    """One street, its two meters, and everything that can happen to them."""

    runner: asyncio.Runner
    url: str

    def __init__(self) -> None:
        super().__init__()
        self.engine = make_engine(self.url)
        self.look = begin_factory(self.engine)  # for our own eyes: nobody dies of it
        self.process = Mortal(self.look)
        self.clock, self.sums = Clock(), iter(range(1000, 100_000, 7))
        self.module = Module()
        self.meters = Meters(worth=self._worth)
        self.facts: list[CallbackFact] = []
        self.desk = self._run(self._open())

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return self.runner.run(work)

    def _act(self, act: Coroutine[object, object, None]) -> None:
        """Do something; where our process dies of it, it starts again and takes up what it had in hand."""
        self._run(self._survives(act))

    async def _survives(self, act: Coroutine[object, object, None]) -> None:
        try:
            await act
        except Died:
            async with self.look() as db:
                await outbox.release(db, NAME)

    async def _open(self) -> Desk:
        async with databases.emptying(self.url) as empty:
            await empty()
        desk = await open_desk(self.process.begin, self.clock, self.meters)
        self.rows = (desk.town.esam, desk.town.sts)
        self.meters.books = {row.address: Books() for row in self.rows}
        module: SecurityModule = self.module  # type: ignore[assignment]  # only issues
        desk.deps = replace(desk.deps, security=module)
        return desk

    def teardown(self) -> None:
        self._run(self.engine.dispose())

    def _worth(self, address: str, digits: str) -> int | None:
        if address[1:] != self.module.made_for[digits]:
            return None
        issued = [token for tokens in self.module.issued.values() for token in tokens]
        return next(token.amount for token in issued if token.digits == digits) // E5_PER_MINOR

    def book(self, which: int) -> Books:
        """What is true in the meter that hangs there now."""
        return self.meters.books[self.rows[which].address]

    @initialize(which=WHICH)
    def somebody_begins(self, which: int) -> None:
        self._act(self._pays(which))

    @rule(which=WHICH, fate=st.none() | st.sampled_from(list(Fate)))
    def somebody_pays(self, which: int, fate: Fate | None) -> None:
        """With a fate the bell is heard, and it is carried at once, as that will have it; else when time passes."""
        self._act(self._pays(which))
        if fate is not None:
            self.book(which).fate = fate
            self._act(self._works())

    @rule(which=WHICH, more=st.sampled_from([-300, 300]))
    def somebody_pays_another_sum_than_was_due(self, which: int, more: int) -> None:
        self._act(self._pays(which, more))

    async def _pays(self, which: int, more: int = 0) -> None:
        due = next(self.sums)
        payment = await self.desk.orders(self.rows[which], due)
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
            self._act(self._hears(replace(fact, event_id=uuid4().hex) if anew else fact))

    @rule(which=WHICH, fate=st.sampled_from(list(Fate)))
    def a_way_changes(self, which: int, fate: Fate) -> None:
        self.book(which).fate = fate

    @rule(which=WHICH)
    def somebody_else_credits_the_meter(self, which: int) -> None:
        """Also while an order of ours is in doubt: under the same number, the meter's record tells the two apart."""
        self.book(which).count += 1
        self.book(which).credits.append(FOREIGN)

    @rule(which=st.integers(0, 50))
    def a_hand_types_a_token(self, which: int) -> None:
        """Also one that is void, or for a meter that hangs no more."""
        digits = self._run(self._tokens())
        if digits:
            self.meters.enter(self.rows[1].address, digits[which % len(digits)])

    async def _tokens(self) -> list[str]:
        async with self.look() as db:
            return sorted([*await db.exec(select(Token.digits)), *await db.exec(select(VoidToken.digits))])

    @rule(minutes=st.sampled_from([0.1, 1, 5, 40]))
    def time_passes_and_jobs_run(self, minutes: float) -> None:
        self.clock.forward(minutes=minutes)
        self._act(self._works())

    async def _works(self) -> None:
        await self.desk.works()

    @rule(transactions=st.integers(1, 4), committed=st.booleans())
    def our_process_is_killed_soon(self, transactions: int, committed: bool) -> None:
        """Whoever is at work then: a page, a job, a person's decision, a sweep."""
        self.process.dies_soon(transactions, committed=committed)

    @rule()
    def the_deadlines_are_looked_at(self) -> None:
        self._act(self._look())

    async def _look(self) -> None:
        async with self.desk.begin() as db:
            await overdue.find_overdue_purchases(db, self.clock())
            await overdue.find_spent_notes(db, self.clock())

    @rule(which=st.integers(0, 50), nth=st.integers(0, 3))
    def a_person_decides(self, which: int, nth: int) -> None:
        """What the page of one of the open questions offers."""
        self._act(self._decides(which, nth))

    async def _decides(self, which: int, act: ReviewAct | int) -> None:
        async with self.desk.begin() as db:
            open_ = await db.exec(select(Review).where(col(Review.settled_at).is_(None)).order_by(col(Review.id)))
            found = list(open_)
            review = found[which % len(found)] if found else None
            if review is None:
                return
            acts = ACTS[ReviewKind(review.kind)]
            act = acts[act % len(acts)] if isinstance(act, int) else act
            if act not in acts:
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
        async with self.look() as db:
            purchase = await db.get_one(Purchase, review.purchase_id)
            meter = await db.get_one(Meter, purchase.meter_id)
        return purchase.credit_minor in self.meters.books[meter.address].credits

    @rule()
    def money_goes_back(self) -> None:
        self._act(self._give_back())

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
        async with self.look() as db:
            return await doubts(db, self.meters.books)


class ToItsEnd(AnyStory):
    """The same; and when every fault is over, what is on its way gets to its end by itself and by people's word."""

    def teardown(self) -> None:
        try:
            self._calms_down()
            for _ in range(12):
                if not self._run(self._under_way()):
                    break
                for work in (self._works, self._give_back):
                    self.clock.forward(hours=2)  # whatever one has leased and does not keep, the other finds
                    self._run(work())
                self._run(self._decides_all())
            self.the_money_is_where_we_say()
            assert self._run(self._under_way()) == []
        finally:
            super().teardown()

    def _calms_down(self) -> None:
        """Every fault is over."""
        self.process.lives()
        for book in self.meters.books.values():
            book.fate = Fate.WELL

    async def _under_way(self) -> list[str]:
        """What is on its way, and what somebody here has promised and not kept."""
        async with self.look() as db:
            found = await db.exec(select(Purchase).where(col(Purchase.state).in_(ON_ITS_WAY)))
            under_way = [f"{each.credit_minor} {each.state} {each.trouble}" for each in found]
            kept_here = col(Note.job).in_((*JOBS, outbox.Job.REFUND_PAYMENT))
            open_ = await db.exec(select(Note).where(kept_here, col(Note.done_at).is_(None)))
            return under_way + [f"{note.job} {note.last_error}" for note in open_]

    async def _decides_all(self) -> None:
        """People see what is in the meter, and what is not there is sent again; in half of the stories whatever there
        is is sent again first, which nobody may suffer from."""
        async with self.desk.begin() as db:
            many = len(list(await db.exec(select(Review.id).where(col(Review.settled_at).is_(None)))))
        acts = (ReviewAct.LANDED, ReviewAct.RETRY)
        for act in acts if len(self.facts) % 2 else reversed(acts):
            for which in reversed(range(many)):
                await self._decides(which, act)
