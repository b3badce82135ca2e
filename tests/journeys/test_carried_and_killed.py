"""Purchases are carried in a hand-held while programs are killed: each is in its meter once, and nothing is lost.

Nobody can be reached; one meter's answer reaches the hand-held, another's is lost, a third takes a token. The file of
results is handed in twice at once, and again when the link is back, by which the air has settled what was in doubt.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import pytest
from sqlmodel import col, select

from app.demo.visitor import Page
from app.domain.handheld import Finding, HandheldState
from app.models import HandheldFile, HandheldLine, HandheldReturn, HandheldRow, Meter, Token
from headend_client.handheld import Command, Result
from tests.handheld import commands_in, results_file
from tests.journeys.blows import EVERYBODY, Blows, Plan, held, is_writing
from tests.journeys.clerk import Clerk
from tests.journeys.living import Home, Living, Paid, Victim
from tests.journeys.steps import is_credited
from tests.journeys.terminal import ESAM, STS, Street, third_street
from tests.journeys.truth import doubts
from tests.journeys.walker import Walker, in_the_street
from tests.journeys.whole_truth import witnessed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
PATH = "/console/handhelds"
ROWS = 3


class Moment(StrEnum):
    """Where a file stands when the blow falls."""

    MAKING = "the file is being written down"
    HANDING_OUT = "the file is being handed out"
    IMPORTING = "its results are being taken in"
    APPLYING = "a row of it is being booked"
    LANDING = "the air has found a carried purchase in its meter"


WHERE_IT_HURTS: Plan = {
    Moment.HANDING_OUT: (Victim.POSTGRES,),
    Moment.IMPORTING: (Victim.WEB,),
    Moment.APPLYING: (Victim.OFFICE,),
    Moment.LANDING: (Victim.NORTH,),
}


@dataclass
class Round:
    """One walk with one file: the first home's meter answers, the second's answer is lost, the third takes a token."""

    blows: Blows
    clerk: Clerk
    homes: tuple[Home, Home, Home]
    looked: Page | None = None
    data: bytes = b""
    results: list[Result] = field(default_factory=list)

    @property
    def living(self) -> Living:
        return self.blows.living

    async def makes(self) -> None:
        """Make the file; whoever gets no answer looks whether it is there."""
        self.looked = await self.clerk.looks([home.number for home in self.homes])
        await self.blows.fall_in(Moment.MAKING, "audit", self._is_made, "there is a file")

    async def _is_made(self) -> bool:
        if await self.file() is None:
            looked, self.looked = self.looked, None
            await self.clerk.makes(looked or await self.clerk.looks([home.number for home in self.homes]))
        return await self.file() is not None

    async def file(self) -> HandheldFile | None:
        """The file that carries for the first home."""
        wanted = select(HandheldFile).join(HandheldLine, col(HandheldLine.file_id) == col(HandheldFile.id))
        wanted = wanted.join(Meter, col(Meter.id) == col(HandheldLine.meter_id))
        async with self.living.deps.begin() as db:
            return (await db.exec(wanted.where(Meter.number == self.homes[0].number))).one_or_none()

    async def is_handed_out(self) -> list[Command]:
        """Get the file itself, as often as it takes."""
        await self.blows.fall_in(Moment.HANDING_OUT, "audit", self._has_it, "the file is in somebody's hands")
        return commands_in(self.data)

    async def _has_it(self) -> bool:
        file = await self.file()
        assert file
        self.data = await self.clerk.takes_file(f"{PATH}/{file.id}")
        return bool(self.data)

    async def walks(self, walker: Walker, commands: list[Command]) -> None:
        """Stand before each meter; what the second one says is lost."""
        for command in commands:
            home = self._home_of(command)
            heard = home != self.homes[1]
            self.results.append(await walker.carry_out(command, home.place, heard=heard))

    async def asks_again(self, walker: Walker) -> None:
        """Stand before the second meter once more; now its word is heard."""
        commands = commands_in(self.data)
        at = next(at for at, each in enumerate(commands) if self._home_of(each) == self.homes[1])
        self.results[at] = await walker.carry_out(commands[at], self.homes[1].place)

    def _home_of(self, command: Command) -> Home:
        return next(home for home in self.homes if home.number.zfill(12) == command.meter.zfill(12))

    async def comes_back(self) -> None:
        """Hand the results in, and twice at once after that; whoever books a row is struck."""
        async with held(self.living, "booking"):
            await self.blows.fall_in(Moment.IMPORTING, "audit", self.hands_in, "the results are taken in")
            again = [asyncio.ensure_future(self.living.until(self.hands_in, "they are taken in again")) for _ in "ab"]
            await self.living.until(lambda: is_writing(self.living, "booking", self.is_applied), Moment.APPLYING)
            await self.blows.strike(Moment.APPLYING)
        await self.blows.revive(Moment.APPLYING)
        await asyncio.gather(*again)
        await self.living.until(self.is_applied, "something was made of each row")

    async def hands_in(self) -> bool:
        """Once; is it known to have been taken?"""
        return bool(await self.clerk.brings_back(results_file(self.results)))

    async def is_applied(self) -> bool:
        """Has every row that was handed in its finding?"""
        return "" not in await self.findings()

    async def findings(self) -> list[str]:
        """What was made of each row that was ever handed in for this file, in the order of its coming."""
        file = await self.file()
        assert file
        lines = select(HandheldRow).join(HandheldLine, col(HandheldLine.id) == col(HandheldRow.line_id))
        ours = lines.where(HandheldLine.file_id == file.id)
        ours = ours.join(HandheldReturn, col(HandheldReturn.id) == col(HandheldRow.return_id))
        async with self.living.deps.begin() as db:
            rows = await db.exec(ours.order_by(col(HandheldReturn.at), col(HandheldRow.row)))
            return [row.finding for row in rows]


async def test_what_is_carried_by_hand_is_in_its_meter_once_whatever_is_killed(living: Living) -> None:
    await carried(living, WHERE_IT_HURTS)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("victim", EVERYBODY)
async def test_what_is_carried_by_hand_is_in_its_meter_once_whoever_is_killed_at_every_moment(
    living: Living, victim: str
) -> None:
    await carried(living, dict.fromkeys(Moment, (victim,)))


async def carried(living: Living, plan: Plan) -> None:
    """Three homes pay while nobody can be reached, and somebody walks."""
    homes = living.home(ESAM), living.home(ESAM), living.home(STS)
    async with third_street(living) as street, Clerk(living) as clerk:
        walk = Round(Blows(living, street, plan), clerk, homes)
        async with witnessed(living, lambda: homes), in_the_street(living) as walker:
            paid = await _paid_in_vain(street, homes)
            await walk.makes()
            await walk.walks(walker, await walk.is_handed_out())
            await walk.comes_back()
            await _the_air_settles(walk, street, paid[1])
            await walk.asks_again(walker)
            await living.until(walk.hands_in, "the results are handed in again")
            await living.until(walk.is_applied, "something was made of each row")
            for each in paid:
                await living.finished(each)
        assert [doubt for each in paid for doubt in await doubts(living, each)] == []
        found = await walk.findings()
        assert set(found[-ROWS:]) <= {Finding.REPEATED, Finding.ALREADY}, found
        file = await walk.file()
        assert file is not None
        assert file.state == HandheldState.CLOSED


async def _paid_in_vain(street: Street, homes: Sequence[Home]) -> list[Paid]:
    """They come as far as the bank; then the link is cut, and they pay."""
    living = street.living
    paid = [await living.begin(home, amount) for home, amount in zip(homes, (50, 37, 23), strict=True)]
    await street.cut()
    for each in paid:
        await living.press(each)

    async def all_wait() -> bool:
        purchases = [(await living.story(each)).purchase for each in paid]
        async with living.deps.begin() as db:
            ids = [purchase.id for purchase in purchases if purchase]
            tokens = list(await db.exec(select(Token.id).where(col(Token.purchase_id).in_(ids))))
        return len(ids) == len(paid) and len(tokens) == 1

    await living.until(all_wait, "everything is paid, and the token is made")
    return paid


async def _the_air_settles(walk: Round, street: Street, paid: Paid) -> None:
    """The link is back, and what the hand-held could not say the meter says itself."""

    async def is_settled() -> bool:
        street.link.mend()
        return await is_credited(walk.living, paid)

    await walk.blows.fall_in(Moment.LANDING, "booking", is_settled, "the purchase in doubt is credited")
