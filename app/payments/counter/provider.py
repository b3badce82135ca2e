"""Cash. Nothing goes over a wire: `services.counter` books what a cashier took, in the transaction that begins it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from app.domain.payment import CASH_DESK, CallbackFact
from app.ports import Ailment, CallbackRejected, Checkout, Order, ProviderRefused, RefundNews, Way
from app.settings import Settings


def open_counter(_: Settings) -> "CounterProvider":
    """The counter needs no settings: naming it in RELIGHT_PROVIDERS switches it on."""
    return CounterProvider()


class CounterProvider:
    """app.ports.PaymentProvider for a drawer: it can be asked nothing, and nobody can order anything from it."""

    name = CASH_DESK
    page_origins: tuple[str, ...] = ()
    ways = frozenset({Way.CASH})

    async def begin(self, order: Order) -> Checkout:
        """There is no page: a cashier takes the money. Raises ProviderRefused."""
        raise ProviderRefused("refused")

    async def charge(self, order: Order, secret: str) -> CallbackFact | None:
        """Cash has no code. Raises ProviderRefused."""
        raise ProviderRefused("refused")

    async def reverse(self, ref: str) -> None:
        """Cash that was not taken needs no reversing."""

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackFact:
        """A drawer calls nobody back: whoever says so is not from here. Raises CallbackRejected."""
        raise CallbackRejected("bad_signature")

    def acknowledge(self) -> tuple[int, str]:
        """Never used."""
        return 200, ""

    async def query(self, ref: str) -> CallbackFact | None:
        """Our own rows know all that is to be known."""
        return None

    async def close(self, ref: str) -> None:
        """Nothing is open."""

    async def refund(self, ref: str, refund_ref: str, amount_minor: int) -> RefundNews:
        """A hand gives it back (`services.refunds.hand_out`): until somebody says so, it is on its way."""
        return RefundNews.ASKED

    async def examine(self) -> Sequence[Ailment]:
        """A drawer is always there."""
        return (Ailment("drawer"),)

    async def list_day(self, day: date) -> list[CallbackFact]:
        """Nobody sends a bill for cash; `tasks.reconcile` asks for none."""
        return []
