"""A process that is killed in the middle of its work: before it has committed, or right after."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Begin
from tests.fakes import Died


class Mortal:
    """Hands out transactions, and dies in one of the next ones when it was told to."""

    def __init__(self, begin: Begin) -> None:
        self._begin, self._left, self._committed = begin, 0, False

    def dies_soon(self, transactions: int, *, committed: bool) -> None:
        """Die in so many transactions, 1 is the next. `committed`: at its end, when all is written but not told yet."""
        self._left, self._committed = transactions, committed

    def lives(self) -> None:
        """Die no more."""
        self._left = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """One transaction. Raises Died."""
        async with self._begin() as db:
            yield db
            dies = self._left == 1
            self._left = max(self._left - 1, 0)
            if dies and not self._committed:
                raise Died
        if dies:
            raise Died
