"""Rows behind each page worth looking at, told as a small story of one street."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.context import Deps
from app.domain.notice import MessageKind, MessageState
from app.domain.relay import Supply
from app.domain.wallet import BalanceSource
from app.models import Account, Message, Meter, Payment, Purchase, RelayState, Token
from app.models.account import ChannelName
from app.outbox import Job
from app.services.purchases import new_ref
from tests import build
from tests.app.web import stories
from tests.app.web.world import Work
from tests.clocks import Clock
from tests.fakes import Bench

CODE = "5840 2217 9036 4451 8820".replace(" ", "")


@dataclass(frozen=True, slots=True)
class Scene:
    """A page under the name its picture gets."""

    name: str
    path: str


@dataclass(slots=True)
class Stage:
    """What scenes are set with. Each meter is new, so one bench can be all of them in turn."""

    deps: Deps
    clock: Clock
    bench: Bench
    work: Work
    utility: build.Utility
    _next: int = 2

    async def meter(
        self, db: AsyncSession, balance_minor: int | None, supply: Supply, *, sts: bool = False, arrears: int = 0
    ) -> Meter:
        """Add a meter with what was last learned from it."""
        self._next += 1
        like = self.utility.sts if sts else self.utility.esam
        account = Account(
            number=build.numbered(f"1000000{self._next:02d}"),
            customer_id=self.utility.account.customer_id,
            tariff_id=self.utility.account.tariff_id,
            arrears_minor=arrears,
        )
        db.add(account)
        await db.flush()
        number = build.numbered(f"07004512{self._next:02d}" if sts else f"201607348{self._next:02d}")
        learned = self.clock() - timedelta(minutes=42)
        meter = Meter(
            number=number,
            address=number.zfill(12),
            model_id=like.model_id,
            account_id=account.id,
            concentrator_id=like.concentrator_id,
            sgc=like.sgc,
            krn=like.krn,
            ti=like.ti,
            balance_minor=balance_minor,
            balance_read_at=learned if balance_minor is not None else None,
            balance_source=BalanceSource.READBACK if balance_minor is not None else BalanceSource.NONE,
            daily_use_minor=1150,
            supply=supply,
            supply_read_at=learned if supply is not Supply.UNKNOWN else None,
        )
        db.add(meter)
        await db.flush()
        return meter

    async def bought(self, *, sts: bool = False, arrears: int = 0) -> Purchase:
        """A household that was cut off has paid 100; its meter is on the bench now."""
        self.bench.balance, self.bench.count, self.bench.relay_open = -1235, 0, True
        async with self.deps.begin() as db:
            meter = await self.meter(db, -1235, Supply.OFF, sts=sts, arrears=arrears)
            payment = await stories.started(db, meter, 10000, self.clock())
        self.clock.forward(seconds=14)
        async with self.deps.begin() as db:
            return await stories.settled(db, payment, self.clock())


async def scenes(stage: Stage) -> list[Scene]:
    """Set every scene. What waits comes last, so that nobody does its work."""
    parts: tuple[Callable[[Stage], Awaitable[list[Scene]]], ...] = (_ends, _out_of_reach, _balances, _waiting)
    found = [scene for part in parts for scene in await part(stage)]
    return sorted(found, key=lambda scene: scene.name)


async def _ends(stage: Stage) -> list[Scene]:
    lit = await stage.bought()
    stage.clock.forward(seconds=2)
    await stage.work()
    slip = await stage.bought(sts=True, arrears=2400)
    stage.clock.forward(seconds=2)
    await stage.work()
    armed = await stage.bought()
    await stage.work()
    undone = await stage.bought()
    await stage.work()
    async with stage.deps.begin() as db:
        stage.clock.forward(seconds=4)
        _tell(db, stage, lit.id, lit.meter_id)
        db.add(_armed(stage, armed))
        await _show_real_code(db, slip.id)
        await stories.undone(db, undone, stage.clock())
    return [
        Scene("15-track-lit", f"/purchases/{lit.ref}"),
        Scene("16-track-armed", f"/purchases/{armed.ref}"),
        Scene("19-receipt", f"/purchases/{slip.ref}/receipt"),
        Scene("20-receipt-void", f"/purchases/{undone.ref}/receipt"),
        Scene("20-credit-note", f"/purchases/{undone.ref}/credit-note"),
        Scene("20-track-reversed", f"/purchases/{undone.ref}"),
    ]


async def _out_of_reach(stage: Stage) -> list[Scene]:
    stage.bench.unreachable = True
    token = await stage.bought(sts=True)
    await stage.work()
    silent = await stage.bought()
    await stage.work()
    stage.clock.forward(seconds=40)
    async with stage.deps.begin() as db:
        await _show_real_code(db, token.id)
    return [
        Scene("17-track-code", f"/purchases/{token.ref}"),
        Scene("18-track-silent", f"/purchases/{silent.ref}"),
    ]


async def _balances(stage: Stage) -> list[Scene]:
    async with stage.deps.begin() as db:
        fine = await stage.meter(db, 8640, Supply.ON)
        old = await stage.meter(db, 1320, Supply.ON)
        old.balance_read_at, old.balance_source = stage.clock() - timedelta(days=3), BalanceSource.DAILY
        dark = await stage.meter(db, -1235, Supply.OFF, arrears=2400)
        armed = await stage.meter(db, 3700, Supply.ARMED)
        asked = await stage.meter(db, 455, Supply.ON)
        never = await stage.meter(db, None, Supply.UNKNOWN)
        concentrator = stage.utility.concentrator.id
        await outbox.promise(db, Job.READ_BALANCE, asked.id, stage.clock(), concentrator_id=concentrator)
    return [
        Scene("01-lookup", "/"),
        Scene("02-lookup-wrong", f"/?number={fine.number[:-1]}x"),
        Scene("03-account", f"/accounts/{stage.utility.account.number}"),
        Scene("04-balance", f"/m/{fine.number}"),
        Scene("05-balance-old", f"/m/{old.number}"),
        Scene("06-balance-dark", f"/m/{dark.number}"),
        Scene("07-balance-armed", f"/m/{armed.number}"),
        Scene("08-balance-asking", f"/m/{asked.number}"),
        Scene("09-balance-never", f"/m/{never.number}"),
        Scene("10-pay-dark", f"/m/{dark.number}/pay"),
        Scene("11-pay", f"/m/{fine.number}/pay"),
        Scene("20-error", "/nowhere"),
    ]


async def _waiting(stage: Stage) -> list[Scene]:
    moving = await stage.bought()
    twice = await stage.bought()
    async with stage.deps.begin() as db:
        meter = await stage.meter(db, 300, Supply.ON)
        payment: Payment = await stories.started(db, meter, 10000, stage.clock())
        number = (await db.get_one(Meter, twice.meter_id)).number
    return [
        Scene("12-pay-brake", f"/m/{number}/pay"),
        Scene("13-track-waiting", f"/payments/{payment.ref}"),
        Scene("14-track-moving", f"/purchases/{moving.ref}"),
    ]


async def _show_real_code(db: AsyncSession, purchase_id: UUID) -> None:
    """The fake module counts its tokens; real ones look like this."""
    changed = CODE[:-1] + str(purchase_id.int % 10)
    await db.execute(update(Token).where(col(Token.purchase_id) == purchase_id).values(digits=changed))


def _armed(stage: Stage, purchase: Purchase) -> RelayState:
    return RelayState(
        meter_id=purchase.meter_id,
        purchase_id=purchase.id,
        relay_open=True,
        command_open=False,
        keep_power=False,
        after_verb="relay_arm",
        read_at=stage.clock(),
    )


def _tell(db: AsyncSession, stage: Stage, purchase_id: UUID, meter_id: UUID) -> None:
    now = stage.clock()
    message = Message(
        contact_id=stage.utility.contact.id,
        meter_id=meter_id,
        kind=MessageKind.PURCHASE_CREDITED,
        cause_id=purchase_id,
        dedupe_key=new_ref(),
        channel=ChannelName.SMS,
        locale="zh",
        state=MessageState.DELIVERED,
        created_at=now,
        not_before=now,
        expires_at=now + timedelta(hours=72),
        sent_at=now,
    )
    db.add(message)
