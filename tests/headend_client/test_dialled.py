"""Gateways that we dial: one exchange at a time, the right answer or none, and nobody hostile unseen."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from headend_client.dialer import DialPlace
from headend_client.errors import Unreachable
from headend_client.orders import ReadArchive
from headend_client.outcome import Refused, Relay, Unknown
from headend_client.target import Place, Priority, Recharge, Target
from meters_io.dlt645.frame import encode
from meters_io.dlt645.reads import BALANCE, build_register
from meters_io.dlt645.status import StatusWord3
from tests.headend_client.gateway import DIAL, PLACE, Site, open_site, says
from tests.headend_client.meters import ADDRESS, CUSTOMER, EsamMeter

CLOSED = Relay(relay_open=False, command_open=False, alarm=False, keep_power=False)
OTHERS = ("201000000013", "201000000014", "201000000015")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path) as made:
        yield made


async def test_a_frame_goes_out_behind_four_bytes_that_wake_the_line(site: Site) -> None:
    master, verb = await site.master(), site.reads()
    await master.asked()
    assert master.raw.startswith(b"\xfe\xfe\xfe\xfe\x68")
    await master.send(says())
    assert await verb == CLOSED


async def test_bytes_before_an_answer_and_an_echo_of_the_question_do_not_matter(site: Site) -> None:
    master, verb = await site.master(), site.reads()
    asked = await master.asked()
    await master.send_bytes(b"\xfe" * 9 + encode(asked) + b"\x00\xff\xfe\xfe" + encode(says()))
    assert await verb == CLOSED
    assert site.dropped() == {}


async def test_an_answer_in_pieces_is_one_answer(site: Site) -> None:
    master, verb = await site.master(), site.reads()
    await master.asked()
    for byte in encode(says()):
        await master.send_bytes(bytes((byte,)))
    assert await verb == CLOSED


async def test_a_beginning_without_an_end_hides_no_answer_behind_it(site: Site) -> None:
    master, verb = await site.master(), site.reads()
    await master.asked()
    await master.send_bytes(b"\x68\x31\x00\x31\x00\x13\x20\x68\x91\xff" + encode(says()))
    assert await verb == CLOSED


async def test_answers_of_others_and_to_other_questions_are_dropped_and_counted(site: Site) -> None:
    master, verb = await site.master(), site.reads()
    asked = await master.asked()
    await master.send(says(OTHERS[0]), build_register(ADDRESS, BALANCE, 99), replace(asked, control=0x14))
    await master.send(says())
    assert await verb == CLOSED
    assert site.dropped() == {"another_meter": 1, "late": 1, "foreign": 1}


async def test_one_speaks_at_a_time_and_the_most_urgent_is_next(site: Site) -> None:
    master = await site.master()
    first = site.reads()
    asked = [await master.asked()]
    slow, urgent = site.reads(OTHERS[0]), site.reads(OTHERS[1], Priority.RESTORE)
    await asyncio.sleep(0)
    for address in (ADDRESS, OTHERS[1], OTHERS[0]):
        await master.send(says(address))
        if address != OTHERS[0]:
            asked.append(await master.asked())
    for verb in (first, slow, urgent):
        assert await verb == CLOSED
    assert [frame.address for frame in asked] == [ADDRESS, OTHERS[1], OTHERS[0]]


async def test_a_silent_meter_delays_the_next_by_one_wait(site: Site) -> None:
    master, dead = await site.master(), site.reads()
    await master.asked()
    living = site.reads(OTHERS[0])
    with pytest.raises(Unreachable, match="line_silent"):
        await dead
    await master.asked()
    await master.send(says(OTHERS[0]))
    assert await living == CLOSED


async def test_what_comes_after_a_silence_is_no_answer_to_the_next_question(site: Site) -> None:
    """Both ask the same of the same meter; what the first one waited for comes before the second has asked."""
    master, first = await site.master(), site.reads()
    await master.asked()
    with pytest.raises(Unreachable):
        await first
    second = site.reads()
    await master.send(says(status=StatusWord3(relay_open=True)))
    await master.asked()
    await master.send(says())
    assert await second == CLOSED
    assert site.dropped() == {"late": 1}


async def test_a_recharge_whose_answer_is_lost_is_unknown_and_one_that_never_left_is_unreachable(site: Site) -> None:
    meter, master = EsamMeter(), await site.master()
    target = Target(ADDRESS, "esam", PLACE, 1, CUSTOMER, driver="dlt645_tcp")
    verb = asyncio.ensure_future(site.driver.send_purchase(target, Recharge(5000, 4), []))
    answer = meter.answer(await master.asked())
    assert answer is not None
    await master.send(answer)
    meter.answer(await master.asked())
    master.hang_up()
    assert await verb == Unknown("link_lost")
    assert (meter.count, meter.balance) == (4, 6234)

    again = await site.master()
    unsent = asyncio.ensure_future(site.driver.send_purchase(target, Recharge(5000, 5), []))
    await again.asked()
    again.hang_up()
    with pytest.raises(Unreachable, match="link_lost"):
        await unsent


async def test_a_link_that_is_lost_is_dialled_again_and_whoever_waited_knows_that_nothing_was_sent(site: Site) -> None:
    master, speaking, waiting = await site.master(), site.reads(), site.reads(OTHERS[0])
    await master.asked()
    master.hang_up()
    for verb in (speaking, waiting):
        with pytest.raises(Unreachable, match="link_lost"):
            await verb
    again, verb = await site.master(), site.reads()
    await again.asked()
    await again.send(says())
    assert await verb == CLOSED
    assert site.watched.told[:3] == ["linked", "unlinked", "linked"]


async def test_a_connection_behind_which_all_are_silent_is_dialled_anew_once(site: Site) -> None:
    master = await site.master()
    for address in OTHERS:
        with pytest.raises(Unreachable):
            await site.reads(address)
    assert await master.is_hung_up_on()
    again = await site.master()
    for address in OTHERS:
        with pytest.raises(Unreachable, match="line_silent"):
            await site.reads(address)
    verb = site.reads()
    for _ in range(len(OTHERS)):
        await again.asked()
    await again.asked()
    await again.send(says())
    assert await verb == CLOSED


@pytest.mark.parametrize("hostile", ["noise", "flood"])
async def test_a_gateway_that_talks_without_end_is_hung_up_on_and_counted(site: Site, hostile: str) -> None:
    master = await site.master()
    raw = b"\x68\x99" * 2048 if hostile == "noise" else encode(says()) * 200
    try:
        for _ in range(40):
            await master.send_bytes(raw)
    except OSError:
        pass  # hung up on
    assert await master.is_hung_up_on()
    await site.master()
    assert site.dropped()["too_much_noise" if hostile == "noise" else "flood"] == 1


async def test_a_frame_at_one_byte_a_time_holds_nobody_up_for_longer_than_its_turn(tmp_path: Path) -> None:
    async with open_site(tmp_path, replace(DIAL, gap_s=5.0)) as site:
        master, slow = await site.master(), site.reads()
        await master.asked()
        await master.send_bytes(encode(says())[:-3])
        with pytest.raises(Unreachable, match="line_silent"):
            await slow


async def test_a_gateway_whose_place_changes_is_dialled_there_and_one_that_is_let_go_is_dialled_no_more(
    site: Site,
) -> None:
    master = await site.master()
    site.dialer.hold([DialPlace(PLACE, "localhost", site.port)])
    assert await master.is_hung_up_on()
    moved = await site.master()
    site.dialer.hold(())
    assert await moved.is_hung_up_on()
    with pytest.raises(Unreachable, match="no_link"):
        await site.reads()


async def test_a_host_that_cannot_be_dialled_is_tried_again_and_reaches_nobody(site: Site) -> None:
    await site.master()
    site.dialer.hold([DialPlace(PLACE, "127.0.0.1", 1), DialPlace(replace(PLACE, terminal=2), "x" * 300, 1)])
    with pytest.raises(Unreachable, match="no_link"):
        await site.reads()
    assert site.dialer.links() == ()


async def test_a_gateway_takes_no_orders_of_concentrators(site: Site) -> None:
    assert await site.driver.command(Place(PLACE), ReadArchive(), []) == Refused("not_offered")


async def test_an_error_of_our_own_ends_a_connection_and_not_the_gateway(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    master, broken = await site.master(), site.watched.unlinked

    async def fails(address: object) -> None:
        monkeypatch.setattr(site.watched, "unlinked", broken)
        raise ZeroDivisionError

    monkeypatch.setattr(site.watched, "unlinked", fails)
    master.hang_up()
    again, verb = await site.master(), site.reads()
    await again.asked()
    await again.send(says())
    assert await verb == CLOSED
