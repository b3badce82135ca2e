"""Meters are exchanged while programs, engines and meters are killed: at no moment is money nowhere, or in two places.

The old meter holds one purchase and may hold another, whose answer was lost; a third is paid while it leaves. What it
held, and what it never got, is in the new one in the end, once; or it goes back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import pytest
from sqlmodel import col, func, select

from app.demo.keys import KRN, SGC, TI
from app.domain.operation import ENDED, DeviceItemState, OperationKind
from app.domain.purchase import ON_ITS_WAY
from app.domain.swapping import SwapBar, SwapState, SwapWay
from app.models import FeeCharge, Fund, Meter, MeterSwap, OperationItem, Purchase, Refund
from app.services.swaps import reading
from headend_client.simulator.control import ask
from tests.journeys.blows import EVERYBODY, Blows, Plan
from tests.journeys.clerk import Clerk
from tests.journeys.living import EACH, Home, Living, Paid, Victim
from tests.journeys.steps import is_credited
from tests.journeys.store import spare, with_spares
from tests.journeys.terminal import ESAM, STS, third_street
from tests.journeys.test_operated_and_killed import ended, planned
from tests.journeys.whole_truth import witnessed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
OWED = 250  # at first, in every meter of the street
HELD, LOST, LATE = 50, 37, 23
PATH = "/console/swaps"
USED = 5  # what a home may have used in the meantime, minor units
ROUNDED = 2  # what two tokens may give beyond what was paid
LOAD_W, STS_DIGITS = 60_000, 11


class Moment(StrEnum):
    """Where an exchange stands when the blow falls."""

    LOST = "the old meter has a purchase, and its answer is on the line"
    BEGINNING = "the exchange is being written down"
    READING = "the old meter is asked for its last figures"
    FINISHING = "the new meter is being put in its place"
    MOVED = "what was not in the old meter is on its way to the new one"
    LANDED = "the new meter has obeyed, and its answer is on the line"


WHERE_IT_HURTS: Plan = {
    Moment.LOST: (Victim.NORTH,),
    Moment.READING: (Victim.NORTH,),
    Moment.FINISHING: (Victim.WEB,),
    Moment.LANDED: (Victim.POSTGRES,),
}


@dataclass
class Exchange:
    """One exchange. `by_ledger`: the ledger holds the home's money."""

    living: Living
    clerk: Clerk
    home: Home
    way: SwapWay = SwapWay.CARRY
    by_ledger: bool = False
    late: Paid | None = None

    async def is_begun(self) -> bool:
        """Begin it, unless it has begun: whoever got no answer looks first."""
        if await self.swap() is None:
            new, page = spare(self.home), await self.clerk.open(f"{PATH}/new")
            key = {"sgc": SGC, "krn": str(KRN), "ti": str(TI)} if len(new.number) == STS_DIGITS else {}
            typed = {"model": str(await self._model()), "number": new.number, "old": self.home.number, **key}
            await self.clerk.send(page, page.form(PATH), way=self.way.value, reason="worn", **typed)
        return await self.swap() is not None

    async def _model(self) -> UUID:
        async with self.living.deps.begin() as db:
            return (await db.exec(select(Meter.model_id).where(Meter.number == self.home.number))).one()

    async def comes_to_the_bank(self) -> bool:
        """Somebody goes as far as the bank's page, though an earlier purchase may be on its way."""
        self.late = await self.living.begin(self.home, LATE, anyway=True)
        return True

    async def pays(self) -> None:
        """They pay there."""
        assert self.late
        await self.living.press(self.late)

    async def is_asked(self) -> bool:
        """Is its last reading still to come? One that was quicker than we is asked for again."""
        state = await self._reading()
        if state in ENDED:
            swap = await self.swap()
            assert swap
            await self._asks(swap)
        return state not in ENDED

    async def is_on_the_wire(self) -> bool:
        """Has the front-end its last reading in hand?"""
        return await self._reading() == DeviceItemState.UNDER_WAY

    async def _reading(self) -> str:
        swap = await self.swap()
        assert swap
        async with self.living.deps.begin() as db:
            wanted = select(OperationItem.state).where(OperationItem.operation_id == swap.operation_id)
            return (await db.exec(wanted)).one()

    async def _asks(self, swap: MeterSwap) -> None:
        await self.clerk.presses(f"{PATH}/{swap.id}", ("act", "read"))

    async def is_ready(self) -> bool:
        """Does nothing stand against its end? Where it has to be read again, it is."""
        swap = await self.swap()
        assert swap
        async with self.living.deps.begin() as db:
            stands = await reading.standing(db, swap)
        sent = [each for each in stands.waiting if each.purchase.sends]
        idle = stands.item is None or stands.item.state in ENDED
        if stands.bar in (SwapBar.NOT_READ, SwapBar.READ_AGAIN) and idle and not sent:
            await self._asks(swap)
        return not sent and stands.bar is None

    async def is_finished(self) -> bool:
        """Finish it, unless it is finished."""
        swap = await self.swap()
        assert swap
        if swap.state != SwapState.DONE:
            start = {"start": "0"} if self.by_ledger else {}
            await self.clerk.presses(f"{PATH}/{swap.id}", ("act", "finish"), **start)
            swap = await self.swap()
        return swap is not None and swap.state == SwapState.DONE

    async def swap(self) -> MeterSwap | None:
        """Its row."""
        wanted = select(MeterSwap).join(Meter, col(Meter.id) == col(MeterSwap.old_meter_id))
        async with self.living.deps.begin() as db:
            return (await db.exec(wanted.where(Meter.number == self.home.number))).first()

    async def is_over(self) -> bool:
        """Is everything that was bought where it belongs?"""
        if self.late is None or not await is_credited(self.living, self.late):
            return False
        numbers = (self.home.number, spare(self.home).number)
        wanted = select(Purchase.state).join(Meter, col(Meter.id) == col(Purchase.meter_id))
        wanted = wanted.where(col(Meter.number).in_(numbers), col(Purchase.state).in_(ON_ITS_WAY))
        async with self.living.deps.begin() as db:
            return (await db.exec(wanted)).first() is None

    async def doubts(self) -> list[str]:
        """What is not so in the end, by the meters' own word."""
        return await (self._fund_doubts() if self.by_ledger else self._wallet_doubts())

    async def _wallet_doubts(self) -> list[str]:
        swap = await self.swap()
        assert swap
        held, carries = swap.last_balance_minor or 0, self.way is SwapWay.CARRY
        old, new = await self.living.credits(self.home), await self.living.credits(spare(self.home))
        async with self.living.deps.begin() as db:
            back = list(await db.exec(select(Refund.amount_minor).where(Refund.id == swap.refund_id)))
        sure = {
            f"the old meter took what was sent to it: {old}": _alike(old, [HELD * 100, LOST * 100]),
            f"it held that but for what was owed and used: {held}": -ROUNDED <= sum(old) - OWED - held <= USED,
            f"the new one took what it held, and what was late: {new}": _alike(
                new, [held, LATE * 100] if carries else [LATE * 100]
            ),
            f"or it goes back: {back}": back == ([] if carries else [held]),
        }
        return [words for words, so in sure.items() if not so]

    async def _fund_doubts(self) -> list[str]:
        credits = await self.living.credits(self.home), await self.living.credits(spare(self.home))
        (old,), (new,) = await funds_of(self.living, self.home), await funds_of(self.living, spare(self.home))
        sold = await charged(self.living, self.home)
        rest = (HELD + LATE) * 100 - OWED - sold - new.held_minor
        sure = {
            f"nothing was sent to a meter whose money the ledger holds: {credits}": credits == ([HELD * 100], []),
            "the old fund is closed and empty": (old.closed_at is None, old.held_minor) == (False, 0),
            "the new one is open": new.closed_at is None,
            f"what was used is charged: {sold}": sold > 0,
            f"the new one holds what was paid, but for what was owed and used: {rest}": 0 <= rest <= USED,
        }
        return [words for words, so in sure.items() if not so]


