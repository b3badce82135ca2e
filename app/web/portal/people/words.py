"""Codes of these pages become sentences here (app.web.words)."""

from app.web.marking import N_

WORDS: dict[str, str] = {
    "phone_empty": N_("Type your mobile number."),
    "phone_bad": N_("This is not a whole mobile number. Please compare the digits."),
    "codes_spent": N_("No more codes can be sent just now. The last one may still be good: look at your messages."),
    "code_wrong": N_("These are not the digits from the SMS. Please compare them."),
    "code_spent": N_("Too many wrong tries. Have another code sent."),
    "code_old": N_("This code is over. Have another one sent."),
    "kept_too_many": N_("You keep as many meters as one can. Remove one first."),
    "kept_account": N_("This is an account number. Type the number of one meter."),
    "standing_holder": N_("you hold it"),
    "standing_family": N_("you are family"),
    "standing_payer": N_("you pay for it"),
    "invitation_over": N_("This invitation is over or was used. Ask for a new one."),
    "invitation_own": N_("This is your own invitation. Send it to somebody else."),
    "invitations_too_many": N_("Five invitations are open. Take one back first."),
    "alert_levels": N_("Whole numbers; the first level must be higher than the second, at most 100000, or 60 days."),
    "mail_bad": N_("This is not a whole mail address. Please compare it."),
    "mail_known": N_("This address is told already."),
    "mail_too_many": N_("No more mail addresses can be added today."),
    "mail_over": N_("This link is over or was used. Nothing more need be done."),
    "told_alarm_a": N_("Low balance"),
    "told_alarm_b": N_("Very low balance"),
    "told_purchase_credited": N_("Credit has arrived"),
    "told_purchase_token": N_("Code for the meter"),
    "told_login_code": N_("Sign-in code"),
    "told_confirm_address": N_("Mail address to confirm"),
    "way_sms": N_("SMS"),
    "way_email": N_("E-mail"),
}
