"""Emergency credit goes the way of any purchase, is owed, and is repaid first (SPEC R-10)."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, func, select

from app.db import Begin
from app.domain.advance import AdvanceRefused, Refusal, Terms
from app.domain.amnesty import Trouble
from app.domain.ledger import ARREARS, OWED_TO_METERS
from app.domain.purchase import PurchaseKind
from app.domain.purchase_control import CountedIn
from app.domain.relay import Supply
from app.domain.rules import CutRules
from app.domain.wallet import BalanceSource
from app.models import Account, Advance, Amnesty, GridNode, LedgerEntry, Meter, MeterGroup, Note, Purchase, Tariff
from app.outbox import Job
from app.services.advances import cancel_advance, grant_advance, offer_advance, terms_at
from app.services.energy_sold import Sold, sold
from app.services.lookup import MeterView, view_meter
from app.services.readings import record_balance
from app.services.rulebook import save
from tests import build
from tests.app.web import stories
from tests.clocks import Clock

TERMS = Terms(2000, timedelta(days=7))


@pytest.fixture
async def town(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        town = await build.utility(db, clock())
        for meter_id in (town.esam.id, town.sts.id):
            meter = await db.get_one(Meter, meter_id, with_for_update=True)
            await record_balance(db, meter, -300, BalanceSource.READBACK, clock())
            meter.supply, meter.supply_read_at = Supply.OFF, clock()
        return town


async def grant(begin: Begin, number: str, clock: Clock) -> Purchase:
    async with begin() as db:
        return await grant_advance(db, await seen(begin, number, clock), TERMS, clock())


async def seen(begin: Begin, number: str, clock: Clock) -> MeterView:
    async with begin() as db:
        view = await view_meter(db, number, clock())
        assert view is not None
        return view


async def booked(begin: Begin, account: str) -> int:
    async with begin() as db:
        total = select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
        return int((await db.exec(total.where(LedgerEntry.ledger_account == account))).one())


async def owed(begin: Begin, town: build.Utility) -> int:
    async with begin() as db:
        return (await db.get_one(Account, town.account.id)).arrears_minor


async def test_a_grant_is_on_its_way_to_the_meter_and_owed(begin: Begin, town: build.Utility, clock: Clock) -> None:
    purchase = await grant(begin, town.esam.number, clock)

    async with begin() as db:
        jobs = list(await db.exec(select(Note.job).where(Note.subject_id == purchase.id)))
    assert jobs == [Job.DOWNLOAD_PURCHASE]
    assert (purchase.kind, purchase.payment_id, purchase.credit_minor) == (PurchaseKind.ADVANCE, None, 2000)
    assert await owed(begin, town) == 2000
    assert (await booked(begin, ARREARS), await booked(begin, OWED_TO_METERS)) == (2000, -2000)


async def test_where_a_terminal_counts_kwh_it_is_given_in_kwh(begin: Begin, town: build.Utility, clock: Clock) -> None:
    async with begin() as db:
        (await db.exec(select(Tariff))).one().price_e4 = 5_283
        row = MeterGroup(meter_id=town.esam.id, concentrator_id=town.concentrator.id, number=1, rounds=1)
        row.counted_in = CountedIn.ENERGY
        db.add(row)
    purchase = await grant(begin, town.esam.number, clock)
    async with begin() as db:
        assert await sold(db, purchase.id) == Sold(38, 7)


async def test_a_token_meter_gets_a_token(begin: Begin, town: build.Utility, clock: Clock) -> None:
    purchase = await grant(begin, town.sts.number, clock)

    async with begin() as db:
        jobs = list(await db.exec(select(Note.job).where(Note.subject_id == purchase.id)))
    assert jobs == [Job.ISSUE_TOKEN]


async def test_two_clicks_at_once_grant_one(begin: Begin, town: build.Utility, clock: Clock) -> None:
    first, second = await asyncio.gather(*(grant(begin, town.esam.number, clock) for _ in range(2)))

    assert first.ref == second.ref
    assert await owed(begin, town) == 2000


async def test_the_next_payment_repays_it_first(begin: Begin, town: build.Utility, clock: Clock) -> None:
    await grant(begin, town.esam.number, clock)
    async with begin() as db:
        part = await stories.paid(db, town.esam, 1500, clock())
    async with begin() as db:
        assert (await db.exec(select(Advance))).one().repaid_at is None
    async with begin() as db:
        rest = await stories.paid(db, town.esam, 3000, clock())
    async with begin() as db:
        advance = (await db.exec(select(Advance))).one()

    assert (part.arrears_minor, part.credit_minor) == (1500, 0)
    assert (rest.arrears_minor, rest.credit_minor) == (500, 2500)
    assert advance.repaid_at == clock()
    assert await booked(begin, ARREARS) == 0


async def test_it_is_not_given_again_while_it_is_owed_or_too_soon(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    await grant(begin, town.esam.number, clock)
    with pytest.raises(AdvanceRefused) as other_meter:
        await grant(begin, town.sts.number, clock)
    async with begin() as db:
        await stories.paid(db, town.esam, 2000, clock())
        await db.execute(Purchase.__table__.update().values(state="credited"))  # type: ignore[attr-defined]
    clock.forward(days=1)
    with pytest.raises(AdvanceRefused) as too_soon:
        await grant(begin, town.esam.number, clock)

    assert other_meter.value.refusal is Refusal.TAKEN
    assert too_soon.value.refusal is Refusal.TOO_SOON


async def test_the_offer_says_what_it_costs(begin: Begin, town: build.Utility, clock: Clock) -> None:
    view = await seen(begin, town.esam.number, clock)
    async with begin() as db:
        before = await offer_advance(db, view, TERMS, clock())
    purchase = await grant(begin, town.esam.number, clock)
    async with begin() as db:
        after = await offer_advance(db, view, TERMS, clock())

    assert (before.refusal, before.balance_after_minor, before.owed_after_minor) == (None, 1700, 2000)
    assert (after.refusal, after.open_ref) == (Refusal.TAKEN, purchase.ref)


async def test_what_never_reached_the_meter_is_owed_no_more(begin: Begin, town: build.Utility, clock: Clock) -> None:
    granted = await grant(begin, town.esam.number, clock)
    async with begin() as db:
        purchase = await db.get_one(Purchase, granted.id)
        assert await cancel_advance(db, purchase, clock())
        assert not await cancel_advance(db, purchase, clock())

    assert await owed(begin, town) == 0
    assert (await booked(begin, ARREARS), await booked(begin, OWED_TO_METERS)) == (0, 0)


async def test_one_account_has_one_open_advance_whatever_happens(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    await grant(begin, town.esam.number, clock)

    async with begin() as db:
        open_ = select(func.count()).select_from(Advance).where(col(Advance.repaid_at).is_(None))
        assert (await db.exec(open_)).one() == 1


async def _amnesty(begin: Begin, node: UUID | None, clock: Clock) -> None:
    async with begin() as db:
        db.add(Amnesty(id=uuid4(), node_id=node, reason=Trouble.PAYMENTS_DOWN, from_at=clock()))


async def allowed(begin: Begin, meter: UUID, usual: Terms, clock: Clock) -> Terms:
    async with begin() as db:
        return await terms_at(db, meter, usual, clock())


async def test_during_an_amnesty_the_rest_between_two_advances_does_not_count(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    given = await grant(begin, town.esam.number, clock)
    async with begin() as db:
        (await db.exec(select(Advance).where(Advance.purchase_id == given.id))).one().repaid_at = clock()
    with pytest.raises(AdvanceRefused) as refused:
        await grant(begin, town.sts.number, clock)
    assert refused.value.refusal is Refusal.TOO_SOON
    await _amnesty(begin, None, clock)
    now_allowed = await allowed(begin, town.sts.id, TERMS, clock)
    async with begin() as db:
        again = await grant_advance(db, await seen(begin, town.sts.number, clock), now_allowed, clock())
    assert again.id != given.id


async def test_an_amnesty_opens_it_where_it_is_switched_off_if_the_rule_says_how_much(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    off = Terms(0, timedelta(days=7))
    await _amnesty(begin, town.concentrator.node_id, clock)
    assert (await allowed(begin, town.esam.id, off, clock)).amount_minor == 0
    async with begin() as db:
        await save(db, CutRules(amnesty_advance_minor=1500), None, clock())
    assert await allowed(begin, town.esam.id, off, clock) == Terms(1500, timedelta())
    assert await allowed(begin, town.esam.id, TERMS, clock) == Terms(2000, timedelta())


async def test_an_amnesty_of_another_place_or_one_that_is_over_opens_nothing(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        elsewhere = GridNode(kind="area", name="Elsewhere", path="")
        elsewhere.path = str(elsewhere.id)
        db.add(elsewhere)
    await _amnesty(begin, elsewhere.id, clock)
    assert await allowed(begin, town.esam.id, TERMS, clock) == TERMS
    await _amnesty(begin, None, clock)
    async with begin() as db:
        for row in await db.exec(select(Amnesty)):
            row.ended_at = clock()
    assert await allowed(begin, town.esam.id, TERMS, clock) == TERMS
