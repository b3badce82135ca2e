"""Acts about money: how much, how, the code on the screen, the payer's code, and where the money is."""

from typing import TYPE_CHECKING

from kiosk.answers import Charged, MeterCard, Printed, Scan
from kiosk.api import Wish
from kiosk.codes import CodeKind
from kiosk.counter import new_form_token
from kiosk.shapes import Begun, Story, Trouble
from kiosk.ui import states as at
from kiosk.ui.states import State

if TYPE_CHECKING:
    from kiosk.ui.visit import Visit

_MINOR = 100
_LONGEST_AMOUNT = 5
_WAITS = ("waiting_for_payment", "checking_payment")
_UNSURE = ("checking", "unknown")


class PayActs:
    """What is done about money in a visit. Every method that may not apply says whether it did."""

    def __init__(self, visit: "Visit") -> None:
        self._visit = visit

    def press(self, act: str, value: str) -> bool:
        """A choice about money."""
        state = self._visit.state
        match act, state:
            case "pay", at.Card(card=card) if card.may_pay:
                self._visit.go(at.AskAmount(card))
            case "amount", at.AskAmount(card=card) if value.isdecimal():
                self._amount(card, int(value))
            case "own_amount", at.AskAmount(card=card):
                self._visit.go(at.AskAmount(card, own=True))
            case "anyway", at.Brake() as braked:
                self._visit.go(at.AskWay(braked.card, braked.amount_minor, new_form_token(), anyway=True))
            case "way", at.AskWay() as asked:
                self._way(asked, value)
            case "story", _ if value:
                self._visit.run("looking", self._story(value))
            case "print", _ if value:
                self.print(value)
            case _:
                return False
        return True

    def key(self, key: str) -> bool:
        """A digit of an amount."""
        if not isinstance(self._visit.state, at.AskAmount) or not self._visit.state.own:
            return False
        asked = self._visit.state
        if key == "enter":
            self._own_amount(asked)
            return True
        typed = asked.typed[:-1] if key == "back" else asked.typed + key if key.isdecimal() else asked.typed
        self._visit.go(at.AskAmount(asked.card, own=True, typed=typed[:_LONGEST_AMOUNT].lstrip("0")))
        return True

    def scanned(self, asked: at.AskPayerCode, scan: Scan) -> None:
        """Something was held before the scanner where a payer's code is due. A token goes to no payment service."""
        if scan.kind is not CodeKind.PAYER:
            wrong = "token_is_no_money" if scan.kind is CodeKind.TOKEN else "not_a_payer_code"
            self._visit.go(at.AskPayerCode(asked.card, asked.amount_minor, asked.form, asked.anyway, wrong))
            return
        self._visit.run("charging", self._charge(asked, scan.handle))

    def print(self, ref: str, *, again: bool = False) -> None:
        """Print a slip."""
        self._visit.run("printing", self._print(ref, self._visit.state, again=again))

    async def follow(self) -> None:
        """Look how an open payment stands; go on to its story once it is paid, or away from it once it is over."""
        match self._visit.state:
            case at.PayQr() as shown:
                story = await self._visit.counter.story(shown.begun.ref)
                if isinstance(story, Story) and self._visit.state is shown and story.headline not in _WAITS:
                    self._visit.touch()
                    self._visit.go(at.Told(story))
            case at.Checking(charged=Charged(ref=str() as ref)) as waiting:
                story = await self._visit.counter.story(ref)
                if isinstance(story, Story) and self._visit.state is waiting and story.headline not in _WAITS:
                    self._visit.touch()
                    self._visit.go(at.Told(story))
            case at.Told() as told:
                story = await self._visit.counter.story(told.story.ref)
                if isinstance(story, Story) and self._visit.state is told and story != told.story:
                    self._visit.touch()
                    self._visit.go(at.Told(story, told.printed))
            case _:
                return

    def _own_amount(self, asked: at.AskAmount) -> None:
        view, units = asked.card.view, int(asked.typed or "0")
        least, most = (view.least, view.most) if view else (1, 0)
        if not least <= units <= most:
            wrong = "amount_too_small" if units < least else "amount_too_large"
            self._visit.go(at.AskAmount(asked.card, own=True, typed=asked.typed, wrong=wrong))
            return
        self._amount(asked.card, units * _MINOR)

    def _amount(self, card: MeterCard, amount_minor: int) -> None:
        if card.view and card.view.under_way:
            self._visit.go(at.Brake(card, amount_minor, card.view.under_way))
            return
        self._visit.go(at.AskWay(card, amount_minor, new_form_token()))

    def _way(self, asked: at.AskWay, value: str) -> None:
        way, _, provider = value.partition(":")
        if way == "barcode":
            self._visit.go(at.AskPayerCode(asked.card, asked.amount_minor, asked.form, asked.anyway))
            return
        self._visit.run("opening", self._open(asked, provider))

    async def _open(self, asked: at.AskWay, provider: str) -> State:
        wish = Wish(asked.amount_minor, asked.form, provider, anyway=asked.anyway)
        begun = await self._visit.counter.pay_qr(asked.card.number, wish)
        if isinstance(begun, Begun):
            return at.PayQr(asked.card, asked.amount_minor, begun)
        return self._not_begun(asked.card, asked.amount_minor, begun)

    async def _charge(self, asked: at.AskPayerCode, handle: str) -> State:
        wish = Wish(asked.amount_minor, asked.form, "", anyway=asked.anyway)
        done = await self._visit.counter.pay_code(asked.card.number, wish, handle)
        if isinstance(done, Trouble):
            return self._not_begun(asked.card, asked.amount_minor, done)
        if done.state in _UNSURE or done.ref is None:
            return at.Checking(done)
        return await self._story(done.ref)

    def _not_begun(self, card: MeterCard, amount_minor: int, why: Trouble) -> State:
        return at.Brake(card, amount_minor, why.under_way) if why.code == "braked" else at.Failed(why)

    async def _story(self, ref: str) -> State:
        story = await self._visit.counter.story(ref)
        return at.Told(story) if isinstance(story, Story) else at.Failed(story)

    async def _print(self, ref: str, before: State, *, again: bool) -> State:
        printed = await self._visit.counter.print_slip(ref, again=again)
        if isinstance(printed, Printed):
            return at.Told(before.story, printed) if isinstance(before, at.Told) else at.WasPrinted(printed)
        return at.Failed(printed)
