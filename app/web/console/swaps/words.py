"""Words of exchanges, commissioning and reversals."""

from app.domain.reversing import ReversalBar
from app.domain.swapping import SwapBar
from app.web.marking import N_

_LEDGER = {
    "booking_exchange": N_("Meter exchange"),
    "booking_late_arrears": N_("Arrears, settled before sending"),
    "booking_reversal": N_("Reversal"),
}
_WHY = {
    "why_meter_exchanged": N_("its meter was exchanged"),
    "why_its meter is being exchanged": N_("its meter is being exchanged"),
}
_WHICH = {
    "kind_which_meter": N_("Into which meter?"),
    "kind_which_meter_more": N_(
        "The account has several meters that hold their money themselves, so this purchase was not sent by itself. Ask "
        "the customer, if need be, and say into which meter it goes."
    ),
    "act_move": N_("Into another meter"),
    "act_move_more": N_("It goes to the meter that you choose, as if it had been paid for that one."),
    "act_retry_which_meter_more": N_("It goes to the meter that was named when it was paid."),
    "bar_not_that_meter": N_("The account has no other such meter of this number."),
    "ev_number_named": N_("Meter that was named"),
    "ev_meters": N_("Meters of the account"),
    "why_several_meters": N_("the account has several meters"),
    "why_its account is in hand": N_("its account is just being changed"),
}
_COMMISSIONING = {
    "job_step_commissioning": N_("Go on with a commissioning"),
    "trial_parameters": N_("Parameters"),
    "trial_wallet": N_("Wallet"),
    "trial_live_data": N_("Live data"),
    "trial_relay": N_("Relay state"),
    "trial_control_on": N_("Keep-power on"),
    "trial_control_off": N_("Keep-power off"),
    "commissioning_running": N_("Being tried"),
    "commissioning_passed": N_("Passed"),
    "commissioning_failed": N_("Failed"),
    "commissioning_stopped": N_("Stopped"),
    "bar_commissioning_nobody": N_("Among these there is no meter that waits to be tried."),
    "bar_commissioning_too_many": N_("So many cannot be tried at once: 5000 at most."),
    "bar_commissioning_not_now": N_("This commissioning is over."),
    "bar_argument_bad": N_("A limit must be an amount of money, not below zero."),
    "column_outcome": N_("Outcome"),
}
_REVERSALS: dict[str, str] = {
    "reversal_asked": N_("Waits for a second person"),
    "reversal_done": N_("Reversed"),
    "reversal_refused": N_("Refused"),
    "reversal_overtaken": N_("Overtaken: the sale had moved on"),
    "reversal_way_whole": N_("It is not in the meter: it is never sent, and the money goes back."),
    "reversal_way_record_only": N_(
        "It was credited, and that stays as it is: the payment record is reversed, and the account owes the amount."
    ),
    "why_reversed": N_("the sale was reversed"),
} | {
    f"bar_{bar}": words
    for bar, words in {
        ReversalBar.MAYBE_IN_METER: N_("It was sent, and nothing says yet whether it is in the meter."),
        ReversalBar.TOKEN_OUT: N_("A token was issued for it, which may be typed at any time."),
        ReversalBar.NOT_A_SALE: N_("No payment of its own stands behind it."),
        ReversalBar.GONE_BACK: N_("It has gone back already, or settled arrears as a whole."),
        ReversalBar.ASKED_ALREADY: N_("A reversal was asked for already."),
        ReversalBar.NO_REASON: N_("Say why: it is part of the record."),
        ReversalBar.SAME_PERSON: N_("A second person decides, not whoever asked."),
        ReversalBar.NOT_NOW: N_("Somebody has decided about this already."),
        ReversalBar.CHANGED: N_("The sale has moved on. Look at it again."),
    }.items()
}
_SALE = {
    "cash_meter_not_in_service": N_("This meter has not passed its commissioning: nothing may be sold for it yet."),
    "cash_meter_removed": N_("This meter is off the wall."),
}
_SWAPS = {
    "swap_open": N_("Under way"),
    "swap_done": N_("Done"),
    "swap_cancelled": N_("Called off"),
    "swap_way_carry": N_("credited in the new meter"),
    "swap_way_refund": N_("given back in cash"),
    "found_in_meter": N_("In the old meter"),
    "found_not_in_meter": N_("Not in it: goes on to the new meter"),
    "found_unknown": N_("Nobody knows yet"),
    "life_new": N_("Hung, not tried yet"),
    "life_commissioning": N_("In commissioning"),
    "life_live": N_("In service"),
    "life_leaving": N_("Being exchanged"),
    "life_removed": N_("Off the wall"),
}
_COLUMNS = {
    "column_reversal_way": N_("What becomes of the credit"),
    "column_asked_at": N_("Asked for on"),
    "column_asked_by": N_("Asked for by"),
    "column_decided_at": N_("Decided on"),
    "column_decided_by": N_("Decided by"),
    "column_remark": N_("Remark"),
    "column_credit_note": N_("Credit note"),
    "column_old_meter": N_("Old meter"),
    "column_new_meter": N_("New meter"),
    "column_way": N_("Its balance is"),
    "column_balance": N_("Last balance"),
    "column_count": N_("Purchase count"),
    "column_energy_kwh": N_("Energy in kWh"),
    "column_by": N_("By"),
}
_BARS: dict[str, str] = {
    SwapBar.TERMINAL_KEEPS: N_("The terminal keeps what this meter buys: end that first, and set it anew afterwards."),
    SwapBar.NUMBER_TAKEN: N_("A meter of this number is there already, or comes with another exchange."),
    SwapBar.ADDRESS_TAKEN: N_("A meter of this address is there already, or comes with another exchange."),
    SwapBar.NO_SUCH_METER: N_("There is no meter of this number."),
    SwapBar.NOT_IN_USE: N_("This meter is off the wall already."),
    SwapBar.OPEN_ALREADY: N_("An exchange of this meter is under way."),
    SwapBar.NO_REASON: N_("Say why, or who saw it: it is part of the record."),
    SwapBar.BAD_NUMBER: N_("This is no number of a meter of this make: 12 digits, or 11 where it takes tokens."),
    SwapBar.BAD_ADDRESS: N_("An address on the line has 12 digits."),
    SwapBar.BAD_KEY: N_("A meter that takes tokens needs supply group (6 digits), key revision (1-9), tariff index."),
    SwapBar.BAD_FIGURE: N_("This figure cannot be right."),
    SwapBar.NOT_NOW: N_("This exchange is over."),
    SwapBar.NOT_READ: N_("Nobody has read the old meter since the exchange began."),
    SwapBar.READ_AGAIN: N_(
        "A purchase landed after the reading, or a day was charged since. Read the old meter again."
    ),
    SwapBar.IN_DOUBT: N_("Of a purchase it is not known whether it is in the old meter. Say where it is."),
    SwapBar.IN_HANDS: N_("A purchase is being sent at this moment. Try again in a minute."),
    SwapBar.LEDGER_HOLDS: N_(
        "The ledger holds this meter's money, and the new one takes tokens. Switch it to local fee control first: what "
        "is held moves along then."
    ),
    SwapBar.ENERGY_IN_DOUBT: N_(
        "No rule charges what was used up to this reading: it goes back, jumps, lacks the registers by tariff, or an "
        "earlier day is still in doubt. Look at it, and read it again or say what you saw."
    ),
    SwapBar.NO_START: N_("Say where the registers of the new meter begin, by tariff too where its price has several."),
}

WORDS: dict[str, str] = (
    _LEDGER
    | _WHY
    | _WHICH
    | _SALE
    | _COMMISSIONING
    | _REVERSALS
    | _SWAPS
    | {f"bar_{bar}": words for bar, words in _BARS.items()}
)
