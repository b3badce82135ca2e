"""Any number of webs, offices and notifiers may run: what one of them does, the other does not do again."""

import asyncio

import httpx2
import pytest

from app.demo.site import free_port
from app.demo.supervisor import Program
from tests.journeys.living import Living, Paid
from tests.journeys.truth import doubts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def test_two_of_everything_do_nothing_twice(living: Living) -> None:
    site, port = living.site, free_port()
    web = Program("web 2", ("serve",), {**site.environment, "RELIGHT_PORT": str(port)})
    office = Program("office 2", ("work",), site.environment)
    notifier = Program("notifier 2", ("notify",), site.environment)
    async with living.beside(web, office, notifier):
        await living.until(lambda: answers(port), "the second web answers")
        homes = [living.home(street, with_mailbox=True) for street in (1, 2) for _ in range(3)]
        paid: list[Paid] = list(await asyncio.gather(*map(living.pay, homes)))
        for each in paid:
            await living.finished(each)
    assert [doubt for each in paid for doubt in await doubts(living, each)] == []


async def answers(port: int) -> bool:
    async with httpx2.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200
