"""A yard of concentrators with meters behind them, a gateway to all of them, and the workers of operations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import col, func, select, update

from app import outbox
from app.context import Deps
from app.db import Begin, table_of
from app.domain.operation import DeviceItemState, OperationKind, OperationState
from app.models import Concentrator, Meter, Note, Operation, OperationItem, Staff
from app.outbox import Job
from app.ports import (
    Clearance,
    Done,
    MeterOrder,
    Place,
    Readings,
    Recharge,
    Refused,
    Relay,
    SecurityModule,
    Target,
    TerminalOrder,
    TokenTaken,
    Trace,
    Unknown,
    Unreachable,
    Wallet,
)
from app.services.operations.plan import Wish, plan
from app.services.operations.whom import Whom
from app.settings import Settings
from app.tasks import operations
from app.terminal_words import ChangeArchive
from tests import build
from tests.clocks import Clock
from tests.fakes import Bench, SilentBell
from tests.work import Work, worker

JOBS = {Job.STEP_OPERATION: operations.step_operation, Job.OPERATE: operations.operate}


@dataclass
class Line:
    """A gateway to many meters, by address; those that nobody placed there answer well. `told`: what each heard."""

    clock: Clock
    meters: dict[str, Bench] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[type[TerminalOrder], Readings | Refused | Unknown] = field(default_factory=dict)
    seen: list[ChangeArchive] = field(default_factory=list)
    before: Callable[[str], Awaitable[None]] | None = None

    def at(self, address: str) -> Bench:
        """The meter with this address."""
        return self.meters.setdefault(address, Bench(balance=4200, count=7, now=self.clock))

    async def _hear(self, target: Target, what: str) -> Bench:
        if self.before is not None:
            await self.before(target.address)
        self.told.append((target.address, what))
        return self.at(target.address)

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        return await (await self._hear(target, "wallet")).read_wallet(target, trace)

    async def read_relay(self, target: Target, trace: Trace) -> Relay | Refused | Unknown:
        return await (await self._hear(target, "relay")).read_relay(target, trace)

    async def trip_relay(self, target: Target, clearance: Clearance, trace: Trace) -> Readings | Refused | Unknown:
        return await (await self._hear(target, "trip")).trip_relay(target, clearance, trace)

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
        return await (await self._hear(target, type(order).__name__)).operate(target, order, trace)

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        self.told.append((str(place.concentrator), type(order).__name__))
        if isinstance(order, ChangeArchive):
            self.seen.append(order)
        return self.answers.get(type(order), Refused("not_offered"))

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        raise Unreachable("operations carry no credit")

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown:
        raise Unreachable("operations carry no credit")

    async def close_relay(self, target: Target, trace: Trace, *, arm: bool = False) -> Done | Refused | Unknown:
        raise Unreachable("operations close by order")


@dataclass
class Yard:
    """Concentrators and meters, somebody who orders, a second person, and the workers."""

    begin: Begin
    clock: Clock
    town: build.Utility
    staff_id: UUID
    second_id: UUID
    line: Line
    deps: Deps
    work: Work
    work_steps: Work

    async def concentrator(self, terminal: int, meters: int, *, linked: bool = True) -> UUID:
        """Add a concentrator with meters; they are numbered behind it."""
        row = Concentrator(
            node_id=self.town.concentrator.node_id, name=f"C{terminal}", region="3201", terminal=terminal
        )
        row.front_end = build.FRONT_END if linked else None
        async with self.begin() as db:
            db.add(row)
            await db.flush()
            if meters:
                await db.execute(insert(table_of(Meter)), [self._meter(row.id, terminal, n) for n in range(meters)])
        return row.id

    def _meter(self, concentrator_id: UUID, terminal: int, place: int) -> dict[str, object]:
        number = build.numbered(f"3{terminal:05d}{place:05d}")
        town = self.town
        row = Meter(
            number=number,
            address=number,
            model_id=town.esam.model_id,
            account_id=town.account.id,
            concentrator_id=concentrator_id,
        )
        return row.model_dump()

    def with_security(self, module: object) -> None:
        """From now on the front-end has a security module."""
        self.deps = replace(self.deps, security=cast(SecurityModule, module))
        self.work = worker(self.deps, JOBS)

    async def plan(self, kind: OperationKind, whom: Whom, **fields: object) -> UUID:
        """Plan an operation as somebody of the staff."""
        async with self.begin() as db:
            wish = Wish(kind, self.staff_id, **fields)  # type: ignore[arg-type]
            return (await plan(db, wish, whom, self.clock())).id

    async def run(self, operation_id: UUID, *, most: int = 300) -> OperationState:
        """Work, second by second, until it is over, or `most` seconds have passed."""
        state = OperationState.SCHEDULED
        for _ in range(most):
            await self.work()
            state = OperationState((await self.row(operation_id)).state)
            if state in (OperationState.DONE, OperationState.STOPPED, OperationState.PAUSED):
                break
            self.clock.forward(seconds=1)
        return state

    async def row(self, operation_id: UUID) -> Operation:
        async with self.begin() as db:
            return await db.get_one(Operation, operation_id)

    async def items(self, operation_id: UUID) -> list[OperationItem]:
        wanted = select(OperationItem).where(OperationItem.operation_id == operation_id)
        async with self.begin() as db:
            return list(await db.exec(wanted.order_by(col(OperationItem.place))))

    async def states(self, operation_id: UUID) -> dict[tuple[DeviceItemState, str], int]:
        """How many items stand how, and why."""
        wanted = select(OperationItem.state, OperationItem.code, func.count())
        wanted = wanted.where(OperationItem.operation_id == operation_id)
        async with self.begin() as db:
            found = await db.exec(wanted.group_by(OperationItem.state, OperationItem.code))
            return {(DeviceItemState(state), code): count for state, code, count in found}

    async def open_notes(self) -> int:
        """How many items lie in the outbox."""
        wanted = select(func.count()).select_from(Note).where(Note.job == Job.OPERATE, col(Note.done_at).is_(None))
        async with self.begin() as db:
            return (await db.exec(wanted)).one()

    async def link(self, concentrator_id: UUID, *, up: bool) -> None:
        """A concentrator logs in, or its link is gone."""
        async with self.begin() as db:
            row = update(Concentrator).where(col(Concentrator.id) == concentrator_id)
            await db.execute(row.values(front_end=build.FRONT_END if up else None))
            if up:
                await outbox.wake(db, concentrator_id, self.clock())


async def open_yard(begin: Begin, clock: Clock) -> Yard:
    """Build it."""
    async with begin() as db:
        town = await build.utility(db, clock())
        staff = [Staff(id=uuid4(), login=name, name=name, password_hash="never used here") for name in ("lin", "wu")]
        db.add_all(staff)
    line = Line(clock)
    deps = Deps(begin, SilentBell(), clock, Settings(), "frontend:north", gateway=line)
    steps = worker(deps, {Job.STEP_OPERATION: operations.step_operation})
    return Yard(begin, clock, town, staff[0].id, staff[1].id, line, deps, worker(deps, JOBS), steps)
