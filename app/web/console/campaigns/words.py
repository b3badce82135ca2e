"""Codes of this part of the console, and their English sentences."""

from app.web.marking import N_

_STATES = {
    "campaign_draft": N_("draft"),
    "campaign_scheduled": N_("waits for its time"),
    "campaign_running": N_("under way"),
    "campaign_paused": N_("paused"),
    "campaign_stopped": N_("stopped"),
    "campaign_done": N_("done"),
    "purpose_reminder": N_("Reminder"),
    "purpose_outage": N_("Outage notice"),
    "item_waiting": N_("waiting"),
    "item_planned": N_("told"),
    "item_left_out": N_("left out"),
    "item_stopped": N_("not told any more"),
}
_LANGUAGES = {"language_zh": N_("Chinese"), "language_en": N_("English")}
_LEFT_OUT = {
    "left_out_no_contact": N_("no contact"),
    "left_out_stopped": N_("wants no reminders, or the send was stopped"),
    "left_out_suppressed": N_("left alone"),
    "left_out_left_alone": N_("left alone, or told enough"),
    "left_out_capped": N_("has had enough today"),
    "left_out_told": N_("told before"),
    "left_out_no_longer_true": N_("has paid since"),
    "left_out_expired": N_("its time was over"),
    "left_out_newer_notice": N_("a newer notice took its place"),
}
_BARS = {
    "bar_campaign_not_now": N_("This cannot be done any more: somebody else was quicker."),
    "bar_campaign_nobody": N_("It is for nobody yet. Pick customers or hand in a file first."),
    "bar_campaign_no_words": N_("Some recipients are no accounts: write free words in each language they read."),
    "bar_campaign_words_need_account": N_(
        "Some recipients are no accounts, so the words cannot speak of a meter or a balance."
    ),
    "bar_campaign_over_before": N_("It would be over before it begins."),
    "bar_campaign_not_seen": N_("The recipients have changed since. Look again at the number below."),
    "bar_campaign_too_many": N_("That is more than 200,000 recipients. Narrow the choice, or send in two parts."),
    "bar_campaign_type_number": N_("These are many. Type the number of recipients to show that it is meant."),
    "bar_campaign_time_bad": N_("This is not a day and a time."),
    "bar_campaign_time_past": N_("This time is over."),
    "bar_campaign_hours_bad": N_("From 1 to 336 hours, please."),
}
_FIELDS = {
    "field_name_bad": N_("A name of up to 80 characters, please."),
    "field_amount_not_number": N_("Not an amount. Write it like 12.50 or -3."),
    "field_amount_too_large": N_("That is more than any balance."),
    "field_rate_bad": N_("A whole number, from 1 to what the rules allow."),
}
_FILES = {
    "file_empty": N_("There is nothing in the file."),
    "file_too_large": N_("The file is larger than 8 MB. Hand it in in several parts."),
    "file_too_many": N_("More than 100,000 lines. Hand them in in several parts."),
    "file_not_text": N_("This is no CSV file. Save the list as CSV (UTF-8 or GB18030) and hand that in."),
    "file_no_columns": N_("The first line must name the columns: meter or account; or address, channel and locale."),
    "fileline_line_no_recipient": N_("Nobody is named here."),
    "fileline_line_number_bad": N_("Not a number of a meter or an account."),
    "fileline_line_channel_unknown": N_("Unknown way. Write sms, voice or email."),
    "fileline_line_phone_bad": N_("Not a telephone number."),
    "fileline_line_mail_bad": N_("Not a mail address."),
    "fileline_line_language_unknown": N_("Unknown language. Write zh or en."),
    "fileline_line_too_long": N_("A field is longer than 300 characters."),
    "fileline_line_quotes": N_("A quotation mark opens here and does not close. What follows was not read."),
    "fileline_line_duplicate": N_("The same stands above already, in the line:"),
    "fileline_line_meter_unknown": N_("No meter has this number."),
    "fileline_line_account_unknown": N_("No account with a meter has this number."),
}
_CHOSEN = {
    "chosen_account": N_("Account number"),
    "chosen_name": N_("Customer"),
    "chosen_meter": N_("Meter number"),
    "chosen_address": N_("Street and door"),
    "chosen_node_id": N_("Area"),
    "chosen_balance_from_minor": N_("Balance from"),
    "chosen_balance_to_minor": N_("Balance to"),
    "chosen_owing": N_("Owes"),
    "chosen_depth": N_("Alarm level at least"),
    "chosen_supply": N_("Supply"),
    "chosen_silent_days": N_("Not read for days"),
    "chosen_has_contact": N_("Contact"),
    "chosen_left_alone": N_("Left alone"),
}
_ACTS = {
    "deed_campaign_drafted": N_("drafted"),
    "deed_campaign_file": N_("handed in a file"),
    "deed_campaign_started": N_("let it go"),
    "deed_campaign_paused": N_("paused it"),
    "deed_campaign_resumed": N_("let it go on"),
    "deed_campaign_stopped": N_("stopped it"),
    "deed_campaign_exported": N_("took the list of recipients"),
}

WORDS: dict[str, str] = _STATES | _LANGUAGES | _LEFT_OUT | _BARS | _FIELDS | _FILES | _CHOSEN | _ACTS
