"""How orders to meters end when meters lie, forget, stay silent, or lose the link on the way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from headend_client.errors import Unreachable
from headend_client.orders import EnterTokens, MeterOrder, Read, ReadFrozen, RelayWish, SetClock, Switch, Write
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.security import KeyChangeRequest, ManagementRequest, MeterKey
from headend_client.simulator.faults import Script
from headend_client.target import Priority, StsIdentity
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.items import item_of
from meters_io.dlt645.reads import build_read_reply
from meters_io.dlt645.refusals import RefusalCode, build_refusal
from meters_io.dlt645.status import StatusWord3
from meters_io.dlt645.token import TokenResult, build_token_reply
from meters_io.layout import write_all
from meters_io.sts.management import Management
from tests.headend_client.front_end import WIRED, FrontEnd, target
from tests.headend_client.lane import NEXT_SGC, SGC, Lane, open_lane
from tests.headend_client.meters import ADDRESS, EsamMeter, Leave, PlainRelay
from tests.headend_client.peer import Peer
from tests.headend_client.simulator.bench import STS_NUMBER

ALARM = Write((("alarm_1_minor", 3000),))
KEEP = Switch(RelayWish.KEEP_POWER_ON)
IDENTITY = StsIdentity(STS_NUMBER, SGC, 1, 1)
DIGITS = ("1" * 20, "2" * 20)


@pytest.fixture
async def lane(tmp_path: Path) -> AsyncIterator[Lane]:
    async with open_lane(tmp_path) as made:
        yield made


@pytest.mark.parametrize("order", [ALARM, KEEP])
async def test_a_meter_that_says_yes_and_does_nothing_is_found_out(lane: Lane, order: MeterOrder) -> None:
    lane.plays("esam", Script.IDLE)
    assert await lane.operate("esam", order) == Refused("no_effect")


async def test_a_trip_that_did_nothing_is_found_out(lane: Lane) -> None:
    lane.plays("esam", Script.IDLE)
    said = await lane.driver.trip_relay(lane.target("esam"), Leave(), lane.trace)
    assert (said, lane.truth("esam").relay_open) == (Refused("no_effect"), False)


async def test_a_close_that_the_money_does_not_allow_is_found_out(lane: Lane) -> None:
    lane.simulation.yard.set_money(lane.target("sts").address, -100)
    assert await lane.operate("sts", Switch(RelayWish.CLOSE)) == Refused("no_effect")


async def test_a_write_that_is_refused_and_was_done_all_the_same_is_done(lane: Lane) -> None:
    lane.plays("sts", Script.SAYS_NO)
    assert await lane.operate("sts", ALARM) == Readings({"alarm_1_minor": 3000})


@pytest.mark.parametrize("order", [ALARM, KEEP, SetClock()])
async def test_a_lost_answer_is_settled_by_reading_back(lane: Lane, order: MeterOrder) -> None:
    lane.plays("sts", Script.DEAF)
    assert isinstance(await lane.operate("sts", order), Readings)


async def test_a_lost_answer_to_a_trip_is_settled_by_reading_back(lane: Lane) -> None:
    lane.plays("sts", Script.DEAF)
    said = await lane.driver.trip_relay(lane.target("sts"), Leave(), lane.trace)
    assert isinstance(said, Readings)
    assert lane.truth("sts").relay_open


@pytest.mark.parametrize("order", [ALARM, SetClock(), ReadFrozen(1)])
async def test_a_dead_meter_was_surely_not_changed(lane: Lane, order: MeterOrder) -> None:
    lane.plays("esam", Script.DEAD)
    with pytest.raises(Unreachable, match="meter_silent"):
        await lane.operate("esam", order)


async def test_what_is_as_it_should_be_is_not_written(lane: Lane) -> None:
    await lane.operate("esam", ALARM)
    lane.trace.clear()
    assert await lane.operate("esam", ALARM) == Readings({"alarm_1_minor": 3000})
    assert len(lane.trace) == 2  # one question, one answer


@pytest.mark.parametrize("profile", ["esam", "sts"])
async def test_a_clock_that_is_behind_is_set_and_said_to_have_been(lane: Lane, profile: str) -> None:
    lane.simulation.yard.set_clock(lane.target(profile).address, -4000)
    said = await lane.operate(profile, SetClock())
    assert said == Readings({"clock": "26030201090000", "clock_error_s": 0, "clock_was_off_s": -4000})


@pytest.mark.parametrize("profile", ["esam", "sts"])
async def test_a_clock_so_far_ahead_that_every_order_is_too_late_is_named(lane: Lane, profile: str) -> None:
    lane.simulation.yard.set_clock(lane.target(profile).address, 4000)
    assert await lane.operate(profile, KEEP) == Refused("meter_clock_ahead")
    assert await lane.driver.close_relay(lane.target(profile), lane.trace) == Refused("meter_clock_ahead")
    assert isinstance(await lane.operate(profile, SetClock()), Readings)
    assert isinstance(await lane.operate(profile, KEEP), Readings)


async def test_an_old_meter_with_its_date_and_time_apart_is_set_in_two_writes(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.operate(target(profile="sts"), SetClock(), front_end.trace))
        asked = await peer.asked()
        await peer.answer(asked, build_refusal(asked.inner, RefusalCode.NO_DATA))
        for day, hour in (("26030201", "085500"), ("26030201", "090000")):
            await peer.answer(await peer.asked(), reads(0x04000101, day))
            await peer.answer(await peer.asked(), reads(0x04000102, hour))
            if hour == "085500":
                for _ in range(2):
                    asked = await peer.asked()
                    assert asked.inner.control == 0x14
                    await peer.answer(asked, Frame(ADDRESS, 0x94))
        assert await verb == Readings({"clock": "26030201090000", "clock_error_s": 0, "clock_was_off_s": -300})


async def test_a_day_is_read_as_it_was_frozen(lane: Lane) -> None:
    lane.simulation.yard.set_load(lane.target("esam").address, 1000)
    lane.clock.forward(days=1)
    said = await lane.operate("esam", ReadFrozen(1))
    assert isinstance(said, Readings)
    assert said.values["frozen_at"] == "2603030000"
    assert said.values["energy_wh"] == 15_000  # from nine to midnight
    assert said.values["balance_minor"] == 5000 - 750
    assert (said.values["overdraft_minor"], said.values["purchase_count"]) == (0, 4)


async def test_a_setting_token_is_entered_once_and_known_again(lane: Lane) -> None:
    wanted = ManagementRequest("one", IDENTITY, Management.MAXIMUM_POWER_LIMIT, 5000, lane.clock(), None)
    (token,) = await lane.module.issue_management(wanted)
    assert await lane.operate("sts", EnterTokens((token.digits,))) == Readings({"token_1": "accept"})
    assert await lane.operate("sts", EnterTokens((token.digits,))) == Readings({"token_1": "used_error"})


async def test_a_setting_token_whose_answer_is_lost_is_entered_again_and_known(lane: Lane) -> None:
    lane.plays("sts", Script.DEAF)
    wanted = ManagementRequest("one", IDENTITY, Management.MAXIMUM_POWER_LIMIT, 5000, lane.clock(), None)
    (token,) = await lane.module.issue_management(wanted)
    assert await lane.operate("sts", EnterTokens((token.digits,))) == Readings({"token_1": "used_error"})


async def test_a_key_change_goes_in_section_by_section_and_the_new_key_holds(lane: Lane) -> None:
    change = KeyChangeRequest("change", IDENTITY, MeterKey(NEXT_SGC, 6, 2), lane.clock())
    tokens = await lane.module.issue_key_change(change)
    said = await lane.operate("sts", EnterTokens(tuple(token.digits for token in tokens)))
    assert isinstance(said, Readings)
    assert list(said.values.values())[-1] == "accept"
    moved = replace(IDENTITY, sgc=NEXT_SGC, krn=6, ti=2)
    wanted = ManagementRequest("two", moved, Management.MAXIMUM_POWER_LIMIT, 5000, lane.clock(), None)
    (token,) = await lane.module.issue_management(wanted)
    assert await lane.operate("sts", EnterTokens((token.digits,))) == Readings({"token_1": "accept"})


async def tokens_end(front_end: FrontEnd, results: list[int | None]) -> object:
    """What came of two tokens where the meter answers so; None: it stays silent."""
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(
            front_end.driver.operate(target(profile="sts"), EnterTokens(DIGITS), front_end.trace)
        )
        for result in results:
            asked = await peer.asked()
            if result is None:
                await peer.answer_raw(asked, b"")
            else:
                await peer.answer(asked, build_token_reply(ADDRESS, TokenResult(result)))
        return await verb


@pytest.mark.parametrize(
    ("results", "end"),
    [
        ([2, None, 13], Readings({"token_1": "first_kct", "token_2": "key_changed"})),
        ([2, None, 1], Readings({"token_1": "first_kct", "token_2": "accept"})),
        ([2, None, None], Unknown("meter_silent")),
        ([None, 2, 1], Readings({"token_1": "first_kct", "token_2": "accept"})),
        ([None, 13], Refused("crc_error")),  # nothing was read before it: this may be another meter's token
        ([13], Refused("crc_error")),
        ([2, 13], Refused("crc_error")),
        ([9], Refused("old_error")),
        ([77], Unknown("unknown_result")),
    ],
)
async def test_a_lost_last_section_is_proved_by_a_key_that_no_longer_reads_it(
    front_end: FrontEnd, results: list[int | None], end: object
) -> None:
    assert await tokens_end(front_end, results) == end


def reads(di: int, value: object) -> Frame:
    """A meter's answer to a question about an item."""
    item = item_of(di)
    assert item is not None
    return build_read_reply(ADDRESS, di, write_all(item.form, value))  # type: ignore[arg-type]  # as a test says it


