"""A promise is kept in three steps, and what was learned bears the moment in which it was."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps
from app.tasks.keeping import keep_promise
from tests.clocks import Clock


@dataclass
class Story:
    """A promise about a word. `away`: how often the database is away when it is to be written down."""

    clock: Clock
    word: str | None = "ask"
    away: int = 0
    written: list[tuple[str, datetime]] = field(default_factory=list)

    async def prepare(self, _: AsyncSession, note_id: int, now: datetime, by: str) -> str | None:
        return self.word

    async def speak(self, errand: str) -> str:
        self.clock.forward(seconds=3)
        return f"{errand}ed"

    async def conclude(self, _: AsyncSession, errand: str, answer: str, now: datetime) -> None:
        self.clock.forward(minutes=1)
        if self.away:
            self.away -= 1
            raise OSError
        self.written.append((answer, now))


async def _keep(deps: Deps, story: Story) -> None:
    await keep_promise(deps, 1, story.prepare, story.speak, story.conclude)


@pytest.mark.parametrize("away", [0, 1])
async def test_what_was_learned_bears_its_moment_though_the_database_is_away_after_it(
    deps: Deps, clock: Clock, away: int
) -> None:
    began, story = clock(), Story(clock, away=away)
    await _keep(deps, story)
    assert [(word, (at - began).total_seconds()) for word, at in story.written] == [("asked", 3)]


async def test_where_there_is_nothing_to_do_nobody_is_spoken_to(deps: Deps, clock: Clock) -> None:
    began, story = clock(), Story(clock, word=None)
    await _keep(deps, story)
    assert (story.written, clock()) == ([], began)
