"""The desk of the line: everything that is done to meters from here, with or without the platform.

Each act is written down before the line is tried, and what came of it after. A token whose fate is unknown stays held;
`settle` asks again with the same token, which the meter answers with "used" if it was in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kiosk.answers import Entered, MeterCard, Restored, Source
from kiosk.cache import FROM_LEDGER, Cache, Seen
from kiosk.clock import Clock
from kiosk.identity import Identity
from kiosk.journal import HeldToken, Journal, Kind
from kiosk.line import Line
from kiosk.meter import Closing, MeterOnLine, Money, Order, Outcome, Supply, TokenEnd
from kiosk.shapes import BoxMeter, Trouble

STS = "sts"


@dataclass(frozen=True, slots=True)
class Tools:
    """What the desk works with. `line` None: this terminal has no line."""

    who: Identity
    journal: Journal
    cache: Cache
    clock: Clock
    line: Line | None
    zone: ZoneInfo


class Desk:
    """Meters by their printed number. A number that is not kept is tried at the address that it would be."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._refused: set[str] = set()  # what a meter will not have is not carried to it over and over

    @property
    def has_line(self) -> bool:
        """Whether there is a line at all."""
        return self._tools.line is not None

    async def look(self, number: str) -> MeterCard | None:
        """Ask the meter itself; None where it does not answer."""
        wire = self._wire(number)
        if wire is None:
            return None
        if self._held_by_us(number):
            return await self._look_at_supply(wire, number)
        try:
            money, supply = await wire.read_balance(), await wire.read_supply()
        except TimeoutError:
            return None
        if not isinstance(money, Money):
            return None
        word = supply.word if isinstance(supply, Supply) else None
        await self._saw(number, money.balance_minor, word)
        await self._note_read(number, money, supply if isinstance(supply, Supply) else None)
        return self.card(number, Source.LINE, Seen(self._tools.clock(), money.balance_minor, word))

    def _held_by_us(self, number: str) -> bool:
        """Does the platform hold the meter's money? Then the meter is asked for its relay alone."""
        kept = self._tools.cache.meter(number)
        return kept is not None and kept.source == FROM_LEDGER

    async def _look_at_supply(self, wire: MeterOnLine, number: str) -> MeterCard | None:
        try:
            supply = await wire.read_supply()
        except TimeoutError:
            return None
        if not isinstance(supply, Supply):
            return None
        await self._saw(number, None, supply.word)
        return self.card(number, Source.KEPT)

    def card(self, number: str, source: Source, seen: Seen | None = None) -> MeterCard:
        """What is kept of a meter, with what it has just said."""
        cache = self._tools.cache
        kept = cache.meter(number)
        shown = seen or Seen(self._tools.clock())
        return MeterCard(
            number=number,
            source=source,
            takes_tokens=kept is None or kept.profile == STS,
            as_of=shown.at if seen else kept.read_at if kept else None,
            balance_minor=shown.balance_minor if seen else kept.balance_minor if kept else None,
            supply=shown.supply or (kept.supply if kept else "unknown"),
            arrears_minor=kept.arrears_minor if kept else 0,
            reclose_limit_minor=kept.reclose_limit_minor if kept else 0,
            on_line=self.has_line and kept is not None,
            waiting=len(cache.undelivered(number)),
            inbox=cache.inbox(number),
        )

    async def enter(self, number: str, tokens: Sequence[str], *, hand: bool) -> Entered | Trouble:
        """Carry tokens in, in order, up to the first that does not go in; then see to the supply.

        `hand`: whoever stands here has said that the supply may come on.
        """
        kept = self._tools.cache.meter(number)
        if kept is not None and kept.profile != STS:
            return Trouble("takes_no_tokens")
        if self._wire(number) is None:
            return Trouble("no_line")
        ends: list[TokenEnd] = []
        for digits in tokens:
            ends.append(await self._enter_one(number, digits))
            if not ends[-1].inside:
                return Entered(number, tuple(ends))
        return Entered(number, tuple(ends), await self.restore(number, hand=hand, paid=True))

    async def restore(self, number: str, *, hand: bool, paid: bool = False) -> Restored:
        """Close the relay if it is open, the money allows it, and somebody is here (or the policy asks for nobody).

        `paid`: a token has just gone in, which is why a meter that is not kept may be closed too.
        """
        wire, kept = self._wire(number), self._tools.cache.meter(number)
        if wire is None:
            return Restored("unknown", code="no_line")
        try:
            return await self._restore(wire, number, barred=_barred(kept, hand=hand, paid=paid))
        except TimeoutError:
            return Restored("unknown", code="line_busy")

    async def settle(self) -> None:
        """Ask again for every token whose fate is not known."""
        for held in await self._tools.journal.held_tokens():
            await self._carry(held, MeterOnLine(self._line(), held.address), again=True)

    async def carry_waiting(self) -> None:
        """Carry in what was issued for meters of this box, each token once; `settle` goes on with those of open fate.

        No relay is closed: nobody may be there.
        """
        held = {one.digits for one in await self._tools.journal.held_tokens()}
        for meter in self._tools.cache.meters:
            for each in self._tools.cache.undelivered(meter.number) if meter.profile == STS and self.has_line else ():
                if each.digits not in held | self._refused:
                    await self._enter_one(meter.number, each.digits)

    async def _enter_one(self, number: str, digits: str) -> TokenEnd:
        tools = self._tools
        token = HeldToken(0, number, self._address(number), digits, tools.cache.purchase_of(digits))
        held = await tools.journal.begin_token(token, tools.clock())
        return await self._carry(held, MeterOnLine(self._line(), held.address), again=False)

    async def _carry(self, held: HeldToken, wire: MeterOnLine, *, again: bool) -> TokenEnd:
        try:
            end = await wire.enter_token(held.digits)
        except TimeoutError:
            end = TokenEnd(Outcome.UNKNOWN, "line_busy")
        settled = end.outcome is not Outcome.UNKNOWN
        if end.outcome is Outcome.REFUSED:
            self._refused.add(held.digits)
        if end.inside:
            self._tools.cache.is_inside(held.digits)
        if settled or not again:
            body = {"purchase": held.purchase, "outcome": end.outcome.value, "code": end.code}
            await self._tools.journal.end(held.act, self._tools.clock(), body, settled=settled)
        return end

    async def _restore(self, wire: MeterOnLine, number: str, barred: str) -> Restored:
        balance, supply = await self._balance(wire, number), await wire.read_supply()
        if not isinstance(supply, Supply):
            return Restored("unknown", code="no_answer", balance_minor=balance)
        await self._saw(number, balance, supply.word)
        kept = self._tools.cache.meter(number)
        if not supply.relay_open:
            return Restored("on", balance_minor=balance)
        if balance is not None and balance <= (kept.reclose_limit_minor if kept else 0):
            return Restored(supply.word, code="below_limit", balance_minor=balance)
        if barred or len(self._tools.who.relay_password) != 4:
            return Restored(supply.word, code=barred or "not_from_here", balance_minor=balance)
        return await self._close(wire, number, balance)

    async def _balance(self, wire: MeterOnLine, number: str) -> int | None:
        kept = self._tools.cache.meter(number)
        if kept is not None and self._held_by_us(number):
            return kept.balance_minor
        money = await wire.read_balance()
        return money.balance_minor if isinstance(money, Money) else None

    async def _close(self, wire: MeterOnLine, number: str, balance: int | None) -> Restored:
        tools = self._tools
        act = await tools.journal.begin(Kind.RELAY_CLOSED, tools.clock(), number)
        end = await wire.close_relay(Order(tools.who.relay_password, tools.clock(), tools.zone))
        word = _SUPPLY[end.outcome]
        body = {"outcome": end.outcome.value, "code": end.code, "relay_open": word != "on"}
        await tools.journal.end(act, tools.clock(), body)
        await self._saw(number, balance, word)
        return Restored(word, end, end.code, balance)

    async def _saw(self, number: str, balance_minor: int | None, supply: str | None) -> None:
        await self._tools.cache.saw(number, Seen(self._tools.clock(), balance_minor, supply))

    async def _note_read(self, number: str, money: Money, supply: Supply | None) -> None:
        body = {"balance_minor": money.balance_minor, "relay_open": supply.relay_open if supply else None}
        await self._tools.journal.note(Kind.BALANCE_READ, self._tools.clock(), number, body)

    def _wire(self, number: str) -> MeterOnLine | None:
        return MeterOnLine(self._tools.line, self._address(number)) if self._tools.line else None

    def _line(self) -> Line:
        if self._tools.line is None:
            raise RuntimeError("asked for before")
        return self._tools.line

    def _address(self, number: str) -> str:
        kept = self._tools.cache.meter(number)
        return kept.address if kept else number.zfill(12)


_SUPPLY = {
    Closing.CLOSED: "on",
    Closing.ARMED: "armed",
    Closing.OPEN: "off",
    Closing.REFUSED: "off",
    Closing.UNKNOWN: "unknown",
}


def _barred(kept: BoxMeter | None, *, hand: bool, paid: bool) -> str:
    """Why no order may be given, if so."""
    if kept is None:
        return "" if paid and hand else "needs_hand" if paid else "not_from_here"
    if kept.profile != STS:
        return "not_from_here"  # its relay obeys the security module alone
    return "" if hand or kept.policy == "close" else "needs_hand"
