"""A street on the wire: real database, real front-end, simulated meters that dial in over TCP.

The test drains the outbox.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.context import Deps, utc_now
from app.db import Begin
from app.demo.keys import KRN, SGC, TI, DemoSecrets
from app.demo.site import key_text
from app.domain.ledger import BookingKind, payment_booking
from app.headend import FrontEndServer, make_key_file, open_security
from app.models import Concentrator, Meter, Note, Purchase
from app.outbox import Job
from app.services.ledger import book
from app.services.purchases import open_purchase
from app.services.tokens import tokens_of
from app.settings import Settings
from app.tasks import fulfil
from headend_client.ami.shapes import AmiTiming
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.world import (
    Behaviour,
    ConcentratorSpec,
    FirstState,
    FrontEndAddress,
    MeterSpec,
    Profile,
    VendingKeySpec,
    World,
    esam_keys,
    sts_keys,
)
from headend_client.simulator.yard import Inspection
from headend_client.timing import PortTiming, Timing
from tests import build
from tests.fakes import SilentBell
from tests.journeys.other_house import PATIENT_WITH_TASKS, OtherHouse, join, other_house
from tests.standins.ami import AmiStandIn

JOBS = {
    Job.ISSUE_TOKEN: fulfil.issue_token,
    Job.DOWNLOAD_PURCHASE: fulfil.download_purchase,
    Job.CHECK_RELAY: fulfil.check_relay,
}
PATIENCE_S = 30.0
"""A wait that ends as soon as what it waits for is there; whoever must give up for a story to go on is `IN_HASTE`."""
PATIENT = Timing(carrier=PortTiming(300, PATIENCE_S), wired=PortTiming(300, PATIENCE_S), turn_s=PATIENCE_S)
IN_HASTE = Timing(carrier=PortTiming(300, 1.5), wired=PortTiming(300, 1.5), turn_s=PATIENCE_S)
_TOGETHER = 30


@dataclass(frozen=True, slots=True)
class Way:
    """How the meters are reached, and how long the head end waits for what.

    `driver`: for `dlt645_tcp` the concentrator is a gateway, which the front-end dials; for `ami` it is logged in to
    another head end, which is given tasks.
    """

    driver: str = "gdw1376"
    timing: Timing = PATIENT
    tasks: AmiTiming = PATIENT_WITH_TASKS


BY_CONCENTRATOR = Way()


@dataclass(slots=True)
class Street:
    """What a story on the wire has in its hands. `there`: the head end that has the meters, where one has."""

    begin: Begin
    deps: Deps
    rows: build.Utility
    simulation: Simulation
    server: FrontEndServer
    there: AmiStandIn | None = None

    def meter(self, row: Meter) -> Inspection:
        """The truth about a meter."""
        return self.simulation.yard.inspect(row.number)

    async def pay(self, row: Meter, amount_minor: int = 5000) -> Purchase:
        """A payment has come in; its purchase is open."""
        async with self.begin() as db:
            paid = await build.payment(db, row, amount_minor, utc_now())
            await book(db, BookingKind.PAYMENT, paid.id, payment_booking("sandbox", amount_minor), utc_now())
            return await open_purchase(db, paid, amount_minor, utc_now())

    async def drain(self) -> None:
        """Keep what is due until nothing is due at once."""
        for _ in range(_TOGETHER):
            async with self.begin() as db:
                due = [h for h in await outbox.lease(db, utc_now()) if h.job in JOBS]
            if not due:
                return
            await asyncio.gather(*(JOBS[h.job]({"deps": self.deps}, h.note_id) for h in due))

    async def hurry(self) -> None:
        """Whatever was postponed is due now."""
        async with self.begin() as db:
            for note in await db.exec(select(Note)):
                note.due_at = utc_now()

    async def purchase(self, known: Purchase) -> Purchase:
        async with self.begin() as db:
            return await db.get_one(Purchase, known.id)

    async def token_of(self, known: Purchase) -> str:
        """The digits of a purchase's token."""
        async with self.begin() as db:
            (token,) = await tokens_of(db, known.id)
        return token.digits

    async def until_linked(self) -> None:
        """Wait until the database knows that the concentrator is on line."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self._linked():  # noqa: ASYNC110  (the fact is in the database)
                await asyncio.sleep(0.02)

    async def _linked(self) -> bool:
        async with self.begin() as db:
            return (await db.exec(select(Concentrator.front_end))).one() is not None


@asynccontextmanager
async def street(
    begin: Begin, folder: Path, behaviour: Behaviour, first: FirstState, way: Way = BY_CONCENTRATOR
) -> AsyncIterator[Street]:
    """A front-end and one concentrator with an ESAM and an STS meter, both with this part to play, logged in."""
    secrets = DemoSecrets()
    settings = Settings(
        frontend_port=0,
        key_file=folder / "keys.json",
        key_passphrase=secrets.key_passphrase,
        session_secret=secrets.session,
        timezone="Asia/Shanghai",
    )
    make_key_file(settings, key_text(secrets))
    async with begin() as db:
        rows = await _rows(db, first)
    deps = Deps(begin, SilentBell(), utc_now, settings, name="frontend:north", security=await open_security(settings))
    server = FrontEndServer(deps, build.FRONT_END, deps.security, way.timing, way.tasks)  # type: ignore[arg-type]
    running = asyncio.create_task(server.run())
    await asyncio.wait([asyncio.create_task(server.ready.wait()), running], return_when=asyncio.FIRST_COMPLETED)
    try:
        async with AsyncExitStack() as houses:
            theirs = None
            if way.driver == "ami":
                theirs = await houses.enter_async_context(_other_house(deps, rows))
            world = _world(secrets, rows, theirs.port if theirs else server.port, behaviour, first)
            if way.driver == "dlt645_tcp":
                world = _as_gateway(world)
            simulation = await houses.enter_async_context(Simulation(world, folder / "meters"))
            if way.driver == "dlt645_tcp":
                await _dial(begin, server, *simulation.line_ports.values())
            if theirs:
                await join(begin, theirs.there.url, secrets.session)
            there = theirs.there if theirs else None
            made = Street(begin, replace(deps, gateway=server.gateway), rows, simulation, server, there)
            await made.until_linked()
            try:
                yield made
            finally:
                await _end(running)
    finally:
        await _end(running)


async def _end(running: asyncio.Task[None]) -> None:
    """End a front-end, before those whom it speaks to.

    Where they go first, httpx closes the lines that they have hung up one after the other before its next question, and
    loses the rest of them when that question is cancelled.
    """
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def _other_house(deps: Deps, rows: build.Utility) -> AbstractAsyncContextManager[OtherHouse]:
    assert deps.security is not None
    return other_house(rows, deps.security, PATIENT, ZoneInfo(deps.settings.timezone), deps.now)


def _as_gateway(world: World) -> World:
    (one,) = world.concentrators
    return replace(world, concentrators=(replace(one, line_port=0, is_gateway=True),))


async def _dial(begin: Begin, server: FrontEndServer, port: int) -> None:
    """Tell the archive where the gateway is, and have the front-end look at its share."""
    async with begin() as db:
        row = (await db.exec(select(Concentrator))).one()
        row.driver, row.host, row.port = "dlt645_tcp", "127.0.0.1", port
    await server.gateways.look()


async def _rows(db: AsyncSession, first: FirstState) -> build.Utility:
    rows = await build.utility(db, utc_now(), linked=False)
    rows.esam.purchase_count = first.purchase_count
    return rows


def _world(secrets: DemoSecrets, rows: build.Utility, port: int, behaviour: Behaviour, first: FirstState) -> World:
    vending = VendingKeySpec(secret=bytes.fromhex(secrets.vending_key), sgc=SGC, krn=KRN)
    common = {
        "customer": rows.account.number.zfill(12),
        "behaviour": behaviour,
        "first": first,
        "relay_password_hex": secrets.relay_password,
    }
    esam = MeterSpec(
        address=rows.esam.address,
        number=rows.esam.number,
        profile=Profile.ESAM,
        esam=esam_keys(bytes.fromhex(secrets.esam_master), rows.esam.address),
        **common,  # type: ignore[arg-type]
    )
    sts = MeterSpec(
        address=rows.sts.address,
        number=rows.sts.number,
        profile=Profile.STS,
        sts=sts_keys(vending, rows.sts.number, TI),
        **common,  # type: ignore[arg-type]
    )
    one = ConcentratorSpec(
        region=rows.concentrator.region,
        terminal=rows.concentrator.terminal,
        meters=(esam, sts),
        silence_ms=200,
        retry_s=0.05,
        retry_max_s=0.2,
    )
    return World(front_ends=(FrontEndAddress("127.0.0.1", port),), concentrators=(one,))
