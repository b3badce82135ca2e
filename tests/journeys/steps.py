"""The steps of the loop, as they can be seen from outside."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

from app.domain.purchase import PurchaseState
from tests.journeys.living import Living, Paid


class Step(StrEnum):
    """Where the loop stands when the blow falls."""

    BEGUN = "the payment is begun and the bank has not called back"
    BOOKED = "the callback is booked and nothing has left for the meter"
    SENDING = "the download is on its way"
    LANDED = "the meter has obeyed and its answer is still on the line"
    CREDITED = "the credit is booked and nobody is told yet"
    TELLING = "the message is there and not sent"


async def reached(living: Living, pair: list[Paid], step: Step) -> None:
    """Wait until all of them are at this step, or beyond."""

    async def all_there() -> bool:
        return all([await IS_AT[step](living, paid) for paid in pair])

    await living.until(all_there, step)


async def is_begun(living: Living, paid: Paid) -> bool:
    return bool((await living.story(paid)).payment)


async def is_booked(living: Living, paid: Paid) -> bool:
    return (await living.story(paid)).purchase is not None


async def is_sending(living: Living, paid: Paid) -> bool:
    purchase = (await living.story(paid)).purchase
    return purchase is not None and purchase.state != PurchaseState.PAID  # or further: a token takes its time


async def has_landed(living: Living, paid: Paid) -> bool:
    return bool(await living.credits(paid.home))


async def is_credited(living: Living, paid: Paid) -> bool:
    purchase = (await living.story(paid)).purchase
    return purchase is not None and purchase.state == PurchaseState.CREDITED


async def is_being_told(living: Living, paid: Paid) -> bool:
    return bool((await living.story(paid)).messages)


IS_AT: dict[Step, Callable[[Living, Paid], Awaitable[bool]]] = {
    Step.BEGUN: is_begun,
    Step.BOOKED: is_booked,
    Step.SENDING: is_sending,
    Step.LANDED: has_landed,
    Step.CREDITED: is_credited,
    Step.TELLING: is_being_told,
}
