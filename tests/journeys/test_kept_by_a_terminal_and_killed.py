"""Purchases that a terminal keeps itself (AFN 04 F47), while programs are killed: each is charged once, under its bill.

What the terminal has left is the sum of everything that was paid, and of nothing else: nobody draws anything from it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum

import pytest
from sqlmodel import col, select

from app.context import utc_now
from app.domain.purchase_control import CountedIn, GroupTerms, bits_of
from app.models import EnergyPurchase, Meter, Purchase, Review
from app.services import groups
from headend_client.simulator.control import ask
from headend_client.simulator.group_spec import GroupSpec
from headend_client.simulator.lab.paths import Latency, Uplink
from headend_client.simulator.lab.spec import LabSpec
from headend_client.simulator.world import World
from tests.journeys.blows import EVERYBODY, STREET, Blows, Plan, held, is_writing
from tests.journeys.living import EACH, Home, Living, Paid, Victim
from tests.journeys.steps import is_booked, is_credited
from tests.journeys.terminal import ESAM, Street, third_street
from tests.journeys.whole_truth import witnessed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
PLACE = 3
AMOUNTS = 50, 37
LI_A_UNIT = 1000
TERMS = {
    "money": GroupTerms(1, (1, 2), alarm=500),
    "energy": GroupTerms(2, (3,), CountedIn.ENERGY, alarm=5),
}
FAR = LabSpec(
    carrier="perfect",
    wired="perfect",
    uplink="far",
    own_uplinks=(Uplink(name="far", latency=Latency(median_s=0.3, slow_s=0.4)),),
)


class Moment(StrEnum):
    """Where a purchase stands when the blow falls."""

    BOOKED = "it is paid, and the terminal was not asked yet"
    TAKEN = "the terminal has taken it, and its answer is on the line"
    WRITING = "what the terminal said is being written down"
    NEXT = "the terminal has taken the next one, and its answer is on the line"


Homes = dict[str, Home]
WHERE_IT_HURTS: Plan = {
    Moment.TAKEN: (Victim.NORTH,),
    Moment.WRITING: (Victim.POSTGRES,),
    Moment.NEXT: (STREET,),
}


@dataclass
class Kept:
    """A home whose purchases its terminal keeps. `steps`, `bill`: where it stood before, and its last one then."""

    living: Living
    street: Street
    home: Home
    terms: GroupTerms
    steps: int = 0
    bill: int = 0

    async def took(self, bills: int) -> bool:
        """Has the terminal taken so many purchases, by its own word?"""
        return (await self.account())[1] == self.bill + bills

    async def account(self) -> tuple[int, int]:
        """What it has left of the group, and its last bill."""
        order = {"order": "look_at_group", "concentrator": f"3201-{PLACE}", "group": self.terms.number}
        group = (await ask(self.living.site.controls[PLACE - 1], order))["group"]
        assert isinstance(group, dict)
        account = group["account"]
        assert isinstance(account, dict)
        return account["steps"], account["bill"] or 0


@pytest.fixture(scope="module")
async def homes(utility: Living) -> dict[str, Home]:
    """A home for each count; a terminal has few groups."""
    return {name: utility.home(ESAM) for name in TERMS}


async def test_what_a_terminal_keeps_is_charged_once_whatever_is_killed(living: Living, homes: Homes) -> None:
    await charged(living, homes["money"], TERMS["money"], WHERE_IT_HURTS)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("victim", EVERYBODY)
@pytest.mark.parametrize("name", TERMS)
async def test_what_a_terminal_keeps_is_charged_once_whoever_is_killed_at_every_moment(
    living: Living, homes: Homes, name: str, victim: str
) -> None:
    await charged(living, homes[name], TERMS[name], dict.fromkeys(Moment, (victim,)))


async def charged(living: Living, home: Home, terms: GroupTerms, plan: Plan) -> None:
    """Somebody pays, and pays again as soon as the first is known to have arrived."""
    async with keeping(living, home, terms) as kept, witnessed(living, lambda: [home]):
        blows = Blows(living, kept.street, plan)
        async with kept.street.frozen():
            first = await living.pay(home, AMOUNTS[0])
            await living.until(lambda: is_booked(living, first), Moment.BOOKED)
            await blows.fall(Moment.BOOKED)
        await _struck_at_the_answer(kept, blows, first)
        await living.up()
        second = await living.pay(home, AMOUNTS[1], anyway=True)
        await living.until(lambda: kept.took(2), Moment.NEXT)
        await blows.fall(Moment.NEXT)
        for paid in (first, second):
            await living.finished(paid)
        assert await _doubts(kept) == []


async def _struck_at_the_answer(kept: Kept, blows: Blows, paid: Paid) -> None:
    """Strike when the terminal has obeyed, and again when what it said is about to be written down."""

    async def is_there() -> bool:
        return await is_credited(kept.living, paid)

    async with held(kept.living, "booking"):
        await kept.living.until(lambda: kept.took(1), Moment.TAKEN)
        await blows.fall(Moment.TAKEN)
        await kept.living.until(lambda: is_writing(kept.living, "booking", is_there), Moment.WRITING)
        await blows.strike(Moment.WRITING)
    await blows.revive(Moment.WRITING)
    await kept.living.until(is_there, "the first one is credited")


async def _doubts(kept: Kept) -> list[str]:
    """What is not so; the terminal's own word counts first."""
    steps, bill = await kept.account()
    async with kept.living.deps.begin() as db:
        meter = (await db.exec(select(Meter).where(Meter.number == kept.home.number))).one()
        newer = select(Purchase).where(Purchase.meter_id == meter.id, col(Purchase.number) > kept.bill)
        bought = {each.id: each for each in await db.exec(newer)}
        kwh = select(EnergyPurchase.energy_kwh).where(col(EnergyPurchase.purchase_id).in_(list(bought)))
        energy = sum(await db.exec(kwh))
        asked = select(Review.kind).where(Review.meter_id == meter.id, col(Review.settled_at).is_(None))
        kinds = list(await db.exec(asked))
    due = energy if kept.terms.counted_in is CountedIn.ENERGY else sum(AMOUNTS) * LI_A_UNIT
    sure = {
        f"the terminal has everything once: {steps}, {bill}": (steps - kept.steps, bill - kept.bill) == (due, 2),
        "each has its number": {each.number for each in bought.values()} == {kept.bill + 1, kept.bill + 2},
        "the meter itself was given nothing": await kept.living.credits(kept.home) == [],
        f"nobody is asked: {kinds}": not kinds,
    }
    return [words for words, so in sure.items() if not so]


@asynccontextmanager
async def keeping(living: Living, home: Home, terms: GroupTerms) -> AsyncIterator[Kept]:
    """The terminal of the third street keeps what this home buys, and its answers take their time."""
    assert home.place // EACH == PLACE - 1
    async with third_street(living, _with_groups) as street:
        async with living.deps.begin() as db:
            meter_id = (await db.exec(select(Meter.id).where(Meter.number == home.number))).one()
            await groups.set_group(db, meter_id, terms, None, utc_now())
        kept = Kept(living, street, home, terms)
        kept.steps, kept.bill = await kept.account()
        yield kept
        async with living.deps.begin() as db:
            await groups.remove_group(db, meter_id, None, utc_now(), reason="the story is over")


def _with_groups(world: World) -> World:
    (one,) = world.concentrators
    specs = tuple(
        GroupSpec(number=each.number, rounds=bits_of(each.rounds), controlled=True) for each in TERMS.values()
    )
    return replace(world, concentrators=(replace(one, groups=specs),), lab=FAR)
