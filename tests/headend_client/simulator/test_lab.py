"""The fault laboratory over real TCP: each fault is seen as a master sees it, and comes again under the same seed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from headend_client.simulator.errors import WorldError
from headend_client.simulator.lab import faults
from headend_client.simulator.lab.faults import Fault, Rate
from headend_client.simulator.lab.paths import Latency, Path
from headend_client.simulator.lab.spec import CALM, LabSpec
from headend_client.simulator.lab.weather import Weather, cast
from headend_client.simulator.world import Script, World
from meters_io.dlt645 import frame as dlt645
from meters_io.dlt645.names import Item
from meters_io.dlt645.reads import build_read
from meters_io.errors import RemoteError
from meters_io.gdw1376.events import PowerLost
from meters_io.gdw1376.link import Login, build_confirm, is_link, parse_link
from meters_io.gdw1376.passage import NoAnswer, Passed, Turned, parse_passed
from meters_io.gdw1376.reports import is_report, parse_report
from tests.clocks import Clock
from tests.headend_client.simulator.bench import ESAM_ADDRESS, STS_ADDRESS, esam_spec, sts_spec, token_for, token_frame
from tests.headend_client.simulator.conftest import HEARTBEAT_S, RETRY_S, SILENCE_S, Start, logged_in, world_of
from tests.headend_client.simulator.front_desk import ZONE, Call, FrontDesk
from tests.headend_client.simulator.standing_time import StandingTime

READ = build_read(ESAM_ADDRESS, Item.BALANCE)
ADDRESSES = [f"{place:012d}" for place in range(400)]


def always(fault: Fault, seconds: float = 30.0) -> LabSpec:
    """Nothing else goes wrong, and this always does."""
    return replace(CALM, faults=(Rate(fault=fault, share=1.0, seconds=seconds, within_s=0.0),))


async def called_again(desk: FrontDesk, time: StandingTime) -> tuple[Call, Call]:
    """The first connection, which is troubled at once, and the next."""
    first = await desk.call()
    for seconds in (0.0, RETRY_S):
        await time.until_somebody_sleeps(seconds)
        time.forward(seconds=seconds)
    return first, await desk.call()


def in_lab(world: World, lab: LabSpec) -> World:
    return replace(world, lab=lab)


async def heard(call: Call, time: StandingTime, seconds: float = SILENCE_S) -> object:
    """Forward a read, and let time pass until something comes of it."""
    asked = call.forward(READ, 1)
    await time.until_somebody_sleeps(seconds)
    time.forward(seconds=seconds)
    return await call.answer(asked)


def test_every_fault_is_of_one_kind() -> None:
    kinds = (faults.OF_EXCHANGES, faults.OF_BYTES, faults.OF_LINKS, faults.OF_TERMINALS, faults.OF_METERS)
    named = [fault for kind in kinds for fault in kind]
    assert sorted(named) == sorted(Fault)


@pytest.mark.parametrize("fault", [Fault.NO_ANSWER, Fault.DENIED])
async def test_an_order_that_was_not_passed_on_is_not_obeyed(
    desk: FrontDesk, start: Start, time: StandingTime, fault: Fault
) -> None:
    async with start(in_lab(world_of(desk), always(fault))) as simulation:
        call = await logged_in(desk, time)
        asked = call.forward(token_frame(token_for(sts_spec().sts, time(), 5_000)), 1)
        if fault is Fault.NO_ANSWER:
            await time.until_somebody_sleeps(SILENCE_S)
            time.forward(seconds=SILENCE_S)
        assert isinstance(await call.answer(asked), NoAnswer if fault is Fault.NO_ANSWER else Turned)
        assert simulation.yard.inspect(STS_ADDRESS).credits == ()


async def test_a_lost_reply_is_of_a_meter_that_obeyed(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(in_lab(world_of(desk), always(Fault.REPLY_LOST))) as simulation:
        call = await logged_in(desk, time)
        assert isinstance(await call.answer(call.forward(READ, 1)), Passed)  # reads change nothing
        asked = call.forward(token_frame(token_for(sts_spec().sts, time(), 5_000)), 2)
        await time.until_somebody_sleeps(SILENCE_S)
        time.forward(seconds=SILENCE_S)
        assert await call.answer(asked) == NoAnswer()
        assert len(simulation.yard.inspect(STS_ADDRESS).credits) == 1


async def test_a_late_answer_bears_its_old_number(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(in_lab(world_of(desk), always(Fault.LATE))):
        call = await logged_in(desk, time)
        assert isinstance(await heard(call, time, 30.0), Passed)


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Fault.OTHER_METER, lambda inner: inner.address != ESAM_ADDRESS),
        (Fault.NOT_THERE, lambda inner: inner.data[4:] == b"\xee" * 4),
        (Fault.NOT_BCD, lambda inner: inner.data[4:] == b"\xab" * 4),
    ],
)
async def test_what_a_meter_said_is_spoilt(
    desk: FrontDesk, start: Start, time: StandingTime, fault: Fault, seen: Callable[[dlt645.Frame], bool]
) -> None:
    async with start(in_lab(world_of(desk), always(fault))):
        call = await logged_in(desk, time)
        answer = await call.answer(call.forward(READ, 1))
        assert isinstance(answer, Passed)
        assert seen(dlt645.decode(answer.inner))


async def test_a_frame_comes_in_two_pieces(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(in_lab(world_of(desk), always(Fault.SPLIT))):
        call = await logged_in(desk, time)
        assert isinstance(await heard(call, time, 0.2), Passed)


async def test_an_answer_comes_behind_another_that_nobody_asked_for(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(in_lab(world_of(desk), always(Fault.GLUED))):
        call = await logged_in(desk, time)
        asked = call.forward(READ, 1)
        with pytest.raises(RemoteError, match="earlier"):
            await call.answer(asked)
        assert isinstance(await call.answer(asked), Passed)


async def test_an_answer_comes_twice(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(in_lab(world_of(desk), always(Fault.TWICE))):
        call = await logged_in(desk, time)
        asked = call.forward(READ, 1)
        first = await call.answer(asked)
        await time.until_somebody_sleeps(0.2)
        time.forward(seconds=0.2)
        assert await call.answer(asked) == first


async def test_noise_before_a_frame_costs_at_most_that_frame(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(in_lab(world_of(desk), always(Fault.NOISE))):
        call = await logged_in(desk, time)
        call.forward(READ, 1)
        second = call.forward(READ, 2)
        frames = [await call.frame()]
        while frames[-1].seq.number != 2:
            frames.append(await call.frame())
        assert isinstance(parse_passed(frames[-1], second), Passed)


async def test_a_wrong_checksum_is_no_answer(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(in_lab(world_of(desk), always(Fault.BAD_CHECKSUM))):
        call = await logged_in(desk, time)
        call.forward(READ, 1)
        time.forward(seconds=HEARTBEAT_S)
        assert is_link(await call.frame())  # what comes next is whole again, and no answer was


async def test_a_vanished_concentrator_dials_again_and_the_old_link_stands(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(in_lab(world_of(desk), replace(always(Fault.VANISHED), seed=2))):
        old, call = await called_again(desk, time)
        old.forward(READ, 1)  # nobody is there, and no error comes
        await call.log_in()


async def test_a_half_open_link_says_nothing_until_the_concentrator_is_back(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(in_lab(world_of(desk), always(Fault.HALF_OPEN, 90.0))):
        call = await desk.call()
        await time.until_somebody_sleeps(0.0)
        time.forward(seconds=0)
        await time.until_somebody_sleeps(90.0)
        call.forward(READ, 1)
        time.forward(seconds=90)
        await time.until_somebody_sleeps(RETRY_S)
        time.forward(seconds=RETRY_S)
        assert parse_link(await (await desk.call()).frame(), ZONE) == Login()


async def test_a_power_cut_is_reported_endured_and_reported(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    lab = replace(CALM, faults=(Rate(fault=Fault.POWER_CUT, share=1.0, seconds=90.0, within_s=7.0),))
    async with start(in_lab(world_of(desk), lab)):
        call = await logged_in(desk, time)
        time.forward(seconds=7)
        report = await call.frame()
        call.send(build_confirm(report))
        (lost,) = parse_report(report, ZONE).events
        assert isinstance(lost, PowerLost)
        assert lost.restored_at is None
        for seconds in (1.0, 90.0, RETRY_S):
            await time.until_somebody_sleeps(seconds)
            time.forward(seconds=seconds)
        call = await desk.call()
        await call.log_in()
        restored_at = None
        while restored_at is None:  # what the end of the power did not let us confirm comes again
            report = await call.frame()
            call.send(build_confirm(report))
            (event,) = parse_report(report, ZONE).events
            assert isinstance(event, PowerLost)
            restored_at = event.restored_at


async def test_a_second_login_comes_while_the_first_link_lives(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    lab = replace(CALM, faults=(Rate(fault=Fault.SECOND_LOGIN, share=1.0, within_s=7.0),))
    async with start(in_lab(world_of(desk), lab)):
        first = await logged_in(desk, time)
        time.forward(seconds=7)
        await time.until_somebody_sleeps(RETRY_S)
        time.forward(seconds=RETRY_S)
        second = await desk.call()
        await second.log_in()
        for call in (first, second):
            assert isinstance(await call.answer(call.forward(READ, 1)), Passed)


async def test_a_link_is_ended_in_good_order(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(in_lab(world_of(desk), always(Fault.HUNG_UP))):
        call = await desk.call()
        await time.until_somebody_sleeps(0.0)
        time.forward(seconds=0)
        with pytest.raises(EOFError):
            while True:
                await call.frame()


async def test_a_report_comes_twice(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(in_lab(world_of(desk), always(Fault.REPORT_TWICE))) as simulation:
        call = await logged_in(desk, time)
        simulation.happen("3201-1", PowerLost(time(), None))
        first = await call.frame()
        assert is_report(first)
        assert await call.frame() == first


async def test_a_clock_may_be_ahead(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(in_lab(world_of(desk), always(Fault.CLOCK_AHEAD, 300.0))):
        call = await logged_in(desk, time)
        time.forward(seconds=HEARTBEAT_S)
        assert (await call.heartbeat()).clock == time() + timedelta(minutes=5)


def test_meters_get_their_parts() -> None:
    assert cast(always(Fault.DEAD_METER), esam_spec()).behaviour.script is Script.DEAD
    assert cast(always(Fault.LAZY_RELAY), esam_spec()).behaviour.script is Script.LAZY_RELAY
    assert cast(always(Fault.METER_CLOCK_BEHIND, 900), esam_spec()).first.clock_ahead_s == -900
    assert cast(CALM, esam_spec()) == esam_spec()


async def test_an_uplink_takes_its_time(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    lab = replace(CALM, uplink="gprs")
    async with start(in_lab(world_of(desk), lab)):
        call = await desk.call()
        travel = timedelta(seconds=Weather(lab, "3201-1").travel_s()).total_seconds()
        assert 0 < travel < 60
        await time.until_somebody_sleeps(travel)
        time.forward(seconds=travel)
        assert parse_link(await call.frame(), ZONE) == Login()


def _all_of(lab: LabSpec, order: Sequence[str], clock: Clock) -> dict[str, list[object]]:
    weather = Weather(lab, "3201-1")
    found: dict[str, list[object]] = {}
    for _ in range(3):
        for address in order:
            found.setdefault(address, []).append(weather.passing(address, 31, clock()))
    return found


NARROW = LabSpec(seed=7, faults=(Rate(fault=Fault.DENIED, share=0.1), Rate(fault=Fault.LATE, share=0.1)))


def test_the_same_seed_brings_the_same_faults_in_whatever_order_they_are_asked_for(clock: Clock) -> None:
    straight = _all_of(NARROW, ADDRESSES, clock)
    assert _all_of(NARROW, ADDRESSES[::-1], clock) == straight
    assert _all_of(NARROW, ADDRESSES[:5], clock) == {address: straight[address] for address in ADDRESSES[:5]}
    assert _all_of(replace(NARROW, seed=8), ADDRESSES, clock) != straight


def test_a_way_has_the_latency_and_the_loss_that_it_says(clock: Clock) -> None:
    weather = Weather(LabSpec(seed=3), "3201-1")
    found = [weather.passing(address, 31, clock()) for address in ADDRESSES for _ in range(20)]
    times = sorted(passing.takes_s for passing in found)
    assert times[len(times) // 2] == pytest.approx(4.0, rel=0.1)
    assert times[len(times) * 95 // 100] == pytest.approx(10.0, rel=0.1)
    lost = sum(not passing.back for passing in found) / len(found)
    assert lost == pytest.approx(0.05 * 0.98 + 0.5 * 0.02, abs=0.015)
    obeyed = sum(passing.there and not passing.back for passing in found) / len(found)
    assert obeyed == pytest.approx(lost / 2, abs=0.01)
    assert all(60 <= passing.wait_s <= 90 for passing in found if passing.wait_s)


def test_a_spell_holds_for_its_time_and_for_its_meter(clock: Clock) -> None:
    spells = Path(name="spells", latency=Latency(median_s=1, slow_s=2), spell_share=0.3, spell_s=600)
    lab = LabSpec(seed=5, carrier="spells", own_paths=(spells,))
    weather = Weather(lab, "3201-1")
    first = [weather.passing(address, 31, clock()).there for address in ADDRESSES]
    assert first.count(False) / len(first) == pytest.approx(0.3, abs=0.08)
    assert [weather.passing(address, 31, clock()).there for address in ADDRESSES] == first
    clock.forward(seconds=1200)
    assert [weather.passing(address, 31, clock()).there for address in ADDRESSES] != first


def test_nights_miss_meters_that_stand_badly(clock: Clock) -> None:
    bad = replace(LabSpec().path(31), name="bad", bad_share=1.0)
    weather = Weather(LabSpec(carrier="bad", own_paths=(bad,)), "3201-1")
    read = [weather.has_read(address, clock().date()) for address in ADDRESSES]
    assert read.count(False) / len(read) == pytest.approx(0.125, abs=0.05)
    assert Weather(CALM, "3201-1").has_read(ADDRESSES[0], clock().date())


@pytest.mark.parametrize(
    ("plain", "place"),
    [
        ({"carrier": "string"}, "lab.carrier"),
        ({"uplink": "string"}, "lab.uplink"),
        ({"faults": [{"fault": "rude", "share": 0.1}]}, "lab.faults[0].fault"),
        ({"faults": [{"fault": "late", "share": 1.1}]}, "lab.faults[0].share"),
        ({"faults": [{"fault": "late", "share": 0.1}, {"fault": "late", "share": 0.2}]}, "lab.faults"),
        ({"own_paths": [{"name": "x", "latency": {"median_s": 2, "slow_s": 1}}]}, "lab.own_paths[0].latency.median_s"),
        ({"own_paths": [{"name": "x", "wait_s": 5}]}, "lab.own_paths[0].wait_s"),
    ],
)
def test_a_laboratory_that_cannot_be_is_refused_with_its_place(plain: dict[str, object], place: str) -> None:
    front_ends = [{"host": "127.0.0.1", "port": 7000}]
    with pytest.raises(WorldError) as wrong:
        World.from_json(json.dumps({"front_ends": front_ends, "concentrators": [], "lab": plain}))
    assert wrong.value.path == place