async def test_a_register_that_the_meter_does_not_have_reads_as_none(front_end: FrontEnd) -> None:
    order = Read(("month_energy_wh", "power_factor_milli"))
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.operate(target(), order, front_end.trace))
        asked = await peer.asked()
        await peer.answer(asked, build_refusal(asked.inner, RefusalCode.NO_DATA))
        await peer.answer(await peer.asked(), build_read_reply(ADDRESS, 0x02060000, b"\x50\x89"))
        assert await verb == Readings({"month_energy_wh": None, "power_factor_milli": -950})


async def test_a_meter_that_has_none_of_the_registers_says_so(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.operate(target(), Read(("steps",)), front_end.trace))
        asked = await peer.asked()
        await peer.answer(asked, build_refusal(asked.inner, RefusalCode.NO_DATA))
        assert await verb == Refused("no_such_data")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (build_read_reply(ADDRESS, 0x00010000, b"\x1a\x00\x00\x00"), "not_bcd"),
        (build_read_reply(ADDRESS, 0x00010000, b"\x10\x00\x00"), "bad_length"),
        (build_read_reply("201000000099", 0x00010000, bytes(4)), "wrong_address"),
        (build_read_reply(ADDRESS, 0x00020000, bytes(4)), "wrong_di"),
    ],
)
async def test_a_value_that_no_meter_can_mean_is_not_handed_on(front_end: FrontEnd, answer: Frame, reason: str) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.operate(target(), Read(("energy_wh",)), front_end.trace))
        await peer.answer(await peer.asked(), answer)
        assert await verb == Unknown(reason)


