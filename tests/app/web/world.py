"""What stands around the portal in tests: settings, a bench meter, a provider, and somebody who does the work."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import NoReturn

from pydantic import SecretStr

from app import outbox
from app.context import Deps, Task
from app.db import Begin
from app.domain.payment import CallbackFact
from app.outbox import Job
from app.ports import Ailment, Checkout, Order, ProviderDown, RefundNews, SecurityModule, Way
from app.settings import Settings
from app.tasks import fulfil, receipts
from tests.clocks import Clock
from tests.fakes import Bench, Module, SilentBell

ADDRESS = "http://relight.test"


@dataclass
class Counter:
    """A payment provider across the counter: it remembers the orders, and can be closed."""

    name: str = "counter"
    ways: frozenset[Way] = frozenset({Way.PAGE, Way.QR})
    page_origins: tuple[str, ...] = ("https://pay.test",)
    address: str = "https://pay.test"
    down: bool = False
    orders: list[Order] = field(default_factory=list)

    async def begin(self, order: Order) -> Checkout:
        if self.down:
            raise ProviderDown("ConnectError")
        self.orders.append(order)
        page = f"{self.address}/{order.ref}"
        return Checkout(url=page, code=page, call={"package": order.ref})

    def read_callback(self, headers: object, body: bytes, now: datetime) -> NoReturn:
        raise NotImplementedError

    def acknowledge(self) -> tuple[int, str]:
        return 200, ""

    async def query(self, ref: str) -> CallbackFact | None:
        return None

    async def close(self, ref: str) -> None:
        return

    async def charge(self, order: Order, secret: str) -> CallbackFact | None:
        return None

    async def reverse(self, ref: str) -> None:
        return

    async def refund(self, ref: str, refund_ref: str, amount_minor: int) -> RefundNews:
        return RefundNews.DONE

    async def examine(self) -> Sequence[Ailment]:
        return ()

    async def list_day(self, day: date) -> list[CallbackFact]:
        return []


def make_settings() -> Settings:
    """One utility, reached under relight.test."""
    return _read_settings().model_copy()


@cache
def _read_settings() -> Settings:
    """Reading a hundred variables of the environment takes longer than many a test."""
    return Settings(public_url=ADDRESS, session_secret=SecretStr("x" * 32), second_step="offered")


def make_deps(begin: Begin, clock: Clock, bench: Bench, provider: Counter) -> Deps:
    """What the portal and the jobs work with."""
    module: SecurityModule = Module()  # type: ignore[assignment]  # only issues
    return Deps(
        begin=begin,
        bell=SilentBell(),
        now=clock,
        settings=make_settings(),
        name="test",
        gateway=bench,
        security=module,
        providers={provider.name: provider},
    )


_JOBS: dict[Job, Task] = {
    Job.ISSUE_TOKEN: fulfil.issue_token,
    Job.DOWNLOAD_PURCHASE: fulfil.download_purchase,
    Job.CHECK_RELAY: fulfil.check_relay,
    Job.RENDER_RECEIPT: receipts.render_receipt,
}
Work = Callable[[], Awaitable[None]]


def worker(deps: Deps) -> Work:
    """Does what is due, until nothing is."""

    async def run() -> None:
        while True:
            async with deps.begin() as db:
                due = [h for h in await outbox.lease(db, deps.now()) if h.job in _JOBS]
            if not due:
                return
            for handout in due:
                await _JOBS[handout.job]({"deps": deps}, handout.note_id)

    return run
