"""Whatever a meter answers, an order to it ends in one of its ways, and nothing that was sent is called unsent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from headend_client.errors import Unreachable
from headend_client.link import Silence
from headend_client.orders import EnterTokens, MeterOrder, Read, ReadFrozen, RelayWish, SetClock, Switch, Write
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.profiles import PROFILES
from headend_client.registers import REGISTERS
from headend_client.session import Session
from headend_client.software import Keys, SoftwareSecurityModule
from headend_client.target import Priority
from headend_client.trace import Trace
from headend_client.verbs.call import Call
from headend_client.verbs.carry_out import carry_out
from headend_client.verbs.trip_relay import trip_relay
from meters_io.dlt645.frame import Frame, encode
from tests.clocks import MONDAY_MORNING
from tests.headend_client.front_end import target
from tests.headend_client.meters import ADDRESS, MASTER, SHANGHAI, Leave

NAMES = sorted(REGISTERS)
KEEP = Switch(RelayWish.KEEP_POWER_ON)
TRIP = "trip"
ORDERS: st.SearchStrategy[MeterOrder | str] = st.one_of(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(lambda names: Read(tuple(names))),
    st.sampled_from(
        [
            Write((("alarm_1_minor", 3000), ("zones", "0101=1"))),
            Write((("steps_backup", "2600000;5283,5783;010100,040100,070100,100100"),)),
            ReadFrozen(1),
            SetClock(),
            KEEP,
            EnterTokens(("1" * 20, "2" * 20)),
            TRIP,
        ]
    ),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """How a meter answers one request: `body` behind the item that was asked for, or in its place."""

    body: bytes
    control: int | None = None
    refuses: bool = False
    echoes: bool = True
    silent: bool = False
    raw: bool = False
    address: str = ADDRESS

    def to(self, request: Frame) -> bytes | Silence:
        """The bytes that come back."""
        if self.silent:
            return Silence("meter_silent")
        if self.raw:
            return self.body
        if self.refuses:
            return encode(Frame(self.address, request.control | 0xC0, self.body[:2]))
        head = request.data[:4] if self.echoes else b""
        return encode(
            Frame(self.address, request.control | 0x80 if self.control is None else self.control, head + self.body)
        )


_RARELY = st.sampled_from([False, False, False, False, True])
REPLIES = st.builds(
    Reply,
    body=st.one_of(
        st.binary(max_size=40), st.integers(0, 40).map(bytes), st.integers(0, 40).map(lambda n: b"\xff" * n)
    ),
    control=st.one_of(st.none(), st.none(), st.none(), st.integers(0, 255)),
    refuses=_RARELY,
    echoes=st.sampled_from([True, True, False]),  # answers to orders and writes echo nothing
    silent=_RARELY,
    raw=_RARELY,
    address=st.sampled_from([ADDRESS, ADDRESS, ADDRESS, "201000000099"]),
)


@dataclass
class Line:
    """A session and a turn on it, without a concentrator. `told`: what left that changes something."""

    replies: list[Reply]
    told: list[Frame] = field(default_factory=list)

    @asynccontextmanager
    async def turn(self, port: int, priority: Priority, until: float) -> AsyncIterator["Line"]:
        yield self

    async def ask(self, request: Frame, trace: Trace) -> bytes | Silence:
        return self._answer(request)

    async def tell(self, request: Frame, trace: Trace) -> bytes | Silence:
        self.told.append(request)
        return self._answer(request)

    def _answer(self, request: Frame) -> bytes | Silence:
        return self.replies.pop(0).to(request) if self.replies else Silence("no_reply")


@settings(max_examples=200, deadline=None)
@given(order=ORDERS, replies=st.lists(REPLIES, max_size=12), profile=st.sampled_from(sorted(PROFILES)))
def test_an_order_ends_in_one_of_its_ways(order: MeterOrder | str, replies: list[Reply], profile: str) -> None:
    line = Line(replies)
    module = SoftwareSecurityModule(Keys(MASTER, bytes.fromhex("02aabbcc")), Path("nowhere"), bytes)
    call = Call(
        target(profile=profile), PROFILES[profile], cast(Session, line), module, [], lambda: MONDAY_MORNING, SHANGHAI, 0
    )
    verb = carry_out(call, order) if not isinstance(order, str) else trip_relay(call, Leave())
    try:
        said = asyncio.run(verb)
    except Unreachable:
        assert line.told == []
        return
    assert isinstance(said, Readings | Refused | Unknown)
    if isinstance(said, Readings):
        assert all(value is None or isinstance(value, int | str) for value in said.values.values())
