"""Codes of this part of the console, and their English sentences."""

from app.web.marking import N_

WORDS: dict[str, str] = {
    "device_event_concentrator_silent": N_("Concentrator not heard of"),
    "device_event_concentrator_contested": N_("Two concentrators under one address"),
    "device_event_terminal_fault": N_("Concentrator fault"),
    "device_event_meter_silent": N_("Meter not heard of"),
    "device_event_power_off": N_("Power off"),
    "device_event_meter_fault": N_("Meter fault"),
    "device_event_relay_fault": N_("Relay fault"),
    "device_event_low_balance": N_("Low balance"),
    "device_event_tamper": N_("Meter opened or tampered with"),
    "device_event_clock_wrong": N_("Meter clock wrong"),
    "standing_open": N_("Nobody has it in hand"),
    "standing_lasting": N_("In hand, or told to nobody"),
    "standing_past": N_("Over"),
    "scheme_scheme_name": N_("A scheme has a name of 60 characters or fewer."),
    "scheme_scheme_taken": N_("There is a scheme of this name already."),
    "scheme_scheme_minutes": N_("Minutes until the next step: 1 to 1440."),
    "scheme_scheme_used": N_("It is used by concentrators, or has told events before. Rename it instead."),
    "person_person_name": N_("Type a name of 60 characters or fewer."),
    "person_phone_bad": N_("This is not a whole telephone number. Please compare the digits."),
    "person_mail_bad": N_("This is not a whole mail address. Please compare it."),
    "person_person_unreachable": N_("Type a telephone number or a mail address, or both."),
    "person_person_hours": N_("Quiet hours have a beginning and an end."),
    "job_collect_events": N_("Fetch events of a concentrator"),
    "job_escalate_alarm": N_("Tell the next of those responsible"),
    "ev_event": N_("What happened"),
    "ev_concentrator": N_("Concentrator"),
    "ev_detail": N_("Particulars"),
}
