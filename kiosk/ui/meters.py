"""Acts about a meter: look, read, enter a token, switch on."""

from typing import TYPE_CHECKING

from kiosk.answers import Entered, MeterCard, Restored, Scan
from kiosk.codes import TOKEN_DIGITS
from kiosk.shapes import Trouble
from kiosk.ui import states as at
from kiosk.ui.states import State

if TYPE_CHECKING:
    from kiosk.ui.visit import Visit

_LONGEST_NUMBER = 12
_SHORTEST_NUMBER = 10


class MeterActs:
    """What is done to meters in a visit. Every method that may not apply says whether it did."""

    def __init__(self, visit: "Visit") -> None:
        self._visit = visit

    def press(self, act: str, value: str) -> bool:
        """A choice about a meter."""
        state = self._visit.state
        match act, state:
            case "ask_number", _:
                self._visit.go(at.AskNumber(value or "look"))
            case "ask_token", at.Card(card=card):
                self._ask_token(card.number)
            case "ask_token", _:
                self._ask_token("")
            case "look", _ if value:
                self.look(value)
            case "read", at.Card(card=card):
                self._visit.run("reading", self._read(card.number))
            case "restore", at.Card(card=card):
                self._visit.go(at.AskHand(card.number))
            case "deliver", at.Card(card=card):
                self._visit.go(at.AskHand(card.number, waiting=True))
            case "hand", at.AskHand() as asked:
                self._switch(asked, hand=True)
            case "no_hand", at.AskHand() as asked:
                self._switch(asked, hand=False)
            case "type_again", _:
                self._ask_token(value)
            case _:
                return False
        return True

    def key(self, key: str) -> bool:
        """A digit for a number or a token."""
        match self._visit.state:
            case at.AskNumber() as asked:
                self._type_number(asked, key)
            case at.AskToken() as asked:
                self._type_token(asked, key)
            case _:
                return False
        return True

    def look(self, number: str) -> None:
        """Open a meter's screen."""
        self._visit.run("looking", self._look(number))

    def scanned_token(self, scan: Scan) -> None:
        """A paper with a token: for the meter that is on the screen, or ask which."""
        match self._visit.state:
            case at.Card(card=card):
                self._visit.go(at.AskHand(card.number, handle=scan.handle))
            case _:
                self._visit.go(at.AskNumber("token", secret=scan.handle))

    async def _look(self, number: str) -> State:
        return _card(await self._visit.counter.look(number))

    async def _read(self, number: str) -> State:
        return _card(await self._visit.counter.read_now(number))

    def _ask_token(self, number: str) -> None:
        self._visit.go(at.AskToken(number, self._visit.counter.progress(number)))

    def _type_number(self, asked: at.AskNumber, key: str) -> None:
        typed = _typed(asked.typed, key, _LONGEST_NUMBER)
        if key != "enter":
            self._visit.go(at.AskNumber(asked.then, typed, secret=asked.secret))
            return
        if len(typed) < _SHORTEST_NUMBER:
            self._visit.go(at.AskNumber(asked.then, typed, "number_short", asked.secret))
            return
        self._visit.run("looking", self._number_given(asked, typed))

    async def _number_given(self, asked: at.AskNumber, number: str) -> State:
        found = await self._visit.counter.look(number)
        if isinstance(found, Trouble):
            wrong = found.code in ("account_number", "not_a_meter_number", "number_unknown", "number_check_digit")
            return at.AskNumber(asked.then, number, found.code, asked.secret) if wrong else at.Failed(found)
        if asked.then == "token":
            is_handle = len(asked.secret) != TOKEN_DIGITS or not asked.secret.isdecimal()
            return at.AskHand(
                found.number, handle=asked.secret if is_handle else "", secret="" if is_handle else asked.secret
            )
        return at.AskHand(found.number) if asked.then == "restore" else at.Card(found)

    def _type_token(self, asked: at.AskToken, key: str) -> None:
        typed = _typed(asked.typed, key, TOKEN_DIGITS)
        self._visit.counter.keep_progress(asked.number, typed)
        if key != "enter":
            self._visit.go(at.AskToken(asked.number, typed))
        elif len(typed) < TOKEN_DIGITS:
            self._visit.go(at.AskToken(asked.number, typed, "token_short"))
        elif asked.number:
            self._visit.go(at.AskHand(asked.number, secret=typed))
        else:
            self._visit.go(at.AskNumber("token", secret=typed))

    def _switch(self, asked: at.AskHand, *, hand: bool) -> None:
        if asked.secret or asked.handle:
            self._visit.run("entering", self._enter(asked, hand=hand))
        elif asked.waiting:
            self._visit.run("entering", self._deliver(asked.number, hand=hand))
        elif hand:
            self._visit.run("switching", self._restore(asked.number))
        else:
            self.look(asked.number)

    async def _enter(self, asked: at.AskHand, *, hand: bool) -> State:
        done = await self._visit.counter.enter_token(asked.handle or asked.secret, asked.number, hand=hand)
        return _entered(done)

    async def _deliver(self, number: str, *, hand: bool) -> State:
        return _entered(await self._visit.counter.deliver(number, hand=hand))

    async def _restore(self, number: str) -> State:
        done = await self._visit.counter.restore(number)
        return at.WasRestored(number, done) if isinstance(done, Restored) else at.Failed(done)


def _card(found: MeterCard | Trouble) -> State:
    return at.Card(found) if isinstance(found, MeterCard) else at.Failed(found)


def _entered(done: Entered | Trouble) -> State:
    return at.WasEntered(done) if isinstance(done, Entered) else at.Failed(done)


def _typed(before: str, key: str, longest: int) -> str:
    if key == "back":
        return before[:-1]
    return (before + key)[:longest] if len(key) == 1 and key.isascii() and key.isdecimal() else before
