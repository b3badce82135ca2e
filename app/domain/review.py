"""Reviews: the questions that no rule settles, and the acts with which a person settles them."""

from enum import StrEnum


class ReviewKind(StrEnum):
    UNKNOWN_ORDER = "unknown_order"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    PAID_TWICE = "paid_twice"
    PAID_AFTER_REVIEW = "paid_after_review"
    NOT_ON_BILL = "not_on_bill"
    BILL_DIFFERS = "bill_differs"
    METER_REFUSED = "meter_refused"
    COUNT_CONFUSED = "count_confused"
    RELAY_NOT_PROVED = "relay_not_proved"
    WORK_ORDER = "work_order"
    ATTEMPTS_SPENT = "attempts_spent"
    UNKNOWN_CONCENTRATOR = "unknown_concentrator"
    TWO_CONCENTRATORS = "two_concentrators"
    TOKEN_NOT_ISSUED = "token_not_issued"
    KIOSK_SICK = "kiosk_sick"
    REFUND_REFUSED = "refund_refused"
    CUT_HELD = "cut_held"
    STILL_OUT = "still_out"
    DISCONNECTION = "disconnection"
    DEVICE_UNANSWERED = "device_unanswered"
    TEMPLATE_BROKEN = "template_broken"
    HANDHELD = "handheld"
    ENERGY_IN_DOUBT = "energy_in_doubt"
    WHICH_METER = "which_meter"
    WALLET_NOT_EMPTY = "wallet_not_empty"


class ReviewAct(StrEnum):
    """`refund`: book the money as due back. `accept`: credit what came as a purchase. `retry`: send again by the rules.
    `landed`: a person saw it in the meter. `warned`: somebody told the people of a home in person that its
    money is gone. `charge_it`: what the meter says it used is right. `count_anew`: it counts from here on, and what
    lies before is not charged. `move`: into another meter of the account. `set_back`: the meter was, and its numbers
    begin anew from what it counts.
    `note`: nothing to do, with a reason."""

    REFUND = "refund"
    ACCEPT = "accept"
    RETRY = "retry"
    LANDED = "landed"
    WARNED = "warned"
    CHARGE_IT = "charge_it"
    COUNT_ANEW = "count_anew"
    MOVE = "move"
    SET_BACK = "set_back"
    NOTE = "note"


_MONEY = (ReviewAct.ACCEPT, ReviewAct.REFUND)
_DOWNLOAD = (ReviewAct.RETRY, ReviewAct.LANDED, ReviewAct.REFUND)

ACTS: dict[ReviewKind, tuple[ReviewAct, ...]] = {
    ReviewKind.UNKNOWN_ORDER: (ReviewAct.REFUND, ReviewAct.NOTE),
    ReviewKind.WRONG_AMOUNT: _MONEY,
    ReviewKind.WRONG_CURRENCY: (ReviewAct.REFUND, ReviewAct.NOTE),
    ReviewKind.PAID_TWICE: _MONEY,
    ReviewKind.PAID_AFTER_REVIEW: _MONEY,
    ReviewKind.NOT_ON_BILL: (ReviewAct.NOTE,),
    ReviewKind.BILL_DIFFERS: (ReviewAct.NOTE,),
    ReviewKind.METER_REFUSED: _DOWNLOAD,
    ReviewKind.COUNT_CONFUSED: (*_DOWNLOAD, ReviewAct.SET_BACK),
    ReviewKind.RELAY_NOT_PROVED: (ReviewAct.RETRY, ReviewAct.NOTE),
    ReviewKind.WORK_ORDER: (ReviewAct.RETRY, ReviewAct.NOTE),
    ReviewKind.ATTEMPTS_SPENT: (ReviewAct.RETRY, ReviewAct.NOTE),
    ReviewKind.UNKNOWN_CONCENTRATOR: (ReviewAct.NOTE,),
    ReviewKind.TWO_CONCENTRATORS: (ReviewAct.NOTE,),
    ReviewKind.TOKEN_NOT_ISSUED: (ReviewAct.RETRY, ReviewAct.REFUND),
    ReviewKind.KIOSK_SICK: (ReviewAct.NOTE,),
    ReviewKind.REFUND_REFUSED: (ReviewAct.RETRY, ReviewAct.NOTE),
    ReviewKind.CUT_HELD: (ReviewAct.WARNED, ReviewAct.NOTE),
    ReviewKind.STILL_OUT: (ReviewAct.NOTE,),
    ReviewKind.DISCONNECTION: (ReviewAct.NOTE,),
    ReviewKind.DEVICE_UNANSWERED: (ReviewAct.NOTE,),
    ReviewKind.TEMPLATE_BROKEN: (ReviewAct.NOTE,),
    ReviewKind.HANDHELD: (ReviewAct.NOTE,),
    ReviewKind.WHICH_METER: (ReviewAct.RETRY, ReviewAct.MOVE, ReviewAct.REFUND),
    ReviewKind.WALLET_NOT_EMPTY: (ReviewAct.NOTE,),
    ReviewKind.ENERGY_IN_DOUBT: (ReviewAct.RETRY, ReviewAct.CHARGE_IT, ReviewAct.COUNT_ANEW),
}
