"""Codes of this part of the console, and their English sentences."""

from app.web.marking import N_

_STEPS = {
    "step_planned": N_("Planned"),
    "step_waits": N_("Not before"),
    "step_tried": N_("Handed to the carrier"),
    "step_ended": N_("The try ended"),
    "step_heard": N_("The carrier says"),
    "step_replaced": N_("Replaced by"),
    "step_stands_in": N_("Stands in for"),
    "step_told_otherwise": N_("Told another way"),
    "step_read": N_("Read in the inbox"),
    "step_wiped": N_("Words and address deleted"),
}
_TROUBLES = {
    "trouble_sent": N_("taken"),
    "trouble_found": N_("asked: it had been taken"),
    "trouble_absent": N_("asked: it had not been taken"),
    "trouble_no_answer": N_("no answer, so it is asked"),
    "trouble_answer_lost": N_("nobody can say whether it went"),
    "trouble_contact_stopped": N_("the reader wants no more of these"),
    "trouble_suppressed": N_("the address is left alone"),
    "trouble_too_late": N_("too late to be of use"),
    "trouble_no_longer_true": N_("no longer true"),
    "trouble_cap": N_("enough was sent there today"),
    "trouble_stopped": N_("the bulk send was stopped"),
    "trouble_paid": N_("paid meanwhile"),
    "trouble_bad_number": N_("no such number"),
    "trouble_bad_mailbox": N_("no such mailbox"),
    "trouble_bad_recipient": N_("cannot be reached there"),
    "trouble_unknown_handset": N_("no such handset"),
    "trouble_handset_unreachable": N_("the handset is off or out of reach"),
    "trouble_opted_out": N_("opted out at the carrier"),
    "trouble_landline": N_("a landline takes no text"),
    "trouble_not_a_mobile": N_("not a mobile number"),
    "trouble_no_route": N_("no way to that number"),
    "trouble_filtered": N_("filtered by the network"),
    "trouble_sender_not_allowed": N_("our sender is not allowed there"),
    "trouble_too_many_requests": N_("the carrier wants us to go slower"),
    "trouble_provider_down": N_("the carrier is down"),
    "trouble_credentials": N_("the carrier does not know us: check its settings"),
    "trouble_relay_down": N_("the mail relay is down"),
    "trouble_relay_unfit": N_("the mail relay offers no trusted connection"),
    "trouble_busy": N_("busy"),
    "trouble_timeout": N_("no answer in time"),
}

_SUPPRESSIONS = {
    "scope_reminders": N_("No reminders; results and tokens still go there"),
    "scope_all": N_("Nothing at all"),
    "suppressed_stop_word": N_("They wrote STOP"),
    "suppressed_unsubscribed": N_("They used the link in a mail"),
    "suppressed_carrier": N_("They opted out at the carrier"),
    "suppressed_bounced": N_("Mail comes back for good"),
    "suppressed_unreachable": N_("No such number or mailbox"),
    "suppressed_staff": N_("Somebody of ours"),
    "wrong_suppression_incomplete": N_("Choose a way and how far."),
    "wrong_suppression_known": N_("This address is on the list already, as far as that."),
    "wrong_address_bad": N_("This is not a whole number or mail address. Please compare it."),
    "wrong_remark_missing": N_("Say why: the remark is part of the record."),
}

WORDS: dict[str, str] = _STEPS | _TROUBLES | _SUPPRESSIONS
