"""The demo's utility: whole, balanced, and the same world on both sides of the wire."""

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, func, select

from app.db import Begin
from app.demo.history import DAYS, history
from app.demo.keys import DemoSecrets, load_or_make
from app.demo.outposts import Whereabouts, point_at_outposts
from app.demo.seed import seed
from app.demo.stories import SCRIPTED, demo_town
from app.demo.town import NEW_METER, Part, Town, account_number, meter_number
from app.demo.world import Surroundings, write_world
from app.domain.access import parse_number
from app.domain.ledger import BookingKind
from app.domain.wallet import BalanceSource, ReadingKind
from app.models import (
    Account,
    AmiHeadEnd,
    Booking,
    Campaign,
    CollectionScheme,
    Commissioning,
    Concentrator,
    Contact,
    DeviceAlarm,
    FeeCharge,
    Fund,
    HandheldLine,
    InboundMessage,
    LedgerEntry,
    MasterMeter,
    Message,
    Meter,
    MeterGroup,
    MeterSwap,
    Payment,
    Purchase,
    Reading,
    Suppression,
    TemplateVersion,
)
from app.services import announcements
from app.services.collection.figures import DayFigure, store
from app.services.fees import charging
from app.services.head_ends.joining import PURPOSE
from app.services.reports.alert_effect import Span, alert_effect
from app.services.reports.disconnected import disconnected
from app.services.sealing import opened
from headend_client.simulator.world import FrontEndAddress, HeadEndSpec, Script, World
from tests.clocks import Clock

ZONE = ZoneInfo("Asia/Shanghai")
CONTROLS = [0] * demo_town().posts
SHORT = replace(demo_town(), days=5, remembered=0)
ASIDE = [place for place, story in enumerate(SCRIPTED) if story.part in (Part.LEDGER, Part.TERMINAL, Part.TRIED)]
HELD = next(place for place, story in enumerate(SCRIPTED) if story.part is Part.LEDGER)


