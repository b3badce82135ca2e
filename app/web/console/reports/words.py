"""Codes of this part of the console, and their English sentences."""

from app.web.marking import N_

WORDS: dict[str, str] = {
    "outcome_paid": N_("Paid"),
    "outcome_restored": N_("Supply came back without a payment"),
    "outcome_helped": N_("Staff found a way"),
    "outcome_moved_out": N_("Nobody lives there"),
    "outcome_other": N_("Another end"),
}
