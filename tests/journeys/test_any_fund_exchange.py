"""Any story of a home whose money the ledger holds, and whose meter is exchanged in the middle of it.

After every step money in = money in funds + energy sold + money on its way + money going back, less what is owed; what
was charged is what was read, once, whichever meter counted it; a fund that is closed holds nothing.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import col, func, select

from app.db import begin_factory, make_engine
from app.domain.fees import FeeControl, Registers
from app.domain.ledger import ARREARS, DELIVERED, ENERGY_SOLD, OWED_TO_METERS, REFUNDS
from app.domain.purchase import ON_ITS_WAY
from app.domain.swapping import CannotSwap, SwapBar, SwapWay
from app.models import Account, FeeCharge, Fund, LedgerEntry, Meter, MeterSwap, Purchase, Refund, Staff
from app.services.swaps import beginning, finishing, funds
from app.services.swaps.beginning import NewMeter, Wish
from tests import build, databases
from tests.app.services.fees.home import Home
from tests.clocks import Clock
from tests.fakes import Bench, Died
from tests.journeys.any_story import PHASES

pytestmark = pytest.mark.slow
T = TypeVar("T")
HELD_AT_FIRST, WH_A_MINOR = 5_000, 20


class AnyFundExchange(RuleBasedStateMachine):
    """One home. `used_wh`: what it used up to the last register that anybody read, on all of its meters."""

    runner: asyncio.Runner
    url: str

    def __init__(self) -> None:
        super().__init__()
        self.engine = make_engine(self.url)
        self.staff, self.hung, self.used_wh, self.paid_minor = uuid4(), 500, 0, 0
        self.open: UUID | None = None
        self.home = self._run(self._open())

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return self.runner.run(work)

    async def _open(self) -> Home:
        async with databases.emptying(self.url) as empty:
            await empty()
        clock, begin = Clock(), begin_factory(self.engine)
        async with begin() as db:
            town = await build.utility(db, clock())
            db.add(Staff(id=self.staff, login="anna", name="Anna Berg", password_hash="x"))
        home = Home(begin, clock, Bench(balance=HELD_AT_FIRST, now=clock), town)
        await home.switches("remote")
        return home

    @rule(amount=st.integers(100, 9_000))
    def somebody_pays(self, amount: int) -> None:
        self.paid_minor += amount
        self._run(self.home.pays(amount))

    @rule(kwh=st.integers(0, 150))
    def a_day_goes_by(self, kwh: int) -> None:
        """Its register is read in the night, and charged in the morning."""
        self.used_wh += kwh * 1_000
        self._run(self.home.uses(kwh))

    @rule(minutes=st.sampled_from([1, 40]))
    def time_passes_and_jobs_run(self, minutes: int) -> None:
        self.home.clock.forward(minutes=minutes)
        self._run(self.home.work())
        self._run(self.home.charge())  # a sweep again, of what is charged already

    @rule(way=st.sampled_from(list(SwapWay)))
    def an_exchange_begins(self, way: SwapWay) -> None:
        if self.open is None:
            self.hung += 1
            self.open = self._run(self._begin(way))

    async def _begin(self, way: SwapWay) -> UUID:
        old = await self.home.meter()
        new = NewMeter(build.numbered(f"201{self.hung:08d}"), "", old.model_id)
        async with self.home.begin() as db:
            wish = Wish(old.number, new, way, "a story", self.staff)
            return (await beginning.begin(db, wish, self.home.clock())).id

    @rule()
    def it_is_called_off(self) -> None:
        if self.open is not None:
            self._run(self._cancel(self.open))
            self.open = None

    async def _cancel(self, swap_id: UUID) -> None:
        async with self.home.begin() as db:
            await beginning.cancel(db, swap_id, self.staff, self.home.clock())

    @rule(kwh=st.integers(0, 20), start=st.integers(0, 5_000), dies=st.booleans(), paid=st.integers(100, 900))
    def it_is_read_and_finished(self, kwh: int, start: int, dies: bool, paid: int) -> None:
        """Somebody reads the old meter, pays before it is finished, and our process may die at its end."""
        if self.open is not None:
            self.home.counted_wh += kwh * 1_000
            self._run(self._see(self.open))
            self.somebody_pays(paid)
            if dies:
                with pytest.raises(Died):
                    self._run(self._finish(self.open, start, dies=True))
                self.the_money_is_where_we_say()
            self._run(self._finish(self.open, start))
            self.used_wh += kwh * 1_000
            self.open, self.home.counted_wh = None, start

    async def _see(self, swap_id: UUID) -> None:
        self.home.clock.forward(seconds=1)
        async with self.home.begin() as db:
            seen = Registers(self.home.counted_wh), "read off the display"
            await funds.note_seen(db, swap_id, seen, self.staff, self.home.clock())

    async def _finish(self, swap_id: UUID, start: int, *, dies: bool = False) -> None:
        async with self.home.begin() as db:
            await funds.note_start(db, swap_id, Registers(start), believed=False)
            swap = await finishing.finish(db, swap_id, {}, self.staff, self.home.clock())
            new = await db.get_one(Meter, swap.new_meter_id)
            if dies:
                raise Died
        self.home.town = replace(self.home.town, esam=new)

    @rule()
    def it_is_not_finished_twice(self) -> None:
        if self.open is None and self.hung > 500:
            with pytest.raises(CannotSwap) as refused:
                self._run(self._again())
            assert refused.value.bar is SwapBar.NOT_NOW

    async def _again(self) -> None:
        async with self.home.begin() as db:
            (swap_id,) = (await db.exec(select(MeterSwap.id).limit(1))).all()
            await finishing.finish(db, swap_id, {}, self.staff, self.home.clock())

    @invariant()
    def the_money_is_where_we_say(self) -> None:
        assert self._run(self._doubts()) == []

    async def _doubts(self) -> list[str]:
        """Everything that is not so."""
        async with self.home.begin() as db:
            sums = select(LedgerEntry.ledger_account, func.sum(LedgerEntry.amount_minor))
            kept = {name: int(minor) for name, minor in await db.exec(sums.group_by(LedgerEntry.ledger_account))}
            terms = list(await db.exec(select(Fund)))
            charged = list(await db.exec(select(FeeCharge)))
            waiting = await db.exec(select(Purchase).where(col(Purchase.state).in_(ON_ITS_WAY)))
            on_its_way = sum(each.credit_minor for each in waiting)
            back = sum(await db.exec(select(Refund.amount_minor)))
            owed = (await db.get_one(Account, self.home.town.account.id)).arrears_minor
            meters = {each.id: each for each in await db.exec(select(Meter))}
        held = {term.meter_id: -kept.get(f"fund:{term.meter_id}", 0) for term in terms}
        open_ = [term for term in terms if term.closed_at is None]
        sold = sum(each.amount_minor for each in charged)
        came = HELD_AT_FIRST + self.paid_minor
        sure = {
            f"{came} came = {held} + {sold} sold + {on_its_way} + {back} back - {owed}": came
            == sum(held.values()) + sold + on_its_way + back - owed,
            f"the books say so: {kept}": (
                kept.get(DELIVERED, 0) == HELD_AT_FIRST
                and -kept.get(ENERGY_SOLD, 0) == sold
                and -kept.get(OWED_TO_METERS, 0) == on_its_way
                and -kept.get(REFUNDS, 0) == back
                and kept.get(ARREARS, 0) == owed
            ),
            "what was charged is what was read": sum(each.energy_wh for each in charged) == self.used_wh,
            "at its price": sold * WH_A_MINOR == self.used_wh,
            "one fund is open, of the meter that hangs": [each.meter_id for each in open_] == [self.home.meter_id],
            "closed funds are empty": not any(held[term.meter_id] for term in terms if term.closed_at),
            "the meter that hangs is under remote fee control": [
                each.id for each in meters.values() if each.fee_control == FeeControl.REMOTE
            ]
            == [self.home.meter_id],
            "its balance is what its fund holds": meters[self.home.meter_id].balance_minor == held[self.home.meter_id],
            "nothing was sent to any meter": self.home.bench.credits == [],
        }
        return [words for words, so in sure.items() if not so]

    def teardown(self) -> None:
        self._run(self.engine.dispose())


@pytest.fixture
def machine(database_url: str) -> Iterator[type[AnyFundExchange]]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield type("Machine", (AnyFundExchange,), {"runner": runner, "url": database_url})


def test_in_any_story_a_fund_goes_on_with_its_home(machine: type[AnyFundExchange]) -> None:
    short = settings(max_examples=4, stateful_step_count=12, deadline=timedelta(seconds=60), phases=PHASES)
    run_state_machine_as_test(machine, settings=short)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_in_hundreds_of_stories_a_fund_goes_on_with_its_home(machine: type[AnyFundExchange]) -> None:
    long = settings(max_examples=200, stateful_step_count=40, deadline=None, phases=PHASES)
    run_state_machine_as_test(machine, settings=long)