def _alike(taken: list[int], due: list[int]) -> bool:
    """A token may round up by one."""
    pairs = zip(sorted(taken), sorted(due), strict=False)
    return len(taken) == len(due) and all(0 <= got - wanted <= 1 for got, wanted in pairs)


async def test_exchanges_of_a_wallet_and_of_a_fund_lose_and_double_nothing_whatever_is_killed(living: Living) -> None:
    async with Clerk(living) as clerk:
        wallet, fund = Exchange(living, clerk, living.home(ESAM)), Exchange(living, clerk, living.home(ESAM))
        fund.by_ledger = True
        await exchanged([wallet, fund], WHERE_IT_HURTS)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("victim", EVERYBODY)
async def test_exchanges_lose_and_double_nothing_whoever_is_killed_at_every_moment(living: Living, victim: str) -> None:
    async with Clerk(living) as clerk:
        carried = Exchange(living, clerk, living.home(ESAM))
        given_back = Exchange(living, clerk, living.home(STS), SwapWay.REFUND)
        fund = Exchange(living, clerk, living.home(ESAM), by_ledger=True)
        await exchanged([carried, given_back, fund], dict.fromkeys(Moment, (victim,)))


async def exchanged(exchanges: Sequence[Exchange], plan: Plan) -> None:
    """Exchange the meters of homes that have paid before, that pay meanwhile, and some of whose purchases are in
    doubt."""
    living = exchanges[0].living
    homes = [each.home for each in exchanges]
    async with third_street(living, lambda world: with_spares(living, world, homes)) as street:
        blows = Blows(living, street, plan)
        async with witnessed(living, lambda: [*homes, *map(spare, homes)]):
            await _have_paid(exchanges, blows)
            await blows.fall_in(
                Moment.BEGINNING, "audit", lambda: every([each.is_begun for each in exchanges]), "they have begun"
            )
            wallets = [each for each in exchanges if not each.by_ledger]
            for each in wallets:
                await living.until(each.comes_to_the_bank, "somebody may pay")
                await each.pays()
            async with street.frozen():
                await living.until(lambda: every([each.is_asked for each in exchanges]), "all are to be read")
                await living.until(lambda: some([each.is_on_the_wire for each in exchanges]), Moment.READING)
                await blows.fall(Moment.READING)
            await living.until(lambda: every([each.is_ready for each in exchanges]), "nothing stands against their end")
            funds = [each for each in exchanges if each.by_ledger]
            for each in funds:
                await living.until(each.comes_to_the_bank, "somebody may pay")
            await asyncio.gather(_finish(exchanges, blows), *(each.pays() for each in funds))
            async with street.frozen():
                await blows.fall(Moment.MOVED)
            await living.until(lambda: _took(living, spare(wallets[0].home), 1), Moment.LANDED)
            await blows.fall(Moment.LANDED)
            await living.until(lambda: every([each.is_over for each in exchanges]), "all that was bought is there")
        assert [doubt for each in exchanges for doubt in await each.doubts()] == []


