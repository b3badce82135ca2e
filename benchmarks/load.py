"""The other end of a callback: begins payments, plays the provider, and notes when it spoke."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from secrets import token_hex
from typing import TypeVar

from sqlmodel import col, select

from app.context import Deps
from app.models import Meter, Payment
from app.payments.sandbox.codes import NAME
from app.payments.sandbox.signing import fresh_stamp
from app.services.payments import PaymentWish, begin_payment
from benchmarks.rig import Rig
from headend_client.simulator.control import ask

HOOK = f"/hooks/payments/{NAME}"
AMOUNT_MINOR = 5000
_AHEAD_S = 2.0  # the resident presses the bank's button this long after asking to pay
_DARK_CENTS = -250
_ANSWER_S = 10.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sent:
    """One callback: `ref` of the payment, when it was about to leave, and the HTTP status that confirmed it."""

    ref: str
    at: datetime
    status: int


async def post(port: int, path: str, headers: Mapping[str, str], body: bytes) -> int:
    """POST over a connection of its own, as providers do; return the status. OSError, TimeoutError."""
    async with asyncio.timeout(_ANSWER_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            fixed = {"host": f"127.0.0.1:{port}", "content-length": str(len(body)), "connection": "close"}
            lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**fixed, **headers}.items())]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            status = (await reader.readline()).split()
            await reader.read()
            return int(status[1])
        finally:
            writer.close()


async def at_rate(rate: float, total: int, act: Callable[[int, float], Awaitable[T]], *, ahead_s: float = 0) -> list[T]:
    """Begin `act(n, when)` `ahead_s` before `when`, a random moment of the n-th share of time. Seconds of the loop."""
    dice, begun = Random(7), asyncio.get_running_loop().time() + ahead_s
    moments = [begun + (n + dice.random()) / rate for n in range(total)]

    async def one(n: int) -> T:
        await until(moments[n] - ahead_s)
        return await act(n, moments[n])

    return await asyncio.gather(*(one(n) for n in range(total)))


async def until(moment: float) -> None:
    """Sleep until a moment of the loop's clock."""
    await asyncio.sleep(max(moment - asyncio.get_running_loop().time(), 0))


class Payers:
    """Everybody who pays: the meters in turn, a concentrator after the other, so that no line is asked for twice."""

    def __init__(self, rig: Rig, deps: Deps, meters: list[Meter]) -> None:
        self._rig, self._deps, self._meters = rig, deps, meters
        self._secret = rig.site.settings.sandbox_secret.get_secret_value().encode()
        self._paid = 0

    async def pay_at_rate(self, rate: float, total: int) -> list[Sent]:
        """Have `total` purchases paid, `rate` a second."""
        first, self._paid = self._paid, self._paid + total

        async def one(n: int, when: float) -> Sent:
            payment = await self.begin(first + n)
            await until(when)
            return await self.call_back(payment)

        return await at_rate(rate, total, one, ahead_s=_AHEAD_S)

    async def begin(self, n: int) -> Payment:
        """Put the n-th meter (they come round) into the dark, if it is not any more, and begin a payment for it."""
        town, place = self._rig.site.town, n % len(self._meters)
        place = place % town.concentrators * town.per_concentrator + place // town.concentrators
        meter = self._meters[place]
        if n >= len(self._meters):
            control = self._rig.site.controls[place // town.per_concentrator]
            await ask(control, {"order": "set_money", "meter": meter.number, "cents": _DARK_CENTS})
            await ask(control, {"order": "set_relay", "meter": meter.number, "open": True})
        wish = PaymentWish(meter.id, AMOUNT_MINOR, NAME, self._deps.settings.currency)
        async with self._deps.begin() as db:
            return await begin_payment(db, wish, self._deps.now())

    async def call_back(self, payment: Payment) -> Sent:
        """Tell the web hook that a payment was paid, as the rehearsal bank does."""
        now = datetime.now(UTC)
        event = {
            "event_id": f"bench-{token_hex(8)}",
            "ref": payment.ref,
            "succeeded": True,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            "occurred_at": now.isoformat(),
        }
        body = json.dumps(event).encode()
        headers = fresh_stamp(now).headers(self._secret, body)
        sent_at = datetime.fromtimestamp(time.time(), UTC)
        return Sent(payment.ref, sent_at, await post(self._rig.site.settings.port, HOOK, headers, body))


async def meters_in_order(deps: Deps) -> list[Meter]:
    """Every meter, as the town lists them."""
    async with deps.begin() as db:
        return list(await db.exec(select(Meter).order_by(col(Meter.address))))
