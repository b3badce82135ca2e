"""Any story with hand-helds in it: files that go out, are carried half way, brought back, twice, given back, while the
air tries too and our process dies between any two rows. The money is where we say, and no credit comes twice.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from app import handheld_files as files
from app.domain.operation import OperationKind
from app.services.handhelds import applying, care, making, returning, writing
from app.services.handhelds.making import CannotCarry, Wish
from app.services.operations.whom import Whom
from headend_client.handheld import Command, Purchase, Result, State, Tokens
from tests.fakes import Died
from tests.handheld import ZONE, commands_in, results_file
from tests.journeys.any_story import PHASES, ToItsEnd
from tests.journeys.fated_meters import FOREIGN, FOREIGN_MINOR, Books, Fate

pytestmark = pytest.mark.slow
WHICH = st.integers(0, 9)


@dataclass
class Walk:
    """One file in somebody's hands: what it holds, and what is known so far."""

    file_id: UUID
    commands: list[Command]
    results: dict[str, Result] = field(default_factory=dict)
    given_back: bool = False


class Carried(ToItsEnd):
    """The street, and somebody who walks through it."""

    def __init__(self) -> None:
        super().__init__()
        self.walks: list[Walk] = []
        self.brought: list[UUID] = []

    def somebody_else_credits_the_meter(self, which: int) -> None:
        """Not here: what is given back undone under a number that others have passed stays with staff, as
        docs/open-points.md says."""

    @rule()
    def a_file_is_handed_out(self) -> None:
        self._act(self._hand_out())

    async def _hand_out(self) -> None:
        whom = Whom(node_id=self.desk.town.concentrator.node_id)
        due = self.clock() + timedelta(days=20)
        try:
            async with self.desk.begin() as db:
                wish = Wish(OperationKind.DOWNLOAD, self.desk.staff_id, "Zhao", due, whom)
                made = await making.make(db, wish, self.clock())
                package = await writing.hand_out(db, made.file.id, self.desk.staff_id, self.clock())
        except CannotCarry:
            return
        self.walks.append(Walk(made.file.id, commands_in(files.write(package.orders, ZONE, self.clock))))

    @rule(which=WHICH, most=st.integers(1, 2), heard=st.booleans())
    def somebody_walks_with_it(self, which: int, most: int, heard: bool) -> None:
        """`heard`: the meter's answer reached the hand-held; else it obeyed, and nobody knows."""
        if not self.walks or self.walks[which % len(self.walks)].given_back:
            return
        walk = self.walks[which % len(self.walks)]
        for command in walk.commands[:most]:
            done = self._stand_before(command)
            walk.results[command.id] = done if heard else Result(command.id, command.meter, State.NO_ANSWER)

    def _stand_before(self, command: Command) -> Result:
        book = self.meters.books[command.meter]
        refusal = "0008" if book.fate in (Fate.REFUSES, Fate.IDLE) else self._obey(command, book)
        newest = book.credits[-1] if book.credits else None
        return Result(
            command.id,
            command.meter,
            State.REFUSED if refusal else State.DONE,
            self.clock(),
            refusal,
            book.balance,
            book.count if isinstance(command.order, Purchase) else None,
            None,
            None,
            FOREIGN_MINOR if newest == FOREIGN else newest if isinstance(newest, int) else None,
        )

    def _obey(self, command: Command, book: Books) -> str:
        if isinstance(command.order, Tokens):
            for digits in command.order.tokens:
                self.meters.enter(command.meter, digits)  # used before is as good as taken
            return ""
        assert isinstance(command.order, Purchase)
        if command.order.number != book.count + 1:
            return "0020"
        book.count += 1
        book.credits.append(command.order.amount_minor)
        return ""

    @rule(which=WHICH)
    def a_file_comes_back(self, which: int) -> None:
        """As often as somebody likes, whether or not it was given back meanwhile."""
        if self.walks:
            walk = self.walks[which % len(self.walks)]
            self._act(self._hand_in(list(walk.results.values())))

    async def _hand_in(self, results: list[Result]) -> None:
        data = results_file(results)
        rows = files.read(data)
        codes = files.codes_in(rows)
        async with self.desk.begin() as db:
            read = files.judge(rows, await returning.issued(db, codes), ZONE)
            handed = returning.Handed("B", sha256(data).hexdigest(), tuple(codes), read, self.desk.staff_id)
            self.brought.append((await returning.take(db, handed, self.clock())).id)

    @rule(dies=st.booleans())
    def a_row_is_applied(self, dies: bool) -> None:
        """`dies`: our process is killed before it has committed."""
        self._run(self._apply(dies=dies))

    async def _apply(self, *, dies: bool = False) -> bool:
        more = False
        for return_id in self.brought:
            try:
                async with self.desk.begin() as db:
                    more |= await applying.apply_next(db, return_id, self.clock())
                    if dies:
                        raise Died
            except Died:
                continue
        return more

    @rule(which=WHICH)
    def a_file_is_given_back(self, which: int) -> None:
        if self.walks:
            self._act(self._give_file_back(self.walks[which % len(self.walks)]))

    async def _give_file_back(self, walk: Walk) -> None:
        walk.given_back = True
        try:
            async with self.desk.begin() as db:
                await care.give_back(db, walk.file_id, self.desk.staff_id, "home again", self.clock())
        except CannotCarry:
            return  # everything in it has ended

    def _calms_down(self) -> None:
        """Whoever is out comes home, and all that was brought is looked at."""
        super()._calms_down()
        self._run(self._come_home())

    async def _come_home(self) -> None:
        for walk in self.walks:
            await self._hand_in(list(walk.results.values()))
        while await self._apply():
            self.clock.forward(seconds=1)
        for walk in self.walks:
            await self._give_file_back(walk)


@pytest.fixture
def machine(database_url: str) -> Iterator[type[Carried]]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield type("Machine", (Carried,), {"runner": runner, "url": database_url})


def test_whatever_is_carried_and_sent_the_money_is_where_we_say_and_no_credit_comes_twice(
    machine: type[Carried],
) -> None:
    short = settings(max_examples=5, stateful_step_count=15, deadline=timedelta(seconds=60), phases=PHASES)
    run_state_machine_as_test(machine, settings=short)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_in_a_thousand_stories_with_hand_helds_the_money_is_where_we_say(machine: type[Carried]) -> None:
    long = settings(max_examples=1000, stateful_step_count=50, deadline=None, phases=PHASES)
    run_state_machine_as_test(machine, settings=long)
