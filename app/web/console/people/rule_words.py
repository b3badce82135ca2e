"""The names of the utility's rules, and what is worth knowing of them."""

from app.web.marking import N_

_SETS = {
    "rules_notice": N_("When people are written to"),
    "rules_template": N_("Templates and prices"),
    "rules_sending": N_("Whether messages leave the house"),
    "rules_cut": N_("When supply may be cut"),
    "rules_outage": N_("How long before work is told"),
    "rules_disconnection": N_("Homes without money"),
    "rules_retention": N_("How long data is kept"),
    "rules_device": N_("Devices"),
    "rules_sale": N_("To which meters is sold"),
}
_FIELDS = {
    "rule_notice_quiet_from": N_("Quiet from"),
    "rule_notice_quiet_from_more": N_("For whoever chose none. Results and codes come at any hour."),
    "rule_notice_quiet_to": N_("Quiet until"),
    "rule_notice_cap_a_day": N_("Warnings and reminders a day to one address"),
    "rule_notice_cap_a_day_more": N_("1 to 100"),
    "rule_notice_falls_back_after_min": N_("Minutes before the next way is tried"),
    "rule_notice_falls_back_after_min_more": N_("How long a delivery is waited for: 1 to 1440"),
    "rule_notice_rate_a_second": N_("Messages a second of all bulk sends"),
    "rule_notice_rate_a_second_more": N_("1 to 1000"),
    "rule_notice_unasked_a_second": N_("Messages a second that nobody waits for, of all notifiers together"),
    "rule_notice_unasked_a_second_more": N_("Warnings let out in the morning, outages, bulk sends: 1 to 1000"),
    "rule_template_approval_needed": N_("A template needs a second person's approval"),
    "rule_template_most_segments": N_("Most segments of an SMS"),
    "rule_template_most_segments_more": N_("1 to 20"),
    "rule_template_sms_price_e4": N_("Price of an SMS segment, in 1/10000 of the currency"),
    "rule_template_voice_price_e4": N_("Price of a call, in 1/10000 of the currency"),
    "rule_sending_mode": N_("Mode"),
    "rule_sending_mode_more": N_("Trial: only to the addresses below. Test: to nobody."),
    "rule_sending_listed": N_("Addresses of the trial, one a line"),
    "rule_sending_trial_a_day": N_("Messages a day in the trial"),
    "rule_sending_trial_a_day_more": N_("0 to 10000"),
    "rule_cut_no_cut_from": N_("No cut from"),
    "rule_cut_no_cut_from_more": N_("Both ends, or none: local time, may run over midnight"),
    "rule_cut_no_cut_to": N_("No cut until"),
    "rule_cut_no_cut_weekdays": N_("No cut on"),
    "rule_cut_holidays": N_("Holidays without cuts, one a line"),
    "rule_cut_holidays_more": N_("As in 2026-10-01"),
    "rule_cut_heat_days": N_("Hot days without cuts, one a line"),
    "rule_cut_cold_days": N_("Cold days without cuts, one a line"),
    "rule_cut_grace_min": N_("Minutes of grace after zero"),
    "rule_cut_grace_min_more": N_("0 to 10080"),
    "rule_cut_warnings_needed": N_("Delivered warnings before a cut"),
    "rule_cut_warnings_needed_more": N_("0 to 10"),
    "rule_cut_warned_before_min": N_("Minutes between the newest warning and a cut"),
    "rule_cut_warning_counts_h": N_("Hours for which a warning counts"),
    "rule_cut_warning_waits_h": N_("Hours that an undelivered warning is waited for"),
    "rule_cut_balance_good_for_h": N_("Hours for which a balance that was read counts"),
    "rule_cut_advance_lasts_h": N_("Hours without a cut after emergency credit"),
    "rule_cut_restored_rest_min": N_("Minutes without a cut after supply came back"),
    "rule_cut_amnesty_after_min": N_("Minutes of an outage of ours after which nobody is cut"),
    "rule_cut_amnesty_rest_h": N_("Hours for which an amnesty lasts on"),
    "rule_cut_amnesty_advance_minor": N_(
        "Least emergency credit during an amnesty, in the smallest unit of the currency"
    ),
    "rule_cut_amnesty_advance_minor_more": N_(
        "0 to 100000. 0: as much as usual. One may be had however long ago the last was."
    ),
    "rule_cut_handheld_trip_h": N_("Hours within which a hand-held carries out a cut"),
    "rule_cut_handheld_trip_h_more": N_("1 to 24. A clearance cannot be asked for again at the meter."),
    "rule_outage_planned_lead_h": N_("Hours before planned work begins"),
    "rule_outage_temporary_lead_h": N_("Hours before temporary work begins"),
    "rule_outage_stagger_min": N_("Minutes over which relays are closed after an outage"),
    "rule_outage_stagger_min_more": N_(
        "0 to 120. Only of those who bought during the outage; whoever pays later waits for nobody."
    ),
    "rule_disconnection_flagged_after_h": N_("Hours without money until somebody is told"),
    "rule_retention_message_days": N_("Days for which words and addresses of messages are kept"),
    "rule_retention_message_days_more": N_("30 to 3650. That a message went, and what became of it, stays."),
    "rule_retention_inbound_days": N_("Days for which what residents wrote is kept"),
    "rule_retention_inbound_days_more": N_("30 to 3650"),
    "rule_retention_frame_days": N_("Days for which frames of readings and orders are kept"),
    "rule_retention_frame_days_more": N_("7 to 3650. What was read, and how an order ended, stays."),
    "rule_retention_evidence_days": N_("Days for which frames and tries of purchases are kept"),
    "rule_retention_evidence_days_more": N_(
        "180 to 3650, and in any case until the purchase has an end. Bookings stay."
    ),
    "rule_retention_promise_days": N_("Days for which other work that was done is kept"),
    "rule_retention_promise_days_more": N_("30 to 3650"),
    "rule_retention_task_days": N_("Days for which ended tasks of existing head ends are kept"),
    "rule_retention_task_days_more": N_("30 to 3650"),
    "rule_device_concentrator_silent_min": N_("Minutes until a silent concentrator is an event"),
    "rule_device_concentrator_silent_min_more": N_("5 to 10080"),
    "rule_sale_sell_untried": N_("Sell to meters before their commissioning"),
    "rule_sale_sell_untried_more": N_("Otherwise credit is sold only once parameters, data and control were tried."),
    "rule_sale_hold_several": N_("Hold purchases of accounts with several card meters"),
    "rule_sale_hold_several_more": N_("A person then says into which meter they go. Meters with tokens do not count."),
    "rule_device_most_single": N_("Events that one person is told singly in a quarter of an hour"),
    "rule_device_most_single_more": N_("1 to 50. What comes on top is told in one message."),
}
_CHOICES = {
    "rule_choice_live": N_("live: to whomever it is for"),
    "rule_choice_trial": N_("trial: to listed addresses only"),
    "rule_choice_test": N_("test: to nobody"),
}

RULES: dict[str, str] = _SETS | _FIELDS | _CHOICES
