"""The control port: what tests and the demo may see and do, and what it says to nonsense."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress

import pytest

from headend_client.simulator.control import ask
from headend_client.simulator.world import GroupSpec, Script
from meters_io.gdw1376.amounts import exactly
from meters_io.gdw1376.events import event_to_plain
from meters_io.gdw1376.purchase_control import Mode, PurchaseOrder
from meters_io.gdw1376.reports import parse_report
from tests.headend_client.simulator.bench import ESAM_ADDRESS, STS_ADDRESS, STS_NUMBER, token_for, token_frame
from tests.headend_client.simulator.conftest import Start, world_of
from tests.headend_client.simulator.front_desk import ZONE, FrontDesk
from tests.headend_client.simulator.standing_time import StandingTime

Plain = Mapping[str, object]


async def _meter(port: int, name: str) -> Plain:
    answer = await ask(port, {"order": "inspect", "meter": name})
    meter = answer["meter"]
    assert isinstance(meter, dict)
    return meter


async def test_a_meter_is_inspected_by_address_and_by_number(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, control_port=0)) as simulation:
        port = simulation.control_ports["3201-1"]
        by_address, by_number = await _meter(port, STS_ADDRESS), await _meter(port, STS_NUMBER)
    assert by_address == by_number
    assert by_address["balance_cents"] == 1_000
    assert by_address["relay_open"] is False
    assert by_address["credits"] == []


async def test_what_came_into_a_meter_is_seen_from_outside(desk: FrontDesk, start: Start, time: StandingTime) -> None:
    async with start(world_of(desk, control_port=0)) as simulation:
        call = await desk.call()
        await call.log_in()
        digits = token_for(simulation.yard.meter(STS_ADDRESS).spec.sts, time(), 5_000)
        await call.ask(token_frame(digits), 1)
        seen = await _meter(simulation.control_ports["3201-1"], STS_ADDRESS)
    credits = seen["credits"]
    assert isinstance(credits, list)
    (credit,) = credits
    assert (credit["kind"], credit["before_e5"]) == ("token", 1_000_000)
    assert seen["tids"] == [credit["tid"]]
    assert digits not in json.dumps(seen)


async def test_all_meters_are_listed(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, control_port=0)) as simulation:
        answer = await ask(simulation.control_ports["3201-1"], {"order": "meters"})
    assert answer == {"ok": True, "meters": [ESAM_ADDRESS, STS_ADDRESS]}


@pytest.mark.parametrize(
    ("order", "name", "value"),
    [
        ({"order": "set_money", "cents": -250}, "overdraft_cents", 250),
        ({"order": "set_money", "cents": 12_345}, "balance_cents", 12_345),
        ({"order": "set_relay", "open": True}, "relay_open", True),
        ({"order": "set_money", "cents": 0}, "level", "off"),
    ],
)
async def test_a_meter_is_changed_and_remembers_it(
    desk: FrontDesk, start: Start, order: Plain, name: str, value: object
) -> None:
    world = world_of(desk, control_port=0)
    async with start(world) as simulation:
        assert await ask(simulation.control_ports["3201-1"], {**order, "meter": STS_ADDRESS}) == {"ok": True}
    async with start(world) as simulation:
        assert getattr(simulation.yard.inspect(STS_ADDRESS), name) == value


async def test_a_hand_and_a_script_come_from_outside_too(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, control_port=0)) as simulation:
        port = simulation.control_ports["3201-1"]
        deaf = {"order": "set_behaviour", "meter": ESAM_ADDRESS, "behaviour": {"script": "deaf", "times": 2}}
        assert await ask(port, deaf) == {"ok": True}
        assert simulation.yard.inspect(ESAM_ADDRESS).behaviour.script is Script.DEAF
        simulation.yard.meter(ESAM_ADDRESS).state.relay.is_open = True
        await ask(port, {"order": "press_key", "meter": ESAM_ADDRESS})
        assert not simulation.yard.inspect(ESAM_ADDRESS).relay_open
        await ask(port, {"order": "set_load", "meter": ESAM_ADDRESS, "load_w": 9_000})
        assert simulation.yard.meter(ESAM_ADDRESS).state.load_w == 9_000


async def test_a_link_is_killed_on_order(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, control_port=0)) as simulation:
        call = await desk.call()
        await call.log_in()
        order = {"order": "kill_link", "concentrator": "3201-1"}
        assert await ask(simulation.control_ports["3201-1"], order) == {"ok": True}
        assert await call.is_over()


async def test_a_clock_is_put_wrong_and_a_cover_opened_on_order(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, control_port=0)) as simulation:
        port, meter = simulation.control_ports["3201-1"], "000000000025"
        assert await ask(port, {"order": "set_clock", "meter": meter, "ahead_s": -900}) == {"ok": True}
        for word, bits in ((7, 1 << 9), (1, 1 << 2), (1, 0)):
            order = {"order": "raise_status", "meter": meter, "word": word, "bits": bits}
            assert await ask(port, order) == {"ok": True}
        assert simulation.yard.inspect(meter).clock_ahead_s == -900
        assert simulation.yard.meter(meter).state.raised == [0, 0, 0, 0, 0, 0, 1 << 9]
        plain = (await ask(port, {"order": "inspect", "meter": meter}))["meter"]
    assert isinstance(plain, dict)
    assert plain["limits"]["alarm_1_cents"] == 2_000
    assert plain["tariffs"]["prices"] == [5_000] * 4


async def test_something_happens_to_a_concentrator_on_order(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, control_port=0)) as simulation:
        call = await desk.call()
        await call.log_in()
        event = {"erc": 21, "content": {"time": "2611211530", "fault": 4}}
        order = {"order": "happen", "concentrator": "3201-1", "event": event}
        assert await ask(simulation.control_ports["3201-1"], order) == {"ok": True}
        (told,) = parse_report(await call.frame(), ZONE).events
        assert event_to_plain(told, ZONE) == event


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"order": "inspect"}',
        '{"order": "inspect", "meter": 7}',
        '{"order": "inspect", "meter": "000000000099"}',
        '{"order": "set_money", "meter": "000000000025", "cents": "1"}',
        '{"order": "set_money", "meter": "000000000025", "cents": 100000000}',
        '{"order": "set_load", "meter": "000000000025", "load_w": -1}',
        '{"order": "set_behaviour", "meter": "000000000025", "behaviour": {"script": "rude"}}',
        '{"order": "set_behaviour", "meter": "000000000025"}',
        '{"order": "kill_link", "concentrator": "3201-9"}',
        '{"order": "happen", "concentrator": "3201-1"}',
        '{"order": "happen", "concentrator": "3201-1", "event": {"erc": 14, "content": {"lost": "x"}}}',
        '{"order": "happen", "concentrator": "3201-1", "event": {"erc": 31, "content": {}}}',
        '{"order": "set_clock", "meter": "000000000025", "ahead_s": 1e9}',
        '{"order": "set_clock", "meter": "000000000025", "ahead_s": 1000000000}',
        '{"order": "raise_status", "meter": "000000000025", "word": 8, "bits": 1}',
        '{"order": "raise_status", "meter": "000000000025", "word": 1, "bits": 65536}',
        '{"order": "fly"}',
    ],
)
async def test_nonsense_gets_a_reason_and_the_next_order_an_answer(desk: FrontDesk, start: Start, line: str) -> None:
    async with start(world_of(desk, control_port=0)) as simulation:
        port = simulation.control_ports["3201-1"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(line.encode() + b'\n{"order": "meters"}\n')
        refused, answered = json.loads(await reader.readline()), json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
    assert refused["ok"] is False
    assert refused["reason"]
    assert answered["ok"] is True


async def test_a_line_without_end_costs_the_connection_only(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk, control_port=0)) as simulation:
        port = simulation.control_ports["3201-1"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x" * 200_000)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        assert (await ask(port, {"order": "meters"}))["ok"] is True


async def test_without_a_port_nobody_listens(desk: FrontDesk, start: Start) -> None:
    async with start(world_of(desk)) as simulation:
        assert simulation.control_ports == {}


async def test_what_a_terminal_keeps_of_a_group_is_seen_from_outside(desk: FrontDesk, start: Start) -> None:
    world = world_of(desk, control_port=0, groups=(GroupSpec(number=1, rounds=0b11, steps=40),))
    async with start(world) as simulation:
        port, order = simulation.control_ports["3201-1"], {"order": "look_at_group", "concentrator": "3201-1"}
        simulation.groups("3201-1").by_number[1].take(
            PurchaseOrder(7, Mode.APPEND, exactly(50), exactly(5), exactly(0))
        )
        said = await ask(port, order | {"group": 1})
        wrong = await ask(port, order | {"group": 2})
    group = said["group"]
    assert isinstance(group, dict)
    assert (group["account"], group["bought"]) == ({"steps": 90, "alarm": 5, "trip": 0, "bill": 7}, 50)
    assert wrong == {"ok": False, "reason": "no group 2 there"}
