"""What must be true of all the money of a living utility at every moment, also between a death and a return.

Each look is one statement, so all that it sees is of one moment.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from sqlalchemy import text

from app.steady import AWAY
from tests.journeys.living import Home, Living
from tests.journeys.money_truth import NOWHERE

_LOOK_S, _FEWEST = 0.15, 10
_BOOKS = text(
    """
    select (select coalesce(sum(amount_minor), 0) from payment_callback where succeeded)
         - (select coalesce(sum(amount_minor), 0) from refund where state = 'done') as came,
           (select coalesce(sum(amount_minor), 0) from refund where state <> 'done') as going_back,
           (select coalesce(sum(credit_minor), 0) from purchase where state in ('paid', 'sending', 'review')) as on_way,
           coalesce(sum(amount_minor), 0) as total,
           coalesce(sum(amount_minor) filter (where ledger_account like 'provider:%'), 0) as providers,
           -coalesce(sum(amount_minor) filter (where ledger_account = 'owed_to_meters'), 0) as owed,
           -coalesce(sum(amount_minor) filter (where ledger_account = 'refunds_due'), 0) as refunds,
           -coalesce(sum(amount_minor) filter (where ledger_account in ('delivered', 'rounding')), 0) as in_meters,
           -coalesce(sum(amount_minor) filter (where ledger_account like 'fund:%'), 0) as in_funds,
           -coalesce(sum(amount_minor) filter (where ledger_account = 'energy_sold'), 0) as sold,
           coalesce(sum(amount_minor) filter (where ledger_account in ('arrears', 'suspense')), 0) as owed_to_us
    from ledger_entry
    """
)


@dataclass
class Witness:
    """Looks all the time. `doubts`: what was ever not so; `looks`: how often the books were seen."""

    living: Living
    meters: Callable[[], Iterable[Home]]
    first: Mapping[str, int] = field(default_factory=dict)
    doubts: Counter[str] = field(default_factory=Counter)
    looks: int = 0

    async def look(self) -> None:
        """Look once at the books, at what nobody keeps, and into the meters; what is away is not seen."""
        with contextlib.suppress(*AWAY):
            async with self.living.deps.begin() as db:
                books = dict((await db.execute(_BOOKS)).one()._mapping)
                nowhere = list((await db.execute(NOWHERE)).scalars())
            self.first = self.first or books
            self.doubts.update([*self._in(books), *nowhere])
            self.looks += 1
        for home in self.meters():
            with contextlib.suppress(*AWAY, httpx2.HTTPError, KeyError, ValueError, AssertionError):
                self.doubts.update(twice(home, await self.living.credits(home)))

    def _in(self, books: Mapping[str, int]) -> list[str]:
        """What does not fit, by what has changed since the first look."""
        now = {name: int(minor) - int(self.first[name]) for name, minor in books.items()}
        placed = now["in_meters"] + now["in_funds"] + now["sold"] + now["owed"] + now["refunds"] - now["owed_to_us"]
        sure = {
            "each booking balances": now["total"] == 0,
            "what came is what providers hold for us": now["came"] == now["providers"],
            "what is owed to meters is on its way": now["owed"] == now["on_way"],
            "what goes back is decided": now["refunds"] == now["going_back"],
            "came = meters + funds + sold + on its way + back": now["came"] == placed,
        }
        return [f"{words}: {now}" for words, so in sure.items() if not so]


def twice(home: Home, credits: list[int]) -> list[str]:
    """Credits that a meter took more than once; every sum of a story is another."""
    return [f"meter {home.number} took {sum_} {n} times" for sum_, n in Counter(credits).items() if n > 1]


@asynccontextmanager
async def witnessed(living: Living, meters: Callable[[], Iterable[Home]]) -> AsyncIterator[Witness]:
    """Have the money looked at from the beginning of a story to its end, and nothing be doubted at any moment."""
    witness = Witness(living, meters)
    await witness.look()
    looking = asyncio.ensure_future(_go_on(witness))
    try:
        yield witness
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
    await witness.look()
    assert not witness.doubts, dict(witness.doubts)
    assert witness.looks > _FEWEST, f"looked {witness.looks} times only"


async def _go_on(witness: Witness) -> None:
    while True:
        await witness.look()
        await asyncio.sleep(_LOOK_S)
