"""Ways to a meter, by name. A driver has the verbs.

`gdw1376`: DL/T 645 through Q/GDW 1376.1 concentrators that dial in. `dlt645_tcp`: DL/T 645 over TCP, dialled by us.
`ami`: an existing head end, which is given tasks over HTTP.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol, TypeVar

from headend_client.ami.book import Book
from headend_client.ami.desk import Desk
from headend_client.ami.driver import AmiDriver
from headend_client.clearance import Clearance
from headend_client.clock import Clock, utc_now
from headend_client.dialer import Dialer
from headend_client.errors import Unreachable
from headend_client.link import Link
from headend_client.orders import MeterOrder, TerminalOrder
from headend_client.outcome import Done, Readings, Refused, Relay, TokenTaken, Unknown, Wallet
from headend_client.patience import ends_by
from headend_client.pool import Pool
from headend_client.profiles import PROFILES
from headend_client.security import SecurityCode, SecurityError, SecurityModule
from headend_client.target import ConcentratorAddress, Place, Recharge, Target
from headend_client.terminal_verbs.call import TerminalCall
from headend_client.terminal_verbs.carry_out import carry_out_there
from headend_client.trace import Trace
from headend_client.verbs.call import Call
from headend_client.verbs.carry_out import carry_out
from headend_client.verbs.close_relay import close_relay
from headend_client.verbs.read_relay import read_relay
from headend_client.verbs.read_wallet import read_wallet
from headend_client.verbs.send_purchase import send_purchase
from headend_client.verbs.send_token import send_token
from headend_client.verbs.trip_relay import trip_relay

T = TypeVar("T")


class Driver(Protocol):
    """The verbs. Each may raise Unreachable: then surely nothing left that could change the meter."""

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown: ...

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown: ...

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown: ...

    async def read_relay(self, target: Target, trace: Trace) -> Relay | Refused | Unknown: ...

    async def close_relay(self, target: Target, trace: Trace, *, arm: bool = False) -> Done | Refused | Unknown: ...

    async def trip_relay(self, target: Target, clearance: Clearance, trace: Trace) -> Readings | Refused | Unknown: ...

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown: ...

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown: ...


class Links(Protocol):
    """Where the links are that are open now."""

    def find(self, address: ConcentratorAddress, /) -> Link | None: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What this process has to reach meters with. `zone`: local time of the meters.

    `pool`: the links of concentrators that dialled in; `dialer`: those that we opened. `head_ends`: existing head ends;
    `book`: the tasks there that are under way.
    """

    pool: Pool
    dialer: Dialer
    head_ends: Desk
    book: Book
    security: SecurityModule
    zone: tzinfo
    now: Clock = utc_now


class SpokenDriver:
    """Meters that are spoken with in DL/T 645, whatever link carries the frames. `zone`: local time of the meters."""

    def __init__(self, links: Links, security: SecurityModule, zone: tzinfo, now: Clock = utc_now) -> None:
        self._links, self._security, self._zone, self._now = links, security, zone, now

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        """Read balance, overdraft and purchase count."""
        return await self._speak(read_wallet, target, trace)

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        """Recharge an ESAM meter once."""
        return await self._speak(lambda call: send_purchase(call, recharge), target, trace)

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown:
        """Enter an STS token once."""
        return await self._speak(lambda call: send_token(call, digits), target, trace)

    async def read_relay(self, target: Target, trace: Trace) -> Relay | Refused | Unknown:
        """Read the relay's state."""
        return await self._speak(read_relay, target, trace)

    async def close_relay(self, target: Target, trace: Trace, *, arm: bool = False) -> Done | Refused | Unknown:
        """Close the relay, or allow it to be closed by hand."""
        return await self._speak(lambda call: close_relay(call, arm=arm), target, trace)

    async def trip_relay(self, target: Target, clearance: Clearance, trace: Trace) -> Readings | Refused | Unknown:
        """Open the relay, if keep-power is off and `clearance` still holds right before the order leaves."""
        return await self._speak(lambda call: trip_relay(call, clearance), target, trace)

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
        """Do anything else to a meter. Refused("not_offered") where its model has no such verb."""
        return await self._speak(lambda call: carry_out(call, order), target, trace)

    async def _speak(self, verb: Callable[[Call], Awaitable[T]], target: Target, trace: Trace) -> T | Refused:
        """Run a verb. The security module is only asked before anything leaves that could change a meter."""
        profile = PROFILES.get(target.profile)
        if profile is None:
            return Refused("unknown_profile")
        link = self._links.find(target.concentrator)
        if link is None:
            raise Unreachable("no_link")
        until = ends_by(link.timing.verb_s)
        call = Call(target, profile, link, self._security, trace, self._now, self._zone, until)
        try:
            return await verb(call)
        except SecurityError as error:
            if error.code is SecurityCode.BUSY:
                raise Unreachable("security_busy") from error
            return Refused(f"security_{error.code}")


class Gdw1376Driver(SpokenDriver):
    """Meters behind concentrators that have dialled into this process."""

    def __init__(self, pool: Pool, security: SecurityModule, zone: tzinfo, now: Clock = utc_now) -> None:
        super().__init__(pool, security, zone, now)
        self._pool = pool

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        """Do something to a concentrator itself. Refused("not_offered") for what nobody here knows how to do."""
        session = self._pool.find(place.concentrator)
        if session is None:
            raise Unreachable("no_link")
        until = ends_by(session.timing.verb_s)
        return await carry_out_there(TerminalCall(place, session, trace, self._now, self._zone, until), order)


class Dlt645TcpDriver(SpokenDriver):
    """Meters behind gateways that this process dials: their own frames over TCP, with no concentrator between."""

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        """Refuse: a gateway passes on what it is given, and takes no orders."""
        return Refused("not_offered")


DRIVERS: dict[str, Callable[[Means], Driver]] = {
    "gdw1376": lambda means: Gdw1376Driver(means.pool, means.security, means.zone, means.now),
    "dlt645_tcp": lambda means: Dlt645TcpDriver(means.dialer, means.security, means.zone, means.now),
    "ami": lambda means: AmiDriver(means.head_ends, means.book, means.zone, means.now),
}
