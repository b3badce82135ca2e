"""Codes become sentences here: the English ones, which gettext turns into the reader's language.

The console and each part of the portal add their own in a `words.py` beside their pages.
"""

from app.web.marking import N_
from app.web.portal.buying.words import WORDS as BUYING
from app.web.portal.people.words import WORDS as PEOPLE
from app.web.portal.public.words import WORDS as PUBLIC
from app.web.portal.records.words import WORDS as RECORDS
from app.web.portal.supply.words import WORDS as SUPPLY

_NUMBERS = {
    "number_empty": N_("Type the number that is printed on your meter."),
    "number_not_digits": N_("A meter number has digits only, no letters."),
    "number_length": N_("A meter number has 11 or 12 digits, an account number has 10. Please count again."),
    "number_check_digit": N_("One of the digits is not right. Please compare them with your meter."),
    "number_unknown": N_("We do not know this number. Please compare it with your meter."),
}

_AMOUNTS = {
    "amount_empty": N_("Type an amount, or tap one of the buttons."),
    "amount_not_number": N_("Use digits for the amount, for example 50."),
    "amount_not_whole": N_("Whole amounts only, no cents."),
    "amount_too_small": N_("This is less than you can pay at one time."),
    "amount_too_large": N_("This is more than you can pay at one time."),
}

_PAYING = {
    "provider_down": N_("The payment page cannot be reached right now. No money has been taken. Please try again."),
    "provider_sandbox": N_("Rehearsal bank"),
    "provider_alipay": N_("Alipay"),
}

_SUPPLY = {
    "supply_on": N_("Power is on"),
    "supply_off": N_("Power is off"),
    "supply_armed": N_("Ready: press the button at your meter"),
    "supply_keep_power": N_("Power is on and will not be cut"),
    "supply_unknown": N_("Whether the power is on is not known"),
}

_SOURCES = {
    "source_readback": N_("read from the meter"),
    "source_ledger": N_("kept in our books, use counted by day"),
    "source_daily": N_("daily reading"),
    "source_none": N_("not read yet"),
}

_TRACK = {
    "track_waiting_for_payment": N_("Waiting for your payment"),
    "track_waiting_for_payment_more": N_("If you have paid, this page will say so in a few seconds."),
    "track_checking_payment": N_("We are checking your payment"),
    "track_checking_payment_more": N_(
        "The payment service has not told us yet how it ended. If you have paid, your money is safe."
    ),
    "track_payment_failed": N_("The payment did not go through"),
    "track_payment_failed_more": N_("The payment service has refused it. You can try again."),
    "track_payment_closed": N_("This payment was not made"),
    "track_payment_closed_more": N_(
        "Its time is over. Should money have been taken all the same, it will reach your meter."
    ),
    "track_payment_with_staff": N_("Your money has arrived"),
    "track_payment_with_staff_more": N_(
        "The amount is not what was asked for, so a colleague of ours decides. Your money is safe."
    ),
    "track_on_its_way": N_("On its way to your meter"),
    "track_on_its_way_more": N_("This usually takes less than a minute."),
    "track_unreachable": N_("Your meter does not answer yet"),
    "track_unreachable_more": N_("Your money is safe. We keep trying until it is in the meter."),
    "track_with_staff": N_("A colleague of ours is looking at it"),
    "track_with_staff_more": N_(
        "Your money is safe. The meter has not taken it by itself, so a person decides what to do."
    ),
    "track_held_closing": N_("The money is credited"),
    "track_held_lit_more": N_("The money is credited, and the meter says that it is switched on."),
    "track_held_credited": N_("The money is credited"),
    "track_closing": N_("The money is in your meter"),
    "track_closing_more": N_("Now the power is being switched on."),
    "track_lit": N_("Your power is on"),
    "track_lit_more": N_("The money is in your meter, and the meter says that it is switched on."),
    "track_armed": N_("Press the button at your meter"),
    "track_armed_more": N_(
        "The money is in. For your safety, the meter waits for your hand: check that nothing dangerous "
        "is on, then hold the button."
    ),
    "track_still_off": N_("The money is in, but the power is still off"),
    "track_still_off_more": N_("The meter has not switched on. If the balance is enough, please call your utility."),
    "track_credited": N_("The money is in your meter"),
    "track_credited_more": N_("If the power is off, switch it on at the meter."),
    "track_settled": N_("What was owed is settled"),
    "track_settled_more": N_("All of this payment went to what was owed from before. Nothing was left for the meter."),
    "track_refunded": N_("You get this money back"),
    "track_refunded_more": N_("It did not go into the meter."),
}

_STEPS = {
    "step_paid": N_("Payment made"),
    "step_confirmed": N_("Payment confirmed"),
    "step_token": N_("Code issued"),
    "step_sent": N_("Sent to the meter"),
    "step_read_back": N_("In the meter, read back"),
    "step_held": N_("Credited"),
    "step_supply": N_("Power"),
    "step_told": N_("Message sent"),
    "step_receipt": N_("Receipt"),
}

_ERRORS = {
    "not_found": N_("There is no such page"),
    "not_found_act": N_("The address may be wrong or old. Start again with your meter number."),
    "not_found_staff": N_("The address may be wrong or old. Go back, or look for it in the console."),
    "csrf_failed": N_("This page was open too long"),
    "csrf_failed_act": N_(
        "Nothing has been changed and no money has been taken. Go back, load the page again and retry."
    ),
    "forbidden": N_("You may not do this"),
    "forbidden_act": N_("Nothing has been changed."),
    "method_not_allowed": N_("This does not work here"),
    "method_not_allowed_act": N_("Go back and try again from the page before."),
    "too_large": N_("That was too much at once"),
    "too_large_act": N_("Nothing has been changed. Send less and try again."),
    "too_many": N_("Too many tries"),
    "too_many_act": N_("Please wait a minute, then try again. What you have paid is safe."),
    "bad_request": N_("We could not read that"),
    "bad_request_act": N_("Nothing has been changed. Go back and try again."),
    "crashed": N_("Something broke on our side"),
    "crashed_act": N_("It is not your fault. What you have paid is safe. Please try again in a minute."),
}

_PHONE = {  # the demo's phones
    "phone_queued": N_("on its way"),
    "phone_sending": N_("on its way"),
    "phone_unknown": N_("on its way, perhaps arrived"),
    "phone_sent": N_("sent"),
    "phone_delivered": N_("arrived"),
    "phone_failed": N_("did not arrive"),
    "phone_expired": N_("too late, not sent"),
    "phone_dropped": N_("no longer true, not sent"),
    "phone_given_up": N_("given up after its tries"),
    "phone_replaced": N_("replaced by a newer one"),
}

SENTENCES: dict[str, str] = {
    **_NUMBERS,
    **_AMOUNTS,
    **_PAYING,
    **_SUPPLY,
    **_SOURCES,
    **_TRACK,
    **_STEPS,
    **_ERRORS,
    **_PHONE,
    **PEOPLE,
    **SUPPLY,
    **BUYING,
    **RECORDS,
    **PUBLIC,
}


def sentence(code: str) -> str:
    """The English sentence for `code`. Raises KeyError for a code without words: a test finds those first."""
    return SENTENCES[code]
