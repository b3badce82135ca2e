"""From the dark to light over TCP, with the answer to the recharge lost and the process gone in between."""

from headend_client.simulator.world import Behaviour, FirstState, Script, World
from meters_io.dlt645 import frame as dlt645
from meters_io.dlt645 import reads, softesam
from meters_io.dlt645.names import Item
from meters_io.dlt645.purchase import (
    Authenticated,
    Authentication,
    Purchase,
    PurchaseKind,
    build_authentication,
    build_purchase,
    diversifier,
    parse_authenticated,
)
from meters_io.dlt645.reads import build_read, parse_register
from meters_io.dlt645.refusals import RefusalCode
from meters_io.dlt645.relay import RelayAction, RelayOrder, SealedOrder, build_sealed_relay, order_to_clear
from meters_io.dlt645.status import StatusWord3
from meters_io.gdw1376.passage import NoAnswer
from tests.headend_client.simulator.bench import CUSTOMER, ESAM_ADDRESS, MASTER, RANDOM1, ZONE, esam_spec, refusal
from tests.headend_client.simulator.conftest import SILENCE_S, Start, world_of
from tests.headend_client.simulator.front_desk import Call, FrontDesk
from tests.headend_client.simulator.standing_time import StandingTime


def dark_and_deaf(desk: FrontDesk) -> World:
    first = FirstState(overdraft_cents=250, purchase_count=3)
    return world_of(desk, meters=(esam_spec(first=first, behaviour=Behaviour(Script.DEAF)),))


async def session(call: Call) -> bytes:
    key = softesam.meter_key(MASTER, ESAM_ADDRESS)
    challenge = Authentication(softesam.cipher1(key, RANDOM1), RANDOM1, diversifier(ESAM_ADDRESS))
    reply = await call.ask(build_authentication(ESAM_ADDRESS, challenge), 1)
    answer = parse_authenticated(reply, ESAM_ADDRESS)
    assert isinstance(answer, Authenticated)
    return softesam.session_key(key, RANDOM1, answer.random2)


def recharge(secret: bytes) -> dlt645.Frame:
    macs = softesam.mac1(secret, 5_000, 4), softesam.mac2(secret, CUSTOMER)
    return build_purchase(ESAM_ADDRESS, PurchaseKind.RECHARGE, Purchase(5_000, 4, CUSTOMER, *macs))


def close(secret: bytes) -> dlt645.Frame:
    sealed = SealedOrder(*softesam.seal(secret, order_to_clear(RelayOrder(RelayAction.CLOSE), ZONE)))
    return build_sealed_relay(ESAM_ADDRESS, sealed)


async def status(call: Call) -> StatusWord3:
    reply = await call.ask(build_read(ESAM_ADDRESS, Item.STATUS_3), 2)
    word = parse_register(reply, ESAM_ADDRESS, reads.STATUS_3)
    assert isinstance(word, StatusWord3)
    return word


async def test_a_lost_answer_is_settled_by_reading_back_and_the_light_comes(
    desk: FrontDesk, start: Start, time: StandingTime
) -> None:
    async with start(dark_and_deaf(desk)):
        call = await desk.call()
        await call.log_in()
        assert (await status(call)).relay_command_open
        lost = call.forward(recharge(await session(call)), 5)
        await time.until_somebody_sleeps(SILENCE_S)
        time.forward(seconds=SILENCE_S)
        assert await call.answer(lost) == NoAnswer()

    async with start(dark_and_deaf(desk)) as simulation:
        call = await desk.call()
        await call.log_in()
        count = await call.ask(build_read(ESAM_ADDRESS, Item.PURCHASE_COUNT), 1)
        assert parse_register(count, ESAM_ADDRESS, reads.PURCHASE_COUNT) == 4
        secret = await session(call)
        assert refusal(await call.ask(recharge(secret), 2)) == RefusalCode.DUPLICATE
        assert (await call.ask(close(secret), 3)).control == 0x9C
        assert not (await status(call)).relay_open
        seen = simulation.yard.inspect(ESAM_ADDRESS)
        assert (seen.balance_cents, len(seen.credits)) == (4_750, 1)
