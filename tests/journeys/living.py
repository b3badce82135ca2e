"""A living utility: every program its own process, engines, bank and meters included; to be struck and watched.

What is killed comes back as in production: programs by their supervisor, engines when the story says so.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import httpx2
from sqlmodel import col, select, update

from app.assembly import open_deps
from app.context import Deps, utc_now
from app.demo.play import ask_to_pay, ref_of
from app.demo.proof import Story, story_of
from app.demo.site import FRONT_END, Site
from app.demo.supervisor import Program, Supervisor
from app.demo.town import Story as Household
from app.demo.town import Town, meter_number
from app.demo.visitor import Visitor
from app.engines import Server
from app.models import Concentrator, FrontEnd, Note
from app.steady import AWAY
from headend_client.simulator.control import Plain, ask
from headend_client.simulator.world import Script
from tests.forks import ForkingSupervisor, Nursery
from tests.standins.mail import Relay
from tests.standins.twilio import TwilioStandIn

EACH = 90
_BESIDE = 18  # households behind the third concentrator, which only some stories have
_BY_TERMINAL = 20  # and as many that a terminal stands by
_SPARED = 33, 19  # and these, ESAM and STS, for whose meters there are others in the store
_ALWAYS_THERE = 2
_LOOK_S = 0.03
_TAIL = 60


class Victim(StrEnum):
    """What can be killed: programs by the names that their supervisor knows them by, and the two engines."""

    BANK = "bank"
    WEB = "web"
    NORTH = FRONT_END
    OFFICE = "office"
    NOTIFIER = "notifier"
    ESAM_METERS = "meters 1"
    STS_METERS = "meters 2"
    VALKEY = "valkey"
    POSTGRES = "postgres"


ENGINES = (Victim.VALKEY, Victim.POSTGRES)
_MANY_MAY_RUN = (Victim.OFFICE, Victim.NOTIFIER)


def town() -> Town:
    """Dark households of well-behaved meters: ESAM ones behind the first concentrator, STS ones behind the second.

    Behind a third one, which is not switched on by itself, are ESAM meters, STS ones that a terminal stands by, and
    some of both whose meters can be exchanged. An exchange with a meter takes long enough for something to happen in
    the middle of it.
    """
    always, beside = [*["esam"] * EACH, *["sts"] * EACH], [*["esam"] * _BESIDE, *["sts"] * _BY_TERMINAL]
    meters = [*always, *beside, *["esam"] * _SPARED[0], *["sts"] * _SPARED[1]]
    return Town(tuple(map(_household, range(len(meters)), meters)), per_concentrator=EACH, days=2, delay_ms=100)


def _household(place: int, profile: str) -> Household:
    return Household(
        name=f"Resident {place}",
        address=f"Lamp Street {place}",
        note="",
        profile=profile,
        balance_minor=-250,
        relay_open=True,
        locale="en",
    )


@dataclass(frozen=True, slots=True)
class Home:
    """A household that nobody has paid for yet."""

    place: int
    number: str

    @property
    def mailbox(self) -> str | None:
        """Where its mail goes: every fifth has an address."""
        return None if self.place % 5 else f"home{self.place}@example.com"

    @property
    def phone(self) -> str:
        """Where its SMS go."""
        return f"+8613900{self.place:06d}"


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment of `amount` whole units that was begun for a household."""

    home: Home
    amount: int
    ref: str


@dataclass(frozen=True, slots=True)
class Outside:
    """What residents hold in their hands."""

    phones: TwilioStandIn
    mail: Relay

    def results(self, home: Home) -> tuple[int, int]:
        """How many results of purchases came to this household by SMS and by mail."""
        sms = sum(each.to == home.phone and "credited" in each.body for each in self.phones.phone)
        letters = sum(each["To"] == home.mailbox and "Credited" in each["Subject"] for each in self.mail.mailbox)
        return sms, letters


