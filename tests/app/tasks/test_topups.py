"""Rules that pay by themselves: from a reading to a charge, and through every way it can break (SPEC R-8)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import pytest
from sqlmodel import select

from app.context import Deps
from app.db import Begin
from app.domain.payment import CallbackFact, PaymentState, Way
from app.domain.topup import TopUpKind
from app.domain.wallet import BalanceSource
from app.models import Agreement, Message, Meter, Payment, Purchase, Resident, TopUpRule
from app.outbox import Job
from app.ports import Order, ProviderDown, ProviderRefused
from app.services.readings import record_balance
from app.tasks import reconcile, topups
from tests import build
from tests.app.web.world import Counter, make_deps
from tests.clocks import Clock
from tests.fakes import Bench, Died
from tests.work import Work, worker


@dataclass
class Bank(Counter):
    """A counter that also charges by agreement; it can refuse, stay silent, or take the money as we die."""

    ways: frozenset[Way] = frozenset({Way.PAGE, Way.AGREEMENT})
    refuses: bool = False
    dies: bool = False
    charged: dict[str, CallbackFact] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    async def charge(self, order: Order, secret: str) -> CallbackFact | None:
        self.secrets.append(secret)
        if self.refuses:
            raise ProviderRefused("refused")
        if self.down:
            raise ProviderDown("TimeoutError")
        when = order.expires_at
        fact = CallbackFact("counter", f"ev-{order.ref[:12]}", order.ref, True, order.amount_minor, "CNY", when)
        self.charged[order.ref] = fact
        if self.dies:
            raise Died
        return fact

    async def query(self, ref: str) -> CallbackFact | None:
        return self.charged.get(ref)


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def deps(begin: Begin, clock: Clock, bank: Bank) -> Deps:
    return make_deps(begin, clock, Bench(), bank)


@pytest.fixture
def work(deps: Deps) -> Work:
    return worker(deps, {Job.CHARGE_RULE: topups.charge_rule, Job.ASK_PROVIDER: reconcile.ask_provider})


MakeRule = Callable[..., Awaitable[UUID]]


@pytest.fixture
def make_rule(begin: Begin, clock: Clock, utility: build.Utility) -> MakeRule:
    async def make(*, agreed: bool = True, kind: TopUpKind = TopUpKind.LOW, most: int = 4, day: int = 1) -> UUID:
        async with begin() as db:
            resident = Resident(phone="+8613800000009", created_at=clock(), locale="en")
            db.add(resident)
            await db.flush()
            agreement = Agreement(
                resident_id=resident.id, provider="counter", provider_ref="signed", most_minor=5000, made_at=clock()
            )
            db.add(agreement)
            await db.flush()
            rule = TopUpRule(
                resident_id=resident.id,
                meter_id=utility.esam.id,
                kind=kind,
                amount_minor=5000,
                made_at=clock(),
                agreement_id=agreement.id if agreed else None,
                most_a_month=most,
                day_of_month=day,
            )
            db.add(rule)
            await db.flush()
            return rule.id

    return make


async def read(begin: Begin, meter: Meter, balance_minor: int, now: datetime) -> None:
    async with begin() as db:
        locked = await db.get_one(Meter, meter.id, with_for_update=True)
        await record_balance(db, locked, balance_minor, BalanceSource.DAILY, now)


async def payments(begin: Begin) -> list[Payment]:
    async with begin() as db:
        return list(await db.exec(select(Payment)))


async def messages(begin: Begin) -> list[Message]:
    async with begin() as db:
        return list(await db.exec(select(Message).where(Message.address == "+8613800000009")))


async def test_a_reading_below_the_line_pays_once(
    begin: Begin, utility: build.Utility, make_rule: MakeRule, work: Work, bank: Bank, clock: Clock
) -> None:
    rule_id = await make_rule()
    await read(begin, utility.esam, 2500, clock())
    await work()
    assert await payments(begin) == []

    clock.forward(hours=1)
    await read(begin, utility.esam, 1999, clock())
    await work()
    clock.forward(hours=1)
    await read(begin, utility.esam, 1900, clock())
    await work()

    (payment,) = await payments(begin)
    assert (payment.state, payment.way, payment.rule_id) == (PaymentState.PAID, Way.AGREEMENT, rule_id)
    assert bank.secrets == ["signed"]
    async with begin() as db:
        assert (await db.exec(select(Purchase.amount_minor))).one() == 5000


async def test_a_process_killed_after_the_money_was_taken_charges_nobody_twice(
    begin: Begin, utility: build.Utility, make_rule: MakeRule, work: Work, bank: Bank, clock: Clock
) -> None:
    await make_rule()
    bank.dies = True
    await read(begin, utility.esam, 100, clock())
    with pytest.raises(Died):
        await work()
    assert [p.state for p in await payments(begin)] == [PaymentState.WAITING]

    bank.dies = False
    clock.forward(minutes=6)
    await work()

    assert [p.state for p in await payments(begin)] == [PaymentState.PAID]
    assert len(bank.secrets) == len(bank.charged) == 1


async def test_a_lost_answer_is_asked_after_and_ends_without_money(
    begin: Begin, utility: build.Utility, make_rule: MakeRule, work: Work, bank: Bank, clock: Clock
) -> None:
    await make_rule()
    bank.down = True
    await read(begin, utility.esam, 100, clock())
    await work()
    assert [p.state for p in await payments(begin)] == [PaymentState.WAITING]

    for _ in range(8):
        clock.forward(minutes=5)
        await work()

    assert [p.state for p in await payments(begin)] == [PaymentState.CLOSED]
    assert len(bank.secrets) == 1
    assert [m.kind for m in await messages(begin)] == ["top_up_failed"]


async def test_a_refusal_is_told_with_a_link(
    begin: Begin, utility: build.Utility, make_rule: MakeRule, work: Work, bank: Bank, clock: Clock
) -> None:
    await make_rule()
    bank.refuses = True
    await read(begin, utility.esam, 100, clock())
    await work()

    assert [p.state for p in await payments(begin)] == [PaymentState.FAILED]
    assert [m.kind for m in await messages(begin)] == ["top_up_failed"]

    for _ in range(8):
        clock.forward(minutes=5)
        await work()
    assert len(await messages(begin)) == 1


@pytest.mark.parametrize("ended", [True, False])
async def test_without_an_agreement_it_reminds_by_day(
    begin: Begin, utility: build.Utility, make_rule: MakeRule, work: Work, clock: Clock, *, ended: bool
) -> None:
    await make_rule(agreed=ended)
    async with begin() as db:
        (await db.exec(select(Agreement))).one().ended_at = clock() if ended else None
    clock.forward(hours=14)  # 23:00
    await read(begin, utility.esam, 100, clock())
    await work()

    assert await payments(begin) == []
    (message,) = await messages(begin)
    assert message.kind == "top_up_due"
    assert message.not_before.astimezone().utcoffset() is not None
    assert message.not_before > clock()


async def test_money_on_its_way_is_waited_for(
    begin: Begin, utility: build.Utility, make_rule: MakeRule, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        db.add(opened(await build.payment(db, utility.esam, 5000, clock())))
    await make_rule()
    await read(begin, utility.esam, 100, clock())
    await work()
    assert len(await payments(begin)) == 1

    async with begin() as db:
        (await db.exec(select(Payment))).one().state = PaymentState.CLOSED
    clock.forward(minutes=31)
    await work()

    assert len(await payments(begin)) == 2


def opened(payment: Payment) -> Payment:
    payment.pay_url = "https://pay.test/x"
    return payment


async def test_the_month_has_its_bound(
    begin: Begin, utility: build.Utility, make_rule: MakeRule, work: Work, clock: Clock
) -> None:
    await make_rule(most=2)
    for _ in range(4):
        await read(begin, utility.esam, 100, clock())
        await work()
        async with begin() as db:
            for purchase in await db.exec(select(Purchase)):
                purchase.state = "credited"
        clock.forward(days=1)

    assert len(await payments(begin)) == 2


async def test_a_monthly_rule_acts_once_in_its_month(
    begin: Begin, deps: Deps, make_rule: MakeRule, work: Work, clock: Clock
) -> None:
    first = clock().day
    await make_rule(kind=TopUpKind.MONTHLY, day=first + 1)
    await topups.plan_monthly(deps)
    await work()
    assert await payments(begin) == []

    for _ in range(3):
        clock.forward(days=1)
        await topups.plan_monthly(deps)
        await work()

    assert len(await payments(begin)) == 1


async def test_a_stopped_rule_does_nothing(
    begin: Begin, utility: build.Utility, make_rule: MakeRule, work: Work, clock: Clock
) -> None:
    rule_id = await make_rule()
    await read(begin, utility.esam, 100, clock())
    async with begin() as db:
        (await db.get_one(TopUpRule, rule_id)).stopped_at = clock()
    await work()

    assert await payments(begin) == []
    assert await messages(begin) == []
