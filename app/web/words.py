"""Codes become sentences here: the English ones, which gettext turns into the reader's language.

`N_` marks a sentence for translation without translating it. The console adds its own codes in `console/words.py`.
"""


def N_(sentence: str) -> str:  # noqa: N802  (the name that gettext's tools know)
    """Mark a sentence for the catalogue."""
    return sentence


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
    "provider_unknown": N_("Please choose how you want to pay."),
    "form_expired": N_("This page has been open for a long time. Please check the amount and try again."),
}

_SUPPLY = {
    "supply_on": N_("Power is on"),
    "supply_off": N_("Power is off"),
    "supply_armed": N_("Ready: press the button at your meter"),
    "supply_keep_power": N_("Power is on and will not be cut"),
    "supply_unknown": N_("Not known"),
}

_SOURCES = {
    "source_readback": N_("read from the meter"),
    "source_daily": N_("daily reading"),
    "source_none": N_("not read yet"),
}

_ERRORS = {
    "not_found": N_("There is no such page"),
    "not_found_act": N_("The address may be wrong or old. Start again with your meter number."),
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

SENTENCES: dict[str, str] = _NUMBERS | _AMOUNTS | _PAYING | _SUPPLY | _SOURCES | _ERRORS


def sentence(code: str) -> str:
    """The English sentence for `code`. Raises KeyError for a code without words: a test finds those first."""
    return SENTENCES[code]
