"""Codes of these pages become sentences here (app.web.words)."""

from app.web.marking import N_

_DID = {
    "did_asking": N_("We ask the payment service again and again until it says."),
    "did_waiting_for_line": N_("It is sent as soon as the line to your meter is back."),
    "did_retrying": N_("Being tried again."),
    "did_code_shown": N_("Above is the code that does the same at once."),
    "did_work_order": N_("A colleague of ours has a work order for it."),
}

_MAIL = {
    "mail_empty": N_("Type the mail address that the receipt is to go to."),
    "mail_wrong": N_("This does not look like a mail address. Please compare it: name@example.com"),
    "mail_often": N_("This receipt has been mailed often enough. Please keep the document instead."),
    "mail_nobody": N_("The account has no mailbox. Type an address instead."),
}

_BOUGHT = {
    "bought_paid": N_("on its way"),
    "bought_sending": N_("on its way"),
    "bought_review": N_("with our staff"),
    "bought_credited": N_("in the meter"),
    "bought_held": N_("credited"),
    "bought_settled": N_("settled what was owed"),
    "bought_refunded": N_("paid back"),
}

_LEVELS = {
    "level_normal": N_("enough"),
    "level_below_a": N_("low"),
    "level_below_b": N_("very low"),
    "level_arrears": N_("overdrawn"),
}

WORDS: dict[str, str] = {**_DID, **_MAIL, **_BOUGHT, **_LEVELS}
