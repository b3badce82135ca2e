"""Tells shops what happened, again and again until they confirm it. What is still to be told is in the book."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

import httpx2

from app.payments.sandbox.bank.book import BankEvent, Book
from app.payments.sandbox.bank.control import LATE_S
from app.payments.sandbox.bank.desk import encode, event_words
from app.payments.sandbox.codes import DONE
from app.payments.sandbox.signing import fresh_stamp

log = logging.getLogger(__name__)

DELAYS_S = (1, 2, 5, 10, 30, 60, 300, 600)
_PATIENCE_S = 5.0  # what a shop has to answer a callback
_LOOK_S = 0.5


class Courier:
    """Carries callbacks. Each try is signed anew; the event id stays, so that a shop knows what it has heard."""

    def __init__(self, book: Book, secret: bytes, client: httpx2.AsyncClient, now: Callable[[], datetime]) -> None:
        self._book, self._secret, self._client, self._now = book, secret, client, now
        self._wake = asyncio.Event()
        self._carried: set[str] = set()

    def wake(self) -> None:
        """Something has happened."""
        self._wake.set()

    async def deliver_due(self) -> int:
        """Tell each shop once what it must hear by now; return how many events that were."""
        due = [event for event in self._book.due(self._now()) if event.event_id not in self._carried]
        self._carried.update(event.event_id for event in due)
        await asyncio.gather(*(self._carry(event) for event in due))
        return len(due)

    async def run(self) -> None:
        """Deliver until cancelled. A shop that does not answer holds up nobody else."""
        async with asyncio.TaskGroup() as rounds:
            while True:
                self._wake.clear()
                rounds.create_task(self._round())
                await self._pause()

    async def _round(self) -> None:
        """A round that fails, on a full disk for one, is not the last."""
        try:
            await self.deliver_due()
        except Exception:
            log.exception("bank: a round of callbacks broke off")

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), _LOOK_S)
        except TimeoutError:
            return

    async def _carry(self, event: BankEvent) -> None:
        try:
            order = self._book.order(event.ref)
            if event.tries == 0 and self._book.switched("late_callbacks"):
                self._book.tell_again(event.event_id, self._now().timestamp() + LATE_S)
                return
            if order is not None and await self._confirmed(order.notify_url, event):
                self._book.told(event.event_id)
                return
            delay = DELAYS_S[min(event.tries, len(DELAYS_S) - 1)]
            self._book.tell_again(event.event_id, self._now().timestamp() + delay)
        finally:
            self._carried.discard(event.event_id)

    async def _confirmed(self, url: str, event: BankEvent) -> bool:
        body = encode(event_words(event))
        secret = self._secret + b" (wrong)" if self._book.switched("bad_signature") else self._secret
        headers = fresh_stamp(self._now()).headers(secret, body)
        times = 2 if self._book.switched("double_callbacks") else 1
        try:
            async with asyncio.timeout(_PATIENCE_S):
                posts = [self._client.post(url, content=body, headers=headers) for _ in range(times)]
                answer, *_ = await asyncio.gather(*posts)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError) as error:
            log.warning("bank: event %s not taken: %s", event.event_id, type(error).__name__)
            return False
        log.info("bank: event %s answered %d", event.event_id, answer.status_code)
        return answer.status_code == 200 and answer.text.strip() == DONE
