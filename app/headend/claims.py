"""Claims to a link among front-end processes: asking the holder, and answering for our own links."""

import asyncio
import logging

from app.context import Deps
from app.ports import ConcentratorAddress
from app.services import claims
from app.services.claims import Claim
from headend_client.errors import HeadEndError
from headend_client.pool import Pool

log = logging.getLogger(__name__)

ROUND_S = 1.0
PROBE_S = 5.0  # how long a link is given to show that it lives
_PATIENCE_S = 12.0  # within the time that a login may take
_LOOK_S = 0.3
_AT_ONCE = 32  # claims that wait at the same moment; whoever forges hundreds waits for nobody


class Claims:
    """What one front-end asks others, and what others ask it. `probe_s`: as PROBE_S."""

    def __init__(self, deps: Deps, name: str, pool: Pool) -> None:
        self._deps, self._name, self._pool = deps, name, pool
        self.probe_s = PROBE_S
        self._waiting: dict[ConcentratorAddress, asyncio.Task[bool]] = {}

    async def is_proved_elsewhere(self, address: ConcentratorAddress) -> bool:
        """Have the holder prove its link; tell whether it did. Raises HeadEndError where it does not say in time."""
        asking = self._waiting.get(address)
        if asking is None:
            if len(self._waiting) >= _AT_ONCE:
                raise HeadEndError("too many claims at once")
            asking = self._waiting[address] = asyncio.ensure_future(self._have_proved(address))
            asking.add_done_callback(lambda done: self._forget(address, done))
        try:
            return await asyncio.shield(asking)
        except TimeoutError:
            raise HeadEndError("the holder of a link does not say how it is") from None
        except Exception as error:
            raise HeadEndError(f"no archive to ask: {type(error).__name__}") from error

    def _forget(self, address: ConcentratorAddress, done: asyncio.Task[bool]) -> None:
        self._waiting.pop(address, None)
        if not done.cancelled():
            done.exception()  # whoever waited for it may have gone

    async def prove_for_ever(self) -> None:
        """Answer for our links what others ask, until cancelled."""
        while True:
            await self.prove()
            await asyncio.sleep(ROUND_S)

    async def prove(self) -> None:
        """Answer once all that is asked now."""
        try:
            async with self._deps.begin() as db:
                asked = await claims.asked_of(db, self._name)
            await asyncio.gather(*(self._answer(claim) for claim in asked))
        except Exception as error:
            log.warning("front-end %s: links are not proved (%s)", self._name, type(error).__name__)

    async def _answer(self, claim: Claim) -> None:
        session = self._pool.find(claim.address)
        alive = session is not None and await session.is_alive(self.probe_s)
        if session is not None and not alive:
            session.close("link_dead")
        async with self._deps.begin() as db:
            await claims.answer(db, claim, self._name, self._deps.now(), alive=alive)

    async def _have_proved(self, address: ConcentratorAddress) -> bool:
        async with self._deps.begin() as db:
            await claims.ask(db, address, self._deps.now())
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                async with self._deps.begin() as db:
                    proved = await claims.is_proved(db, address)
                if proved is not None:
                    return proved
                await asyncio.sleep(_LOOK_S)
