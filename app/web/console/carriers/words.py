"""Codes of this part of the console, and their English sentences."""

from app.web.marking import N_

WORDS: dict[str, str] = {
    "moved_errors": N_("answered with errors"),
    "moved_slow": N_("slow to deliver"),
    "moved_recovered": N_("well again"),
    "moved_staff": N_("set by staff"),
    "moved_credentials": N_("refused our credentials"),
    "off_staff": N_("switched off by staff"),
    "off_credentials": N_("refuses our credentials: mend the settings and start the notifier again"),
    "carrier_share_out_of_range": N_("A share is a whole number from 0 to 100. Nothing was saved."),
    "left_out_not_offered": N_("nobody carries that medium"),
    "outage_left_not_offered": N_("nobody carries that medium"),
}
