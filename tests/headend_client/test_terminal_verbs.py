"""Orders to a concentrator: what is asked is told, what is changed is read back, and how each of them can end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from headend_client.errors import Unreachable
from headend_client.orders import (
    ChangeArchive,
    ClearArchive,
    CollectDay,
    CollectEvents,
    ReadArchive,
    ReadParameters,
    ReadTerminalClock,
    SetParameters,
    SetTerminalClock,
    SyncMeters,
    TerminalOrder,
)
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.target import Place
from headend_client.timing import PortTiming, Timing
from meters_io.gdw1376.archive import ArchiveEntry, deletion
from meters_io.gdw1376.frame import Afn
from meters_io.gdw1376.meter_values import PurchaseInfo, Register
from meters_io.layout import Plain
from tests.headend_client.front_end import ADDRESS_OF_PEER, FrontEnd, open_front_end
from tests.headend_client.terminal import Terminal, events, standing

HASTY = Timing(PortTiming(1000, 5.0), terminal_s=0.25, heartbeat_s=60.0)
SECRET = bytes.fromhex("a1b2c3d4e5f6")
ENTRIES = tuple(ArchiveEntry(place, place, f"2010000{place:05}") for place in range(1, 71))
RUNNING: Plain = [
    {
        "port": 2,
        "control": 1,
        "read_days": 0xFFFFFFFF,
        "read_at": "0005",
        "interval_min": 60,
        "clock_broadcast_at": "010030",
        "periods": [{"start": "0000", "end": "2359"}],
    }
]
CHANGES: list[TerminalOrder] = [
    SetTerminalClock(),
    ChangeArchive(ENTRIES[:1]),
    ClearArchive(history=False),
    SetParameters(((24, 30),)),
]


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[FrontEnd]:
    """A front-end that waits a quarter of a second for a concentrator's own word."""
    async with open_front_end(tmp_path, HASTY) as opened:
        yield opened


def terminal(front_end: FrontEnd, **how: object) -> Terminal:
    """A concentrator with a meter, a parameter, and a clock that is two hours ahead."""
    here = Terminal(front_end.clock, timedelta(hours=2), {9: ArchiveEntry(9, 9, "201000000099")}, {(0, 24): 15})
    return replace(here, **how)  # type: ignore[arg-type]  # what a test wants otherwise


async def command(front_end: FrontEnd, order: TerminalOrder) -> Readings | Refused | Unknown:
    """Order, and keep the frames."""
    return await front_end.driver.command(Place(ADDRESS_OF_PEER), order, front_end.trace)


async def test_a_clock_is_read_and_set(front_end: FrontEnd) -> None:
    async with standing(front_end.port, terminal(front_end)):
        read = await command(front_end, ReadTerminalClock())
        assert isinstance(read, Readings)
        assert read.values["clock_ahead_s"] == 7200
        front_end.trace.clear()
        done = await command(front_end, SetTerminalClock())
    assert isinstance(done, Readings)
    assert done.values["clock_ahead_s"] == 0
    assert [each.direction for each in front_end.trace] == ["down", "up"] * 2


@pytest.mark.parametrize("on", [True, False])
async def test_meters_are_told_the_time_or_not(front_end: FrontEnd, on: bool) -> None:
    async with standing(front_end.port, terminal(front_end)) as there:
        assert await command(front_end, SyncMeters(on)) == Readings({"syncs_meters": int(on)})
        assert there.syncs_meters is on


async def test_an_archive_is_read_in_whole_or_in_some_places(front_end: FrontEnd) -> None:
    archive = {entry.sequence: entry for entry in ENTRIES}
    async with standing(front_end.port, terminal(front_end, archive=archive, most_bytes=400)):
        assert await command(front_end, ReadArchive((3, 70, 99))) == Readings({}, archive=(ENTRIES[2], ENTRIES[69]))
        assert await command(front_end, ReadArchive((99,))) == Refused("denied")
    async with standing(front_end.port, terminal(front_end, archive=archive)):
        assert await command(front_end, ReadArchive()) == Readings({}, archive=ENTRIES)


async def test_meters_are_downloaded_some_at_a_time_and_read_back(front_end: FrontEnd) -> None:
    async with standing(front_end.port, terminal(front_end)) as there:
        done = await command(front_end, ChangeArchive(ENTRIES))
        assert done == Readings({}, archive=ENTRIES)
        assert set(there.archive.values()) == set(ENTRIES)
        assert len([asked for asked in there.heard if asked.afn == Afn.SET]) == 3


async def test_meters_are_deleted_and_changed(front_end: FrontEnd) -> None:
    moved = replace(ENTRIES[1], port=3, password=SECRET)
    async with standing(front_end.port, terminal(front_end, archive={1: ENTRIES[0], 2: ENTRIES[1]})) as there:
        done = await command(front_end, ChangeArchive((deletion(ENTRIES[0]), moved)))
        assert done == Readings({}, archive=(moved,))
        assert there.archive == {2: moved}
    assert all(SECRET.hex() not in each.outer_hex for each in front_end.trace)


