"""The bad link over real sockets: a front-end, concentrators that dial in, come and go, and ports that are kept busy.

Here time is the wall's. The laboratory of the simulator loses exchanges by its seed; links are torn down by ours.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from sqlmodel import col, func, select, update

from app import outbox
from app.context import Deps, Task, utc_now
from app.db import Begin
from app.domain.ledger import BookingKind, payment_booking
from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseState
from app.headend import FrontEndServer
from app.models import Concentrator, Note, Payment, Purchase
from app.outbox import Job
from app.services.ledger import book
from app.services.purchases import new_ref, open_purchase
from app.settings import Settings
from app.tasks import fulfil
from benchmarks.link.air import Clock
from benchmarks.link.plain_master import PlainMaster
from benchmarks.link.story import AMOUNT_MINOR, BEGUN
from benchmarks.link.town import FRONT_END, Home, homes, open_module, settle, spec_of
from headend_client.errors import Unreachable
from headend_client.security import IssueRequest, SecurityModule
from headend_client.simulator.lab.paths import Latency, Uplink
from headend_client.simulator.lab.paths import Path as Way
from headend_client.simulator.lab.spec import LabSpec
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.state import E5_PER_CENT
from headend_client.simulator.world import ConcentratorSpec, FrontEndAddress, World
from headend_client.target import ConcentratorAddress, Priority, Recharge, Target
from headend_client.timing import PortTiming, Timing

ON_ONE = 4
_QUICK = Timing(carrier=PortTiming(300, 1.5), wired=PortTiming(300, 1.5), turn_s=5.0)
_WAY = Way(name="bad", latency=Latency(median_s=0.004, slow_s=0.012), wait_s=0.04, wait_most_s=0.06)
_UP = Uplink(name="quick", latency=Latency(median_s=0.002, slow_s=0.006))
_JOBS: dict[Job, Task] = {Job.ISSUE_TOKEN: fulfil.issue_token, Job.DOWNLOAD_PURCHASE: fulfil.download_purchase}
_TORN_EACH_S, _LOOK_S = 1.5, 0.02
_HANDS = 40


@dataclass(frozen=True, slots=True)
class Scene:
    """So many homes, behind ways that lose this share of all exchanges; the product has `patience_s` seconds."""

    count: int
    loss: float
    patience_s: float
    seed: int = 769_784


@dataclass(frozen=True, slots=True)
class Told:
    """`plain`: the share that a plain master got through. The rest is the product's: how many purchases were sold and
    credited, how often their sums are in the meters, how many links were torn and how many routine reads got an answer.
    """

    plain: float
    sold: int
    credited: int
    held: Counter[int]
    torn: int
    read: int


def aim(home: Home, place: int, priority: Priority = Priority.RESTORE) -> Target:
    """Where a master finds the `place`-th home."""
    at = ConcentratorAddress("3201", place // ON_ONE + 1)
    return replace(home.target, concentrator=at, priority=priority)


async def compare(begin: Begin, folder: Path, scene: Scene) -> Told:
    """Let both masters sell over the same ways. The database is empty, and so is `folder`."""
    known = homes(scene.seed, scene.count, 1.0)
    security = open_module(folder / "tokens")
    async with begin() as db:
        await settle(db, known, utc_now(), ON_ONE)
        await db.execute(update(Concentrator).values(front_end=None))
    settings = Settings(frontend_port=0, timezone="Asia/Shanghai")
    deps = Deps(begin, _Nobody(), utc_now, settings, f"frontend:{FRONT_END}", security=security)
    async with _front_end(deps, security) as server:
        deps = replace(deps, gateway=server.gateway)
        async with Simulation(_world(known, server.port, scene), None) as there:
            await _all_linked(begin, there, known)
            plain = await _plainly(server, security, known)
        async with Simulation(_world(known, server.port, scene), None) as there:
            await _all_linked(begin, there, known)
            return await _Story(deps, there, known, scene.seed).told(plain, scene.patience_s)


class _Story:
    """The product sells, while ports are busy and links break."""

    def __init__(self, deps: Deps, there: Simulation, known: Sequence[Home], seed: int) -> None:
        self._deps, self._there, self._known, self._dice = deps, there, known, Random(seed)
        self._torn = self._read = 0
        self._hands = asyncio.Semaphore(_HANDS)

    async def told(self, plain: float, patience_s: float) -> Told:
        await self._pay()
        others = [asyncio.ensure_future(self._tear())]
        others += [asyncio.ensure_future(self._read_on(place)) for place in range(0, len(self._known), ON_ONE)]
        try:
            async with asyncio.timeout(patience_s):
                while await self._open():
                    await self._work()
        except TimeoutError:
            pass  # what is not through by now shows in the figures
        finally:
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        sold = len(self._known)
        held = Counter(self._held(home) for home in self._known)
        return Told(plain, sold, sold - await self._open(), held, self._torn, self._read)

    async def _pay(self) -> None:
        now = utc_now()
        async with self._deps.begin() as db:
            for home in self._known:
                paid = Payment(
                    ref=new_ref(), provider="sandbox", meter_id=home.id, amount_minor=AMOUNT_MINOR, currency="CNY",
                    state=PaymentState.PAID, created_at=now, paid_at=now, expires_at=now,
                )  # fmt: skip
                db.add(paid)
                await db.flush()
                await book(db, BookingKind.PAYMENT, paid.id, payment_booking("sandbox", AMOUNT_MINOR), now)
                await open_purchase(db, paid, AMOUNT_MINOR, now)

    async def _open(self) -> int:
        left = select(func.count()).select_from(Purchase).where(Purchase.state != PurchaseState.CREDITED)
        async with self._deps.begin() as db:
            return (await db.exec(left)).one()

    async def _work(self) -> None:
        """Keep whatever can be kept; what was put off is due at once."""
        async with self._deps.begin() as db:
            ours = update(Note).where(col(Note.done_at).is_(None), col(Note.taken_until).is_(None))
            await db.execute(ours.where(col(Note.job).in_([job.value for job in _JOBS])).values(due_at=utc_now()))
        async with self._deps.begin() as db:
            due = [handout for handout in await outbox.lease(db, utc_now()) if handout.job in _JOBS]
        await asyncio.gather(*(self._keep(each) for each in due))
        await asyncio.sleep(0 if due else _LOOK_S)

    async def _keep(self, handout: outbox.Handout) -> None:
        async with self._hands:
            await _JOBS[handout.job]({"deps": self._deps}, handout.note_id)

    async def _tear(self) -> None:
        """Concentrators come and go."""
        while True:
            await asyncio.sleep(_TORN_EACH_S)
            self._there.kill_link(f"3201-{self._dice.randrange(len(self._known)) // ON_ONE + 1}")
            self._torn += 1

    async def _read_on(self, place: int) -> None:
        """The port of a concentrator is never idle: routine reads, one after the other."""
        while True:
            home = self._known[place]
            try:
                await self._deps.gateway.read_wallet(aim(home, place, Priority.ROUTINE), [])  # type: ignore[union-attr]
                self._read += 1
            except Unreachable:
                await asyncio.sleep(_LOOK_S)

    def _held(self, home: Home) -> int:
        """How often the meter took this purchase; another sum counts as twice."""
        sums = [credit.amount_e5 // E5_PER_CENT for credit in self._there.yard.inspect(home.number).credits]
        return len(sums) if all(AMOUNT_MINOR <= each <= AMOUNT_MINOR + 1 for each in sums) else 2


async def _plainly(server: FrontEndServer, security: SecurityModule, known: Sequence[Home]) -> float:
    """The share that the baseline gets through, all concentrators at once."""
    master = PlainMaster(server.gateway, Clock(BEGUN))

    async def sell(place: int, home: Home) -> bool:
        target = aim(home, place)
        if target.sts is None:
            return await master.sell(target, Recharge(AMOUNT_MINOR, 1), utc_now())
        wish = IssueRequest(f"plain-{home.number}", target.sts, 4, AMOUNT_MINOR * E5_PER_CENT, utc_now(), None)
        (token,) = await security.issue_credit(wish)
        return await master.sell(target, token.digits, utc_now())

    came = await asyncio.gather(*(sell(place, home) for place, home in enumerate(known)))
    return sum(came) / len(known)


def _world(known: Sequence[Home], port: int, scene: Scene) -> World:
    streets = [known[start : start + ON_ONE] for start in range(0, len(known), ON_ONE)]
    concentrators = tuple(
        ConcentratorSpec(
            region="3201", terminal=place, meters=tuple(map(spec_of, street)),
            silence_ms=60, retry_s=0.05, retry_max_s=0.2,
        )
        for place, street in enumerate(streets, 1)
    )  # fmt: skip
    bad = (replace(_WAY, loss=scene.loss),)
    lab = LabSpec(seed=scene.seed, carrier="bad", wired="bad", uplink="quick", own_paths=bad, own_uplinks=(_UP,))
    return World(front_ends=(FrontEndAddress("127.0.0.1", port),), concentrators=concentrators, lab=lab)


async def _all_linked(begin: Begin, there: Simulation, known: Sequence[Home]) -> None:
    """Wait until the database knows of every link."""
    wanted = -(-len(known) // ON_ONE)
    linked = select(func.count()).select_from(Concentrator).where(col(Concentrator.front_end).is_not(None))
    names = [f"3201-{n + 1}" for n in range(wanted)]
    async with asyncio.timeout(30):
        while True:
            async with begin() as db:
                if all(map(there.is_online, names)) and (await db.exec(linked)).one() == wanted:
                    return
            await asyncio.sleep(_LOOK_S)


@asynccontextmanager
async def _front_end(deps: Deps, security: SecurityModule) -> AsyncIterator[FrontEndServer]:
    server = FrontEndServer(deps, FRONT_END, security, _QUICK)
    running = asyncio.ensure_future(server.run())
    await asyncio.wait([asyncio.ensure_future(server.ready.wait()), running], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield server
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class _Nobody:
    """A bell that nobody hears: promises are looked for here."""

    async def ring_quietly(self) -> None:
        return
