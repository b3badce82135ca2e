"""Paying at the terminal. It never takes money that cannot become credit: without the platform it does not begin.

A lost answer is asked for once more under the same form token, which begins the same payment and no second one. Orders
that nobody waits for any more are closed, later if the platform is away.
"""

import json
import logging

from kiosk.answers import Charged
from kiosk.api import Platform, Wish
from kiosk.clock import Clock
from kiosk.codes import CodeKind, route
from kiosk.journal import Journal, Kind
from kiosk.shapes import Begun, Story, Trouble

_CLOSING = "closing"
_MOST_CLOSING = 50
log = logging.getLogger(__name__)


class PayDesk:
    """Payments by code on the screen and by the payer's code."""

    def __init__(self, platform: Platform, journal: Journal, clock: Clock) -> None:
        self._platform, self._journal, self._clock = platform, journal, clock

    async def qr(self, number: str, wish: Wish) -> Begun | Trouble:
        """Begin a payment whose code is shown. After Trouble nothing was shown, so nobody can have paid."""
        await self._journal.begin(Kind.PAYMENT, self._clock(), number)
        begun = await self._platform.begin_qr(number, wish)
        if isinstance(begun, Trouble) and begun.unreachable:
            begun = await self._platform.begin_qr(number, wish)
        return begun

    async def charge(self, number: str, wish: Wish, payer_code: str) -> Charged | Trouble:
        """Charge a payer's code. `unknown`: money may have been taken; call again with the same wish and code."""
        if route(payer_code, ()).kind is not CodeKind.PAYER:
            return Trouble("not_a_payer_code")
        if not self._platform.reachable:
            return Trouble("unreachable")  # the code is not shown to a network that may lose the answer
        await self._journal.begin(Kind.PAYMENT, self._clock(), number)
        for _ in range(2):
            begun = await self._platform.charge(number, wish, payer_code)
            if isinstance(begun, Begun):
                return Charged(begun.state, begun.ref)
            if not begun.unreachable:
                return begun
        return Charged("unknown")

    async def story(self, ref: str) -> Story | Trouble:
        """Where a payment is."""
        return await self._platform.story(ref)

    async def abandon(self, ref: str) -> None:
        """Nobody waits for this payment any more: an unpaid order is closed, as soon as that can be said."""
        open_refs = [one for one in await self._open_refs() if one != ref]
        await self._journal.remember(_CLOSING, json.dumps([*open_refs, ref][-_MOST_CLOSING:]))
        await self.close_abandoned()

    async def close_abandoned(self) -> None:
        """Close the orders that could not be closed when they were left."""
        for ref in await self._open_refs():
            trouble = await self._platform.close_payment(ref)
            if trouble is not None and (trouble.unreachable or trouble.code == "failed"):
                return
            if trouble is not None:
                log.info("an abandoned payment needs no closing: %s", trouble.code)
            left = [one for one in await self._open_refs() if one != ref]
            await self._journal.remember(_CLOSING, json.dumps(left) if left else None)

    async def _open_refs(self) -> list[str]:
        kept = json.loads(await self._journal.mark(_CLOSING) or "[]")
        return [ref for ref in kept if isinstance(ref, str)]
