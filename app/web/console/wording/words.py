"""Codes of this part of the console, and their English sentences."""

from app.web.marking import N_

_VARIABLES = {
    "variable_utility": N_("name of the utility"),
    "variable_phone": N_("telephone number of the utility"),
    "variable_meter": N_("number of the meter; a voice says its last four digits"),
    "variable_link": N_("page of the meter"),
    "variable_pay_link": N_("page to pay, filled in"),
    "variable_balance": N_("balance, as last read"),
    "variable_overdraft": N_("by how much it is below zero; empty where it is not"),
    "variable_read_at": N_("when the balance was read"),
    "variable_supply": N_("how the supply stands, one of"),
    "variable_days_left": N_("days that the balance lasts; 0 is less than one"),
    "variable_arrears": N_("what is owed from before"),
    "variable_has_arrears": N_("whether anything is owed from before"),
    "variable_amount": N_("the amount"),
    "variable_credit": N_("what of it is credit in the meter"),
    "variable_energy": N_("how many kWh that is, where a terminal counts energy"),
    "variable_has_credit": N_("whether any of it is credit"),
    "variable_by_hand": N_("whether it was given back in cash"),
    "variable_tokens": N_("tokens in blocks of four, in the order to type them"),
    "variable_code": N_("sign-in code"),
    "variable_minutes": N_("minutes for which the code holds"),
    "variable_confirm_link": N_("page that confirms the address"),
    "variable_receipt_link": N_("page of the receipt"),
    "variable_void": N_("whether the receipt is void"),
    "variable_area": N_("area of the outage"),
    "variable_title": N_("title of the notice or of the free words"),
    "variable_text": N_("free words of staff"),
    "variable_from_at": N_("when the outage begins"),
    "variable_until_at": N_("when the supply is expected back"),
    "variable_since": N_("since when there is no supply"),
    "variable_device": N_("number of the device"),
    "variable_place": N_("where the device stands"),
    "variable_event": N_("what happened, in words"),
    "variable_at": N_("when it happened"),
    "variable_ended": N_("whether it is over"),
    "variable_acknowledge_link": N_("page where one says that it is in hand"),
    "variable_meters": N_("the meters asked about; each has meter, balance and read_at"),
    "variable_others": N_("how many more events it tells of"),
    "variable_more": N_("how many meters are not listed"),
}
_FAULTS = {
    "field_body": N_("Words"),
    "field_title": N_("Title"),
    "field_code": N_("Code"),
    "field_text": N_("Words"),
    "fault_empty": N_("There are no words here, or none are left where something is missing."),
    "fault_too_long": N_("It is too long. Characters:"),
    "fault_syntax": N_("The signs of the template do not fit together."),
    "fault_forbidden": N_("Templates may use values, if, and for over a list, but not this:"),
    "fault_unknown": N_("Nothing is known by this name:"),
    "fault_may_be_missing": N_("In some messages this is not known:"),
    "fault_not_said": N_("Without this the message is of no use:"),
    "fault_too_many_segments": N_("It takes too many SMS:"),
    "fault_dear": N_("One character makes every SMS shorter:"),
    "character_U+00A0": N_("space that does not break"),
    "character_U+202F": N_("narrow space"),
    "character_U+2007": N_("figure space"),
    "character_U+2009": N_("thin space"),
    "character_U+200B": N_("space without width"),
    "character_U+FEFF": N_("byte order mark"),
    "character_U+0009": N_("tab"),
    "alphabet_gsm7": N_("GSM alphabet"),
    "alphabet_ucs2": N_("Unicode alphabet"),
}

_SENDING = {
    "send_mode_live": N_("Live: to whomever it is for"),
    "send_mode_trial": N_("Trial: to the addresses below only"),
    "send_mode_test": N_("Test: nothing leaves, everything is played"),
    "key_mode_live": N_("live"),
    "key_mode_trial": N_("trial"),
    "key_mode_test": N_("test"),
    "script_arrives": N_("arrives at once"),
    "script_late": N_("arrives, and that is heard minutes later"),
    "script_bounces": N_("is taken, and comes back"),
    "script_rejects": N_("is refused for good"),
    "script_fails": N_("is refused for now, each time"),
    "script_silent": N_("never answers at all"),
    "wrong_trial_line": N_(
        "Write each address on a line of its own: a telephone number with +, or a mail address. This is neither:"
    ),
    "wrong_trial_lines": N_("At most 200 addresses."),
    "wrong_trial_a_day": N_("Between 0 and 10,000 messages a day."),
    "wrong_key_name": N_("Give the key a name of 1 to 60 characters."),
    "trouble_trial_not_listed": N_("trial: this address is not on the list"),
    "trouble_trial_spent": N_("trial: as many as a day allows had been sent"),
    "job_play_delivery": N_("Play what a provider would say"),
}

WORDS: dict[str, str] = (
    _VARIABLES
    | _FAULTS
    | _SENDING
    | {
        "kind_template_broken": N_("A template failed"),
        "kind_template_broken_more": N_(
            "A version of a template could not be put into words for a message. The shipped words went out instead."
        ),
        "ev_template": N_("Template"),
        "ev_template_version": N_("Version"),
        "wrong_figures_missing": N_("Not everything that these words need is known of this meter."),
        "template_draft": N_("draft"),
        "template_asked": N_("waits for approval"),
        "template_in_use": N_("in use"),
        "template_refused": N_("refused"),
        "template_retired": N_("was in use"),
        "locale_zh": N_("Chinese"),
        "locale_en": N_("English"),
        "code_aliyun": N_("Template at Aliyun: its code, then its variables in their order"),
        "code_wechat": N_("Template at WeChat: its id, then its fields and what goes into them"),
    }
)