class Living:
    """The hands and eyes of a story."""

    def __init__(self, site: Site, deps: Deps, outside: Outside, nursery: Nursery) -> None:
        self.site, self.deps, self.outside, self.nursery = site, deps, outside, nursery
        self.lines: list[str] = []
        self._supervisor = ForkingSupervisor(site.programs()[:-1], self.lines.append, nursery)
        self._free = [iter(range(street * EACH, (street + 1) * EACH)) for street in range(_ALWAYS_THERE)]
        begins = _ALWAYS_THERE * EACH
        for many in (_BESIDE, _BY_TERMINAL, *_SPARED):
            self._free.append(iter(range(begins, begins + many)))
            begins += many
        self._north_killed_at: datetime | None = None

    @asynccontextmanager
    async def beside(self, *programs: Program) -> AsyncIterator[Supervisor]:
        """Run further programs for the length of the block, under a supervisor of their own."""
        async with _running(supervisor := ForkingSupervisor(list(programs), self.lines.append, self.nursery)):
            yield supervisor

    async def run(self) -> None:
        """Keep every program running until cancelled."""
        await self._supervisor.run()

    def home(self, street: int, *, with_mailbox: bool = False) -> Home:
        """A household that no story has had yet, behind the concentrator of that number.

        4: by the terminal; 5, 6: with an ESAM or STS meter that can be exchanged; all behind the third one.
        """
        place = next(each for each in self._free[street - 1] if each % 5 == 0 or not with_mailbox)
        return Home(place, meter_number(place, self.site.town.households[place].profile))

    async def begin(self, home: Home, amount: int = 50, *, anyway: bool = False) -> Paid:
        """Look the meter up and go as far as the bank's page. `anyway`: though an earlier purchase is on its way.

        Raises LookupError where no page of the bank comes: the meter cannot be reached just now, and is asked about.
        """
        async with Visitor(self.site.settings.public_url) as visitor:
            if not anyway:
                return Paid(home, amount, ref_of(await ask_to_pay(visitor, home.number, amount)))
            page = await visitor.open(f"/m/{home.number}/pay?anyway=1")
            bank = await visitor.send(page, page.form("/pay"), amount=str(amount))
            if not bank.url.startswith(self.site.settings.sandbox_url):
                raise LookupError(f"this is no page of the bank: {bank.url}")
            return Paid(home, amount, ref_of(bank))

    async def press(self, paid: Paid, act: str = "pay", **beside: str) -> None:
        """Push a button of the bank's page, whoever else is alive."""
        async with httpx2.AsyncClient(timeout=30) as payer:
            url = f"{self.site.settings.sandbox_url}/pay/{paid.ref}"
            assert (await payer.post(url, data={"act": act, **beside})).status_code == 303

    async def pay(self, home: Home, amount: int = 50, *, anyway: bool = False) -> Paid:
        """Begin, and pay."""
        paid = await self.begin(home, amount, anyway=anyway)
        await self.press(paid)
        return paid

    async def kill(self, victim: Victim) -> None:
        """SIGKILL. A program is started again by itself, an engine by `revive`."""
        await self.strike(victim)
        await self.let_rest(victim)

    async def strike(self, victim: Victim) -> None:
        """SIGKILL and nothing more: what a worker has in hand stays there."""
        if victim in ENGINES:
            await asyncio.to_thread(self._engine(victim).kill)
            return
        await self.until(lambda: _now(self._supervisor.send(victim, signal.SIGKILL)), f"{victim} is there to be killed")
        if victim is Victim.NORTH:
            self._north_killed_at = utc_now()

    async def revive(self, victim: Victim) -> None:
        """Start a killed engine again; programs have been started already."""
        if victim in ENGINES:
            await asyncio.to_thread(self._engine(victim).start)

    async def let_rest(self, victim: Victim) -> None:
        """Let the time pass at once for which notes stay in the hands of a worker that has died, if it is one."""
        if victim not in _MANY_MAY_RUN:
            return
        async with self.deps.begin() as db:
            theirs = update(Note).where(col(Note.taken_by).startswith(victim.value), col(Note.done_at).is_(None))
            await db.execute(theirs.values(taken_until=utc_now()))

    @asynccontextmanager
    async def frozen(self, *programs: Victim) -> AsyncIterator[None]:
        """Have programs stand still (SIGSTOP), so that a story stays at one step for as long as it likes."""
        for name in programs:
            await self.until(lambda: _now(self._supervisor.send(name, signal.SIGSTOP)), f"{name} is there")  # noqa: B023
        try:
            yield
        finally:
            for name in programs:
                self._supervisor.send(name, signal.SIGCONT)

    async def up(self) -> None:
        """Return when pages are served and every concentrator is on line."""
        await self.until(self._serves, "the web and the bank answer")
        await self.until(self._linked, "all concentrators are on line")

    async def story(self, paid: Paid) -> Story:
        """The rows of a payment."""
        async with self.deps.begin() as db:
            return await story_of(db, paid.ref)

    async def finished(self, paid: Paid) -> Story:
        """Return the story once it has come to its end."""

        async def is_finished() -> bool:
            return (await self.story(paid)).finished

        try:
            await self.until(is_finished, f"meter {paid.home.number} is lit, told and receipted")
        except AssertionError as error:
            told = "\n".join(f"  {fact.at:%X.%f}  {fact.words}" for fact in (await self.story(paid)).facts)
            raise AssertionError(f"{error}\nIts story:\n{told}") from None
        return await self.story(paid)

    async def inspect(self, home: Home) -> Plain:
        """What is true in a meter, out of its own mouth."""
        control = self.site.controls[home.place // EACH]
        meter = (await ask(control, {"order": "inspect", "meter": home.number}))["meter"]
        assert isinstance(meter, dict)
        return meter

    async def credits(self, home: Home) -> list[int]:
        """Every credit that a meter has ever taken, in minor units."""
        taken = (await self.inspect(home))["credits"]
        assert isinstance(taken, list)
        return [each["amount_e5"] // 1000 for each in taken]

    async def give_part(self, home: Home, script: Script) -> None:
        """Let a meter misbehave from now on."""
        order = {"order": "set_behaviour", "meter": home.number, "behaviour": {"script": script.value}}
        assert (await ask(self.site.controls[home.place // EACH], order))["ok"]

    async def kill_link(self, terminal: int) -> None:
        """Break the link of a concentrator."""
        name = f"3201-{terminal}"
        assert (await ask(self.site.controls[terminal - 1], {"order": "kill_link", "concentrator": name}))["ok"]

    async def until(self, fact: Callable[[], Awaitable[bool]], words: str, patience_s: float = 60.0) -> None:
        """Look until a fact is there; a database or a program that is away is asked again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not await _soberly(fact):  # noqa: ASYNC110  (the facts are in other processes)
                    await asyncio.sleep(_LOOK_S)
                return
        said = "\n".join(self.lines[-_TAIL:])
        raise AssertionError(f"after {patience_s:.0f} s it is still not so that {words}. What was said last:\n{said}")

    def _engine(self, victim: Victim) -> Server:
        return self.site.engines.postgres if victim is Victim.POSTGRES else self.site.engines.valkey

    async def _serves(self) -> bool:
        async with httpx2.AsyncClient() as client:
            answers = [await client.get(f"{self.site.settings.public_url}/")]
            answers.append(await client.get(f"{self.site.settings.sandbox_url}/bank.css"))
        return all(answer.status_code == 200 for answer in answers)

    async def _linked(self) -> bool:
        return await self.are_linked(range(1, _ALWAYS_THERE + 1))

    async def are_linked(self, terminals: Collection[int]) -> bool:
        """Does the front-end that runs now hold the links of these concentrators?"""
        async with self.deps.begin() as db:
            rows = list(await db.exec(select(Concentrator).where(col(Concentrator.terminal).in_(terminals))))
            started = (await db.exec(select(FrontEnd.started_at).where(FrontEnd.name == FRONT_END))).first()
        if started is None or (self._north_killed_at is not None and started < self._north_killed_at):
            return False  # the rows are still those of the one that was killed
        return all(row.front_end and row.online_since and row.online_since >= started for row in rows)


async def _soberly(fact: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await fact()
    except (*AWAY, httpx2.HTTPError, LookupError, ValueError):  # a page that is no page has no form
        return False


async def _now(known: bool) -> bool:
    return known


@asynccontextmanager
async def alive(site: Site, outside: Outside, forked: Nursery) -> AsyncIterator[Living]:
    """Run every program of a seeded site for the length of the block."""
    async with open_deps(site.settings, "journey") as deps:
        living = Living(site, deps, outside, forked)
        async with _running(living):
            await living.up()
            yield living


@asynccontextmanager
async def _running(supervisor: Supervisor | Living) -> AsyncIterator[None]:
    running = asyncio.ensure_future(supervisor.run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