async def _have_paid(exchanges: Sequence[Exchange], blows: Blows) -> None:
    """Each meter holds something; some have their money in the ledger, of the others a second purchase is in doubt."""
    living, by_ledger = blows.living, [each.home for each in exchanges if each.by_ledger]
    wallets = [each.home for each in exchanges if not each.by_ledger]
    paid = await asyncio.gather(*(living.pay(each.home, HELD) for each in exchanges))
    for one in paid:
        await living.until(lambda: is_credited(living, one), "the first purchase is credited")  # noqa: B023
    if by_ledger:
        switched = await planned(living, OperationKind.SWITCH_FEE_CONTROL, by_ledger, {"fee_control": "remote"})
        assert {item.state for item in (await ended(living, switched)).values()} == {DeviceItemState.DONE}
        for home in by_ledger:
            load = {"order": "set_load", "meter": home.number, "load_w": LOAD_W}
            assert (await ask(living.site.controls[home.place // EACH], load))["ok"]
    for home in wallets:
        await living.pay(home, LOST)
    for home in wallets:
        await living.until(lambda: _took(living, home, 2), Moment.LOST)  # noqa: B023
    await blows.fall(Moment.LOST)


async def _finish(exchanges: Sequence[Exchange], blows: Blows) -> None:
    ends = [each.is_finished for each in exchanges]
    await blows.fall_in(Moment.FINISHING, "audit", lambda: every(ends), "they are finished")


async def every(facts: Sequence[Callable[[], Awaitable[bool]]]) -> bool:
    """Are all of them so? Whoever gets no answer does not keep the others waiting."""
    said = await asyncio.gather(*(fact() for fact in facts), return_exceptions=True)
    return all(each is True for each in said)


async def some(facts: Sequence[Callable[[], Awaitable[bool]]]) -> bool:
    """Is any of them so?"""
    return True in await asyncio.gather(*(fact() for fact in facts), return_exceptions=True)


async def funds_of(living: Living, home: Home) -> list[Fund]:
    """The funds that a meter ever had."""
    wanted = select(Fund).join(Meter, col(Meter.id) == col(Fund.meter_id)).where(Meter.number == home.number)
    async with living.deps.begin() as db:
        return list(await db.exec(wanted))


async def charged(living: Living, home: Home) -> int:
    """What a meter's use was charged with, minor units."""
    wanted = select(func.coalesce(func.sum(FeeCharge.amount_minor), 0))
    wanted = wanted.join(Meter, col(Meter.id) == col(FeeCharge.meter_id)).where(Meter.number == home.number)
    async with living.deps.begin() as db:
        return (await db.exec(wanted)).one()


async def _took(living: Living, home: Home, credits: int) -> bool:
    return len(await living.credits(home)) >= credits