@pytest.mark.parametrize("history", [True, False])
async def test_all_meters_are_deleted_with_their_history_or_without(front_end: FrontEnd, history: bool) -> None:
    archive = {entry.sequence: entry for entry in ENTRIES}
    async with standing(front_end.port, terminal(front_end, archive=archive)) as there:
        assert await command(front_end, ClearArchive(history)) == Readings({})
        assert there.archive == {}
        assert there.data_deleted is history
    resets = [asked for asked in there.heard if asked.afn == Afn.RESET]
    assert [asked.control.function for asked in resets] == ([1] if history else [])


async def test_parameters_are_read_by_the_names_of_their_parts(front_end: FrontEnd) -> None:
    async with standing(front_end.port, terminal(front_end, parameters={(0, 24): 15, (0, 33): RUNNING})):
        said = await command(front_end, ReadParameters((24, 33, 58)))
    assert isinstance(said, Readings)
    assert (said.values["F24"], said.values["F33.0.interval_min"], said.values["F58"]) == (15, 60, None)
    assert said.values["F33.0.periods.0.end"] == "2359"


async def test_parameters_are_set_and_read_back(front_end: FrontEnd) -> None:
    async with standing(front_end.port, terminal(front_end)) as there:
        said = await command(front_end, SetParameters(((33, RUNNING), (24, 30))))
        assert isinstance(said, Readings)
        assert (said.values["F24"], there.parameters[0, 24]) == (30, 30)
        assert said.values["F33.0.read_at"] == "0005"


async def test_what_a_concentrator_takes_only_in_part_is_said(front_end: FrontEnd) -> None:
    async with standing(front_end.port, terminal(front_end, refused_functions={33})):
        assert await command(front_end, SetParameters(((33, RUNNING), (24, 30)))) == Refused("denied_in_part")
        assert await command(front_end, SetParameters(((33, RUNNING),))) == Refused("denied")


@pytest.mark.parametrize("function", [3, 5, 7, 8, 10])
async def test_the_way_to_us_and_what_is_secret_cannot_be_set(front_end: FrontEnd, function: int) -> None:
    async with standing(front_end.port, terminal(front_end)) as there:
        assert await command(front_end, SetParameters(((function, 1),))) == Refused("not_offered")
        assert there.heard == []


async def test_a_value_that_no_frame_holds_is_refused_before_anything_leaves(front_end: FrontEnd) -> None:
    async with standing(front_end.port, terminal(front_end)) as there:
        assert await command(front_end, SetParameters(((24, 1000),))) == Refused("bad_argument")
        assert there.heard == []
        assert await command(front_end, ReadParameters((24,))) == Readings({"F24": 15})


@pytest.mark.parametrize("order", CHANGES)
async def test_an_order_without_effect_is_found_out(front_end: FrontEnd, order: TerminalOrder) -> None:
    async with standing(front_end.port, terminal(front_end, forgets=True)):
        assert await command(front_end, order) == Refused("no_effect")


@pytest.mark.parametrize("order", CHANGES)
async def test_an_order_that_nobody_confirms_is_proved_by_reading(hasty: FrontEnd, order: TerminalOrder) -> None:
    async with standing(hasty.port, terminal(hasty, mute=True)):
        assert isinstance(await command(hasty, order), Readings)


@pytest.mark.parametrize("order", CHANGES)
async def test_an_order_that_is_lost_is_unknown(hasty: FrontEnd, order: TerminalOrder) -> None:
    async with standing(hasty.port, terminal(hasty, silent={Afn.SET, Afn.CONTROL})):
        assert await command(hasty, order) == Unknown("no_reply")


@pytest.mark.parametrize("order", CHANGES[1:2] + CHANGES[3:])
async def test_an_order_that_cannot_be_read_back_is_unknown(hasty: FrontEnd, order: TerminalOrder) -> None:
    async with standing(hasty.port, terminal(hasty, silent={Afn.QUERY})):
        assert await command(hasty, order) == Unknown("no_reply")


@pytest.mark.parametrize("order", [*CHANGES, SyncMeters(on=True)])
async def test_an_order_that_is_denied_is_refused(front_end: FrontEnd, order: TerminalOrder) -> None:
    async with standing(front_end.port, terminal(front_end, denies={Afn.SET, Afn.CONTROL})):
        assert await command(front_end, order) == Refused("denied")


@pytest.mark.parametrize("order", [*CHANGES, ReadTerminalClock(), CollectEvents((0, 0))])
async def test_a_concentrator_that_does_not_believe_us_says_so(front_end: FrontEnd, order: TerminalOrder) -> None:
    async with standing(front_end.port, terminal(front_end, unauthenticated=True)):
        assert await command(front_end, order) == Refused("not_authenticated")


