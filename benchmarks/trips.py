"""What the rows of a purchase say about its time: every frame with its moment, from callback to relay."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlmodel import col, select

from app.context import Deps
from app.domain.purchase import PurchaseState
from app.models import Exchange, Payment, PaymentCallback, Purchase, RelayState
from meters_io.dlt645.names import Control

_CONTROL_AT = 16  # hex digits before the control code: 68, address, 68
_PREAMBLE = "fe"


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame of a trip. `at`: towards the meter, when its bytes had been written; else when it had been read."""

    verb: str
    down: bool
    at: datetime
    control: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A purchase that ended in light. Moments are the programs' own, all of one clock."""

    ref: str
    received_at: datetime
    taken_at: datetime
    credited_at: datetime
    frames: tuple[Seen, ...]

    @property
    def first_byte_at(self) -> datetime:
        """The first frame of the download, the test of the path, left for the meter."""
        return next(frame.at for frame in self.frames if frame.down)

    @property
    def read_back_at(self) -> datetime:
        """The last answer of the download came: the credit is proved."""
        return max(frame.at for frame in self.frames if frame.verb == "download" and not frame.down)

    @property
    def look_at(self) -> datetime:
        """The first frame of the relay's check left."""
        return next(frame.at for frame in self.frames if frame.verb == "check_relay")

    @property
    def order_at(self) -> datetime:
        """The order to the relay left."""
        return next(frame.at for frame in self.frames if frame.down and frame.control == Control.RELAY)

    @property
    def lit_at(self) -> datetime:
        """The relay was read back closed."""
        return self.frames[-1].at

    def waited_ms(self, since: datetime, until: datetime) -> float:
        """How long between two moments a frame was out and its answer not yet read."""
        pairs = [(a, b) for a, b in pairwise(self.frames) if a.down and not b.down and since <= a.at and b.at <= until]
        return sum(ms(a.at, b.at) for a, b in pairs)


def ms(since: datetime, until: datetime) -> float:
    """Milliseconds between two moments."""
    return (until - since).total_seconds() * 1000


async def lit_trips(deps: Deps) -> dict[str, Trip]:
    """Every purchase so far that was credited and whose relay was read back closed, by the payment's reference."""
    async with deps.begin() as db:
        closed = select(RelayState.purchase_id).where(col(RelayState.relay_open).is_(False))
        rows = (
            select(Payment.ref, PaymentCallback.received_at, Purchase)
            .join(PaymentCallback, col(PaymentCallback.order_ref) == Payment.ref)
            .join(Purchase, col(Purchase.payment_id) == Payment.id)
            .where(Purchase.state == PurchaseState.CREDITED, col(Purchase.id).in_(closed))
        )
        found = (await db.exec(rows)).all()
        frames: dict[object, list[Seen]] = {}
        for frame in await db.exec(select(Exchange).order_by(col(Exchange.at))):
            frames.setdefault(frame.purchase_id, []).append(_seen(frame))
    trips = [_trip(ref, received_at, purchase, frames[purchase.id]) for ref, received_at, purchase in found]
    return {trip.ref: trip for trip in trips}


def _trip(ref: str, received_at: datetime, purchase: Purchase, frames: list[Seen]) -> Trip:
    if purchase.sending_since is None or purchase.credited_at is None:
        raise ValueError(f"purchase {purchase.ref} is credited and was never sent")
    return Trip(ref, received_at, purchase.sending_since, purchase.credited_at, tuple(frames))


def _seen(frame: Exchange) -> Seen:
    inner = frame.inner_hex
    while inner.startswith(_PREAMBLE):
        inner = inner.removeprefix(_PREAMBLE)
    code = inner[_CONTROL_AT : _CONTROL_AT + 2]
    return Seen(
        frame.verb, frame.direction == "down", frame.at, int(code, 16) if code.isalnum() and code != "xx" else 0
    )