async def test_a_link_that_breaks_behind_a_write_leaves_it_unknown(front_end: FrontEnd) -> None:
    peer = await Peer.logged_in(front_end.port)
    verb = asyncio.create_task(front_end.driver.operate(target(profile="sts"), ALARM, front_end.trace))
    await peer.answer(await peer.asked(), reads(0x04001001, 0))
    await peer.asked()
    await peer.hang_up()
    assert await verb == Unknown("link_lost")


async def test_a_link_that_breaks_between_two_writes_does_not_make_the_first_undone(front_end: FrontEnd) -> None:
    order = Write((("alarm_1_minor", 3000), ("alarm_2_minor", 700)))
    peer = await Peer.logged_in(front_end.port)
    verb = asyncio.create_task(front_end.driver.operate(target(profile="sts"), order, front_end.trace))
    await peer.answer(await peer.asked(), reads(0x04001001, 0))
    await peer.answer(await peer.asked(), Frame(ADDRESS, 0x94))
    await peer.answer(await peer.asked(), reads(0x04001001, 30))
    await peer.asked()
    await peer.hang_up()
    assert await verb == Unknown("link_lost")


async def test_a_write_that_was_answered_and_could_not_be_read_back_is_unknown(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        aim = target(WIRED, profile="sts")
        verb = asyncio.create_task(front_end.driver.operate(aim, ALARM, front_end.trace))
        await peer.answer(await peer.asked(), reads(0x04001001, 0))
        await peer.answer(await peer.asked(), Frame(ADDRESS, 0x94))
        await peer.answer_raw(await peer.asked(), b"")
        assert await verb == Unknown("not_read_back")


async def test_a_sealed_write_whose_authentication_stays_unanswered_was_never_sent(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.operate(target(), ALARM, front_end.trace))
        await peer.answer(await peer.asked(), reads(0x04001001, 0))
        await peer.answer_raw(await peer.asked(), b"")
        with pytest.raises(Unreachable, match="meter_silent"):
            await verb


async def test_an_authentication_and_its_command_are_not_torn_apart(front_end: FrontEnd) -> None:
    """Somebody else's question comes between two exchanges of a verb, but not between these two."""
    async with await Peer.logged_in(front_end.port) as peer:
        meter = EsamMeter()
        switching = asyncio.create_task(front_end.driver.operate(target(), KEEP, front_end.trace))
        asked = await peer.asked()
        other = asyncio.create_task(front_end.driver.read_relay(target(), front_end.trace))
        await asyncio.sleep(0)
        controls = []
        for _ in range(4):
            controls.append(asked.inner.control)
            reply = meter.answer(asked.inner)
            assert reply is not None
            await peer.answer(asked, reply)
            asked = await peer.asked() if len(controls) < 4 else asked
        await asyncio.gather(switching, other)
    assert controls == [0x03, 0x1C, 0x11, 0x11]


async def test_restoring_somebodys_supply_waits_for_one_exchange_of_a_long_reading(front_end: FrontEnd) -> None:
    reading = Read(tuple(f"status_{number}" for number in range(1, 8)))
    async with await Peer.logged_in(front_end.port) as peer:
        relay = PlainRelay(bytes.fromhex("02aabbcc"))
        routine = asyncio.create_task(front_end.driver.operate(target(), reading, front_end.trace))
        asked = await peer.asked()
        aim = target(profile="sts", priority=Priority.RESTORE)
        closing = asyncio.create_task(front_end.driver.operate(aim, Switch(RelayWish.CLOSE), []))
        await asyncio.sleep(0)
        await peer.answer(asked, reads(0x04000501, []))
        asked = await peer.asked()
        assert asked.inner.control == 0x1C
        routine.cancel()
        reply = relay.answer(asked.inner)
        assert reply is not None
        await peer.answer(asked, reply)
        await peer.serve(EsamMeter(status=StatusWord3()), 1)
        said = await closing
    assert isinstance(said, Readings)
    assert said.values["relay_open"] == 0