@pytest.mark.parametrize(
    "order",
    [
        ReadTerminalClock(),
        ReadArchive(),
        ReadParameters((24,)),
        CollectEvents((0, 0)),
        CollectDay((1,), date(2026, 3, 1)),
    ],
)
async def test_a_question_without_an_answer_is_unreachable(hasty: FrontEnd, order: TerminalOrder) -> None:
    async with standing(hasty.port, terminal(hasty, silent=set(Afn))):
        with pytest.raises(Unreachable, match="no_reply"):
            await command(hasty, order)


async def test_a_concentrator_without_a_link_is_unreachable(front_end: FrontEnd) -> None:
    with pytest.raises(Unreachable, match="no_link"):
        await command(front_end, SetTerminalClock())


async def test_events_are_fetched_a_stretch_at_a_time_beyond_what_is_known(front_end: FrontEnd) -> None:
    important, normal = events(23), events(4, erc=3)
    async with standing(front_end.port, terminal(front_end, important=important, normal=normal)):
        said = await command(front_end, CollectEvents((2, 1)))
    assert isinstance(said, Readings)
    assert said.report is not None
    assert said.report.counters == (23, 4)
    assert said.report.events == (*important[2:], *normal[1:])


async def test_events_are_fetched_across_the_end_of_their_ring(front_end: FrontEnd) -> None:
    async with standing(front_end.port, terminal(front_end, important=events(9), begun=(250, 0))):
        said = await command(front_end, CollectEvents((252, 0)))
    assert isinstance(said, Readings)
    assert said.report is not None
    assert (said.report.counters, len(said.report.events)) == ((3, 0), 7)


async def test_nothing_is_fetched_where_nothing_is_new(front_end: FrontEnd) -> None:
    async with standing(front_end.port, terminal(front_end, important=events(3))) as there:
        said = await command(front_end, CollectEvents((3, 0)))
        assert [asked.afn for asked in there.heard] == [Afn.CURRENT]
    assert isinstance(said, Readings)
    assert said.report is not None
    assert said.report.events == ()


async def test_events_that_are_lost_or_cannot_be_read_do_not_stop_the_others(front_end: FrontEnd) -> None:
    important = events(12)
    async with standing(front_end.port, terminal(front_end, important=important, lost=3, garbled={6})):
        said = await command(front_end, CollectEvents((0, 0)))
    assert isinstance(said, Readings)
    assert said.report is not None
    assert said.report.counters == (12, 0)
    assert said.report.events == (*important[3:6], *important[7:])


async def test_events_that_are_denied_are_passed_over(front_end: FrontEnd) -> None:
    async with standing(front_end.port, terminal(front_end, important=events(3), denies={Afn.EVENTS})):
        said = await command(front_end, CollectEvents((200, 0)))
    assert isinstance(said, Readings)
    assert said.report is not None
    assert said.report.counters == (3, 0)


async def test_a_day_of_many_meters_is_fetched_at_once(front_end: FrontEnd) -> None:
    points = tuple(range(1, 41))
    async with standing(front_end.port, terminal(front_end, points=points, most_bytes=500)) as there:
        said = await command(front_end, CollectDay((*points, 99), date(2026, 3, 1)))
        assert len(there.heard) == 4
    assert isinstance(said, Readings)
    purchases = [one for one in said.days if isinstance(one.value, PurchaseInfo)]
    registers = [one for one in said.days if isinstance(one.value, Register)]
    assert [one.point for one in purchases] == list(points)
    assert [one.point for one in registers] == [point for point in points if point % 2]
    assert {one.day for one in said.days} == {date(2026, 3, 1)}
    assert isinstance(purchases[6].value, PurchaseInfo)
    assert purchases[6].value.balance_yuan == Decimal(7)


@pytest.mark.parametrize(
    ("lost", "asked", "told"), [({1}, 5, 60), ({2}, 5, 60), ({2, 3}, 3, 32), ({1, 2}, 2, 0)], ids=str
)
async def test_a_lost_answer_costs_one_question_more_and_not_the_day(
    hasty: FrontEnd, lost: set[int], asked: int, told: int
) -> None:
    points = tuple(range(1, 41))
    async with standing(hasty.port, terminal(hasty, points=points, skips=lost)) as there:
        try:
            said = await command(hasty, CollectDay(points, date(2026, 3, 1)))
        except Unreachable:
            said = Readings({})
        assert len(there.heard) == asked
    assert isinstance(said, Readings)
    assert len(said.days) == told


async def test_a_concentrator_that_keeps_no_days_denies(front_end: FrontEnd) -> None:
    async with standing(front_end.port, terminal(front_end, denies={Afn.HISTORY})):
        assert await command(front_end, CollectDay((1, 2), date(2026, 3, 1))) == Refused("denied")
