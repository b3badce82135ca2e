"""Stories from paid to lit through real frames over TCP, with meters that misbehave.

The meter's own list of credits is the truth.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.purchase import PurchaseState
from app.models import Exchange, Meter, Purchase, RelayState, Review
from headend_client.simulator.world import Behaviour, FirstState, Script
from tests.journeys.wire import IN_HASTE, PATIENCE_S, Street, Way, street

DARK = FirstState(overdraft_cents=250, relay_open=True, purchase_count=4)
Open = Callable[..., AbstractAsyncContextManager[Street]]


@pytest.fixture
def on_the_wire(begin: Begin, tmp_path: Path) -> Open:
    def open_street(script: Script = Script.WELL_BEHAVED, first: FirstState = DARK, **figures: int) -> object:
        way = Way(timing=IN_HASTE) if script is Script.LATE_ANSWER else Way()
        return street(begin, tmp_path, Behaviour(script, **figures), first, way)  # type: ignore[arg-type]

    return open_street  # type: ignore[return-value]


def each_kind(lane: Street) -> list[Meter]:
    return [lane.rows.esam, lane.rows.sts]


async def credited_once(lane: Street, meter: Meter, known: Purchase) -> None:
    """The meter has it exactly once, and our rows say so."""
    seen, row = lane.meter(meter), await lane.purchase(known)
    assert [c.amount_e5 // 1000 >= known.credit_minor for c in seen.credits] == [True]
    assert row.state == PurchaseState.CREDITED
    assert row.balance_after_minor == seen.balance_cents
    if row.number is not None:
        assert seen.purchase_count == row.number == DARK.purchase_count + 1


async def reviews(lane: Street) -> list[str]:
    async with lane.begin() as db:
        return [r.kind for r in await db.exec(select(Review))]


async def test_a_payment_goes_through_real_frames_into_the_meter_and_the_relay_closes(on_the_wire: Open) -> None:
    async with on_the_wire() as lane:
        for meter in each_kind(lane):
            known = await lane.pay(meter)
            await lane.drain()
            await credited_once(lane, meter, known)
            assert not lane.meter(meter).relay_open
            async with lane.begin() as db:
                states = await db.exec(
                    select(RelayState).where(RelayState.meter_id == meter.id).order_by(col(RelayState.read_at))
                )
                assert [s.relay_open for s in states][-1] is False
                frames = list(await db.exec(select(Exchange).where(Exchange.purchase_id == known.id)))
            assert {f.direction for f in frames} == {"down", "up"}


@pytest.mark.parametrize("script", [Script.DEAF, Script.DROPS_LINK, Script.LATE_ANSWER])
async def test_a_lost_answer_ends_in_exactly_one_credit(on_the_wire: Open, script: Script) -> None:
    figures = {"seconds": 2} if script is Script.LATE_ANSWER else {}
    async with on_the_wire(script, **figures) as lane:
        for meter in each_kind(lane):
            known = await lane.pay(meter)
            await lane.drain()
            async with asyncio.timeout(PATIENCE_S):
                while (await lane.purchase(known)).state != PurchaseState.CREDITED:
                    await tried_again(lane)
            await tried_again(lane)
            await credited_once(lane, meter, known)


async def tried_again(lane: Street) -> None:
    await lane.until_linked()
    await lane.hurry()
    await lane.drain()


async def test_a_slow_meter_is_waited_for(on_the_wire: Open) -> None:
    async with on_the_wire(Script.SLOW, seconds=0) as lane:
        known = await lane.pay(lane.rows.esam)
        await lane.drain()
        await credited_once(lane, lane.rows.esam, known)


async def test_a_dead_meter_gets_no_credit_and_the_purchase_waits_unsent(on_the_wire: Open) -> None:
    async with on_the_wire(Script.DEAD) as lane:
        known = await lane.pay(lane.rows.esam)
        for _ in range(3):
            await lane.hurry()
            await lane.drain()
        row = await lane.purchase(known)
        assert (row.state, row.sends, row.number) == (PurchaseState.PAID, 0, None)
        assert lane.meter(lane.rows.esam).credits == ()
        assert await reviews(lane) == ["work_order"]


async def test_a_meter_with_another_count_is_left_alone(on_the_wire: Open) -> None:
    async with on_the_wire(Script.WRONG_COUNT) as lane:
        known = await lane.pay(lane.rows.esam)
        await lane.drain()
        assert (await lane.purchase(known)).state == PurchaseState.REVIEW
        assert lane.meter(lane.rows.esam).credits == ()
        assert await reviews(lane) == ["count_confused"]


async def test_a_meter_over_its_hoarding_limit_refuses_and_staff_are_asked(on_the_wire: Open) -> None:
    async with on_the_wire(Script.HOARDER, limit_cents=1000) as lane:
        known = await lane.pay(lane.rows.esam)
        await lane.drain()
        row = await lane.purchase(known)
        assert (row.state, row.number) == (PurchaseState.REVIEW, None)
        assert lane.meter(lane.rows.esam).credits == ()
        assert await reviews(lane) == ["meter_refused"]


async def test_a_meter_that_says_yes_and_stays_open_is_found_out(on_the_wire: Open) -> None:
    async with on_the_wire(Script.LAZY_RELAY) as lane:
        known = await lane.pay(lane.rows.esam)
        for _ in range(8):
            await lane.hurry()
            await lane.drain()
        await credited_once(lane, lane.rows.esam, known)
        assert lane.meter(lane.rows.esam).relay_open
        assert await reviews(lane) == ["relay_not_proved"]


async def test_a_meter_under_keep_power_is_credited_and_its_relay_left_alone(on_the_wire: Open) -> None:
    lit = FirstState(overdraft_cents=900, keep_power=True, purchase_count=4)
    async with on_the_wire(Script.KEEP_POWER, lit) as lane:
        known = await lane.pay(lane.rows.esam)
        await lane.drain()
        await credited_once(lane, lane.rows.esam, known)
        async with lane.begin() as db:
            (state,) = await db.exec(select(RelayState))
        assert (state.keep_power, state.relay_open, state.after_verb) == (True, False, "relay_leave")


async def test_no_secret_reaches_the_table_of_frames(on_the_wire: Open) -> None:
    async with on_the_wire() as lane:
        known = await lane.pay(lane.rows.sts)
        await lane.drain()
        async with lane.begin() as db:
            token = (await lane.purchase(known), await db.exec(select(Exchange.inner_hex)))
            stored = [inner for inner in token[1] if "xx" in inner]
        assert stored  # the token's digits went out masked