async def test_seeding_fills_an_empty_utility_once_and_the_books_balance(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        assert await seed(db, clock(), ZONE, demo_town())
    async with begin() as db:
        assert not await seed(db, clock(), ZONE, demo_town())
        counts = [
            (await db.exec(select(func.count()).select_from(table))).one()
            for table in (Concentrator, Meter, Account, Reading)
        ]
        total = (await db.exec(select(func.sum(LedgerEntry.amount_minor)))).one()
        numbers = [*(await db.exec(select(Meter.number))), *(await db.exec(select(Account.number)))]
    assert counts[:3] == [demo_town().posts, *[len(demo_town().everybody)] * 2]
    assert counts[3] > sum(demo_town().past_of(place) for place in range(60) if place not in ASIDE)
    assert len(demo_town().households) == 60
    assert total == 0
    assert all(parse_number(number).digits == number for number in numbers)


async def test_what_was_sold_was_booked_when_it_happened(begin: Begin, clock: Clock) -> None:
    booked = select(Purchase.credited_at, Booking.booked_at).where(Booking.subject_id == Purchase.id)
    paid = select(Payment.paid_at, Booking.booked_at).where(Booking.subject_id == Payment.id)
    async with begin() as db:
        await seed(db, clock(), ZONE, SHORT)
        credits = list(await db.exec(booked.where(Booking.kind == BookingKind.CREDIT)))
        payments = list(await db.exec(paid.where(Booking.kind == BookingKind.PAYMENT)))
    assert len(credits) > 2 and len(payments) > len(credits)
    assert [at for at, booked_at in credits + payments if at != booked_at] == []


async def test_books_and_simulated_meters_agree_on_counts_and_money(begin: Begin, clock: Clock, tmp_path: Path) -> None:
    async with begin() as db:
        await seed(db, clock(), ZONE, demo_town())
        known = select(Meter).where(col(Meter.balance_source) == BalanceSource.DAILY)
        booked = {m.number: (m.purchase_count, m.balance_minor) for m in await db.exec(known)}
        sold = (await db.exec(select(func.count()).select_from(Purchase))).one()
    around = Surroundings(FrontEndAddress("127.0.0.1", 7000), CONTROLS, "Asia/Shanghai")
    world = write_world(tmp_path / "world.json", demo_town(), DemoSecrets(), around)
    aside = {meter_number(each, "esam") for each in (*ASIDE, NEW_METER)}
    simulated = {
        m.number: (m.first.purchase_count, m.first.balance_cents - m.first.overdraft_cents)
        for c in world.concentrators
        for m in c.meters
        if m.number not in aside
    }
    assert simulated == booked
    assert len(booked) > 50
    assert sold > 60
    assert World.load(tmp_path / "world.json") == world


async def test_yesterdays_use_takes_the_meter_whose_money_the_ledger_holds_below_zero(
    begin: Begin, clock: Clock, tmp_path: Path
) -> None:
    here = clock().astimezone(ZONE)
    async with begin() as db:
        await seed(db, clock(), ZONE, SHORT)
        fund = (await db.exec(select(Fund))).one()
        meter = await db.get_one(Meter, fund.meter_id)
        charged = list(await db.exec(select(FeeCharge).order_by(col(FeeCharge.last))))
        assert fund.held_minor == meter.balance_minor
    assert fund.held_minor > 0
    assert (fund.day, fund.total_wh) == (here.date() - timedelta(days=2), charged[-1].to_wh)
    assert fund.held_minor == 20_000 - sum(each.amount_minor for each in charged)
    around = Surroundings(FrontEndAddress("127.0.0.1", 7000), CONTROLS, "Asia/Shanghai")
    world = write_world(tmp_path / "world.json", SHORT, DemoSecrets(), around)
    (there,) = (m for c in world.concentrators for m in c.meters if m.address == meter.address)
    async with begin() as db:
        yesterday = here.date() - timedelta(days=1)
        await store(db, [DayFigure(fund.meter_id, yesterday, ReadingKind.ENERGY, there.first.energy_wh, here)])
        await charging.charge_due(db, here.date(), clock())
    async with begin() as db:
        assert (await db.get_one(Meter, fund.meter_id)).balance_minor in range(-800, 0)


async def test_staff_have_work_at_the_devices_in_hand(begin: Begin, clock: Clock, tmp_path: Path) -> None:
    town = SHORT
    async with begin() as db:
        await seed(db, clock(), ZONE, town)
    async with begin() as db:
        group = (await db.exec(select(MeterGroup))).one()
        master = (await db.exec(select(MasterMeter))).one()
        scheme = (await db.exec(select(CollectionScheme))).one()
        line = (await db.exec(select(HandheldLine))).one()
        swap = (await db.exec(select(MeterSwap))).one()
        tried = list(await db.exec(select(Commissioning.state)))
        carried = await db.get_one(Purchase, line.purchase_id)
        numbers = {row.id: row.number for row in await db.exec(select(Meter))}
    assert (scheme.usual, scheme.curve_min) == (True, 30)
    assert (line.state, carried.state, line.number) == ("out", "sending", carried.number)
    assert (swap.state, tried) == ("open", ["running"] * 2)
    world = write_world(tmp_path / "world.json", town, DemoSecrets(), around(town))
    first = world.concentrators[0]
    assert [(each.number, each.rounds) for each in first.groups] == [(group.number, group.rounds)]
    assert [(each.address, each.port) for each in first.masters] == [(master.address, master.port)]
    there = {meter.number: meter for meter in first.meters}
    assert there[swap.new_number].customer == there[numbers[swap.old_meter_id]].customer
    assert there[numbers[line.meter_id]].behaviour.script is Script.DEAD


def around(town: Town) -> Surroundings:
    return Surroundings(FrontEndAddress("127.0.0.1", 7000), [0] * town.posts, "Asia/Shanghai")


async def test_an_outpost_is_found_where_it_is_this_time(begin: Begin, clock: Clock, tmp_path: Path) -> None:
    town = SHORT
    lines, secrets = [7100 + place for place in range(town.posts)], DemoSecrets()
    async with begin() as db:
        await seed(db, clock(), ZONE, town)
        await point_at_outposts(db, Whereabouts(town, lines, secrets))
    around = Surroundings(FrontEndAddress("127.0.0.1", 7000), CONTROLS, "Asia/Shanghai", lines)
    world = write_world(tmp_path / "world.json", town, secrets, around)
    (there,) = (each for each in world.concentrators if each.is_gateway)
    async with begin() as db:
        row = (await db.exec(select(Concentrator).where(Concentrator.driver == "dlt645_tcp"))).one()
        behind = set(await db.exec(select(Meter.address).where(Meter.concentrator_id == row.id)))
    assert (row.host, row.port) == ("127.0.0.1", there.line_port)
    assert behind == {meter.address for meter in there.meters}
    async with begin() as db:
        joined = (await db.exec(select(AmiHeadEnd))).one()
        place = (await db.exec(select(Concentrator).where(Concentrator.ami_head_end_id == joined.id))).one()
        behind = set(await db.exec(select(Meter.address).where(Meter.concentrator_id == place.id)))
    (theirs,) = (each for each in world.concentrators if each.head_end)
    assert theirs.head_end == HeadEndSpec(
        port=int(joined.url.rpartition(":")[2]),
        key_id=joined.key_id,
        secret=opened(joined.secret_sealed, PURPOSE, joined.id, secrets.session),
        name="Beiyuan AMI",
    )
    assert behind == {meter.address for meter in theirs.meters}


async def test_a_newcomer_finds_a_board_a_family_elsewhere_and_weeks_of_messages(begin: Begin, clock: Clock) -> None:
    now = clock()
    async with begin() as db:
        await seed(db, now, ZONE, demo_town())
        span = Span(now - timedelta(days=90), now + timedelta(days=1), ZONE)
        effect, dark = await alert_effect(db, span), await disconnected(db, span)
        states = set(await db.exec(select(Message.state).distinct()))
        campaigns = set(await db.exec(select(Campaign.state)))
        stands_in = (await db.exec(select(func.count()).where(col(Contact.stands_in_for_id).is_not(None)))).one()
        tampered = (await db.exec(select(DeviceAlarm).where(col(DeviceAlarm.acknowledged_at).is_(None)))).one()
        waits = (await db.exec(select(TemplateVersion))).one()
        alone = (await db.exec(select(func.count()).select_from(Suppression))).one()
        heard = set(await db.exec(select(InboundMessage.understood)))
        board = await announcements.shown(db, now)
        told = select(Contact.address).join(Account, col(Account.id) == col(Contact.account_id))
        phones = list(await db.exec(told.where(Account.number == account_number(0), Contact.channel == "sms")))
        future = (await db.exec(select(func.count()).where(col(Message.sent_at) > now))).one()
    assert [(each.phase, each.kind) for each in board] == [("restored", "unplanned"), ("ahead", "planned")]
    assert board[1].from_at.astimezone(ZONE).date() == now.astimezone(ZONE).date() + timedelta(days=1)
    assert len(phones) == 2
    assert all(level.told for _, level in effect.levels)
    assert sum(level.paid for _, level in effect.levels) > 100
    assert effect.levels[-1][1].cut > 2
    assert len(effect.weeks) >= 8
    assert sum(ended.count for ended in dark.ended) > 5
    assert states >= {"delivered", "failed", "unknown", "dropped", "replaced", "queued"}
    assert campaigns == {"scheduled", "done"}
    assert (stands_in, tampered.step, waits.state, alone, future) == (1, 1, "asked", 4, 0)
    assert {"stop", "balance", "help", "unclear", "still_out"} == heard


@given(st.integers(-500, 20_000), st.integers(1, 2000), st.integers(0, 1000))
def test_a_past_ends_where_the_story_begins_and_adds_up(balance: int, use: int, dice: int) -> None:
    days = history(date(2026, 11, 21), balance, use, Random(dice))
    assert len(days) == DAYS
    assert days[-1].balance_minor == balance
    for before, after in pairwise(days):
        spent = before.balance_minor + after.purchase_minor - after.balance_minor
        assert 0 < spent <= use * 2 + 2


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = load_or_make(path)
    assert load_or_make(path) == made
    older = {name: value for name, value in json.loads(path.read_text()).items() if name != "head_end"}
    path.write_text(json.dumps(older))
    made = load_or_make(path)
    assert load_or_make(path) == made
    assert made.session == older["session"]
    assert path.stat().st_mode & 0o077 == 0
    assert made.session not in repr(made)
