"""Who may cut supply, when, and who may let it through; and who may close from afar (SPEC H-4, M-5, M-6, M-8)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.domain.announcement import AnnouncementKind
from app.domain.cutting import Against
from app.domain.notice import MessageKind, MessageState
from app.domain.operation import CannotOperate, DeviceItemState, OperationAct, OperationKind, OperationState
from app.domain.relay import ClosePolicy, Supply
from app.domain.wallet import BalanceSource
from app.models import Amnesty, CutInquiry, Message, Meter
from app.services import announcements
from app.services.announcements import Draft, Words
from app.services.operations import acts, views
from app.services.operations.whom import Whom
from app.services.readings import record_balance
from tests.app.services.operations.yard import Yard

K, S = OperationKind, DeviceItemState
STAFF = {"cause": "staff"}
BALANCE = {"cause": "balance"}


def esam(yard: Yard) -> Whom:
    return Whom(meter_ids=(yard.town.esam.id,))


async def test_staff_cut_by_day_with_a_reason_and_it_is_read_back(yard: Yard) -> None:
    operation_id = await yard.plan(K.TRIP_RELAY, esam(yard), arguments=STAFF, reason="the meter burns")

    await yard.run(operation_id)

    (item,) = await yard.items(operation_id)
    assert item.state == S.DONE and item.values["relay_open"] == 1
    async with yard.begin() as db:
        assert (await db.get_one(Meter, yard.town.esam.id)).supply == Supply.OFF
        (asked,) = (await db.exec(select(CutInquiry))).all()
    assert (asked.asked_by, asked.answer) == (f"operation:{operation_id}", "")


@pytest.mark.parametrize("reason", ["", "  \n "])
async def test_nobody_cuts_without_saying_why(yard: Yard, reason: str) -> None:
    with pytest.raises(CannotOperate, match="operation_no_reason"):
        await yard.plan(K.TRIP_RELAY, esam(yard), arguments=STAFF, reason=reason)


async def test_in_friendly_hours_nothing_is_sent(yard: Yard) -> None:
    yard.clock.forward(hours=10)  # seven in the evening
    operation_id = await yard.plan(K.TRIP_RELAY, esam(yard), arguments=STAFF, reason="works")

    await yard.run(operation_id)

    assert await yard.states(operation_id) == {(S.LEFT_OUT, "no_cut_hours"): 1}
    assert yard.line.told == []


async def test_a_second_person_lets_it_through_and_the_first_cannot(yard: Yard) -> None:
    yard.clock.forward(hours=10)
    given = STAFF | {"force": "yes"}
    operation_id = await yard.plan(K.TRIP_RELAY, esam(yard), arguments=given, reason="the roof burns")
    assert await yard.run(operation_id, most=3) is OperationState.PAUSED
    async with yard.begin() as db:
        progress = await views.progress(db, operation_id, yard.clock())
    assert progress is not None and progress.waits_for_second and progress.may == {OperationAct.STOP}
    for act, code in ((acts.force, "operation_same_person"), (acts.resume, "operation_second_person")):
        with pytest.raises(CannotOperate, match=code):
            async with yard.begin() as db:
                await act(db, operation_id, yard.staff_id, yard.clock())

    async with yard.begin() as db:
        await acts.force(db, operation_id, yard.second_id, yard.clock())
    await yard.run(operation_id)

    assert await yard.states(operation_id) == {(S.DONE, ""): 1}
    assert (await yard.row(operation_id)).forced_by == yard.second_id


async def test_nobody_lets_a_cut_through_while_power_is_to_be_kept(yard: Yard) -> None:
    async with yard.begin() as db:
        (await db.get_one(Meter, yard.town.esam.id)).supply = Supply.KEEP_POWER
    given = STAFF | {"force": "yes"}
    operation_id = await yard.plan(K.TRIP_RELAY, esam(yard), arguments=given, reason="the roof burns")
    async with yard.begin() as db:
        await acts.force(db, operation_id, yard.second_id, yard.clock())

    await yard.run(operation_id)

    assert await yard.states(operation_id) == {(S.LEFT_OUT, "keep_power"): 1}


async def test_a_meter_that_keeps_power_without_our_knowing_says_no_itself(yard: Yard) -> None:
    yard.line.at(yard.town.esam.address).keep_power = True
    operation_id = await yard.plan(K.TRIP_RELAY, esam(yard), arguments=STAFF, reason="works")

    await yard.run(operation_id)

    assert await yard.states(operation_id) == {(S.REFUSED, "trip_refused_keep_power"): 1}


async def test_in_an_amnesty_and_for_a_balance_without_a_delivered_warning_nobody_is_cut(yard: Yard) -> None:
    async with yard.begin() as db:
        db.add(
            Amnesty(
                reason="flood", from_at=yard.clock(), until_at=yard.clock() + timedelta(days=1), made_by=yard.staff_id
            )
        )
        meter = await db.get_one(Meter, yard.town.esam.id, with_for_update=True)
        await record_balance(db, meter, -100, BalanceSource.DAILY, yard.clock())
    yard.clock.forward(hours=2)

    for given in (STAFF, BALANCE):
        operation_id = await yard.plan(K.TRIP_RELAY, esam(yard), arguments=given, reason="arrears")
        await yard.run(operation_id)
        (item,) = await yard.items(operation_id)
        assert item.state == S.LEFT_OUT
        against = str(item.values.get("against", item.code)).split(",")
        assert Against.AMNESTY in against
        assert (Against.NOT_WARNED in against) == (given is BALANCE)
    assert yard.line.told == []


@pytest.mark.parametrize("forced", [False, True])
async def test_nobody_is_cut_inside_an_outage_area_nor_right_after_and_no_second_person_lets_it_through(
    yard: Yard, *, forced: bool
) -> None:
    until = yard.clock() + timedelta(hours=2)
    area = yard.town.concentrator.node_id
    draft = Draft(AnnouncementKind.UNPLANNED, area, yard.clock(), until, Words("停电", "Power cut"))
    async with yard.begin() as db:
        notice = await announcements.publish(db, draft, yard.clock())
    first = await cut_asked_for(yard, forced=forced)
    assert await yard.states(first) == {(S.LEFT_OUT, Against.OUTAGE_AREA): 1}

    async with yard.begin() as db:
        await announcements.restore(db, notice.id, yard.clock())
    yard.clock.forward(minutes=5)
    second = await cut_asked_for(yard, forced=forced)
    assert await yard.states(second) == {(S.LEFT_OUT, Against.OUTAGE_JUST_OVER): 1}
    assert yard.line.told == []

    yard.clock.forward(hours=4)
    third = await cut_asked_for(yard, forced=forced)
    assert await yard.states(third) == {(S.DONE, ""): 1}


async def test_no_second_person_lets_a_cut_through_an_amnesty(yard: Yard) -> None:
    ends = yard.clock() + timedelta(days=1)
    async with yard.begin() as db:
        db.add(Amnesty(reason="flood", from_at=yard.clock(), until_at=ends, made_by=yard.staff_id))
    operation_id = await cut_asked_for(yard, forced=True)
    assert await yard.states(operation_id) == {(S.LEFT_OUT, Against.AMNESTY): 1}
    assert yard.line.told == []


async def cut_asked_for(yard: Yard, *, forced: bool) -> UUID:
    """Staff want the meter cut, with a second person who lets it through or without; run."""
    given = STAFF | ({"force": "yes"} if forced else {})
    operation_id = await yard.plan(K.TRIP_RELAY, esam(yard), arguments=given, reason="works")
    if forced:
        async with yard.begin() as db:
            await acts.force(db, operation_id, yard.second_id, yard.clock())
    await yard.run(operation_id)
    return operation_id


async def test_whoever_was_warned_and_had_time_is_cut_for_the_balance(yard: Yard) -> None:
    async with yard.begin() as db:
        meter = await db.get_one(Meter, yard.town.esam.id, with_for_update=True)
        await record_balance(db, meter, -100, BalanceSource.DAILY, yard.clock())
        yard.clock.forward(minutes=1)
        db.add(warning(yard))
    yard.clock.forward(hours=2)
    operation_id = await yard.plan(K.TRIP_RELAY, esam(yard), arguments=BALANCE, reason="no money left")

    await yard.run(operation_id)

    assert await yard.states(operation_id) == {(S.DONE, ""): 1}


def warning(yard: Yard) -> Message:
    now = yard.clock()
    return Message(
        id=uuid4(),
        contact_id=yard.town.contact.id,
        meter_id=yard.town.esam.id,
        kind=MessageKind.ALARM_B,
        channel="sms",
        locale="en",
        dedupe_key=str(uuid4()),
        cause_id=uuid4(),
        state=MessageState.DELIVERED,
        created_at=now,
        not_before=now,
        expires_at=now + timedelta(days=1),
        delivered_at=now,
    )


@pytest.mark.parametrize(
    ("kind", "policy", "may"),
    [
        (K.CLOSE, ClosePolicy.CLOSE, True),
        (K.CLOSE, ClosePolicy.ARM, False),
        (K.CLOSE, ClosePolicy.LOCAL, False),
        (K.ALLOW_CLOSE, ClosePolicy.ARM, True),
        (K.ALLOW_CLOSE, ClosePolicy.LOCAL, False),
    ],
)
async def test_nothing_is_energised_from_afar_that_a_hand_must_see_first(
    yard: Yard, kind: OperationKind, policy: ClosePolicy, may: bool
) -> None:
    async with yard.begin() as db:
        (await db.get_one(Meter, yard.town.esam.id)).relay_policy = policy
    operation_id = await yard.plan(kind, esam(yard))

    await yard.run(operation_id)

    assert await yard.states(operation_id) == {((S.DONE, "") if may else (S.LEFT_OUT, "policy_forbids")): 1}


async def test_a_clearance_that_grew_old_in_the_queue_is_asked_for_anew(yard: Yard) -> None:
    async def wait_long(_: str) -> None:
        if len(yard.line.told) == 0:
            yard.clock.forward(seconds=90)

    yard.line.before = wait_long
    operation_id = await yard.plan(K.TRIP_RELAY, esam(yard), arguments=STAFF, reason="works")

    await yard.run(operation_id)

    assert await yard.states(operation_id) == {(S.DONE, ""): 1}
    async with yard.begin() as db:
        assert len((await db.exec(select(CutInquiry))).all()) == 2


async def test_a_relay_that_says_yes_and_stays_shut_is_refused_and_keeps_its_state(yard: Yard) -> None:
    yard.line.at(yard.town.esam.address).lazy_relay = True
    operation_id = await yard.plan(K.TRIP_RELAY, esam(yard), arguments=STAFF, reason="works")

    await yard.run(operation_id)

    assert await yard.states(operation_id) == {(S.REFUSED, "no_effect"): 1}
