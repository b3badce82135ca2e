"""What a person may do about a purchase in question: no money goes back that a meter may hold as credit (SPEC M-12)."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.purchase import PurchaseState


class Bar(StrEnum):
    """Why an act is refused. `moved_on`: the purchase is no longer what the review asked about. `nothing_kept`: no
    money lies in suspense for it. `count_says_no`: the meter itself says that the credit is not there."""

    REMARK_MISSING = "remark_missing"
    ALREADY_SETTLED = "already_settled"
    ACT_NOT_ALLOWED = "act_not_allowed"
    MOVED_ON = "moved_on"
    NOTHING_KEPT = "nothing_kept"
    MAYBE_IN_METER = "maybe_in_meter"
    TOKEN_OUT = "token_out"
    ON_HANDHELD = "on_handheld"
    COUNT_SAYS_NO = "count_says_no"
    NOT_THAT_METER = "not_that_meter"
    NOT_SET_BACK = "not_set_back"
    ANOTHER_SENDING = "another_sending"


class CannotSettle(Exception):
    """An act that would not be true to the money or the meter. `bar` says why; nothing has been changed."""

    def __init__(self, bar: Bar) -> None:
        super().__init__(bar.value)
        self.bar = bar
        self.code = bar.value


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a purchase in question.

    `count`: the purchase count that the meter itself said, None where nobody has read it. `highest`: the highest number
    that another purchase of this meter holds, 0 for none. `believed`: the count that our books expect in the meter.
    `another_sending`: of another purchase bytes may be on their way to it. `by_token`: the meter takes tokens and keeps
    no count. `on_handheld`: somebody carries it, and may bring it into the meter at any moment. `record_differs`: the
    meter's newest purchase is of another sum. `number_of_another`: so is what it wrote down under our number.
    `another_moment`: that is of our sum, and of a moment at which by the meter's clock ours was not on its way.
    """

    state: PurchaseState
    number: int | None
    sends: int
    count: int | None
    highest: int = 0
    by_token: bool = False
    tokens: int = 0
    on_handheld: bool = False
    record_differs: bool = False
    number_of_another: bool = False
    another_moment: bool = False
    believed: int = 0
    another_sending: bool = False


class Again(StrEnum):
    """How a confused purchase is tried again. `new_number`: our books take over the meter's count. `ask`: the meter is
    read under the old number first, and gets nothing unless its count says that it lacks ours."""

    NEW_NUMBER = "new_number"
    ASK = "ask"


def surely_absent(standing: Standing) -> bool:
    """Is it proved that the meter does not hold this credit?

    A token that exists may be typed by a hand at any time. A meter that counts less than the number we sent under has
    not taken it (or was set back, and has it no longer), and one that took another purchase under it never will. That
    it did so at another moment is as sure as its clock: a person may also say that they see ours in it.
    """
    if standing.tokens or standing.on_handheld:
        return False
    if standing.number is None or standing.sends == 0:
        return True
    if standing.number_of_another or standing.another_moment:
        return True
    if standing.count == standing.number and standing.record_differs:
        return True
    return standing.count is not None and standing.count < standing.number


def bar_to_refund(standing: Standing) -> Bar | None:
    """Why the money of an uncredited purchase may not go back; None if it may."""
    if standing.state is not PurchaseState.REVIEW:
        return Bar.MOVED_ON
    if standing.on_handheld:
        return Bar.ON_HANDHELD
    if standing.tokens:
        return Bar.TOKEN_OUT
    return None if surely_absent(standing) else Bar.MAYBE_IN_METER


def bar_to_landed(standing: Standing) -> Bar | None:
    """Why nobody can have seen this purchase in its meter; None if somebody may have."""
    if standing.state is not PurchaseState.REVIEW:
        return Bar.MOVED_ON
    if standing.by_token:
        return None if standing.tokens else Bar.COUNT_SAYS_NO
    if standing.number is None or standing.count is None or standing.count < standing.number:
        return Bar.COUNT_SAYS_NO
    if standing.number_of_another:
        return Bar.COUNT_SAYS_NO
    if standing.count == standing.number and standing.record_differs:
        return Bar.COUNT_SAYS_NO
    return None


def bar_to_set_back(standing: Standing) -> Bar | None:
    """Why a meter cannot have been set back, or its count not begin anew yet; None if it may.

    It counts less than it is known to have taken: nothing else makes a count go back.
    """
    if standing.state is not PurchaseState.REVIEW:
        return Bar.MOVED_ON
    if standing.on_handheld:
        return Bar.ON_HANDHELD
    if standing.another_sending:
        return Bar.ANOTHER_SENDING
    if standing.by_token or standing.count is None or standing.count >= max(standing.highest, standing.believed):
        return Bar.NOT_SET_BACK
    return None if surely_absent(standing) else Bar.MAYBE_IN_METER


def again(standing: Standing) -> Again:
    """How a purchase whose count confused us goes on: a number that was ever used is never used again."""
    usable = standing.count is not None and standing.count >= standing.highest
    return Again.NEW_NUMBER if usable and surely_absent(standing) else Again.ASK
