"""What happens on the wire when a purchase is carried to its meter. No database here: gateway in, answer out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.download import Verdict, by_number, by_record, verdict
from app.outbox import Taken
from app.ports import (
    Done,
    FrameRecord,
    Gateway,
    Read,
    Readings,
    Recharge,
    Refused,
    Target,
    TokenTaken,
    Unknown,
    Unreachable,
    Wallet,
)
from app.services import meter_records


@dataclass(frozen=True, slots=True)
class Parcel:
    """A purchase on its way. ESAM meters: `number` is the count it goes under; STS meters: `digits` are its tokens.

    `maybe_sent`: an earlier try may have reached the meter. `energy_kwh`: what the credit is in energy, where the
    terminal counts that. `asks_moment`: it left so long ago that the moment of the meter's record is asked for.
    """

    note: Taken
    target: Target
    credit_minor: int
    number: int | None
    digits: tuple[str, ...] = ()
    maybe_sent: bool = False
    energy_kwh: int | None = None
    asks_moment: bool = False


class Ending(StrEnum):
    """How a try ended. `unreachable`: surely nothing was sent. `unknown`: read back before anything else."""

    LANDED = "landed"
    NOT_YET = "not_yet"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    CONFUSED = "confused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a try taught us, with every frame of it. `left`: it was recorded that bytes were about to leave.

    `record_minor`: the sum of the meter's own record under our number, where that was asked for. `others`: that record
    bears our number and another's sum, so ours is not in the meter and can never come in under that number. `moment`:
    when that record of our sum was written, where that was asked for.
    """

    ending: Ending
    frames: list[FrameRecord] = field(default_factory=list)
    reason: str = ""
    before: Wallet | None = None
    after: Wallet | None = None
    left: bool = False
    record_minor: int | None = None
    others: bool = False
    moment: meter_records.Moment | None = None

    @property
    def heard(self) -> bool:
        """Did the meter answer anything in this try?"""
        return any(frame.direction == _UP and frame.inner_hex for frame in self.frames)


_UP = "up"
_OF_ANOTHER_KEY = Refused("crc_error")
_NEWEST = Read(("newest_purchase_minor",))

Leave = Callable[[], Awaitable[bool]]
"""Records that bytes are about to leave which may credit the meter; False if the parcel is in other hands by now."""


async def carry(gateway: Gateway, parcel: Parcel, leave: Leave) -> Answer:
    """Try once to get a purchase into its meter: test the path, compare counts, send, and always read back."""
    trip = _Trip(gateway, parcel, leave)
    try:
        return await (trip.with_tokens() if parcel.digits else trip.with_count())
    except Unreachable as error:
        # after bytes that could credit the meter have left, an unreachable meter is an unknown outcome
        return trip.answer(Ending.UNKNOWN if trip.sent else Ending.UNREACHABLE, error.reason)


