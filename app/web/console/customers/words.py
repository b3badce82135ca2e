"""Codes of this part of the console, and their English sentences."""

from app.web.marking import N_

_COLUMNS = {
    "column_account": N_("Account"),
    "column_meter": N_("Meter"),
    "column_name": N_("Customer"),
    "column_address": N_("Street and door"),
    "column_to": N_("To"),
    "column_area": N_("Area"),
    "column_balance": N_("Balance"),
    "column_read_at": N_("Read at"),
    "column_arrears": N_("Arrears"),
    "column_supply": N_("Supply"),
    "column_depth": N_("Alarm level"),
    "column_contacts": N_("Contacts"),
    "column_state": N_("State"),
    "column_reason": N_("Reason"),
    "column_way": N_("Way"),
    "column_line": N_("Line of the file"),
    "column_fault": N_("What is wrong"),
    "column_value": N_("What stands there"),
}
_SUPPLY = {
    "supply_unknown": N_("not known"),
    "supply_on": N_("power on"),
    "supply_off": N_("power off"),
    "supply_armed": N_("armed, waits for a press"),
    "supply_keep_power": N_("kept on"),
}
_WRONG = {
    "asked_too_many_terms": N_("More than 200 terms. Ask in several steps."),
    "asked_amount_not_number": N_("Not an amount. Write it like 12.50 or -3."),
    "asked_amount_too_large": N_("That is more than any balance."),
    "asked_range_backwards": N_("The upper end lies below the lower one."),
    "asked_number_bad": N_("A whole number, please: a level from 1 to 9, days from 1 to 3650."),
}

WORDS: dict[str, str] = _COLUMNS | _SUPPLY | _WRONG
