"""How verbs end: every way in which a link, a concentrator or a meter can fail, at every step of an exchange."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from headend_client.errors import Unreachable
from headend_client.outcome import Done, Refused, Relay, TokenTaken, Unknown, Wallet
from headend_client.target import Priority, Recharge
from meters_io.dlt645.frame import Frame, encode
from meters_io.dlt645.names import Control, Security
from meters_io.dlt645.reads import BALANCE, build_read_reply, build_register
from meters_io.dlt645.refusals import RefusalCode, build_refusal
from meters_io.dlt645.relay import RelayAction
from meters_io.dlt645.status import StatusWord3
from meters_io.dlt645.token import TokenResult, build_token_reply, parse_token
from tests.headend_client.front_end import WIRED, FrontEnd, target
from tests.headend_client.meters import ADDRESS, EsamMeter, PlainRelay, closes_until
from tests.headend_client.peer import Asked, Peer

RECHARGE = Recharge(5000, 4)
TOKEN = "12345678901234567890"


async def recharge_reaches_the_wire(
    front_end: FrontEnd, peer: Peer, port: int = 31
) -> tuple[asyncio.Task[object], Asked]:
    """Start a recharge, let the authentication succeed, and return when its bytes have arrived."""
    verb = asyncio.create_task(front_end.driver.send_purchase(target(port), RECHARGE, front_end.trace))
    await peer.serve(EsamMeter(), 1)
    asked = await peer.asked()
    assert asked.inner.data[:4] == Security.RECHARGE.to_bytes(4, "little")
    return verb, asked


async def test_a_wallet_is_read_with_its_count_and_without_its_overdraft(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        meter = EsamMeter(balance=0, overdraft=350, count=9)
        wallet, _ = await asyncio.gather(front_end.driver.read_wallet(target(), front_end.trace), peer.serve(meter, 3))
    assert wallet == Wallet(balance_minor=-350, overdraft_minor=350, count=9)


async def test_an_sts_meter_has_no_count(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = front_end.driver.read_wallet(target(profile="sts"), front_end.trace)
        wallet, _ = await asyncio.gather(verb, peer.serve(EsamMeter(balance=80), 2))
    assert wallet == Wallet(80, 0, None)


async def test_a_meter_that_knows_no_state_query_tells_its_count_from_the_newest_record(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.read_wallet(target(), front_end.trace))
        await peer.serve(EsamMeter(), 2)
        asked = await peer.asked()
        await peer.answer(asked, build_refusal(asked.inner, RefusalCode.OTHER))
        asked = await peer.asked()
        await peer.answer(asked, build_read_reply(ADDRESS, 0x03330201, b"\x12\x00"))
        assert await verb == Wallet(1234, 0, 12)


async def test_a_register_that_is_not_available_is_not_a_figure(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.read_wallet(target(), front_end.trace))
        await peer.answer(await peer.asked(), build_register(ADDRESS, BALANCE, None))
        assert await verb == Unknown("not_available")


async def test_a_read_of_an_item_the_meter_does_not_have_is_refused(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.read_relay(target(), front_end.trace))
        asked = await peer.asked()
        await peer.answer(asked, build_refusal(asked.inner, RefusalCode.NO_DATA))
        assert await verb == Refused("no_such_data")


async def test_a_relay_is_read_from_status_word_three(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        meter = EsamMeter(status=StatusWord3(relay_open=True, alarm=True, keep_power=True))
        relay, _ = await asyncio.gather(front_end.driver.read_relay(target(), front_end.trace), peer.serve(meter, 1))
    assert relay == Relay(relay_open=True, command_open=False, alarm=True, keep_power=True)


async def test_a_good_recharge_is_done_and_in_the_meter(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        meter = EsamMeter()
        verb = front_end.driver.send_purchase(target(), RECHARGE, front_end.trace)
        said, _ = await asyncio.gather(verb, peer.serve(meter, 2))
    assert (said, meter.balance, meter.count) == (Done(), 6234, 4)
    assert [record.direction for record in front_end.trace] == ["down", "up", "down", "up"]


@pytest.mark.parametrize(("count", "code"), [(4, "duplicate_recharge"), (9, "purchase_count_wrong")])
async def test_a_recharge_under_a_wrong_count_is_refused_by_the_meter(
    front_end: FrontEnd, count: int, code: str
) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = front_end.driver.send_purchase(target(), RECHARGE, front_end.trace)
        said, _ = await asyncio.gather(verb, peer.serve(EsamMeter(count=count), 2))
    assert said == Refused(code)


async def test_without_a_link_nothing_is_sent(front_end: FrontEnd) -> None:
    with pytest.raises(Unreachable, match="no_link"):
        await front_end.driver.send_purchase(target(), RECHARGE, front_end.trace)
    assert front_end.trace == []


async def test_a_recharge_whose_authentication_stays_unanswered_was_never_sent(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.send_purchase(target(), RECHARGE, front_end.trace))
        await peer.answer_raw(await peer.asked(), b"")
        with pytest.raises(Unreachable, match="meter_silent"):
            await verb


async def test_a_recharge_whose_authentication_is_garbled_was_never_sent(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.send_purchase(target(), RECHARGE, front_end.trace))
        await peer.answer_raw(await peer.asked(), b"\x68\x00\x16")
        with pytest.raises(Unreachable, match="not_a_frame"):
            await verb


async def test_a_recharge_whose_link_breaks_during_authentication_was_never_sent(front_end: FrontEnd) -> None:
    peer = await Peer.logged_in(front_end.port)
    verb = asyncio.create_task(front_end.driver.send_purchase(target(), RECHARGE, front_end.trace))
    await peer.asked()
    await peer.hang_up()
    with pytest.raises(Unreachable, match="link_lost"):
        await verb


async def test_a_meter_that_does_not_know_our_key_refuses(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.send_purchase(target(), RECHARGE, front_end.trace))
        asked = await peer.asked()
        await peer.answer(asked, build_refusal(asked.inner, RefusalCode.NOT_AUTHENTICATED))
        assert await verb == Refused("not_authenticated")


async def test_a_silent_meter_leaves_a_recharge_unknown(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb, asked = await recharge_reaches_the_wire(front_end, peer)
        await peer.answer_raw(asked, b"")
        assert await verb == Unknown("meter_silent")


async def test_a_silent_concentrator_leaves_a_recharge_unknown(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb, _ = await recharge_reaches_the_wire(front_end, peer, WIRED)
        assert await verb == Unknown("no_reply")


async def test_a_link_that_breaks_behind_a_recharge_leaves_it_unknown(front_end: FrontEnd) -> None:
    peer = await Peer.logged_in(front_end.port)
    verb, _ = await recharge_reaches_the_wire(front_end, peer)
    await peer.hang_up()
    assert await verb == Unknown("link_lost")


async def test_a_recharge_that_the_concentrator_refuses_to_pass_on_was_never_sent(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb, asked = await recharge_reaches_the_wire(front_end, peer)
        await peer.turn_away(asked)
        with pytest.raises(Unreachable, match="concentrator_refused"):
            await verb


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Frame("201000000099", 0x83), "wrong_address"),
        (Frame(ADDRESS, 0x91), "wrong_control"),
        (Frame(ADDRESS, 0x83, b"\xff\x02\x81\x07"), "wrong_di"),
        (Frame(ADDRESS, 0xC3, b""), "not_a_refusal"),
    ],
)
async def test_an_answer_that_is_not_about_the_recharge_leaves_it_unknown(
    front_end: FrontEnd, reply: Frame, reason: str
) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb, asked = await recharge_reaches_the_wire(front_end, peer)
        await peer.answer(asked, reply)
        assert await verb == Unknown(reason)


async def test_an_answer_behind_an_echo_of_the_request_is_found(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb, asked = await recharge_reaches_the_wire(front_end, peer)
        await peer.answer_raw(asked, asked.passage.inner + encode(Frame(ADDRESS, 0x83)))
        assert await verb == Done()


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (1, TokenTaken(already=False)),
        (2, TokenTaken(already=False)),  # a section of a key change, which waits for the others
        (3, TokenTaken(already=False)),
        (10, TokenTaken(already=True)),
        (9, Refused("old_error")),
        (15, Refused("locked_out")),
        (77, Unknown("unknown_result")),
    ],
)
async def test_a_token_ends_as_the_meter_says(front_end: FrontEnd, result: int, outcome: object) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.send_token(target(profile="sts"), TOKEN, front_end.trace))
        asked = await peer.asked()
        assert parse_token(asked.inner).digits == TOKEN
        await peer.answer(asked, build_token_reply(ADDRESS, TokenResult(result)))
        assert await verb == outcome


async def test_a_silent_meter_leaves_a_token_unknown(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.send_token(target(profile="sts"), TOKEN, front_end.trace))
        await peer.answer_raw(await peer.asked(), b"")
        assert await verb == Unknown("meter_silent")


@pytest.mark.parametrize(("arm", "action"), [(False, RelayAction.CLOSE), (True, RelayAction.ALLOW_CLOSE)])
async def test_an_esam_meter_gets_a_sealed_order_that_expires(
    front_end: FrontEnd, arm: bool, action: RelayAction
) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        meter = EsamMeter()
        verb = front_end.driver.close_relay(target(), front_end.trace, arm=arm)
        said, _ = await asyncio.gather(verb, peer.serve(meter, 2))
    assert said == Done()
    assert [closes_until(order, action, front_end.clock()) for order in meter.orders] == [True]


async def test_an_sts_meter_gets_a_plain_order_under_the_password(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        relay = PlainRelay(bytes.fromhex("02aabbcc"))
        verb = front_end.driver.close_relay(target(profile="sts"), front_end.trace)
        said, _ = await asyncio.gather(verb, peer.serve(relay, 1))
    assert said == Done()
    assert [closes_until(order, RelayAction.CLOSE, front_end.clock()) for order in relay.orders] == [True]


async def test_an_order_expires_counted_from_when_it_is_sent_not_from_when_it_queued(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        relay = PlainRelay(bytes.fromhex("02aabbcc"))
        before = asyncio.create_task(front_end.driver.read_relay(target(), front_end.trace))
        asked = await peer.asked()
        verb = asyncio.create_task(front_end.driver.close_relay(target(profile="sts"), front_end.trace))
        await asyncio.sleep(0)
        sent_at = front_end.clock.forward(minutes=30)
        await peer.answer(asked, EsamMeter().answer(asked.inner) or Frame(ADDRESS, Control.READ))
        await asyncio.gather(before, verb, peer.serve(relay, 1))
    assert relay.orders[0].expires == sent_at + timedelta(minutes=5)


@pytest.mark.parametrize(("profile", "code"), [("sts", "not_supported"), ("unheard_of", "unknown_profile")])
async def test_what_a_model_cannot_do_is_refused_before_anything_is_sent(
    front_end: FrontEnd, profile: str, code: str
) -> None:
    async with await Peer.logged_in(front_end.port):
        said = await front_end.driver.send_purchase(target(profile=profile), RECHARGE, front_end.trace)
    assert (said, front_end.trace) == (Refused(code), [])


async def test_a_meter_that_has_just_answered_is_asked_again_when_somebody_waits_for_the_light(
    front_end: FrontEnd,
) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        waited_for = replace(target(), priority=Priority.RESTORE)
        verb = asyncio.create_task(front_end.driver.read_wallet(waited_for, front_end.trace))
        await peer.serve(EsamMeter(), 1)
        await peer.answer_raw(await peer.asked(), b"")
        await peer.answer_raw(await peer.asked(), b"")
        await peer.serve(EsamMeter(), 2)
        assert await verb == Wallet(1234, 0, 3)


@pytest.mark.parametrize(("priority", "heard"), [(Priority.RESTORE, 0), (Priority.ROUTINE, 1)])
async def test_a_meter_of_which_nothing_is_heard_and_one_for_which_nobody_waits_are_asked_once(
    front_end: FrontEnd, priority: Priority, heard: int
) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        verb = asyncio.create_task(front_end.driver.read_wallet(replace(target(), priority=priority), front_end.trace))
        await peer.serve(EsamMeter(), heard)
        await peer.answer_raw(await peer.asked(), b"")
        with pytest.raises(Unreachable, match="meter_silent"):
            await verb


async def test_a_recharge_is_never_sent_again_by_its_verb(front_end: FrontEnd) -> None:
    async with await Peer.logged_in(front_end.port) as peer:
        waited_for = replace(target(), priority=Priority.RESTORE)
        verb = asyncio.create_task(front_end.driver.send_purchase(waited_for, RECHARGE, front_end.trace))
        await peer.serve(EsamMeter(), 1)
        await peer.answer_raw(await peer.asked(), b"")
        assert await verb == Unknown("meter_silent")
