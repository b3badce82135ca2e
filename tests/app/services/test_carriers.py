"""Providers' shares as rows: moved by errors, by slowness, by staff, and back."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.domain.notice import MessageKind, MessageState
from app.domain.sharing import MoveReason
from app.models import Audit, Carrier, CarrierMove, Message, MessageAttempt, Staff
from app.models.account import ChannelName
from app.services import carrier_desk, carriers
from app.services.carrier_desk import CarrierError
from app.services.carrier_paces import Place
from tests.clocks import Clock

TWILIO, ALIYUN = Place("twilio", ChannelName.SMS), Place("aliyun", ChannelName.SMS)


@pytest.fixture(autouse=True)
async def two(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await carriers.enrol(db, ChannelName.SMS, ("twilio", "aliyun"), clock())
    clock.forward(minutes=2)


async def shares(begin: Begin) -> dict[str, int]:
    async with begin() as db:
        return {row.name: row.share for row in await db.exec(select(Carrier))}


async def reasons(begin: Begin) -> list[str]:
    async with begin() as db:
        rows = select(CarrierMove).where(CarrierMove.name == "twilio").order_by(col(CarrierMove.at))
        return [row.reason for row in await db.exec(rows)]


async def stumble(begin: Begin, clock: Clock) -> bool:
    async with begin() as db:
        return await carriers.stumble(db, TWILIO, MoveReason.ERRORS, clock())


@pytest.fixture
async def anna(begin: Begin) -> UUID:
    async with begin() as db:
        anna = Staff(login="anna", name="Anna", password_hash="x")
        db.add(anna)
        await db.flush()
        return anna.id


async def test_providers_begin_even_and_are_enrolled_once(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        found = await carriers.enrol(db, ChannelName.SMS, ("twilio", "aliyun"), clock())
    assert {name: share.points for name, share in found.items()} == {"twilio": 50, "aliyun": 50}


async def test_errors_move_shares_at_most_once_a_minute(begin: Begin, clock: Clock) -> None:
    assert await stumble(begin, clock)
    assert not await stumble(begin, clock)
    assert await shares(begin) == {"twilio": 40, "aliyun": 60}
    clock.forward(minutes=1)
    assert await stumble(begin, clock)
    assert await shares(begin) == {"twilio": 30, "aliyun": 70}


async def test_ten_errors_at_once_are_one_move(begin: Begin, clock: Clock) -> None:
    moved = await asyncio.gather(*(stumble(begin, clock) for _ in range(10)))
    assert moved.count(True) == 1
    assert await shares(begin) == {"twilio": 40, "aliyun": 60}


async def test_shares_come_back_step_by_step(begin: Begin, clock: Clock) -> None:
    await stumble(begin, clock)
    for expected in (40, 45, 50, 50):
        assert (await shares(begin))["twilio"] == expected
        clock.forward(minutes=5)
        async with begin() as db:
            await carriers.drift(db, clock())
    assert await reasons(begin) == ["errors", "recovered", "recovered"]


async def test_wrong_credentials_switch_off_until_a_notifier_starts_again(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await carriers.switch_off(db, TWILIO, MoveReason.CREDENTIALS, clock())
    async with begin() as db:
        assert (await carriers.enrol(db, ChannelName.SMS, ("twilio",), clock()))["twilio"].off
        await carriers.reopen(db, ChannelName.SMS, ("twilio",), clock())
    async with begin() as db:
        assert not (await carriers.enrol(db, ChannelName.SMS, ("twilio",), clock()))["twilio"].off


async def test_what_staff_switched_off_stays_off(begin: Begin, clock: Clock, anna: UUID) -> None:
    async with begin() as db:
        await carrier_desk.stop(db, TWILIO, anna, clock())
    async with begin() as db:
        await carriers.reopen(db, ChannelName.SMS, ("twilio",), clock())
    async with begin() as db:
        assert (await carriers.enrol(db, ChannelName.SMS, ("twilio",), clock()))["twilio"].off
        await carrier_desk.start(db, TWILIO, anna, clock())
    async with begin() as db:
        assert not (await carriers.enrol(db, ChannelName.SMS, ("twilio",), clock()))["twilio"].off
        acts = list(await db.exec(select(Audit.act).where(Audit.staff_id == anna).order_by(col(Audit.at))))
    assert [act for act in acts if act.startswith("carrier")] == ["carrier_stopped", "carrier_started"]


async def test_a_share_that_staff_set_holds_at_once_and_says_who(begin: Begin, clock: Clock, anna: UUID) -> None:
    async with begin() as db:
        await carrier_desk.rest_at(db, TWILIO, 80, anna, clock())
    async with begin() as db:
        (line,) = await carrier_desk.moves(db)
    assert (await shares(begin))["twilio"] == 80
    assert (line.who, line.move.before, line.move.after, line.move.reason) == ("Anna", 50, 80, "staff")


@pytest.mark.parametrize(
    ("place", "points", "code"),
    [
        (TWILIO, 101, "share_out_of_range"),
        (TWILIO, -1, "share_out_of_range"),
        (Place("pigeon", ChannelName.SMS), 5, "unknown_carrier"),
    ],
)
async def test_what_cannot_be_is_said(
    begin: Begin, clock: Clock, anna: UUID, place: Place, points: int, code: str
) -> None:
    with pytest.raises(CarrierError, match=code):
        async with begin() as db:
            await carrier_desk.rest_at(db, place, points, anna, clock())


async def took(begin: Begin, clock: Clock, count: int, delivered_after_s: int | None) -> None:
    """Twilio took so many messages ten minutes ago."""
    at = clock() - timedelta(minutes=10)
    async with begin() as db:
        for _ in range(count):
            arrived = None if delivered_after_s is None else at + timedelta(seconds=delivered_after_s)
            message = Message(
                address="+8613800000009",
                kind=MessageKind.LOGIN_CODE,
                cause_id=uuid4(),
                dedupe_key=str(uuid4()),
                channel="sms",
                locale="zh",
                state=MessageState.SENT if arrived is None else MessageState.DELIVERED,
                created_at=at,
                not_before=at,
                expires_at=at,
                delivered_at=arrived,
                carrier="twilio",
                importance=0,
            )
            db.add(message)
            await db.flush()
            done = MessageAttempt(
                message_id=message.id, number=1, carrier="twilio", began_at=at, ended_at=at, outcome="sent"
            )
            db.add(done)


@pytest.mark.parametrize(("late", "moved"), [(6, True), (2, False)])
async def test_a_slow_provider_loses_points(begin: Begin, clock: Clock, late: int, moved: bool) -> None:
    await took(begin, clock, 12, 5)
    await took(begin, clock, late, None)
    async with begin() as db:
        await carriers.slow_down(db, clock())
    assert await shares(begin) == ({"twilio": 40, "aliyun": 60} if moved else {"twilio": 50, "aliyun": 50})


async def test_of_a_provider_that_tells_of_no_delivery_nothing_is_concluded(begin: Begin, clock: Clock) -> None:
    await took(begin, clock, 20, None)
    async with begin() as db:
        await carriers.slow_down(db, clock())
    assert await shares(begin) == {"twilio": 50, "aliyun": 50}


async def test_the_page_shows_how_the_last_hour_went(begin: Begin, clock: Clock) -> None:
    await took(begin, clock, 3, 8)
    async with begin() as db:
        found = {each.row.name: each for each in await carrier_desk.standings(db, (TWILIO, ALIYUN), clock())}
    assert (found["twilio"].lately.tries, found["twilio"].lately.half_s) == (3, 8.0)
    assert (found["aliyun"].lately.tries, found["aliyun"].lately.half_s) == (0, None)