class _Trip:
    """One try: what it has sent and seen so far."""

    def __init__(self, gateway: Gateway, parcel: Parcel, leave: Leave) -> None:
        self._gateway, self._parcel, self._target = gateway, parcel, parcel.target
        self._leave = leave
        self.frames: list[FrameRecord] = []
        self.left = self.sent = False
        self._before: Wallet | None = None
        self._after: Wallet | None = None
        self._record: int | None = None
        self._others = False
        self._moment: meter_records.Moment | None = None

    def answer(self, ending: Ending, reason: str = "") -> Answer:
        seen = (self._before, self._after, self.left, self._record, self._others, self._moment)
        return Answer(ending, self.frames, reason, *seen)

    async def with_count(self) -> Answer:
        """ESAM meters: the meter's purchase count is the key of idempotency."""
        number = self._parcel.number or 0
        self._before = await self._wallet()
        found = verdict(number, self._count(self._before), maybe_sent=self._parcel.maybe_sent)
        if found is Verdict.LANDED:
            self._before, self._after = None, self._before
            if await self._whose() is Verdict.CONFUSED:
                return await self._by_its_record(number)
            await self._when(number)
            return self.answer(Ending.LANDED, "found_by_readback")
        if found is Verdict.CONFUSED:
            return await self._by_its_record(self._count(self._before))
        await self._about_to_send()
        recharge = Recharge(self._parcel.credit_minor, number, self._parcel.energy_kwh)
        said = await self._gateway.send_purchase(self._target, recharge, self.frames)
        self.sent = True
        self._after = await self._wallet()
        found = verdict(number, self._count(self._after), maybe_sent=True)
        if found is Verdict.CONFUSED:
            return await self._by_its_record(self._count(self._after))
        if found is Verdict.LANDED and not isinstance(said, Done) and await self._whose() is Verdict.CONFUSED:
            return await self._by_its_record(number)
        return self._judge(found, said)

    async def _whose(self) -> Verdict:
        """Is it ours that stands under our number? Asked wherever the meter itself did not say yes in this try."""
        if self._target.group is not None:
            return Verdict.LANDED  # a terminal keeps its own bill numbers, and no such record
        match await self._gateway.operate(self._target, _NEWEST, self.frames):
            case Readings(values={"newest_purchase_minor": int(record)}):
                self._record = record
            case Unknown(reason=reason):
                raise Unreachable(reason)
        return by_record(self._parcel.credit_minor, self._record)

    async def _by_its_record(self, count: int) -> Answer:
        """The meter counts ours as done or has gone on beyond it: its own record of our number says whose that is."""
        number, credit = self._parcel.number or 0, self._parcel.credit_minor
        unclear = self.answer(Ending.CONFUSED, "count" if self._record is None else "record")
        if self._target.group is not None or not (self.sent or self._parcel.maybe_sent):
            return unclear
        record = await meter_records.of_number(self._gateway, self._target, number, count, self.frames)
        found = by_number(number, credit, record)
        if record is None or found is Verdict.CONFUSED:
            return unclear
        self._record, self._others = record.amount_minor, found is Verdict.NOT_YET
        if self._others:
            return self.answer(Ending.CONFUSED, "record")
        await self._when(count)
        self._before, self._after = None, self._after or self._before
        return self.answer(Ending.LANDED, "found_by_record")

    async def _when(self, count: int) -> None:
        """When was that written which is taken for ours? `count`: the meter's; one that was set back tells nothing."""
        place = count - (self._parcel.number or 0) + 1
        if self._record is not None and self._parcel.asks_moment and not self.sent and place >= 1:
            self._moment = await meter_records.moment_of(self._gateway, self._target, place, self.frames)

    def _judge(self, found: Verdict, said: object) -> Answer:
        if found is Verdict.LANDED:
            return self.answer(Ending.LANDED)
        if isinstance(said, Refused):
            return self.answer(Ending.REFUSED, said.code)
        return self.answer(Ending.NOT_YET, said.reason if isinstance(said, Unknown) else "no_effect")

    async def with_tokens(self) -> Answer:
        """STS meters: the TID memory is the key; the same token again is safe and answered "used"."""
        self._before = await self._wallet()
        await self._about_to_send()
        match await self._all_tokens():
            case Refused(code=code):
                return self.answer(Ending.REFUSED, code)
            case Unknown(reason=reason):
                return self.answer(Ending.UNKNOWN, reason)
        self._after = await self._wallet()
        return self.answer(Ending.LANDED)

    async def _all_tokens(self) -> TokenTaken | Refused | Unknown:
        """Send a key change set, where there is one, and the credit after it; stop at what the meter does not take.

        A set that has worked is under a key that the meter has no longer: sent again it would be refused. So whoever
        tries again asks about the credit first.
        """
        *change, credit = self._parcel.digits
        if change and self._parcel.maybe_sent:
            said = await self._token(credit)
            if said != _OF_ANOTHER_KEY:
                return said
        for digits in change:
            said = await self._token(digits)
            if not isinstance(said, TokenTaken):
                return said
        return await self._token(credit)

    async def _token(self, digits: str) -> TokenTaken | Refused | Unknown:
        said = await self._gateway.send_token(self._target, digits, self.frames)
        self.sent = True
        if said == TokenTaken(already=True):
            self._before = None  # it came in an earlier try, so this balance already holds it
        return said

    async def _about_to_send(self) -> None:
        self.left = await self._leave()
        if not self.left:
            raise Unreachable("overtaken")

    async def _wallet(self) -> Wallet:
        """Read the wallet. A read changes nothing, so whatever it ends in but a wallet is "could not be read"."""
        said = await self._gateway.read_wallet(self._target, self.frames)
        match said:
            case Wallet():
                return said
            case Refused(code=code):
                raise Unreachable(f"read_refused:{code}")
            case Unknown(reason=reason):
                raise Unreachable(reason)

    @staticmethod
    def _count(wallet: Wallet) -> int:
        if wallet.count is None:
            raise Unreachable("no_count")
        return wallet.count
