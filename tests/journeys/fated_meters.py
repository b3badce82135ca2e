"""Two meters that keep their own books, and whatever can happen between them and us."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from app.ports import (
    Done,
    MeterOrder,
    Read,
    Readings,
    Recharge,
    Refused,
    Relay,
    Target,
    TokenTaken,
    Trace,
    Unknown,
    Unreachable,
    Wallet,
)
from tests.fakes import Bench, Died

FOREIGN = "somebody else's"
FOREIGN_MINOR = 900_001  # no sum of ours


class Fate(StrEnum):
    """What happens to whatever is sent to a meter, until its fate changes; the kills come once."""

    WELL = "well"
    NO_LINK = "no link"
    LOST_ON_THE_WAY = "orders are lost before the meter hears them, and what is read after them"
    LOST_ON_THE_WAY_BACK = "the meter obeys and is not heard, nor what is read after it"
    REFUSES = "the meter says no"
    IDLE = "the meter says yes and does nothing"
    KILLED_BEFORE = "our process dies before it sends"
    KILLED_AFTER = "our process dies when the meter has obeyed"


@dataclass
class Books:
    """What is true in one meter: which sums came, in their order, and how it counts.

    `forgotten`: what was in it when it was set back to how it left its maker. `hangs` False: it was taken off.
    `hushed`: an order was lost, and what is read next is lost too.
    """

    count: int = 0
    credits: list[int | str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    fate: Fate = Fate.WELL
    forgotten: list[int | str] = field(default_factory=list)
    hangs: bool = True
    hushed: bool = False

    def reset(self) -> None:
        """Set back: no money, no count, no token used."""
        self.forgotten += self.credits
        self.count, self.credits = 0, []
        self.used.clear()

    @property
    def paid(self) -> list[int]:
        """The sums that are ours."""
        return [each for each in self.credits if isinstance(each, int)]

    @property
    def balance(self) -> int:
        return sum(self.paid)

    def recorded(self, place: int) -> tuple[int, int]:
        """Count and sum of the record at a place, 1 the newest; zeros of an empty one."""
        if place > min(10, len(self.credits)):
            return 0, 0
        credit = self.credits[-place]
        return self.count - place + 1, FOREIGN_MINOR if credit == FOREIGN else int(credit)

    def times(self) -> Counter[int | str]:
        """How often each sum came."""
        return Counter(self.credits)


@dataclass
class Meters(Bench):
    """A gateway to meters by their addresses. `worth`: what a token gives to a meter, in minor units; None: it was made
    for another."""

    books: dict[str, Books] = field(default_factory=dict)
    worth: Callable[[str, str], int | None] = lambda _, digits: len(digits)

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        book = self._reached(target)
        if book.fate is Fate.KILLED_BEFORE:
            book.fate = Fate.WELL
            raise Died
        self._hush(book)
        return Wallet(book.balance, 0, None if target.sts else book.count)

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        book = self._reached(target)
        said = self._refusal(book)
        if said is None and recharge.number != book.count + 1:
            return Refused("purchase_count_wrong")
        if said is None:
            book.count += 1
            book.credits.append(recharge.amount_minor)
        return self._said(book, said or Done())

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown:
        book = self._reached(target)
        said = self._refusal(book)
        if said is not None:
            return said if isinstance(said, Refused | Unknown) else Unknown("no_answer")
        assert self.worth(target.address, digits) is not None, f"{digits} was sent to a meter that it is not for"
        already = not self.enter(target.address, digits)
        heard = self._said(book, Done())
        return TokenTaken(already) if isinstance(heard, Done) else heard

    def enter(self, address: str, digits: str) -> bool:
        """A token comes in, by whatever way; False: it was used before, or is for another meter."""
        book, worth = self.books[address], self.worth(address, digits)
        if worth is None or digits in book.used:
            return False
        book.used.add(digits)
        book.credits.append(worth)
        return True

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
        """Only its purchase records are ever asked for."""
        book = self._reached(target)
        self._hush(book)
        assert isinstance(order, Read)
        if order == Read(("newest_purchase_minor",)):
            return Readings({"newest_purchase_minor": book.recorded(1)[1] if book.credits else None})
        if order.names[-1] == "time":
            return Refused("no_data")  # it keeps no moments
        place = int(order.names[0].split("_")[1])
        return Readings(dict(zip(order.names, book.recorded(place), strict=True)))

    async def read_relay(self, target: Target, trace: Trace) -> Relay | Refused | Unknown:
        self._reached(target)
        return Relay(relay_open=False, command_open=False, alarm=False, keep_power=False)

    @staticmethod
    def _hush(book: Books) -> None:
        """Whoever asks after an order that was lost hears nothing, once: the next try finds the way open again."""
        hushed, book.hushed = book.hushed, False
        if hushed:
            raise Unreachable("meter_silent")

    def _reached(self, target: Target) -> Books:
        book = self.books[target.address]
        assert book.hangs, f"{target.address} was taken off, and is still spoken to"
        if book.fate is Fate.NO_LINK:
            raise Unreachable("no_link")
        return book

    @staticmethod
    def _refusal(book: Books) -> Done | Refused | Unknown | None:
        """What is said instead of obeying; None: the meter obeys."""
        match book.fate:
            case Fate.REFUSES:
                return Refused("over_hoard_limit")
            case Fate.IDLE:
                return Done()
            case Fate.LOST_ON_THE_WAY:
                book.hushed = True
                return Unknown("meter_silent")
            case _:
                return None

    @staticmethod
    def _said(book: Books, said: Done | Refused | Unknown) -> Done | Refused | Unknown:
        if book.fate is Fate.KILLED_AFTER:
            book.fate = Fate.WELL
            raise Died
        if book.fate is not Fate.LOST_ON_THE_WAY_BACK:
            return said
        book.hushed = True
        return Unknown("no_answer")
