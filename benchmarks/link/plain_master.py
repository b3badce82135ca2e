"""The baseline: a master that sends a purchase up to three times in a row, then gives up. It is not in the product."""

from datetime import datetime, timedelta

from benchmarks.link.air import Clock
from headend_client.drivers import Driver
from headend_client.errors import Unreachable
from headend_client.outcome import Done, FrameRecord, Refused, TokenTaken
from headend_client.target import Recharge, Target

TRIES = 3
_EVER = timedelta(days=365)


class PlainMaster:
    """Sends and believes what it hears. A meter that says "I have had that" counts as a success, in its favour."""

    def __init__(self, driver: Driver, clock: Clock) -> None:
        self._driver, self._clock = driver, clock

    async def sell(self, target: Target, what: Recharge | str, at: datetime) -> bool:
        """Does the master come to know that the purchase is in its meter?"""
        self._clock.set(at, _EVER)
        for _ in range(TRIES):
            if await self._send(target, what):
                return True
        return False

    async def _send(self, target: Target, what: Recharge | str) -> bool:
        trace: list[FrameRecord] = []
        try:
            if isinstance(what, str):
                said = await self._driver.send_token(target, what, trace)
                return isinstance(said, TokenTaken)
            told = await self._driver.send_purchase(target, what, trace)
            return isinstance(told, Done) or told == Refused("duplicate_recharge")
        except Unreachable:
            return False
