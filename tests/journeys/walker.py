"""Somebody who walks through a street whose link is cut, with a hand-held on the meters' own line."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.context import utc_now
from app.demo.town import account_number
from app.headend import open_security
from headend_client.dialer import Dialer, DialPlace
from headend_client.drivers import Dlt645TcpDriver
from headend_client.errors import Unreachable
from headend_client.handheld import Command, Purchase, Result, State, Tokens
from headend_client.orders import Read
from headend_client.outcome import Done, Readings, TokenTaken, Wallet
from headend_client.target import ConcentratorAddress, Recharge, Target
from headend_client.timing import Timing
from tests.headend_client.gateway import Watched
from tests.journeys.living import Living

_HERE = ConcentratorAddress("3201", 3)
_NEWEST = "newest_purchase_minor"


@dataclass
class Walker:
    """Carries orders out by the meters' line, and reads afterwards what a result says."""

    living: Living
    driver: Dlt645TcpDriver

    async def carry_out(self, command: Command, place: int, *, heard: bool = True) -> Result:
        """Do it at the meter of that household. `heard`: else it obeyed, and its answer was lost.

        A street that is just coming back is waited for: what was done before is not done again.
        """
        done: list[Result] = []

        async def is_done() -> bool:
            with contextlib.suppress(Unreachable):
                done.append(await self._carry_out(command, place, heard=heard))
            return bool(done)

        await self.living.until(is_done, f"{command.id} is carried out")
        return done[0]

    async def _carry_out(self, command: Command, place: int, *, heard: bool) -> Result:
        profile = "sts" if isinstance(command.order, Tokens) else "esam"
        target = Target(command.meter, profile, _HERE, 1, account_number(place).zfill(12), driver="dlt645_tcp")
        await self._do(command, target)
        if not heard:
            return Result(command.id, command.meter, State.NO_ANSWER)
        wallet = await self.driver.read_wallet(target, [])
        assert isinstance(wallet, Wallet), wallet
        newest = await self._newest(target) if profile == "esam" else None
        count = wallet.count if profile == "esam" else None
        return Result(
            command.id, command.meter, State.DONE, utc_now(), "", wallet.balance_minor, count, newest_minor=newest
        )

    async def _do(self, command: Command, target: Target) -> None:
        if isinstance(command.order, Tokens):
            for digits in command.order.tokens:
                said = await self.driver.send_token(target, digits, [])
                assert isinstance(said, TokenTaken), said
            return
        assert isinstance(command.order, Purchase)
        wallet = await self.driver.read_wallet(target, [])
        assert isinstance(wallet, Wallet), wallet
        if wallet.count == command.order.number - 1:
            recharge = Recharge(command.order.amount_minor, command.order.number)
            assert await self.driver.send_purchase(target, recharge, []) == Done()

    async def _newest(self, target: Target) -> int | None:
        said = await self.driver.operate(target, Read((_NEWEST,)), [])
        assert isinstance(said, Readings), said
        newest = said.values[_NEWEST]
        assert isinstance(newest, int)
        return newest


@asynccontextmanager
async def in_the_street(living: Living) -> AsyncIterator[Walker]:
    """Stand before the meters of the third street."""
    settings = living.site.settings
    async with aclosing(await open_security(settings)) as security:
        dialer = Dialer(Watched(), Timing(), now=utc_now)
        dialer.hold([DialPlace(_HERE, "127.0.0.1", living.site.lines[2])])
        try:

            async def there() -> bool:
                return dialer.find(_HERE) is not None

            await living.until(there, "somebody stands before the meters")
            yield Walker(living, Dlt645TcpDriver(dialer, security, ZoneInfo(settings.timezone), utc_now))
        finally:
            await dialer.close()
